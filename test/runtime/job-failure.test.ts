import { describe, expect, it } from 'vitest';
import type { JobFailureRequired } from '../../src/core/facts/fact.ts';
import type { Problem } from '../../src/runtime/options.ts';
import { coreJobId } from '../support/core-run.ts';
import { RuntimeJob } from '../support/runtime-job.ts';

/** A job whose last task never answers, so that every checkpoint expires after ten seconds. */
const stuckJob = async (tolerableFailed: number, onJobFailure?: (failure: JobFailureRequired) => void) => {
  const job = new RuntimeJob();
  const configuration = { timeout: '10 s', tolerableFailed };
  const open = () => job.open({ configuration, onJobFailure });
  const coordinator = await job.start({ configuration, onJobFailure });
  job.tasks.held.add(3);
  const expire = async (): Promise<void> => {
    const checkpoint = coordinator.triggerCheckpoint().catch(() => undefined);
    await job.clock.runFor(10_000);
    await checkpoint;
    await job.clock.runFor(1_000);
  };
  return { job, coordinator, open, expire };
};

describe('a job whose checkpoints fail', () => {
  it('is to be failed once the failures in a row are more than it tolerates (C-154, C-155)', async () => {
    const failures: JobFailureRequired[] = [];
    const { expire, coordinator } = await stuckJob(1, (failure) => failures.push(failure));
    await expire();
    expect(failures).toEqual([]);
    await expire();
    expect(failures).toMatchObject([{ checkpointId: 2, reason: 'CHECKPOINT_EXPIRED' }]);
    expect(failures[0]?.message).toMatch(
      /threshold.*Counted: checkpoint 1: .*; checkpoint 2: CHECKPOINT_EXPIRED\.$/,
    );
    await coordinator.jobStatus('RESTARTING', failures[0]?.message);
    expect(coordinator.statistics.jobStatus).toBe('restarting');
  });

  it('is told of again by the next coordinator, until it restarts (C-162)', async () => {
    const failures: JobFailureRequired[] = [];
    const { expire, open, coordinator } = await stuckJob(0, (failure) => failures.push(failure));
    await expire();
    coordinator.abandon();
    const second = await open();
    expect(failures.map(({ checkpointId }) => checkpointId)).toEqual([1, 1]);
    await second.jobStatus('RESTARTING');
    second.abandon();
    await open();
    expect(failures).toHaveLength(2);
  });

  it('is cleaned up after all the same when the callback throws (C-160, T-049)', async () => {
    const { job, expire, coordinator } = await stuckJob(0, () => {
      throw new Error('the job manager is confused');
    });
    const problems: Problem[] = [];
    coordinator.problems$.subscribe((problem) => problems.push(problem));
    await expire();
    expect(problems).toEqual([{ what: 'jobFailure', message: 'the job manager is confused' }]);
    expect(job.tasks.heard).toContain(`notifyAborted 1 at ${job.tasks.endpoints[0]?.slot}`);
    await coordinator.settled();
    expect(await job.files.completedCheckpoints(coreJobId)).toEqual([]);
  });
});
