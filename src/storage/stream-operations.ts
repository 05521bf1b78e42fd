/** The life of an output stream, the same in every backend: open, then failed or finished, then closed. */
import { streamClosed } from './failures.ts';

/**
 * Runs the operations of one stream one after the other and refuses those that come too late. A failed write spoils the
 * stream: what it would publish afterwards would have a hole.
 */
export class StreamOperations {
  readonly #path: string;
  #phase: 'open' | 'failed' | 'closed' = 'open';
  #last: Promise<unknown> = Promise.resolve();

  /** `path` is what the stream writes, for the error's detail. */
  constructor(path: string) {
    this.#path = path;
  }

  /** @throws STORAGE_STREAM_CLOSED unless the stream is open. */
  write(work: () => Promise<void>): Promise<void> {
    return this.#enqueue(async () => {
      this.#requireOpen();
      this.#phase = 'failed';
      await work();
      this.#phase = 'open';
    });
  }

  /**
   * The last act of a successful stream; it cleans up itself when it fails.
   * @throws STORAGE_STREAM_CLOSED unless the stream is open.
   */
  finish<T>(work: () => Promise<T>): Promise<T> {
    return this.#enqueue(() => {
      this.#requireOpen();
      this.#phase = 'closed';
      return work();
    });
  }

  /** Gives up, unless the stream is finished or has been given up already. */
  close(work: () => Promise<void>): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#phase === 'closed') return;
      this.#phase = 'closed';
      await work();
    });
  }

  #requireOpen(): void {
    if (this.#phase !== 'open') throw streamClosed(this.#path);
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    // The caller hears of the failure; the queue only waits.
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}
