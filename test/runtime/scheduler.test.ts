/** The schedule of periodic checkpoints in virtual time. */
import { describe, expect, it } from 'vitest';
import { checkConfiguration } from '../../src/core/configuration.ts';
import type { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import { drawInitialDelay } from '../../src/runtime/periodic-trigger.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { coreGraph } from '../support/core-run.ts';
import { blocksOf, RuntimeJob } from '../support/runtime-job.ts';

const latest = { integer: (bound: number) => bound - 1 };
const soonest = { integer: () => 0 };

/** When checkpoints were triggered, in ms since the clock began. */
const triggeredAt = (coordinator: CheckpointCoordinator): number[] =>
  coordinator.statistics.history.map((record) => record.triggeredAt - 1_000_000);

const since = (job: RuntimeJob): number => job.clock.now() - 1_000_000;

const [read] = coreGraph.vertices[0]!.operators;

describe('first delay (C-031, C-049, C-314)', () => {
  it('is the pause at least and the interval at most, and later starts wait the pause (T-054)', async () => {
    const job = new RuntimeJob();
    const configuration = { interval: '10 s', minPause: '2 s' };
    const coordinator = await job.start({ configuration, random: latest });
    await job.clock.runFor(12_000);
    await coordinator.jobStatus('RESTARTING');
    await coordinator.restore(job.tasks.deploy(coordinator.nextAttempt));
    await coordinator.jobStatus('RUNNING');
    const again = since(job);
    await job.clock.runFor(12_500);
    expect(triggeredAt(coordinator)).toEqual([10_000, again + 2_000, again + 12_000]);
  });

  it.each([
    ['between the pause and the interval', { interval: '10 s', minPause: '4 s' }, [4_000, 10_000]],
    [
      'within one pause behind the pause while sources wait',
      { interval: '10 s', minPause: '4 s', pauseSourcesUntilFirstCheckpoint: true },
      [4_000, 8_000],
    ],
    ['at any length of the interval', { interval: '365 d' }, [0, 365 * 86_400_000]],
  ] as const)('is drawn %s, ends included', (_where, options, [least, most]) => {
    const configuration = checkConfiguration(options);
    expect(drawInitialDelay(configuration, soonest)).toBe(least);
    const greatest = drawInitialDelay(configuration, latest) ?? 0;
    expect(greatest).toBeLessThanOrEqual(most);
    expect(greatest).toBeGreaterThan(most - 10);
    const random = seededRandom(7);
    for (let n = 0; n < 1_000; n++) {
      const drawn = drawInitialDelay(configuration, random) ?? -1;
      expect(drawn >= least && drawn <= most && Number.isInteger(drawn)).toBe(true);
    }
  });

  it('is journaled with the reign it was drawn for, and each reign has its own', async () => {
    const job = new RuntimeJob();
    const first = await job.open({ configuration: { interval: '10 s' }, random: latest });
    const facts = blocksOf(first).flat();
    expect(facts).toContainEqual(
      expect.objectContaining({ type: 'coordinator.tookOver', initialDelayMs: 10_000 }),
    );
    await first.restore(job.tasks.deploy(first.nextAttempt));
    await first.jobStatus('RUNNING');
    await job.clock.runFor(3_000);
    first.abandon();
    const second = await job.open({ configuration: { interval: '10 s' }, random: soonest });
    const reopened = since(job);
    await job.clock.runFor(500);
    expect(triggeredAt(second)).toEqual([reopened]);
  });
});

describe('schedule stopped and started by hand (C-048, C-055)', () => {
  it('refuses the timer, gives up what is in flight and lets requests by hand through (T-058)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({ configuration: { interval: '1 s' }, random: soonest });
    job.tasks.held.add(0);
    await job.clock.runFor(500);
    expect((await coordinator.stopCheckpointScheduler()).type).toBe('done');
    expect((await coordinator.stopCheckpointScheduler()).type).toBe('already');
    expect(coordinator.statistics.latestFailed?.failure).toMatch(/^Checkpoint Coordinator is suspending\./);
    job.tasks.release();
    await job.clock.runFor(10_000);
    expect(coordinator.statistics.counts.total).toBe(1);
    expect(await job.settle(coordinator.triggerCheckpoint())).toMatchObject({ checkpointId: 2 });
  });

  it('begins anew when it is started while it is kept, at the same rate (C-050, T-057)', async () => {
    const job = new RuntimeJob();
    const configuration = { interval: '10 s', minPause: '3 s' };
    const coordinator = await job.start({ configuration, random: soonest });
    await job.clock.runFor(17_000);
    await coordinator.startCheckpointScheduler();
    const again = since(job);
    await job.clock.runFor(15_000);
    expect(triggeredAt(coordinator)).toEqual([3_000, 13_000, again + 3_000, again + 13_000]);
  });

  it('leaves a savepoint in flight alone (C-300)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({ configuration: { interval: '1 h' } });
    job.tasks.held.add(0);
    const savepoint = coordinator.triggerSavepoint({ target: 'memory:/backups' });
    await job.clock.runFor(10);
    await coordinator.startCheckpointScheduler();
    await coordinator.stopCheckpointScheduler();
    job.tasks.release();
    expect(await job.settle(savepoint)).toMatchObject({ checkpointId: 1 });
  });

  it("says in Flink's words that there is no interval, or that the job has ended", async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    await expect(coordinator.startCheckpointScheduler()).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: 'Can not start checkpoint scheduler, if no periodic checkpointing is configured',
    });
    await coordinator.jobStatus('FAILED');
    await expect(coordinator.startCheckpointScheduler()).rejects.toMatchObject({
      code: 'JOB_TERMINATED',
      message: 'Checkpoint coordinator is shut down',
    });
  });
});

