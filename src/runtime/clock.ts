/** Time, handed in. The simulation passes a virtual clock; nothing else in the project reads time. */
import { asyncScheduler, Subscription, type SchedulerAction, type SchedulerLike } from 'rxjs';
import type { Time } from '../core/commands.ts';

export interface Clock {
  /** Wall-clock milliseconds since the epoch: for what is stored and shown. May jump. */
  now(): number;
  /** Milliseconds that only grow: for intervals and what is left of a deadline. Its origin means nothing. */
  monotonic(): number;
  /** Runs work later; delays are monotonic milliseconds. */
  readonly scheduler: SchedulerLike;
}

/** The longest delay of a timer, 24.8 days; Node runs one that is to wait longer at once. */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/** A scheduler that waits for long delays in pieces that a timer can hold. */
export const inPieces = (scheduler: SchedulerLike): SchedulerLike => ({
  now: () => scheduler.now(),
  schedule<State>(
    work: (this: SchedulerAction<State>, state?: State) => void,
    delay = 0,
    state?: State,
  ): Subscription {
    if (delay <= TIMER_MS_MAX) return scheduler.schedule(work, delay, state);
    const whole = new Subscription();
    const goOn = (left: number): void => {
      const isLast = left <= TIMER_MS_MAX;
      whole.add(
        isLast
          ? scheduler.schedule(work, left, state)
          : scheduler.schedule(() => goOn(left - TIMER_MS_MAX), TIMER_MS_MAX),
      );
    };
    goOn(delay);
    return whole;
  },
});

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  scheduler: inPieces(asyncScheduler),
};

/** What a command is stamped with: whole milliseconds of both clocks. */
export const timeOf = (clock: Clock): Time => ({
  at: clock.now(),
  monotonicMs: Math.floor(clock.monotonic()),
});
