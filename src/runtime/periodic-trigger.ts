/** The periodic timer: at a fixed rate while the job runs, after a random first delay (C-031, C-050). */
import type { Subscription } from 'rxjs';
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

export class PeriodicTrigger {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #intervalMs: number | undefined;

  constructor(clock: Clock, random: Random, intervalMs: number | undefined) {
    this.#clock = clock;
    this.#random = random;
    this.#intervalMs = intervalMs;
  }

  /** Begins; the answer stops it. Without an interval only manual checkpoints are taken (C-008). */
  start(tick: () => void): () => void {
    const intervalMs = this.#intervalMs;
    if (intervalMs === undefined) return () => {};
    let target = this.#clock.monotonic() + this.#random.integer(intervalMs + 1);
    let timer: Subscription | undefined;
    const arm = (): void => {
      const delay = Math.max(0, target - this.#clock.monotonic());
      timer = this.#clock.scheduler.schedule(() => {
        tick();
        // Ticks that were missed while the process stood still are not made up for: one checkpoint serves them all.
        const missed = Math.max(0, Math.floor((this.#clock.monotonic() - target) / intervalMs));
        target += (missed + 1) * intervalMs;
        arm();
      }, delay);
    };
    arm();
    return () => timer?.unsubscribe();
  }
}