describe('schedule and tasks (C-056)', () => {
  it('is kept only while no task is on its way up or down (T-033, T-245, T-248)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.open({ configuration: { interval: '1 s' }, random: soonest });
    await coordinator.restore(job.tasks.deploy(coordinator.nextAttempt));
    for (const endpoint of job.tasks.endpoints) endpoint.reportActivity(false);
    await job.clock.runFor(10);
    await coordinator.jobStatus('RUNNING');
    for (const endpoint of job.tasks.endpoints.slice(1)) endpoint.reportActivity(true);
    await job.clock.runFor(5_000);
    expect(coordinator.statistics.counts.total).toBe(0);
    job.tasks.endpoints[0]?.reportActivity(true);
    const active = since(job);
    await job.clock.runFor(1_500);
    expect(triggeredAt(coordinator)).toEqual([active, active + 1_000]);
    job.tasks.endpoints[3]?.ended('failed', 'no memory');
    await job.clock.runFor(5_000);
    expect(coordinator.statistics.counts.total).toBe(2);
  });

  it('is not kept by a coordinator that finds a task inactive, until that runs', async () => {
    const job = new RuntimeJob();
    const first = await job.start({ configuration: { interval: '1 s' }, random: soonest });
    first.abandon();
    job.tasks.endpoints[2]?.reportActivity(false);
    await job.clock.runFor(10);
    const second = await job.open({ configuration: { interval: '1 s' }, random: soonest });
    const before = second.statistics.counts.total;
    await job.clock.runFor(3_000);
    expect(second.statistics.counts.total).toBe(before);
    job.tasks.endpoints[2]?.reportActivity(true);
    await job.clock.runFor(1_500);
    expect(second.statistics.counts.total).toBe(before + 2);
  });

  it('is never kept in a job with a blocking output', async () => {
    const job = new RuntimeJob();
    const [source, target] = coreGraph.vertices.map(({ id }) => id);
    const jobGraph = { ...coreGraph, edges: [{ source: source!, target: target!, isBlocking: true }] };
    const coordinator = await job.start({ jobGraph, configuration: { interval: '1 s' } });
    await job.clock.runFor(10_000);
    expect(coordinator.statistics.counts.total).toBe(0);
    expect((await coordinator.startCheckpointScheduler()).type).toBe('schedulerWaits');
  });
});

