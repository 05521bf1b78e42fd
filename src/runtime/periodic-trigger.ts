/** The periodic timer: at a fixed rate while the job runs, after a random first delay (C-031, C-050). */
import type { Subscription } from 'rxjs';
import type { Outcome } from '../core/outcomes.ts';
import type { Clock } from './clock.ts';
import type { Letter } from './inbox.ts';
import type { Random } from './random.ts';

export class PeriodicTrigger {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #intervalMs: number | undefined;
  #post: ((letter: Letter) => void) | undefined;
  #timer: Subscription | undefined;
  #targetMs = 0;
  /** Ticks dropped since the last one that was not (C-045). */
  #droppedTicks = 0;

  constructor(clock: Clock, random: Random, intervalMs: number | undefined) {
    this.#clock = clock;
    this.#random = random;
    this.#intervalMs = intervalMs;
  }

  /** Begins; the answer stops it. Without an interval only manual checkpoints are taken (C-008). */
  start(post: (letter: Letter) => void): () => void {
    const intervalMs = this.#intervalMs;
    if (intervalMs === undefined) return () => {};
    this.#post = post;
    this.#arm(this.#random.integer(intervalMs + 1), intervalMs);
    return () => {
      this.#post = undefined;
      this.#timer?.unsubscribe();
    };
  }

  /** A tick came inside the pause after a completion: the next one comes when that is over, then one each interval. */
  rearm(waitMs: number): void {
    if (this.#post === undefined || this.#intervalMs === undefined) return;
    this.#timer?.unsubscribe();
    this.#arm(waitMs, this.#intervalMs);
  }

  #arm(delayMs: number, intervalMs: number): void {
    this.#targetMs = this.#clock.monotonic() + delayMs;
    this.#wait(intervalMs);
  }

  #wait(intervalMs: number): void {
    const delayMs = Math.max(0, this.#targetMs - this.#clock.monotonic());
    this.#timer = this.#clock.scheduler.schedule(() => {
      this.#tick();
      // Ticks that were missed while the process stood still are not made up for: one checkpoint serves them all.
      const missed = Math.max(0, Math.floor((this.#clock.monotonic() - this.#targetMs) / intervalMs));
      this.#targetMs += (missed + 1) * intervalMs;
      this.#wait(intervalMs);
    }, delayMs);
  }

  #tick(): void {
    const droppedTicks = this.#droppedTicks;
    const resolve = (outcome: Outcome): void => this.#hear(outcome, droppedTicks);
    this.#post?.({ content: { type: 'tick', droppedTicks }, resolve });
  }

  #hear({ type, waitMs }: Outcome, told: number): void {
    if (type === 'tickDropped') this.#droppedTicks += 1;
    if (type === 'queued' || type === 'triggered') this.#droppedTicks -= told;
    if (waitMs !== undefined) this.rearm(waitMs);
  }
}
