import { describe, expect, it } from 'vitest';
import { NOTICE_RETRY_MS, NOTICE_RETRY_MS_MAX, Notices } from '../../src/runtime/notices.ts';
import { virtualClock } from '../../src/simulation/virtual-clock.ts';
import { checkpointId, slot, type Slot } from '../../src/state/ids.ts';
import type { NotifyCompletedCommand } from '../../src/tasks/gateway.ts';
import { RuntimeJob } from '../support/runtime-job.ts';

const setUp = () => {
  const clock = virtualClock();
  const sent: string[] = [];
  const notices = new Notices(clock, ({ checkpointId: id, slots }) => {
    sent.push(`${clock.monotonic()} ms: ${id} to ${slots.join(' ')}`);
  });
  return { clock, sent, notices };
};

const [first, second] = [slot(0), slot(1)];

const notice = (id: number, slots: readonly Slot[]): NotifyCompletedCommand => ({
  type: 'notifyCompleted',
  term: 1,
  checkpointId: checkpointId(id),
  timestamp: 5,
  lastSubsumedId: undefined,
  olderInFlight: [],
  slots,
});

describe('completion notice', () => {
  it('is repeated with a growing pause until every task has confirmed (C-296)', async () => {
    const { clock, sent, notices } = setUp();
    notices.start(notice(1, [first, second]));
    await clock.runFor(3_500);
    notices.confirm(second, checkpointId(1));
    await clock.runFor(4_000);
    notices.confirm(first, checkpointId(1));
    await clock.runFor(100_000);
    expect(sent).toEqual([
      '0 ms: 1 to 0 1',
      `${NOTICE_RETRY_MS} ms: 1 to 0 1`,
      '3000 ms: 1 to 0 1',
      '7000 ms: 1 to 0',
    ]);
    expect(clock.pending).toBe(0);
  });

  it('is repeated for ever, at most every so often', async () => {
    const { clock, sent, notices } = setUp();
    notices.start(notice(1, [first]));
    await clock.runFor(600_000);
    const times = sent.map((text) => Number.parseInt(text, 10));
    expect(times.at(-1)! - times.at(-2)!).toBe(NOTICE_RETRY_MS_MAX);
    expect(times.length).toBeGreaterThan(20);
  });

  it('ends when a newer one begins, whoever has confirmed', async () => {
    const { clock, sent, notices } = setUp();
    notices.start(notice(1, [first, second]));
    notices.confirm(first, checkpointId(1));
    notices.start(notice(2, [first, second]));
    notices.confirm(second, checkpointId(1));
    await clock.runFor(1_500);
    expect(sent).toEqual(['0 ms: 1 to 0 1', '0 ms: 2 to 0 1', '1000 ms: 2 to 0 1']);
  });

  it('of an older checkpoint that completed late is not sent (C-107)', async () => {
    const { clock, sent, notices } = setUp();
    notices.start(notice(2, [first, second]));
    notices.start(notice(1, [first, second]));
    await clock.runFor(500);
    expect(sent).toEqual(['0 ms: 2 to 0 1']);
  });

  it('is no longer for an attempt that has ended', async () => {
    const { clock, sent, notices } = setUp();
    notices.start(notice(1, [first, second]));
    notices.forget(second);
    await clock.runFor(1_500);
    notices.forget(first);
    await clock.runFor(100_000);
    expect(sent).toEqual(['0 ms: 1 to 0 1', '1000 ms: 1 to 0']);
  });

  it('to nobody is not sent', () => {
    const { clock, sent, notices } = setUp();
    notices.start(notice(1, []));
    expect([sent, clock.pending]).toEqual([[], 0]);
  });
});

describe('coordinator', () => {
  const notices = (job: RuntimeJob): number =>
    job.commands.filter((command) => command.type === 'notifyCompleted').length;

  it('tells a completion once to tasks that confirm it', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    await job.settle(coordinator.triggerCheckpoint());
    await job.clock.runFor(100_000);
    expect(notices(job)).toBe(1);
    expect(job.tasks.heard).toEqual([0, 1, 2, 3].map((each) => `notifyCompleted 1 at ${each}`));
  });

  it('goes on telling it after a crash, until it is confirmed', async () => {
    const job = new RuntimeJob();
    job.tasks.confirms = false;
    const first = await job.start();
    await job.settle(first.triggerCheckpoint());
    await job.clock.runFor(3_500);
    expect(notices(job)).toBe(3);
    first.abandon();
    await job.clock.runFor(60_000);
    expect(notices(job)).toBe(3);
    await job.open();
    await job.clock.runFor(1_500);
    expect(notices(job)).toBe(5);
    expect(job.commands.at(-1)).toMatchObject({ type: 'notifyCompleted', term: 2, slots: [0, 1, 2, 3] });
  });

  it('tells no task about a plain savepoint (C-110)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    await job.settle(coordinator.triggerSavepoint({ target: 'memory:/backups' }));
    await job.clock.runFor(5_000);
    expect(job.tasks.heard).toEqual([]);
  });
});
