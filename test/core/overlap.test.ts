/** Several checkpoints in flight: each goes its own way, and what completes first makes older ones obsolete. */
import { describe, expect, it } from 'vitest';
import { effectsOf } from '../../src/core/effects.ts';
import { unfinished } from '../../src/core/job-state.ts';
import type { CheckpointId } from '../../src/state/ids.ts';
import { coreLocation, id, runningJob, type CoreRun } from '../support/core-run.ts';

const target = { base: 'file:/backups', name: 'savepoint-00c0ff-1' };

/** A job that may have five checkpoints in flight, and the ids of those it has. */
const overlapping = (count: number, retained = 5): CoreRun => {
  const run = runningJob({ maxConcurrent: 5, retained });
  for (let n = 0; n < count; n++) run.locate(run.trigger());
  return run;
};

const savepoint = (run: CoreRun): CheckpointId => {
  const { outcome } = run.tell({ type: 'triggerSavepoint', target, key: undefined });
  if (outcome.checkpointId === undefined) throw new Error(`no savepoint: ${outcome.type}`);
  run.locate(outcome.checkpointId);
  return outcome.checkpointId;
};

const inFlight = (run: CoreRun): number[] =>
  unfinished(run.state.table).map(({ checkpointId }) => checkpointId);
const stored = (run: CoreRun): number[] => run.state.table.completed.map(({ checkpointId }) => checkpointId);
const told = (run: CoreRun): string[] =>
  run.effects.flatMap((effect) =>
    effect.type === 'notifyCompleted' || effect.type === 'notifyAborted'
      ? [`${effect.type} ${effect.checkpointId}`]
      : [],
  );

describe('checkpoints in flight at once', () => {
  it('collect acknowledgements beside each other and complete one after the other (C-003, T-030)', () => {
    const run = overlapping(2);
    run.acknowledge({ checkpointId: 1, slot: 0 }, { checkpointId: 2, slot: 0 }, { checkpointId: 1, slot: 1 });
    run.acknowledge({ checkpointId: 1, slot: 2 }, { checkpointId: 1, slot: 3 });
    run.recordMetadata(id(1));
    expect([inFlight(run), stored(run)]).toEqual([[2], [1]]);
    run.acknowledge(...[1, 2, 3].map((slot) => ({ checkpointId: 2, slot })));
    run.recordMetadata(id(2));
    expect([inFlight(run), stored(run), told(run)]).toEqual([
      [],
      [1, 2],
      ['notifyCompleted 1', 'notifyCompleted 2'],
    ]);
  });

  it('that are older than one that completes are subsumed, whatever they have (C-112, T-042)', () => {
    const run = overlapping(3);
    run.acknowledge(...[0, 1, 2].map((slot) => ({ checkpointId: 1, slot })));
    run.acknowledgeAll(id(2));
    const { facts } = run.recordMetadata(id(2));
    expect(facts.map((fact) => [fact.type, 'checkpointId' in fact && fact.checkpointId])).toEqual([
      ['metadata.written', 2],
      ['checkpoint.completed', 2],
      ['checkpoint.aborted', 1],
      ['discard.planned', 1],
    ]);
    expect(facts[2]).toMatchObject({
      reason: 'CHECKPOINT_SUBSUMED',
      message: expect.stringContaining('Checkpoint 2 completed first.'),
    });
    expect(inFlight(run)).toEqual([3]);
    expect(told(run)).toEqual(['notifyCompleted 2', 'notifyAborted 1']);
  });

  it('leave savepoints alone, which complete after newer checkpoints (C-080, C-112, T-037)', () => {
    const run = overlapping(1);
    const saved = savepoint(run);
    run.locate(run.trigger());
    run.acknowledgeAll(id(3));
    run.recordMetadata(id(3));
    expect(inFlight(run)).toEqual([saved]);
    run.acknowledgeAll(saved);
    expect(run.recordMetadata(saved).outcome).toMatchObject({ type: 'finalized', checkpointId: saved });
    expect([stored(run), run.state.table.latestCompletedId]).toEqual([[3], 3]);
  });

  it('may be many savepoints, which all complete, in any order (C-110, T-015)', () => {
    const run = runningJob();
    const ids = Array.from({ length: 5 }, () => savepoint(run));
    for (const each of [4, 1, 5, 2, 3].map(id)) {
      run.acknowledgeAll(each);
      expect(run.recordMetadata(each).outcome).toMatchObject({ type: 'finalized' });
    }
    expect([ids, inFlight(run), told(run)]).toEqual([[1, 2, 3, 4, 5], [], []]);
  });

  it('are given up in the order they were triggered (C-104)', () => {
    const run = overlapping(3);
    const { facts } = run.status('FAILED');
    expect(facts.flatMap((fact) => (fact.type === 'checkpoint.aborted' ? [fact.checkpointId] : []))).toEqual([
      1, 2, 3,
    ]);
  });

  it('lose only those that had the attempt that failed in their plan', () => {
    const run = overlapping(1);
    const { roster } = run.state.table;
    run.deploy(4, 2);
    run.status('RUNNING');
    run.locate(run.trigger());
    expect(run.state.table.checkpoints[2]?.plan).not.toBe(roster);
    run.tell({ type: 'endAttempt', slot: 0, attempt: 1, status: 'failed', message: '' });
    expect(inFlight(run)).toEqual([2]);
  });
});

