/** From a request to the tasks: what is refused, where checkpoints are put, and what becomes of those that fail. */
import { describe, expect, it } from 'vitest';
import type { InProcessTaskGateway } from '../../src/tasks/in-process/gateway.ts';
import { storageUnavailable } from '../../src/storage/failures.ts';
import { RuntimeJob } from '../support/runtime-job.ts';
import { storageLike } from '../support/storage-edges.ts';

/** A job whose base directories are counted; the given calls fail. */
const countingJob = (failing: readonly number[] = []) => {
  const base = { calls: 0 };
  const job = new RuntimeJob({
    storage: (storage) =>
      storageLike(storage, {
        initializeBaseLocations: async (jobId) => {
          base.calls += 1;
          if (failing.includes(base.calls)) throw storageUnavailable('mkdir', '/checkpoints', 'EIO');
          await storage.initializeBaseLocations(jobId);
        },
      }),
  });
  return { job, base };
};

const target = 'memory:/backups';

describe('base directories (C-062)', () => {
  it('are not made when a coordinator without an interval opens (T-004)', async () => {
    const { job, base } = countingJob();
    const coordinator = await job.start();
    await job.clock.runFor(60_000);
    expect(base.calls).toBe(0);
    await job.settle(coordinator.triggerCheckpoint());
    await job.settle(coordinator.triggerCheckpoint());
    expect(base.calls).toBe(1);
  });

  it('are made when a coordinator with an interval opens, before any checkpoint', async () => {
    const { job, base } = countingJob();
    const coordinator = await job.open({ configuration: { interval: '1 h' } });
    expect([base.calls, coordinator.statistics.counts.total]).toEqual([1, 0]);
  });

  it('are made by the first checkpoint, even when a savepoint came before it', async () => {
    const { job, base } = countingJob();
    const coordinator = await job.start();
    await job.settle(coordinator.triggerSavepoint({ target }));
    expect(base.calls).toBe(0);
    await job.settle(coordinator.triggerCheckpoint());
    expect(base.calls).toBe(1);
  });

  it('are made by the next one when the first could not; its trigger fails as I/O (C-067, T-051, T-060)', async () => {
    const { job, base } = countingJob([1]);
    const coordinator = await job.start();
    await expect(job.settle(coordinator.triggerCheckpoint())).rejects.toMatchObject({
      code: 'CHECKPOINT_ABORTED',
      detail: { checkpointId: 1, reason: 'IO_EXCEPTION' },
    });
    await expect(job.settle(coordinator.triggerCheckpoint())).resolves.toMatchObject({ checkpointId: 2 });
    expect(base.calls).toBe(2);
  });

  it('that cannot be made when a coordinator opens are a problem, and the next checkpoint tries again', async () => {
    const refusal = Promise.withResolvers<void>();
    let calls = 0;
    const job = new RuntimeJob({
      storage: (storage) =>
        storageLike(storage, {
          initializeBaseLocations: async (jobId) => {
            calls += 1;
            if (calls === 1) await refusal.promise;
            await storage.initializeBaseLocations(jobId);
          },
        }),
    });
    const coordinator = await job.start({ configuration: { interval: '1 h' } });
    const problems: string[] = [];
    coordinator.problems$.subscribe(({ what, message }) => problems.push(`${what}: ${message}`));
    refusal.reject(storageUnavailable('mkdir', '/checkpoints', 'EIO'));
    await job.clock.runFor(100);
    expect(problems).toEqual(['housekeeping: mkdir of /checkpoints failed with EIO']);
    await expect(job.settle(coordinator.triggerCheckpoint())).resolves.toMatchObject({ checkpointId: 1 });
    expect(calls).toBe(2);
  });
});

describe('a place that cannot be prepared', () => {
  it('for a reason that is not one of I/O is a failure of the trigger (C-067)', async () => {
    const job = new RuntimeJob({
      storage: (storage) =>
        storageLike(storage, {
          initializeLocationForCheckpoint: () => Promise.reject(new TypeError('no function')),
        }),
    });
    const coordinator = await job.start();
    await expect(job.settle(coordinator.triggerCheckpoint())).rejects.toMatchObject({
      detail: { reason: 'TRIGGER_CHECKPOINT_FAILURE' },
    });
  });
});

describe('places that cannot be prepared again and again', () => {
  it('fail the job when it tolerates no failure (C-067, T-022)', async () => {
    const { job } = countingJob([1]);
    const failures: string[] = [];
    const coordinator = await job.start({
      configuration: { tolerableFailed: 0 },
      onJobFailure: ({ reason }) => failures.push(reason),
    });
    await job.settle(coordinator.triggerCheckpoint().catch(() => {}));
    expect(failures).toEqual(['IO_EXCEPTION']);
  });
});

describe('a request', () => {
  it('is refused while a task has finished or does not run (C-058, T-005, T-007)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    job.tasks.endpoints[3]?.ended('finished', '');
    await job.clock.runFor(100);
    await expect(job.settle(coordinator.triggerCheckpoint())).rejects.toMatchObject({
      code: 'CHECKPOINT_REFUSED',
      detail: { reason: 'NOT_ALL_REQUIRED_TASKS_RUNNING' },
    });
    expect(coordinator.statistics.counts).toMatchObject({ total: 0, inProgress: 0 });
  });

  it('is refused once the job has ended (C-058, T-052)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    await job.settle(coordinator.jobStatus('FAILED'));
    await expect(job.settle(coordinator.triggerCheckpoint())).rejects.toMatchObject({
      detail: { reason: 'CHECKPOINT_COORDINATOR_SHUTDOWN' },
    });
  });
});

describe('a gateway that cannot hand a trigger over (C-065)', () => {
  it('gives up the checkpoint, and the coordinator goes on', async () => {
    const job = new RuntimeJob();
    let isBroken = true;
    const gateway: InProcessTaskGateway = {
      ...job.gateway,
      attach: (request) => job.gateway.attach(request),
      messages$: job.gateway.messages$,
      send: (commands) => {
        if (isBroken && commands.some(({ type }) => type === 'trigger')) throw new Error('no connection');
        job.gateway.send(commands);
      },
    };
    const coordinator = await job.start({ tasks: gateway });
    await expect(job.settle(coordinator.triggerCheckpoint())).rejects.toMatchObject({
      detail: { reason: 'TRIGGER_CHECKPOINT_FAILURE' },
      message: expect.stringContaining('no connection'),
    });
    isBroken = false;
    await expect(job.settle(coordinator.triggerCheckpoint())).resolves.toMatchObject({ checkpointId: 2 });
  });
});
