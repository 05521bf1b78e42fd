import { describe, expect, it } from 'vitest';
import { DISPOSED_REMEMBERED_MAX } from '../../src/core/job-state.ts';
import { coreLocation, id, runningJob } from '../support/core-run.ts';

const decline = (checkpointId: number, slot: number, attempt = 1) =>
  ({
    type: 'decline',
    checkpointId: id(checkpointId),
    slot,
    attempt,
    reason: 'CHECKPOINT_DECLINED_TASK_NOT_READY',
    message: 'still opening',
  }) as const;

describe('location', () => {
  it('is known once', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    const locate = { type: 'locate', checkpointId, location: coreLocation(1) } as const;
    expect(run.tell(locate).outcome).toEqual({ type: 'located', checkpointId });
    const { facts, outcome } = run.tell({ ...locate, location: coreLocation(7) });
    expect({ facts, outcome }).toEqual({ facts: [], outcome: { type: 'duplicate' } });
    expect(run.state.table.checkpoints[1]?.location).toEqual(coreLocation(1));
  });

  it('that cannot be prepared gives the checkpoint up, with a place to look for (C-067, T-060)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    const { facts, outcome } = run.tell({ type: 'failLocation', checkpointId, message: 'read-only disk' });
    expect(outcome).toEqual({ type: 'aborted', checkpointId });
    expect(facts).toMatchObject([
      { type: 'checkpoint.aborted', reason: 'IO_EXCEPTION', phase: 'pending.locating', acknowledged: 0 },
      { type: 'discard.planned', target: { kind: 'unlocated', checkpointId } },
    ]);
  });

  it('that fails after it was known is a duplicate (C-002)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    const failed = { type: 'failLocation', checkpointId, message: '' } as const;
    expect(run.tell(failed).outcome).toEqual({ type: 'duplicate' });
  });

  it('of a savepoint given up before it was known keeps its target, so that it can be found', () => {
    const run = runningJob();
    const target = { base: 'file:/backups', name: 'savepoint-00c0ff-1' };
    run.tell({ type: 'triggerSavepoint', target, key: 'k' });
    const { facts } = run.tell({ type: 'expire', checkpointId: id(1) });
    expect(facts[1]).toMatchObject({ target: { kind: 'unlocated', savepoint: { ...target, key: 'k' } } });
  });
});

describe('decline', () => {
  it('of one task gives the whole checkpoint up at once, naming the task (C-096, C-097, C-098, T-050, T-388)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.acknowledge({ checkpointId, slot: 0 });
    const { facts, outcome } = run.tell(decline(checkpointId, 2));
    expect(outcome).toEqual({ type: 'aborted', checkpointId });
    expect(facts[0]).toMatchObject({
      reason: 'CHECKPOINT_DECLINED_TASK_NOT_READY',
      message:
        'Checkpoint was declined (tasks not ready) sink#0: still opening Not acknowledged by source#1, sink#0, sink#1.',
      phase: 'pending.collecting',
      acknowledged: 1,
      missing: [1, 2, 3],
    });
  });

  it('counts while the place is still prepared', () => {
    const run = runningJob();
    expect(run.tell(decline(run.trigger(), 0)).outcome.type).toBe('aborted');
  });

  it('of an attempt outside the plan changes nothing', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    expect(run.tell(decline(checkpointId, 0, 9)).outcome.type).toBe('unknownAttempt');
    expect(run.tell(decline(checkpointId, 99)).outcome.type).toBe('unknownAttempt');
    expect(run.state.table.checkpoints[checkpointId]).toBeDefined();
  });

  it('comes too late once every task has acknowledged', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.acknowledgeAll(checkpointId);
    expect(run.tell(decline(checkpointId, 0)).outcome).toEqual({ type: 'duplicate' });
  });
});

describe('deadline', () => {
  it('says which tasks were missing and how far the checkpoint was (C-307, T-011, T-084)', () => {
    const run = runningJob({ timeout: '30 s' });
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.acknowledge({ checkpointId, slot: 0 }, { checkpointId, slot: 2 });
    expect(run.tell({ type: 'expire', checkpointId }).facts[0]).toMatchObject({
      reason: 'CHECKPOINT_EXPIRED',
      message:
        'Checkpoint expired before completing. Given up after 30000 ms in phase pending.collecting. Not acknowledged by source#1, sink#1. Slowest to acknowledge, the last one 0 ms ago: source#0 after 0 ms, sink#0 after 0 ms.',
      acknowledged: 2,
      missing: [1, 3],
    });
  });

  it('counts until the metadata writer has answered (C-099, C-107)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.acknowledgeAll(checkpointId);
    const { facts } = run.tell({ type: 'expire', checkpointId });
    expect(facts[0]).toMatchObject({ phase: 'writingMetadata.writing', acknowledged: 4, missing: [] });
  });

  it('of a complete checkpoint changes nothing (T-098)', () => {
    const run = runningJob();
    const { facts, outcome } = run.tell({ type: 'expire', checkpointId: run.complete() });
    expect({ facts, outcome }).toEqual({ facts: [], outcome: { type: 'afterCompletion' } });
  });

  it('lets the next checkpoint be triggered', () => {
    const run = runningJob();
    run.tell({ type: 'expire', checkpointId: run.trigger() });
    expect(run.complete()).toBe(2);
  });
});

describe('memory of aborted checkpoints (C-090)', () => {
  it(`reaches back ${DISPOSED_REMEMBERED_MAX} of them with their places, and to all of them by their ids`, () => {
    const run = runningJob();
    for (let n = 0; n <= DISPOSED_REMEMBERED_MAX; n++)
      run.tell({ type: 'expire', checkpointId: run.trigger() });
    expect(run.acknowledge({ checkpointId: 1, slot: 0 }, { checkpointId: 2, slot: 0 })).toEqual([
      'late',
      'late',
    ]);
    expect(run.state.table.disposed[0]?.checkpointId).toBe(2);
    expect(run.state.table.abortedIds).toEqual([[1, DISPOSED_REMEMBERED_MAX + 1]]);
  });
});
