import { describe, expect, it } from 'vitest';
import { owedEffects, type Effect } from '../../src/core/effects.ts';
import { fork } from '../../src/core/job-state.ts';
import { snapshotOptions } from '../../src/core/snapshot-options.ts';
import { plainCheckpoint } from '../../src/core/snapshot-properties.ts';
import { coreLocation, id, runningJob, type CoreRun } from '../support/core-run.ts';

const target = { base: 'file:/backups', name: 'savepoint-00c0ff-1' };

const collecting = () => {
  const run = runningJob();
  const checkpointId = run.trigger();
  run.locate(checkpointId);
  return { run, checkpointId };
};

/** Of a job without an interval (C-007). */
const options = snapshotOptions(plainCheckpoint, 'AT_LEAST_ONCE');

const ordered = (run: CoreRun): string[] => run.effects.map((effect) => effect.type);

describe('effects', () => {
  it('ask the sources alone, and only once the place is known (C-062, C-065, C-207, T-185)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    expect(run.effects).toEqual([]);
    run.at = 1_234;
    run.locate(checkpointId);
    expect(run.effects).toEqual([
      {
        type: 'triggerTasks',
        checkpointId,
        timestamp: 1_000,
        location: coreLocation(1),
        options,
        slots: [0, 1],
      },
    ]);
  });

  it('do not ask a source that has acknowledged before the place was known', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.acknowledge({ checkpointId, slot: 1 });
    run.locate(checkpointId);
    expect(run.effects).toMatchObject([{ type: 'triggerTasks', slots: [0] }]);
  });

  it('ask nobody when all sources have', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.acknowledge({ checkpointId, slot: 0 }, { checkpointId, slot: 1 });
    run.locate(checkpointId);
    expect(run.effects).toEqual([]);
  });

  it('tell the completion to every task of the plan (C-111)', () => {
    const run = runningJob();
    const checkpointId = run.complete();
    expect(run.effects.at(-1)).toEqual({
      type: 'notifyCompleted',
      checkpointId,
      timestamp: 1_000,
      lastSubsumedId: undefined,
      slots: [0, 1, 2, 3],
    });
  });

  it('tell the completion of a plain savepoint to nobody: nothing is committed on it (C-110)', () => {
    const run = runningJob();
    run.tell({ type: 'triggerSavepoint', target, key: undefined });
    run.complete(id(1));
    expect(ordered(run)).toEqual(['triggerTasks']);
  });

  it('tell an abort to all of the plan, also who has acknowledged, and discard (C-100, C-101, T-047, T-411)', () => {
    const { run, checkpointId } = collecting();
    run.acknowledge({ checkpointId, slot: 0 });
    const { effects } = run.tell({ type: 'expire', checkpointId });
    expect(effects).toMatchObject([
      { type: 'notifyAborted', checkpointId, slots: [0, 1, 2, 3] },
      { type: 'discard', planned: { discardId: 1, checkpointId } },
    ]);
  });

  it('discard what is subsumed after its successor is told (C-277, T-140)', () => {
    const run = runningJob();
    run.complete();
    run.complete();
    expect(ordered(run)).toEqual([
      'triggerTasks',
      'notifyCompleted',
      'triggerTasks',
      'notifyCompleted',
      'discard',
    ]);
  });
});

describe('effects owed after a crash (C-316)', () => {
  const owed = (run: CoreRun): Effect[] => owedEffects(run.state);

  it('are none when nothing is in flight and every discard is confirmed', () => {
    const run = runningJob();
    run.complete();
    run.complete();
    run.tell({ type: 'confirmDiscard', discardId: 1 });
    expect(owed(run)).toEqual([]);
  });

  it('are the triggers of sources that have not acknowledged, and of no others', () => {
    const { run, checkpointId } = collecting();
    run.acknowledge({ checkpointId, slot: 1 }, { checkpointId, slot: 2 });
    expect(owed(run)).toEqual([
      {
        type: 'triggerTasks',
        checkpointId,
        timestamp: 1_000,
        location: coreLocation(1),
        options,
        slots: [0],
      },
    ]);
  });

  it('trigger nobody when every source has acknowledged', () => {
    const { run, checkpointId } = collecting();
    run.acknowledge({ checkpointId, slot: 0 }, { checkpointId, slot: 1 });
    expect(owed(run)).toEqual([]);
  });

  it('trigger nobody before the place is known: the location provider runs again', () => {
    const run = runningJob();
    run.trigger();
    expect(owed(run)).toEqual([]);
  });

  it('trigger nobody while the metadata file is written', () => {
    const { run, checkpointId } = collecting();
    run.acknowledgeAll(checkpointId);
    expect(owed(run)).toEqual([]);
  });

  it('are the discards that were planned and not confirmed', () => {
    const { run, checkpointId } = collecting();
    run.tell({ type: 'expire', checkpointId });
    expect(owed(run)).toMatchObject([{ type: 'discard', planned: { discardId: 1, cause: 'aborted' } }]);
  });
});

describe('fork', () => {
  it('lets a copy go another way without touching the first', () => {
    const { run, checkpointId } = collecting();
    run.acknowledge({ checkpointId, slot: 0 });
    const first = run.state;
    const copy = fork(first);
    run.state = copy;
    run.acknowledgeAll(checkpointId);
    expect(copy.ledgers.get(checkpointId)?.left).toBe(0);
    expect(first.ledgers.get(checkpointId)?.left).toBe(3);
    expect(first.ledgers.get(checkpointId)?.sliceAt(0, 0)).toEqual(
      copy.ledgers.get(checkpointId)?.sliceAt(0, 0),
    );
  });
});
