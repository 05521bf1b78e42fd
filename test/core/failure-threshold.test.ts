import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterFailure,
  afterSuccess,
  noFailures,
  type CheckpointFailure,
  type FailureStreak,
} from '../../src/core/failure-threshold.ts';
import { FAILURES_UNLIMITED } from '../../src/core/configuration/record.ts';
import { failureRule, failureRules, type FailureReason } from '../../src/core/failures.ts';
import type { Slot } from '../../src/state/ids.ts';
import { runningJob } from '../support/core-run.ts';

const reasons = Object.keys(failureRules) as FailureReason[];
const counting = reasons.filter((reason) => failureRule(reason).counts === true);

const failed = (
  checkpointId: number | undefined,
  more: Partial<CheckpointFailure> = {},
): CheckpointFailure => ({
  checkpointId,
  reason: 'CHECKPOINT_EXPIRED',
  kind: 'checkpoint',
  ...more,
});

/** Fails one after the other, and tells after which of them the job had to fail. */
const jobFailures = (failures: readonly CheckpointFailure[], tolerable: number): number[] => {
  let streak = noFailures;
  return failures.flatMap((failure, index) => {
    const verdict = afterFailure(streak, failure, tolerable);
    streak = verdict.streak;
    return verdict.jobFailure === undefined ? [] : [index];
  });
};

const streakOf = (...ids: readonly number[]): FailureStreak =>
  ids.reduce((streak, id) => afterFailure(streak, failed(id), 100).streak, noFailures);

describe('the reasons of a failure (C-150)', () => {
  it('are 24, of which five count and six come before the checkpoint', () => {
    expect(reasons).toHaveLength(24);
    expect(counting).toEqual([
      'IO_EXCEPTION',
      'CHECKPOINT_ASYNC_EXCEPTION',
      'CHECKPOINT_EXPIRED',
      'CHECKPOINT_DECLINED',
      'FINALIZE_CHECKPOINT_FAILURE',
    ]);
    expect(reasons.filter((reason) => failureRule(reason).isPreFlight === true)).toHaveLength(6);
  });

  it.each(reasons)('%s counts or does not, whoever failed', (reason) => {
    const counts = failureRule(reason).counts === true ? [0] : [];
    expect(jobFailures([failed(1, { reason })], 0)).toEqual(counts);
    expect(jobFailures([failed(1, { reason, attempt: 7 })], 0)).toEqual(counts);
  });
});

describe('the failures that a job tolerates', () => {
  it('are none by default: the first that counts fails the job (C-155)', () => {
    expect(jobFailures([failed(1)], 0)).toEqual([0]);
  });

  it('are n in a row: the next one fails the job, and counting begins anew (C-154, C-155)', () => {
    const failures = [1, 2, 3, 4, 5, 6].map((id) => failed(id));
    expect(jobFailures(failures, 2)).toEqual([2, 5]);
  });

  it('are counted once for an id, and each time without one (C-154)', () => {
    expect(jobFailures([failed(1), failed(1), failed(1)], 1)).toEqual([]);
    expect(jobFailures([failed(undefined), failed(undefined)], 1)).toEqual([1]);
  });

  it('are all of them when no number is set, and then none is remembered (C-154)', () => {
    expect(jobFailures([failed(1), failed(2), failed(undefined)], Number.POSITIVE_INFINITY)).toEqual([]);
    expect(afterFailure(noFailures, failed(1), Number.POSITIVE_INFINITY).streak).toBe(noFailures);
  });

  it('begin anew with a success newer than all before, of a savepoint too (C-156)', () => {
    const streak = afterSuccess(streakOf(1, 2), 3);
    expect(streak).toEqual({ counted: [], lastSucceededId: 3 });
  });

  it('go on when an older checkpoint succeeds late (C-156)', () => {
    const streak = streakOf(5);
    const succeeded = afterSuccess(streak, 6);
    const failedAgain = afterFailure(succeeded, failed(7), 100).streak;
    expect(afterSuccess(failedAgain, 4)).toBe(failedAgain);
  });

  it('are not those of a checkpoint that a newer success made unimportant (C-154)', () => {
    const succeeded = afterSuccess(noFailures, 5);
    expect(afterFailure(succeeded, failed(5), 0)).toEqual({ streak: succeeded });
    expect(afterFailure(succeeded, failed(undefined), 0).jobFailure).toBeDefined();
  });

  it('never fail a job by reasons that do not count alone', () => {
    const harmless = reasons.filter((reason) => !counting.includes(reason));
    const failures = fc.array(
      fc.record({
        checkpointId: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
        reason: fc.constantFrom(...harmless),
        kind: fc.constantFrom('checkpoint' as const, 'savepoint' as const),
      }),
    );
    fc.assert(
      fc.property(failures, (list) => {
        expect(jobFailures(list, 0)).toEqual([]);
      }),
    );
  });

  it('never number more than were tolerated, whatever happens', () => {
    const event = fc.oneof(
      fc.record({
        checkpointId: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
        reason: fc.constantFrom(...reasons),
        kind: fc.constantFrom('checkpoint' as const, 'savepoint' as const),
        attempt: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
        isSynchronous: fc.boolean(),
      }),
      fc.integer({ min: 1, max: 9 }),
    );
    fc.assert(
      fc.property(fc.array(event), fc.integer({ min: 0, max: 4 }), (events, tolerable) => {
        let streak = noFailures;
        for (const one of events) {
          streak =
            typeof one === 'number' ? afterSuccess(streak, one) : afterFailure(streak, one, tolerable).streak;
          expect(streak.counted.length).toBeLessThanOrEqual(tolerable);
        }
      }),
    );
  });
});

