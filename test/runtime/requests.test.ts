import { describe, expect, it } from 'vitest';
import { RuntimeJob } from '../support/runtime-job.ts';

const target = 'memory:/backups';

describe('periodic trigger (C-052, C-055, C-056, T-033, T-058, T-245, T-247)', () => {
  it('fires at a fixed rate after a random first delay, while the job runs (C-031, C-050, T-054, T-057)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({
      configuration: { interval: '10 s' },
      random: { integer: (bound) => Math.floor(bound / 4) },
    });
    await job.clock.runFor(45_000);
    const triggeredAt = coordinator.statistics.history.map((record) => record.triggeredAt - 1_000_000);
    expect(triggeredAt).toEqual([2_500, 12_500, 22_500, 32_500, 42_500]);
    await coordinator.jobStatus('RESTARTING');
    await job.clock.runFor(60_000);
    expect(coordinator.statistics.counts.total).toBe(5);
  });

  it('without an interval never fires (C-008)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    await job.clock.runFor(10 * 3_600_000);
    expect(coordinator.statistics.counts.total).toBe(0);
  });

  it('skips a beat while a checkpoint is in flight (C-045, C-303, T-024)', async () => {
    const job = new RuntimeJob();
    const random = { integer: () => 0 };
    const coordinator = await job.start({ configuration: { interval: '1 s' }, random });
    job.tasks.held.add(3);
    await job.clock.runFor(5_500);
    expect(coordinator.statistics.counts).toMatchObject({ total: 1, inProgress: 1 });
    job.tasks.release();
    await job.clock.runFor(1_000);
    expect(coordinator.statistics.history.map((record) => record.triggeredAt - 1_000_000)).toEqual([
      0, 6_000,
    ]);
  });
});

describe('manual checkpoint', () => {
  it('resolves with its pointer once it is complete (T-071, T-410)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    const finalized = await job.settle(coordinator.triggerCheckpoint());
    expect(finalized).toEqual({ checkpointId: 1, externalPointer: expect.stringMatching(/\/chk-1$/) });
    expect(
      (await job.storage.resolveCheckpoint(finalized.externalPointer)).metadataSizeBytes,
    ).toBeGreaterThan(0);
  });

  it('is refused with the reason', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    job.tasks.held.add(0);
    coordinator.triggerCheckpoint().catch(() => {});
    await expect(job.settle(coordinator.triggerCheckpoint())).rejects.toMatchObject({
      code: 'CHECKPOINT_REFUSED',
      message: 'Another checkpoint is in flight.',
      detail: { type: 'tooManyPending' },
    });
  });

  it('rejects with the reason when it is given up (C-105, T-088)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    job.tasks.held.add(0);
    const waiting = coordinator.triggerCheckpoint();
    waiting.catch(() => {});
    await job.clock.runFor(1);
    job.tasks.endpoints[3]?.decline(1 as never, 'CHECKPOINT_DECLINED', 'no');
    await expect(job.settle(waiting)).rejects.toMatchObject({
      code: 'CHECKPOINT_ABORTED',
      detail: { checkpointId: 1, reason: 'CHECKPOINT_DECLINED' },
    });
  });
});

describe('savepoint', () => {
  it('waits while a checkpoint is in flight (C-247, T-059)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    job.tasks.held.add(0);
    coordinator.triggerCheckpoint().catch(() => {});
    const savepoint = coordinator.triggerSavepoint({ target });
    await job.clock.runFor(1_000);
    expect(coordinator.statistics.counts.total).toBe(1);
    job.tasks.release();
    const finalized = await job.settle(savepoint);
    expect(finalized).toEqual({
      checkpointId: 2,
      externalPointer: expect.stringMatching(/^memory:\/backups\/savepoint-00c0ff-[0-9a-f]{12}$/),
    });
    expect(coordinator.statistics.latestSavepoint?.checkpointId).toBe(2);
  });

  it('under one key is one savepoint, asked for twice at once, later, and after a crash', async () => {
    const job = new RuntimeJob();
    const first = await job.start();
    const request = { target, key: 'release-42' };
    const [one, other] = await job.settle(
      Promise.all([first.triggerSavepoint(request), first.triggerSavepoint(request)]),
    );
    expect(other).toEqual(one);
    expect(await job.settle(first.triggerSavepoint(request))).toEqual(one);
    first.abandon();
    const second = await job.open();
    expect(await job.settle(second.triggerSavepoint(request))).toEqual(one);
    expect(second.statistics.counts.total).toBe(1);
  });

  it('in flight at a crash is the same one for whoever asks the next coordinator', async () => {
    const job = new RuntimeJob();
    const first = await job.start();
    job.tasks.held.add(0);
    const request = { target, key: 'release-42' };
    first.triggerSavepoint(request).catch(() => {});
    await job.clock.runFor(10);
    first.abandon();
    const second = await job.open();
    const savepoint = second.triggerSavepoint(request);
    job.tasks.release();
    expect(await job.settle(savepoint)).toMatchObject({ checkpointId: 1 });
  });

  it('outlives the end of the job under every policy (T-046)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    await job.settle(coordinator.triggerCheckpoint());
    const { externalPointer } = await job.settle(coordinator.triggerSavepoint({ target }));
    await coordinator.jobStatus('FINISHED');
    await job.settle(coordinator.settled());
    expect(job.files.files()).toEqual([`${externalPointer}/_metadata`]);
  });
});

describe('end of the job', () => {
  it('carries out what the policy decided, once, and says what stays (T-356)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({ configuration: { retained: 2, retention: 'RETAIN_ON_FAILURE' } });
    for (let n = 0; n < 3; n++) await job.settle(coordinator.triggerCheckpoint());
    await coordinator.jobStatus('FAILED', 'too many restarts');
    await job.settle(coordinator.settled());
    expect(job.files.files()).toHaveLength(2);
    expect(coordinator.statistics).toMatchObject({
      jobStatus: 'failed',
      jobMessage: 'too many restarts',
      kept: [2, 3].map((checkpointId) => ({ checkpointId, clause: 'RETAIN_ON_FAILURE on FAILED' })),
    });
    expect((await coordinator.jobStatus('FAILED')).type).toBe('already');
    await expect(coordinator.jobStatus('RUNNING')).rejects.toMatchObject({ code: 'JOB_TERMINATED' });
    await expect(coordinator.restore([])).rejects.toMatchObject({ code: 'JOB_TERMINATED' });
  });

  it('is finished by the next coordinator when the first had no time to clean up (C-144, T-386)', async () => {
    const job = new RuntimeJob();
    const first = await job.start();
    await job.settle(first.triggerCheckpoint());
    await first.jobStatus('FINISHED');
    first.abandon();
    const second = await job.open();
    await job.settle(second.settled());
    expect(job.files.files()).toEqual([]);
    await job.settle(second.close());
    expect(second.statistics.discardsOwed).toBe(0);
  });
});
