/**
 * Appends blocks one after the other under one term, and says when each is durable. The next block may be appended
 * while this one syncs; after any answer but `appended` nothing is appended any more.
 */
import { messageOf, TidemarkError } from '../errors.ts';
import type { AppendResult, BlockContent, Journal } from '../journal/journal.ts';

/** Blocks on their way to the disk: one syncs, one waits behind it. */
export const BLOCKS_IN_FLIGHT_MAX = 2;

export class BlockWriter {
  readonly #journal: Journal;
  readonly #stream: string;
  readonly #term: number;
  #revision: number;
  #inFlight = 0;
  #last: Promise<void> = Promise.resolve();
  #failure: TidemarkError | undefined;

  constructor(journal: Journal, stream: string, term: number, revision: number) {
    this.#journal = journal;
    this.#stream = stream;
    this.#term = term;
    this.#revision = revision;
  }

  get isFull(): boolean {
    return this.#inFlight >= BLOCKS_IN_FLIGHT_MAX;
  }

  get isIdle(): boolean {
    return this.#inFlight === 0;
  }

  /** The revision the next block will get. */
  get nextRevision(): number {
    return this.#revision + 1;
  }

  /**
   * Resolves with the block's revision once it and every block before it are durable.
   * @throws COORDINATOR_FENCED, JOURNAL_UNAVAILABLE
   */
  append(block: BlockContent): Promise<number> {
    const expectedRevision = this.#revision;
    this.#revision = expectedRevision + 1;
    this.#inFlight++;
    const request = { stream: this.#stream, expectedRevision, term: this.#term, block };
    const answer = this.#journal.append(request);
    // Judged when it is its turn; until then a rejection is not one that nobody hears.
    answer.catch(() => {});
    const durable = this.#last.then(() => this.#settle(answer, expectedRevision));
    this.#last = durable.then(
      () => {},
      () => {},
    );
    return durable;
  }

  async #settle(answer: Promise<AppendResult>, expectedRevision: number): Promise<number> {
    try {
      const result = await answer;
      if (this.#failure !== undefined) throw this.#failure;
      if (result.type === 'appended') return result.revision;
      if (result.type === 'unknown') return await this.#readBack(expectedRevision, result.message);
      throw this.#refused(result);
    } catch (error) {
      this.#failure ??= asUnavailable(error);
      throw this.#failure;
    } finally {
      this.#inFlight--;
    }
  }

  #refused(result: Extract<AppendResult, { type: 'conflict' | 'fenced' }>): TidemarkError {
    const by =
      result.type === 'fenced' ? `term ${result.term}` : `another writer at revision ${result.revision}`;
    return new TidemarkError('COORDINATOR_FENCED', `${by} has taken over from term ${this.#term}`, {
      term: this.#term,
    });
  }

  /** Only this writer appends under its term: a head at the block's revision and term is the block. */
  async #readBack(expectedRevision: number, message: string): Promise<number> {
    const head = await this.#journal.head(this.#stream);
    if (head.term > this.#term) throw this.#refused({ type: 'fenced', term: head.term });
    if (head.revision > expectedRevision) return expectedRevision + 1;
    throw new TidemarkError('JOURNAL_UNAVAILABLE', `the block was not written: ${message}`);
  }
}

const asUnavailable = (error: unknown): TidemarkError =>
  error instanceof TidemarkError
    ? error
    : new TidemarkError('JOURNAL_UNAVAILABLE', messageOf(error), {}, { cause: error });