describe('a failure that is over the limit', () => {
  it('says so in the words people know, with every failure that was counted (C-154, C-305)', () => {
    const streak = streakOf(3, 4);
    const verdict = afterFailure(streak, failed(undefined, { reason: 'IO_EXCEPTION' }), 2);
    expect(verdict.jobFailure?.message).toBe(
      'Exceeded checkpoint tolerable failure threshold. The latest checkpoint failed due to An Exception occurred ' +
        'while triggering the checkpoint. IO-problem detected., view the Checkpoint History tab or the Job Manager ' +
        'log to find out why continuous checkpoints failed. Counted: checkpoint 3: CHECKPOINT_EXPIRED; ' +
        'checkpoint 4: CHECKPOINT_EXPIRED; before it had an id: IO_EXCEPTION.',
    );
  });

  it('of a task fails the job only while that attempt runs (C-153)', () => {
    expect(afterFailure(noFailures, failed(1, { attempt: 7 }), 0).jobFailure?.attempt).toBe(7);
    expect(afterFailure(noFailures, failed(1), 0).jobFailure?.attempt).toBeUndefined();
  });

  it('before the checkpoint began is never a task’s, even if it names one (C-151)', () => {
    const verdict = afterFailure(noFailures, failed(undefined, { reason: 'IO_EXCEPTION', attempt: 7 }), 0);
    expect(verdict.jobFailure).toEqual({ message: expect.any(String) as string, attempt: undefined });
  });
});

describe('a savepoint that fails', () => {
  it('by the job manager is nothing to the job (C-152)', () => {
    expect(jobFailures([failed(1, { kind: 'savepoint' })], 0)).toEqual([]);
  });

  it('by a task counts as a checkpoint does (C-153)', () => {
    expect(jobFailures([failed(1, { kind: 'savepoint', attempt: 7 })], 0)).toEqual([0]);
  });

  it('by a task and is synchronous fails the job at once, whatever is tolerated (C-153)', () => {
    const failure = failed(1, { kind: 'savepoint', attempt: 7, isSynchronous: true });
    const verdict = afterFailure(noFailures, failure, Number.POSITIVE_INFINITY);
    expect(verdict.jobFailure).toEqual({
      message: 'Checkpoint expired before completing.',
      attempt: undefined,
    });
  });
});

describe('a running job', () => {
  it('bears any number of failures when told the largest integer (C-014)', () => {
    const run = runningJob({ tolerableFailed: FAILURES_UNLIMITED });
    for (let round = 0; round < 5; round += 1) {
      const checkpointId = run.trigger();
      expect(run.factsOf({ type: 'expire', checkpointId })).not.toContain('job.failureRequired');
    }
  });

  it('is never begun with a negative number of tolerable failures (C-159)', () => {
    expect(() => runningJob({ tolerableFailed: -1 })).toThrow('must be non-negative');
  });

  it('is failed by a decline only while the attempt that declined still runs (C-151, C-153)', () => {
    const decline = {
      type: 'decline',
      slot: 3 as Slot,
      attempt: 1,
      reason: 'CHECKPOINT_DECLINED',
      message: '',
    } as const;
    const run = runningJob({ tolerableFailed: 0 });
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    expect(run.factsOf({ ...decline, checkpointId })).toContain('job.failureRequired');
    run.status('RESTARTING');
    expect(run.state.table.failureRequired).toBeUndefined();
  });

  it('is not failed for a savepoint that the job manager could not take (C-152)', () => {
    const run = runningJob({ tolerableFailed: 0 });
    const target = { base: 'memory:/backups', name: 'savepoint-00c0ff-1' };
    const { outcome } = run.tell({ type: 'triggerSavepoint', target, key: undefined });
    const failed = run.factsOf({ type: 'expire', checkpointId: outcome.checkpointId! });
    expect(failed).toEqual(['checkpoint.aborted', 'discard.planned']);
  });

  it('is failed at most once for what one command gives up', () => {
    const run = runningJob({ tolerableFailed: 0, maxConcurrent: 3 });
    const first = run.trigger();
    run.locate(first);
    expect(
      run.factsOf({ type: 'expire', checkpointId: first }).filter((type) => type === 'job.failureRequired'),
    ).toHaveLength(1);
  });

  it('begins the count anew with every success (C-156)', () => {
    const run = runningJob({ tolerableFailed: 1 });
    run.tell({ type: 'expire', checkpointId: run.trigger() });
    expect(run.state.table.failures.counted).toHaveLength(1);
    const completed = run.complete();
    expect(run.state.table.failures).toEqual({ counted: [], lastSucceededId: completed });
  });
});
