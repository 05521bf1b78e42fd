/** The periodic timer: after a first delay at a fixed rate, at the interval that is in force (C-050). */
import type { Subscription } from 'rxjs';
import type { CheckpointConfiguration } from '../core/configuration.ts';
import type { SchedulerStarted } from '../core/facts/fact.ts';
import type { Outcome } from '../core/outcomes.ts';
import type { Clock } from './clock.ts';
import type { Letter } from './inbox.ts';
import type { Random } from './random.ts';

/** What {@link Random} draws below at once. */
const DRAWN_BELOW_MAX = 0x1_0000_0000;

/**
 * The delay before the first tick of a reign, in ms: anywhere between the pause and the interval; between the pause and
 * twice the pause while sources wait for the first checkpoint (C-031). Undefined without an interval.
 */
export const drawInitialDelay = (
  { intervalMs, minPauseMs, pauseSourcesUntilFirstCheckpoint }: CheckpointConfiguration,
  random: Random,
): number | undefined => {
  if (intervalMs === undefined) return undefined;
  const choices = (pauseSourcesUntilFirstCheckpoint ? minPauseMs : intervalMs - minPauseMs) + 1;
  const drawn = random.integer(Math.min(choices, DRAWN_BELOW_MAX));
  // An interval of more than seven weeks is drawn from in steps of some milliseconds.
  return minPauseMs + Math.floor(drawn * Math.max(1, choices / DRAWN_BELOW_MAX));
};

/** A schedule that is kept. */
interface Run {
  readonly start: number;
  readonly post: (letter: Letter) => void;
}

export class PeriodicTrigger {
  readonly #clock: Clock;
  /** The interval in force, in ms; undefined: the timer does not come again. */
  readonly #intervalMs: () => number | undefined;
  #run: Run | undefined;
  #timer: Subscription | undefined;
  #targetMs = Infinity;
  /** Ticks dropped since the last one that was not (C-045). */
  #droppedTicks = 0;

  constructor(clock: Clock, intervalMs: () => number | undefined) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Begins a schedule; the answer stops it. */
  start({ start, delayMs }: SchedulerStarted, post: (letter: Letter) => void): () => void {
    this.#run = { start, post };
    this.#arm(delayMs);
    return () => {
      this.#run = undefined;
      this.#disarm();
    };
  }

  /** A tick came inside the pause after a completion: the next one comes when that is over, then one each interval. */
  rearm(waitMs: number): void {
    if (this.#run !== undefined) this.#arm(waitMs);
  }

  /** Another interval is in force: the timer comes after it, unless it comes sooner anyway (C-053). */
  advance(intervalMs: number): void {
    if (this.#run !== undefined && this.#clock.monotonic() + intervalMs < this.#targetMs)
      this.#arm(intervalMs);
  }

  #arm(delayMs: number): void {
    this.#disarm();
    this.#targetMs = this.#clock.monotonic() + delayMs;
    this.#wait();
  }

  #disarm(): void {
    this.#timer?.unsubscribe();
    this.#targetMs = Infinity;
  }

  #wait(): void {
    const delayMs = Math.max(0, this.#targetMs - this.#clock.monotonic());
    this.#timer = this.#clock.scheduler.schedule(() => this.#fire(), delayMs);
  }

  /** While the interval is "never", the tick that was on its way is the last (C-051). */
  #fire(): void {
    this.#tick();
    const intervalMs = this.#intervalMs();
    if (intervalMs === undefined) return this.#disarm();
    // Ticks that were missed while the process stood still are not made up for: one checkpoint serves them all.
    const missed = Math.max(0, Math.floor((this.#clock.monotonic() - this.#targetMs) / intervalMs));
    this.#targetMs += (missed + 1) * intervalMs;
    return this.#wait();
  }

  #tick(): void {
    const run = this.#run;
    if (run === undefined) return;
    const { start, post } = run;
    const droppedTicks = this.#droppedTicks;
    const resolve = (outcome: Outcome): void => this.#hear(outcome, droppedTicks, run);
    post({ content: { type: 'tick', start, droppedTicks }, resolve });
  }

  #hear({ type, waitMs }: Outcome, told: number, run: Run): void {
    if (type === 'tickDropped') this.#droppedTicks += 1;
    if (type === 'queued' || type === 'triggered') this.#droppedTicks -= told;
    if (waitMs !== undefined && run === this.#run) this.rearm(waitMs);
  }
}
