import { describe, expect, it } from 'vitest';
import { blocksOf, RuntimeJob } from '../support/runtime-job.ts';

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

  it('waits once for the checkpoint in flight; later ticks are dropped and counted (C-045, T-024)', async () => {
    const job = new RuntimeJob();
    const random = { integer: () => 0 };
    const coordinator = await job.start({ configuration: { interval: '1 s' }, random });
    job.tasks.held.add(3);
    await job.clock.runFor(5_500);
    expect(coordinator.statistics.counts).toMatchObject({ total: 1, inProgress: 1 });
    const blocks = blocksOf(coordinator);
    job.tasks.release();
    await job.clock.runFor(1_000);
    expect(coordinator.statistics.history.map((record) => record.triggeredAt - 1_000_000)).toEqual([
      0, 5_500, 6_000,
    ]);
    const triggered = blocks.flat().filter((fact) => fact.type === 'checkpoint.triggered');
    // The tick of the first second waited, the four after it were dropped.
    expect(triggered).toMatchObject([
      { checkpointId: 2, requestId: 1, waitedMs: 4_500 },
      { droppedTicks: 4 },
    ]);
  });

  it('comes again when the pause is over, then at the interval (C-040, T-028, T-056, T-072)', async () => {
    const job = new RuntimeJob();
    const random = { integer: () => 0 };
    const configuration = { interval: '10 s', minPause: '8 s' };
    const coordinator = await job.start({ configuration, random });
    job.tasks.held.add(3);
    await job.clock.runFor(13_000);
    job.tasks.release();
    await job.clock.runFor(30_000);
    const { history } = coordinator.statistics;
    const [first] = history;
    // The first tick comes after the pause at the earliest; that of the 18th second is inside the next one.
    const again = (first?.endedAt ?? 0) + 8_000 - 1_000_000;
    expect(history.map((record) => record.triggeredAt - 1_000_000)).toEqual([
      8_000,
      again,
      again + 10_000,
      again + 20_000,
    ]);
  });

  it('is refused after waiting when its turn comes inside the pause, and comes again (C-040, C-042)', async () => {
    const job = new RuntimeJob();
    const random = { integer: () => 0 };
    const coordinator = await job.start({ configuration: { interval: '1 s', minPause: '400 ms' }, random });
    const blocks = blocksOf(coordinator);
    job.tasks.held.add(3);
    await job.clock.runFor(1_500);
    job.tasks.release();
    await job.clock.runFor(450);
    const rejected = blocks.flat().filter((fact) => fact.type === 'request.rejected');
    expect(rejected).toMatchObject([{ reason: 'MINIMUM_TIME_BETWEEN_CHECKPOINTS', waitMs: 400 }]);
    expect(coordinator.statistics.counts).toMatchObject({ total: 2, failed: 0 });
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

  it('is queued behind the one in flight, then runs (C-040, T-059)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    job.tasks.held.add(0);
    const both = Promise.all([coordinator.triggerCheckpoint(), coordinator.triggerCheckpoint()]);
    await job.clock.runFor(1_000);
    expect(coordinator.statistics.counts).toMatchObject({ total: 1, inProgress: 1 });
    job.tasks.release();
    expect(await job.settle(both)).toMatchObject([{ checkpointId: 1 }, { checkpointId: 2 }]);
  });

  it('runs when the one before it fails (C-067, T-062)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({ configuration: { timeout: '10 s' } });
    job.tasks.held.add(0);
    const first = coordinator.triggerCheckpoint();
    const second = coordinator.triggerCheckpoint();
    await expect(job.settle(first)).rejects.toMatchObject({ code: 'CHECKPOINT_ABORTED' });
    job.tasks.release();
    expect(await job.settle(second)).toMatchObject({ checkpointId: 2 });
  });

  it('is refused with the reason when the job does not run', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.open();
    await expect(job.settle(coordinator.triggerCheckpoint())).rejects.toMatchObject({
      code: 'CHECKPOINT_REFUSED',
      message: 'The job does not run: nothing can be triggered.',
      detail: { type: 'notRunning', reason: 'NOT_ALL_REQUIRED_TASKS_RUNNING' },
    });
  });

  it.each([
    ['RESTARTING', 'CHECKPOINT_COORDINATOR_SUSPEND'],
    ['FAILED', 'CHECKPOINT_COORDINATOR_SHUTDOWN'],
  ] as const)('that waits is refused when the job is %s (C-046, C-055, T-064)', async (status, reason) => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    job.tasks.held.add(0);
    const first = coordinator.triggerCheckpoint();
    const second = coordinator.triggerCheckpoint();
    const settled = Promise.allSettled([first, second]);
    await job.clock.runFor(10);
    await coordinator.jobStatus(status);
    expect(await job.settle(settled)).toMatchObject([
      { reason: { code: 'CHECKPOINT_ABORTED' } },
      { reason: { code: 'CHECKPOINT_REFUSED', detail: { requestId: 1, reason } } },
    ]);
    expect(coordinator.statistics.counts).toMatchObject({ total: 1, failed: 1 });
  });

  it('that waits goes on under the next coordinator, once (C-291)', async () => {
    const job = new RuntimeJob();
    const first = await job.start();
    job.tasks.held.add(0);
    const waiting = [first.triggerCheckpoint(), first.triggerCheckpoint()];
    const settled = Promise.allSettled(waiting);
    await job.clock.runFor(10);
    first.abandon();
    expect(await job.settle(settled)).toMatchObject([
      { reason: { code: 'COORDINATOR_CLOSED' } },
      { reason: { code: 'COORDINATOR_CLOSED' } },
    ]);
    const second = await job.open();
    job.tasks.release();
    await job.clock.runUntil(() => second.statistics.counts.completed === 2);
    await job.clock.runFor(10_000);
    expect(second.statistics.counts).toMatchObject({ total: 2, completed: 2 });
  });

  it('that waits is refused by the next coordinator when the tasks died too (C-046)', async () => {
    const job = new RuntimeJob();
    const first = await job.start();
    job.tasks.held.add(0);
    for (let n = 0; n < 2; n++) first.triggerCheckpoint().catch(() => {});
    await job.clock.runFor(10);
    first.abandon();
    for (const endpoint of job.tasks.endpoints) endpoint.ended('failed', 'the process is gone');
    await job.clock.runFor(10);
    const second = await job.open();
    const facts: unknown[] = [];
    second.facts$.subscribe((block) => facts.push(...block));
    expect(facts).toContainEqual(
      expect.objectContaining({
        type: 'request.rejected',
        requestId: 1,
        reason: 'CHECKPOINT_COORDINATOR_SUSPEND',
      }),
    );
    await second.restore(job.tasks.deploy(second.nextAttempt));
    await second.jobStatus('RUNNING');
    job.tasks.release();
    await job.clock.runFor(10_000);
    expect(second.statistics.counts).toMatchObject({ total: 1, completed: 0 });
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
  it('runs beside a checkpoint in flight, and completes before it (C-035, C-247)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    job.tasks.held.add(0);
    coordinator.triggerCheckpoint().catch(() => {});
    const savepoint = coordinator.triggerSavepoint({ target });
    await job.clock.runFor(1_000);
    expect(coordinator.statistics.counts).toMatchObject({ total: 2, inProgress: 2 });
    job.tasks.release();
    const finalized = await job.settle(savepoint);
    expect(finalized).toEqual({
      checkpointId: 2,
      externalPointer: expect.stringMatching(/^memory:\/backups\/savepoint-00c0ff-[0-9a-f]{12}$/),
    });
    expect(coordinator.statistics.latestSavepoint?.checkpointId).toBe(2);
  });

  it('waits with unaligned checkpoints, but before every checkpoint (C-035, C-038, T-036)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({ configuration: { unaligned: true, interval: '1 d' } });
    job.tasks.held.add(0);
    const all = Promise.all([
      coordinator.triggerCheckpoint(),
      coordinator.triggerCheckpoint(),
      coordinator.triggerSavepoint({ target }),
    ]);
    await job.clock.runFor(1_000);
    expect(coordinator.statistics.counts.total).toBe(1);
    job.tasks.release();
    expect((await job.settle(all)).map(({ checkpointId }) => checkpointId)).toEqual([1, 3, 2]);
  });

  it('that waits under a key is one savepoint, also for whoever asks the next coordinator', async () => {
    const job = new RuntimeJob();
    const first = await job.start({ configuration: { unaligned: true, interval: '1 d' } });
    job.tasks.held.add(0);
    first.triggerCheckpoint().catch(() => {});
    const request = { target, key: 'release-42' };
    for (let n = 0; n < 2; n++) first.triggerSavepoint(request).catch(() => {});
    await job.clock.runFor(10);
    first.abandon();
    const second = await job.open({ configuration: { unaligned: true, interval: '1 d' } });
    const savepoint = second.triggerSavepoint(request);
    job.tasks.release();
    expect(await job.settle(savepoint)).toMatchObject({ checkpointId: 2 });
    expect(second.statistics.counts.total).toBe(2);
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
