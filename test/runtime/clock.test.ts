import { VirtualTimeScheduler, type SchedulerAction, type SchedulerLike } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { inPieces, systemClock, TIMER_MS_MAX } from '../../src/runtime/clock.ts';

const DAY_MS = 86_400_000;

/** Virtual time, and the longest delay that was asked of it. */
const watched = (): { virtual: VirtualTimeScheduler; scheduler: SchedulerLike; longest: () => number } => {
  const virtual = new VirtualTimeScheduler();
  let longest = 0;
  const scheduler: SchedulerLike = {
    now: () => virtual.now(),
    schedule<State>(work: (this: SchedulerAction<State>, state?: State) => void, delay = 0, state?: State) {
      longest = Math.max(longest, delay);
      return virtual.schedule(work, delay, state);
    },
  };
  return { virtual, scheduler: inPieces(scheduler), longest: () => longest };
};

describe('a delay longer than a timer holds', () => {
  it.each([1, TIMER_MS_MAX, TIMER_MS_MAX + 1, 30 * DAY_MS, 365 * DAY_MS])(
    'of %i ms is waited for to the end, in pieces',
    (delayMs) => {
      const { virtual, scheduler, longest } = watched();
      const ran: [number, string | undefined][] = [];
      scheduler.schedule((state?: string) => ran.push([virtual.now(), state]), delayMs, 'state');
      virtual.flush();
      expect(ran).toEqual([[delayMs, 'state']]);
      expect(longest()).toBe(Math.min(delayMs, TIMER_MS_MAX));
    },
  );

  it('is not waited for any more once it is cancelled, whichever piece runs', () => {
    const { virtual, scheduler } = watched();
    const work = scheduler.schedule(() => expect.unreachable(), 100 * DAY_MS);
    scheduler.schedule(() => work.unsubscribe(), 60 * DAY_MS);
    virtual.flush();
    expect(virtual.now()).toBe(60 * DAY_MS);
  });

  it('runs after a short one that was asked for later, on the own clock of the machine', async () => {
    const ran: string[] = [];
    const long = systemClock.scheduler.schedule(() => void ran.push('long'), 30 * DAY_MS);
    await new Promise<void>((resolve) => {
      systemClock.scheduler.schedule(() => {
        ran.push('short');
        resolve();
      }, 20);
    });
    long.unsubscribe();
    expect(ran).toEqual(['short']);
  });
});
