import { describe, expect, it } from 'vitest';
import type { CheckpointId } from '../../src/state/ids.ts';
import { coreLocation, id, runningJob, type CoreRun } from '../support/core-run.ts';

const target = { base: 'file:/backups', name: 'savepoint-00c0ff-1' };

/** Triggered, located and acknowledged by all. */
const fullyAcknowledged = (run: CoreRun, checkpointId: CheckpointId = run.trigger()): CheckpointId => {
  run.locate(checkpointId);
  run.acknowledgeAll(checkpointId);
  return checkpointId;
};

describe('metadata that stands', () => {
  it('completes the checkpoint (C-108, C-109, C-132, T-019, T-045)', () => {
    const run = runningJob();
    const checkpointId = fullyAcknowledged(run);
    run.pass(250);
    const { facts, outcome } = run.recordMetadata(checkpointId);
    expect(facts.map((fact) => fact.type)).toEqual(['metadata.written', 'checkpoint.completed']);
    expect(facts[1]).toMatchObject({
      kind: 'checkpoint',
      cause: 'manual',
      durationMs: 250,
      metadataSizeBytes: 500,
      totals: { stateSizeBytes: 600 },
    });
    expect(outcome).toEqual({ type: 'finalized', checkpointId, externalPointer: 'memory:/job/chk-1' });
    expect(run.state.table).toMatchObject({ checkpoints: {}, latestCompletedId: 1 });
  });

  it('subsumes what is over the number retained, with the clause that decided (C-126, C-127, T-134, T-390)', () => {
    const run = runningJob({ retained: 2 });
    run.complete();
    run.complete();
    const third = fullyAcknowledged(run);
    const { facts } = run.recordMetadata(third);
    expect(facts.map((fact) => fact.type)).toEqual([
      'metadata.written',
      'checkpoint.completed',
      'checkpoint.subsumed',
      'discard.planned',
    ]);
    expect(facts.slice(2)).toMatchObject([
      { checkpointId: 1, clause: '2 newer, 2 retained' },
      { checkpointId: 1, cause: 'subsumed', target: { kind: 'directory', location: coreLocation(1) } },
    ]);
    expect(run.state.table.completed.map((completed) => completed.checkpointId)).toEqual([2, 3]);
  });

  it('subsumes several at once when fewer are retained than before (C-283)', () => {
    const run = runningJob({ retained: 3 });
    for (let n = 0; n < 3; n++) run.complete();
    const configuration = { ...run.state.table.configuration, retainedMax: 1 };
    run.tell({ type: 'takeOver', term: 2, configuration, isNew: false });
    run.complete();
    expect(run.state.table.completed.map((completed) => completed.checkpointId)).toEqual([4]);
    expect(Object.values(run.state.table.discards).map((planned) => planned.checkpointId)).toEqual([1, 2, 3]);
  });

  it('never subsumes the newest checkpoint (C-129, T-143)', () => {
    const run = runningJob({ retained: 1 });
    for (let n = 1; n <= 4; n++) {
      run.complete();
      expect(run.state.table.completed.map((completed) => completed.checkpointId)).toEqual([n]);
    }
  });

  it('of a savepoint subsumes nothing and is not in the store (C-110, T-046)', () => {
    const run = runningJob();
    run.complete();
    run.tell({ type: 'triggerSavepoint', target, key: undefined });
    const { facts } = run.recordMetadata(fullyAcknowledged(run, id(2)));
    expect(facts.map((fact) => fact.type)).toEqual(['metadata.written', 'checkpoint.completed']);
    expect(run.state.table.completed.map((completed) => completed.checkpointId)).toEqual([1]);
    expect(run.state.table.latestCompletedId).toBe(1);
  });

  it('takes its duration from monotonic time, whatever the wall clock does (C-313)', () => {
    const run = runningJob();
    const checkpointId = fullyAcknowledged(run);
    run.at = 0;
    run.monotonicMs += 250;
    expect(run.recordMetadata(checkpointId).facts[1]).toMatchObject({ durationMs: 250, monotonicMs: 300 });
  });

  it('takes its duration from the wall clock in another reign than its trigger, never below zero', () => {
    const durationMs = (at: number): unknown => {
      const run = runningJob();
      const checkpointId = fullyAcknowledged(run);
      run.monotonicMs = 3;
      run.at = at;
      const { configuration } = run.state.table;
      run.tell({ type: 'takeOver', term: 2, configuration, isNew: false });
      const [, completed] = run.recordMetadata(checkpointId).facts;
      return completed?.type === 'checkpoint.completed' && completed.durationMs;
    };
    expect([durationMs(1_400), durationMs(0)]).toEqual([400, 0]);
  });

  it('counts once', () => {
    const run = runningJob();
    const checkpointId = run.complete();
    const { facts, outcome } = run.recordMetadata(checkpointId);
    expect({ facts, outcome }).toEqual({ facts: [], outcome: { type: 'afterCompletion' } });
  });

  it('after the checkpoint was given up is late (C-114)', () => {
    const run = runningJob();
    const checkpointId = fullyAcknowledged(run);
    run.tell({ type: 'expire', checkpointId });
    expect(run.recordMetadata(checkpointId).outcome).toEqual({ type: 'late' });
  });
});

describe('metadata that cannot be written', () => {
  it('gives the checkpoint up at its last step, and its directory (C-120, C-123)', () => {
    const run = runningJob();
    const checkpointId = fullyAcknowledged(run);
    const { facts, outcome } = run.tell({ type: 'failMetadata', checkpointId, message: 'disk full' });
    expect(outcome).toEqual({ type: 'aborted', checkpointId });
    expect(facts).toMatchObject([
      {
        type: 'checkpoint.aborted',
        reason: 'FINALIZE_CHECKPOINT_FAILURE',
        message: 'Failure to finalize checkpoint. disk full',
        phase: 'writingMetadata.writing',
        acknowledged: 4,
        missing: [],
      },
      { type: 'discard.planned', cause: 'aborted', target: { kind: 'directory' } },
    ]);
  });

  it('leaves completed checkpoints as they are', () => {
    const run = runningJob();
    run.complete();
    run.tell({ type: 'failMetadata', checkpointId: fullyAcknowledged(run), message: '' });
    expect(run.state.table.completed.map((completed) => completed.checkpointId)).toEqual([1]);
  });
});
