/**
 * Virtual time: a clock that moves only when it is told to, from one scheduled action to the next. The same programme
 * gives the same order of actions on every machine: by time, and at the same time in the order of scheduling.
 */
import { Subscription, type SchedulerAction, type SchedulerLike } from 'rxjs';
import { invariant, TidemarkError } from '../errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { DueQueue } from './due-queue.ts';

/**
 * Actions in one call of {@link VirtualClock.runUntil} unless told: a second or so, reached only by what never ends.
 */
const VIRTUAL_ACTIONS_MAX = 1_000_000;
/** Macrotasks queued at once: the event loop drains microtasks between them, and is entered once for all. */
const TURNS_PER_LOOP = 32;

export interface VirtualClockOptions {
  /** Wall-clock milliseconds at the start. */
  readonly startAt?: number;
}

export interface RunOptions {
  /** What is waited for, for the error that says it never came. */
  readonly what?: string;
  /** Gives up after this many actions; {@link VIRTUAL_ACTIONS_MAX} unless told. */
  readonly actionsMax?: number;
}

export interface VirtualClock extends Clock {
  /** Actions that wait for their time. */
  readonly pending: number;
  /**
   * Runs action after action, with all promises settled in between, until the condition holds or (given a number) until
   * the wall clock shows that time. What the caller owes: nothing in the programme waits for the real world.
   * @throws SIMULATION_STUCK when nothing is scheduled and the condition does not hold, or when it runs for too long;
   * rejects with the error of an action that throws.
   */
  runUntil(goal: number | (() => boolean), options?: RunOptions): Promise<void>;
  /** Runs for this many virtual milliseconds. */
  runFor(durationMs: number): Promise<void>;
}

class VirtualAction<State> extends Subscription implements SchedulerAction<State> {
  #state: State | undefined;
  #ticket: number | undefined;
  readonly #work: (this: SchedulerAction<State>, state?: State) => void;
  readonly #clock: Timeline;

  constructor(clock: Timeline, work: (this: SchedulerAction<State>, state?: State) => void) {
    super();
    this.#clock = clock;
    this.#work = work;
  }

  schedule(state?: State, delay = 0): Subscription {
    if (this.closed) return this;
    this.#forget();
    this.#state = state;
    this.#ticket = this.#clock.queue.add(this.#clock.elapsedMs + Math.max(0, delay), () => this.#run());
    return this;
  }

  override unsubscribe(): void {
    if (this.closed) return;
    this.#forget();
    super.unsubscribe();
  }

  #forget(): void {
    if (this.#ticket !== undefined) this.#clock.queue.cancel(this.#ticket);
    this.#ticket = undefined;
  }

  #run(): void {
    this.#ticket = undefined;
    this.#work.call(this, this.#state);
  }
}

class Timeline implements VirtualClock {
  readonly queue = new DueQueue();
  elapsedMs = 0;
  readonly scheduler: SchedulerLike;
  readonly #startAt: number;
  #isRunning = false;

  constructor(startAt: number) {
    this.#startAt = startAt;
    this.scheduler = {
      now: () => this.now(),
      schedule: <State>(
        work: (this: SchedulerAction<State>, state: State) => void,
        delay?: number,
        state?: State,
      ): Subscription =>
        new VirtualAction<State>(
          this,
          work as (this: SchedulerAction<State>, state?: State) => void,
        ).schedule(state, delay),
    };
  }

  get pending(): number {
    return this.queue.size;
  }

  now(): number {
    return this.#startAt + this.elapsedMs;
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  async runFor(durationMs: number): Promise<void> {
    await this.runUntil(this.now() + durationMs);
  }

  async runUntil(goal: number | (() => boolean), options: RunOptions = {}): Promise<void> {
    invariant(!this.#isRunning, 'a virtual clock is run by one caller at a time');
    this.#isRunning = true;
    const limit = options.actionsMax ?? VIRTUAL_ACTIONS_MAX;
    const isReached = typeof goal === 'number' ? this.#untilTime(goal) : goal;
    let actions = 0;
    try {
      await turns(() => {
        if (isReached()) return false;
        if (this.queue.size === 0) throw stuck(options.what, 'nothing is scheduled', this.elapsedMs);
        if (++actions > limit) throw stuck(options.what, `${limit} actions have run`, this.elapsedMs);
        this.#runNext();
        return true;
      });
    } finally {
      this.#isRunning = false;
    }
  }

  #untilTime(wallTime: number): () => boolean {
    const elapsedMs = wallTime - this.#startAt;
    return () => {
      const next = this.queue.nextAt();
      if (next !== undefined && next <= elapsedMs) return false;
      this.elapsedMs = Math.max(this.elapsedMs, elapsedMs);
      return true;
    };
  }

  #runNext(): void {
    const next = this.queue.take();
    invariant(next !== undefined, 'an action is due');
    this.elapsedMs = Math.max(this.elapsedMs, next.at);
    next.run();
  }
}

const stuck = (what: string | undefined, why: string, elapsedMs: number): TidemarkError =>
  new TidemarkError('SIMULATION_STUCK', `${what ?? 'the condition'} never came: ${why} at ${elapsedMs} ms`, {
    what: what ?? null,
    elapsedMs,
  });

/**
 * Calls `turn` as one macrotask after the other while it answers true. Between two macrotasks the event loop settles
 * every promise that can settle, however long the chain.
 */
const turns = async (turn: () => boolean): Promise<void> => {
  await new Promise<void>((resolve, reject) => {
    let isOver = false;
    const end = (settle: () => void): void => {
      isOver = true;
      settle();
    };
    const once = (isLast: boolean): void => {
      if (isOver) return;
      try {
        if (!turn()) end(resolve);
        else if (isLast) loop();
      } catch (error) {
        end(() => reject(error as Error));
      }
    };
    const loop = (): void => {
      // oxlint-disable-next-line no-restricted-globals -- waits for microtasks, takes no time
      for (let left = TURNS_PER_LOOP; left > 0; left--) setImmediate(once, left === 1);
    };
    loop();
  });
};

/** A clock that stands at `startAt` until it is run. */
export const virtualClock = (options: VirtualClockOptions = {}): VirtualClock =>
  new Timeline(options.startAt ?? 0);
