import { describe, expect, it } from 'vitest';
import { AbortNotices } from '../../src/runtime/abort-notices.ts';
import { NOTICE_RETRY_MS } from '../../src/runtime/notices.ts';
import { virtualClock } from '../../src/simulation/virtual-clock.ts';
import { checkpointId, slot, type Slot } from '../../src/state/ids.ts';
import type { NotifyAbortedCommand } from '../../src/tasks/gateway.ts';
import { RuntimeJob } from '../support/runtime-job.ts';

const [first, second] = [slot(0), slot(1)];

const aborted = (id: number, slots: readonly Slot[] = [first, second]): NotifyAbortedCommand => ({
  type: 'notifyAborted',
  term: 1,
  checkpointId: checkpointId(id),
  timestamp: 5,
  latestCompletedId: undefined,
  olderInFlight: [],
  slots,
});

const setUp = () => {
  const clock = virtualClock();
  const sent: string[] = [];
  const notices = new AbortNotices(clock, ({ checkpointId: id, slots }) => {
    sent.push(`${clock.monotonic()} ms: ${id} to ${slots.join(' ')}`);
  });
  return { clock, sent, notices };
};

describe('abort notice (C-297)', () => {
  it('is repeated with a growing pause until every task has confirmed', async () => {
    const { clock, sent, notices } = setUp();
    notices.start(aborted(1));
    await clock.runFor(1_500);
    notices.confirm(second, checkpointId(1));
    await clock.runFor(2_000);
    notices.confirm(first, checkpointId(1));
    await clock.runFor(100_000);
    expect(sent).toEqual(['0 ms: 1 to 0 1', `${NOTICE_RETRY_MS} ms: 1 to 0 1`, '3000 ms: 1 to 0']);
    expect(clock.pending).toBe(0);
  });

  it('ends for a task that confirms a newer completion, and for no other', async () => {
    const { clock, sent, notices } = setUp();
    notices.start(aborted(1));
    notices.start(aborted(3));
    notices.supersede(first, checkpointId(2));
    await clock.runFor(1_500);
    expect(sent.slice(2)).toEqual(['1000 ms: 1 to 1', '1000 ms: 3 to 0 1']);
  });

  it('ends for an attempt that has ended, and with the coordinator', async () => {
    const { clock, sent, notices } = setUp();
    notices.start(aborted(1));
    notices.forget(first);
    await clock.runFor(1_500);
    notices.stop();
    await clock.runFor(100_000);
    expect(sent).toEqual(['0 ms: 1 to 0 1', '1000 ms: 1 to 1']);
  });

  it('beyond 64 at once ends for the oldest', () => {
    const { clock, notices } = setUp();
    for (let id = 1; id <= 70; id++) notices.start(aborted(id));
    expect(clock.pending).toBe(64);
  });
});

describe('coordinator', () => {
  it('tells an abort with both time stamps, and a task passes it on once (C-297, T-411)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({ configuration: { interval: '1 h', timeout: '5 s' } });
    await job.clock.runFor(10);
    const done = coordinator.triggerCheckpoint();
    await job.clock.runFor(10);
    await done;
    job.tasks.held.add(3);
    coordinator.triggerCheckpoint().catch(() => undefined);
    await job.clock.runFor(10_000);
    const told = job.commands.filter((command) => command.type === 'notifyAborted');
    expect(told).toMatchObject([
      {
        checkpointId: 2,
        latestCompletedId: 1,
        timestamp: expect.any(Number),
        latestTimestamp: expect.any(Number),
      },
    ]);
    job.gateway.send([told[0]!, told[0]!]);
    await job.clock.runFor(10);
    expect(job.tasks.heard.filter((text) => text.startsWith('notifyAborted'))).toHaveLength(4);
  });
});
