/** Time, handed in. The simulation passes a virtual clock; nothing else in the project reads time. */
import type { Time } from '../core/commands.ts';
import { asyncScheduler, type SchedulerLike } from 'rxjs';

export interface Clock {
  /** Wall-clock milliseconds since the epoch: for what is stored and shown. May jump. */
  now(): number;
  /** Milliseconds that only grow: for intervals and what is left of a deadline. Its origin means nothing. */
  monotonic(): number;
  /** Runs work later; delays are monotonic milliseconds. */
  readonly scheduler: SchedulerLike;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  scheduler: asyncScheduler,
};

/** What a command is stamped with: whole milliseconds of both clocks. */
export const timeOf = (clock: Clock): Time => ({
  at: clock.now(),
  monotonicMs: Math.floor(clock.monotonic()),
});