describe('backlog of a source (C-050, C-053, T-406)', () => {
  const report = async (job: RuntimeJob, isBacklog: boolean): Promise<void> => {
    job.tasks.endpoints[0]?.reportBacklog(read!.id, isBacklog);
    await job.clock.runFor(0);
  };

  it('makes the interval longer behind the tick that is on its way, and its end shorter at once', async () => {
    const job = new RuntimeJob();
    const configuration = { interval: '1 s', intervalDuringBacklog: '5 s' };
    const coordinator = await job.start({ configuration, random: soonest });
    await job.clock.runFor(1_500);
    await report(job, true);
    await job.clock.runFor(7_000);
    expect(triggeredAt(coordinator)).toEqual([0, 1_000, 2_000, 7_000]);
    await report(job, false);
    const ended = since(job);
    await job.clock.runFor(2_500);
    expect(triggeredAt(coordinator).slice(4)).toEqual([ended + 1_000, ended + 2_000]);
  });

  it('with no checkpoints during backlog: the tick on its way is the last until it ends (C-051)', async () => {
    const job = new RuntimeJob();
    const configuration = { interval: '1 s', intervalDuringBacklog: 0 };
    const coordinator = await job.start({ configuration, random: soonest });
    await job.clock.runFor(500);
    await report(job, true);
    await job.clock.runFor(60_000);
    expect(triggeredAt(coordinator)).toEqual([0, 1_000]);
    await report(job, false);
    const ended = since(job);
    await job.clock.runFor(1_500);
    expect(triggeredAt(coordinator).slice(2)).toEqual([ended + 1_000]);
  });

  it('starts no timer while no schedule is kept (C-054)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({ configuration: { interval: '1 s' }, random: soonest });
    await job.clock.runFor(500);
    await coordinator.stopCheckpointScheduler();
    const total = coordinator.statistics.counts.total;
    await report(job, true);
    await report(job, false);
    await job.clock.runFor(10_000);
    expect(coordinator.statistics.counts).toMatchObject({ total, failed: 0 });
  });

  it('ends when every task of the source has read its data', async () => {
    const job = new RuntimeJob();
    const configuration = {
      interval: '1 s',
      intervalDuringBacklog: 0,
      checkpointsAfterTasksFinish: false,
    } as const;
    const coordinator = await job.start({ configuration, random: soonest });
    await job.clock.runFor(500);
    await report(job, true);
    await job.clock.runFor(5_000);
    expect(triggeredAt(coordinator)).toEqual([0, 1_000]);
    for (const endpoint of job.tasks.endpoints.slice(0, 2)) endpoint.endOfData();
    await job.clock.runFor(0);
    const ended = since(job);
    await job.clock.runFor(1_500);
    expect(triggeredAt(coordinator).slice(2)).toEqual([ended + 1_000]);
  });
});

describe('a tick that cannot be heard (C-052)', () => {
  it('is refused with its reason, and the timer goes on', async () => {
    const job = new RuntimeJob();
    const configuration = { interval: '1 s', checkpointsAfterTasksFinish: false } as const;
    const coordinator = await job.start({ configuration, random: soonest });
    job.tasks.endpoints[0]?.ended('finished', '');
    await job.clock.runFor(5_500);
    const { total } = coordinator.statistics.counts;
    await coordinator.jobStatus('RESTARTING');
    await coordinator.restore(job.tasks.deploy(coordinator.nextAttempt));
    await coordinator.jobStatus('RUNNING');
    await job.clock.runFor(2_500);
    expect(coordinator.statistics.counts.total).toBe(total + 3);
  });
});
