/** A rate over the last few seconds. */
import type { WordCountProgress } from '../../examples/word-count/job-progress.ts';
import type { Clock } from '../../runtime/clock.ts';

/** Long enough that the number can be read, short enough that it follows. */
const WINDOW_MS = 2_000;

interface Sample {
  readonly at: number;
  readonly bytes: number;
  readonly words: number;
}

export class Throughput {
  readonly #clock: Clock;
  #samples: readonly Sample[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  measure({ readBytes, countedWords }: WordCountProgress): void {
    const at = this.#clock.monotonic();
    const sample = { at, bytes: readBytes, words: countedWords };
    const recent = this.#samples.filter((each) => at - each.at <= WINDOW_MS);
    this.#samples = [...recent, sample];
  }

  get bytesPerSecond(): number {
    return this.#rate((sample) => sample.bytes);
  }

  get wordsPerSecond(): number {
    return this.#rate((sample) => sample.words);
  }

  #rate(of: (sample: Sample) => number): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at === first.at) return 0;
    return ((of(last) - of(first)) * 1000) / (last.at - first.at);
  }
}
