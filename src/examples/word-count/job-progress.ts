/** How far the job is. */
import type { NamedTaskEvent } from '../../simulation/dataflow/task-set.ts';

export interface WordCountProgress {
  /** Input that is processed in the current attempt, with what was processed before it. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Bytes read in this process, again after a restart too: what a throughput is made of. */
  readonly readBytes: number;
  /** Words counted in this process, again after a restart too. */
  readonly countedWords: number;
}

export class ProgressMeter {
  readonly #totalBytes: number;
  #doneBytes = 0;
  #readBytes = 0;
  #countedWords = 0;

  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes;
  }

  get progress(): WordCountProgress {
    return {
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
      readBytes: this.#readBytes,
      countedWords: this.#countedWords,
    };
  }

  /** A new attempt begins; its sources say how far they are. */
  restart(): void {
    this.#doneBytes = 0;
  }

  hear({ vertex, event }: NamedTaskEvent): void {
    if (event.type === 'running') this.#doneBytes += event.doneBytes;
    if (event.type !== 'processed') return;
    this.#doneBytes += event.bytes;
    this.#readBytes += event.bytes;
    if (vertex.name === 'counter') this.#countedWords += event.records;
  }
}
