/**
 * The loop of turns: takes what waits, decides it, appends it as one block, and shows it once it is durable. State is
 * folded when decided; nothing outside sees it before the block is on the disk.
 */
import { messageOf, TidemarkError } from '../errors.ts';
import type { JobState } from '../core/job-state.ts';
import { foldStatistics, type StatisticsState } from '../stats/statistics.ts';
import type { BlockWriter } from './block-writer.ts';
import { timeOf, type Clock } from './clock.ts';
import { Inbox, type Letter } from './inbox.ts';
import type { JournalKeeper } from './journal-keeper.ts';
import { takeTurn, type Turn } from './turn.ts';

export interface TurnLoopOptions {
  readonly clock: Clock;
  readonly writer: BlockWriter;
  readonly keeper: JournalKeeper;
  readonly state: JobState;
  readonly statistics: StatisticsState;
  readonly blockCommandsMax: number | undefined;
  /** The turn is durable: tell everybody. */
  readonly show: (turn: Turn, statistics: StatisticsState) => void;
  /** Nothing more will be shown: fenced, or the journal cannot be written, or a bug. */
  readonly fail: (error: TidemarkError) => void;
}

export class TurnLoop {
  readonly #options: TurnLoopOptions;
  readonly #inbox: Inbox;
  #state: JobState;
  #statistics: StatisticsState;
  #isScheduled = false;
  #error: TidemarkError | undefined;
  #shown: Promise<void> = Promise.resolve();

  constructor(options: TurnLoopOptions) {
    this.#options = options;
    this.#inbox = new Inbox(options.blockCommandsMax);
    this.#state = options.state;
    this.#statistics = options.statistics;
  }

  /** The state as decided; it may be ahead of the disk by the blocks in flight. */
  get state(): JobState {
    return this.#state;
  }

  /** False when the inbox is full or the loop has ended; the letter's `reject` is told why. */
  post(letter: Letter): boolean {
    if (this.#error === undefined && this.#inbox.post(letter)) {
      this.#schedule();
      return true;
    }
    letter.reject?.(
      this.#error ?? new TidemarkError('COORDINATOR_CLOSED', 'the inbox of the coordinator is full'),
    );
    return false;
  }

  /** Resolves when everything posted before, lazy letters included, is decided, durable and shown. */
  async drain(): Promise<void> {
    while (this.#error === undefined && (this.#inbox.size > 0 || !this.#options.writer.isIdle)) {
      if (this.#inbox.size > 0 && !this.#options.writer.isFull) this.#turn();
      await this.#shown;
    }
    await this.#shown;
  }

  /** Ends the loop: what waits is refused, what is in flight is not shown. */
  stop(error: TidemarkError): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#inbox.refuseAll(error);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#error !== undefined) return;
    if (!this.#inbox.isDue || this.#options.writer.isFull) return;
    this.#isScheduled = true;
    // oxlint-disable-next-line no-restricted-globals -- waits for this turn's posts, takes no time
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (this.#error === undefined && this.#inbox.isDue && !this.#options.writer.isFull) this.#turn();
      this.#schedule();
    });
  }

  #turn(): void {
    const taken = this.#inbox.take();
    try {
      const turn = takeTurn(this.#state, taken, timeOf(this.#options.clock));
      this.#state = turn.state;
      // Folded with the state and not when shown: a snapshot holds both as of one block.
      this.#statistics = foldStatistics(this.#statistics, turn.facts);
      this.#append(turn, this.#statistics);
    } catch (error) {
      for (const letter of taken.letters) letter.reject?.(error);
      this.#fail(error);
    }
  }

  #append(turn: Turn, statistics: StatisticsState): void {
    const { writer, keeper } = this.#options;
    if (turn.block === undefined) {
      this.#shown = this.#shown.then(() => this.#show(turn, statistics));
      return;
    }
    const snapshot = keeper.decided(writer.nextRevision, turn.facts, { state: turn.state, statistics });
    const durable = writer.append(turn.block);
    this.#shown = this.#shown.then(async () => {
      try {
        const revision = await durable;
        if (this.#error === undefined) keeper.durable(revision, turn.facts, snapshot);
        this.#show(turn, statistics);
      } catch (error) {
        this.#refuse(turn, error);
        this.#fail(error);
      }
      this.#schedule();
    });
  }

  #show(turn: Turn, statistics: StatisticsState): void {
    if (this.#error !== undefined) {
      this.#refuse(turn, this.#error);
      return;
    }
    for (const { letter, outcome } of turn.replies) letter.resolve?.(outcome);
    this.#options.show(turn, statistics);
  }

  #refuse(turn: Turn, error: unknown): void {
    for (const { letter } of turn.replies) letter.reject?.(error);
  }

  #fail(error: unknown): void {
    if (this.#error !== undefined) return;
    const failure =
      error instanceof TidemarkError
        ? error
        : new TidemarkError('INVARIANT_BROKEN', messageOf(error), {}, { cause: error });
    this.stop(failure);
    this.#options.fail(failure);
  }
}