describe('a checkpoint whose metadata is being written', () => {
  const overtaken = (retained: number): CoreRun => {
    const run = overlapping(2, retained);
    run.acknowledgeAll(id(1));
    run.acknowledgeAll(id(2));
    run.recordMetadata(id(2));
    return run;
  };

  it('is not subsumed by a newer one (C-107)', () => {
    const run = overtaken(5);
    expect([inFlight(run), stored(run), told(run)]).toEqual([[1], [2], ['notifyCompleted 2']]);
  });

  it('completes after it, and stands before it in the store (C-107, C-113)', () => {
    const run = overtaken(5);
    run.recordMetadata(id(1));
    expect([stored(run), run.state.table.latestCompletedId]).toEqual([[1, 2], 2]);
    // What the tasks committed on checkpoint 2 holds checkpoint 1 too.
    expect(told(run)).toEqual(['notifyCompleted 2']);
    const restored = run.tell({ type: 'restore', attempts: [] });
    expect(restored.outcome).toMatchObject({ checkpointId: 2 });
  });

  it('goes in the same block when newer ones are enough (C-107, C-127)', () => {
    const run = overtaken(1);
    const { facts } = run.recordMetadata(id(1));
    expect(facts.map((fact) => fact.type)).toEqual([
      'metadata.written',
      'checkpoint.completed',
      'checkpoint.subsumed',
      'discard.planned',
    ]);
    expect(facts.slice(2)).toMatchObject([
      { checkpointId: 1, clause: '1 newer, 1 retained' },
      { checkpointId: 1, target: { kind: 'directory', location: coreLocation(1) } },
    ]);
    expect([stored(run), told(run)]).toEqual([[2], ['notifyCompleted 2']]);
  });

  it('still expires', () => {
    const run = overtaken(5);
    expect(run.tell({ type: 'expire', checkpointId: id(1) }).outcome.type).toBe('aborted');
    expect(stored(run)).toEqual([2]);
  });
});

describe('notice of a completion', () => {
  it('is ordered once for each checkpoint that is the newest at its end', () => {
    const run = overlapping(2);
    run.acknowledgeAll(id(1));
    const before = run.state;
    const { state, facts } = run.recordMetadata(id(1));
    const effects = facts.flatMap((fact) => effectsOf(before, state, fact));
    expect(effects).toMatchObject([{ type: 'notifyCompleted', checkpointId: 1, slots: [0, 1, 2, 3] }]);
  });
});
