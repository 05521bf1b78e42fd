/** A summary of one number over many samples (C-228): least, greatest, average, and quantiles of the newest ones. */

/** Quantiles are those of this many newest samples. */
export const SUMMARY_WINDOW = 10_000;

/** The quantiles that are shown, by the names REST gives them. */
export const quantileNames = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 } as const;

export type QuantileName = keyof typeof quantileNames;

/** A summary as JSON keeps it. */
export interface PlainSummary {
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly window: readonly number[];
}

/** Samples one after the other. Several summaries see parts of one log; only the one that saw the end may append. */
interface SampleLog {
  readonly values: Float64Array;
  used: number;
}

const LOG_CAPACITY_MIN = 16;

const emptyLog: SampleLog = { values: new Float64Array(0), used: 0 };

const logOf = (samples: Float64Array): SampleLog => {
  const capacity = Math.max(LOG_CAPACITY_MIN, samples.length * 2);
  const values = new Float64Array(capacity);
  values.set(samples);
  return { values, used: samples.length };
};

/** Immutable: a sample gives a new summary and leaves this one as it is, in constant time. */
export class MetricSummary {
  readonly count: number;
  readonly sum: number;
  /** 0 without samples. */
  readonly minimum: number;
  /** 0 without samples. */
  readonly maximum: number;
  readonly #log: SampleLog;
  readonly #from: number;
  readonly #end: number;
  #sorted: Float64Array | undefined;

  private constructor(plain: Omit<PlainSummary, 'window'>, log: SampleLog, from: number, end: number) {
    this.count = plain.count;
    this.sum = plain.sum;
    this.minimum = plain.minimum;
    this.maximum = plain.maximum;
    this.#log = log;
    this.#from = from;
    this.#end = end;
  }

  static readonly empty = new MetricSummary({ count: 0, sum: 0, minimum: 0, maximum: 0 }, emptyLog, 0, 0);

  /** The summary of all samples that are not negative. */
  static of(samples: Iterable<number>): MetricSummary {
    const known = Float64Array.from(samples).filter((sample) => sample >= 0);
    if (known.length === 0) return MetricSummary.empty;
    let [sum, minimum, maximum] = [0, known[0]!, known[0]!];
    for (const sample of known) {
      sum += sample;
      minimum = Math.min(minimum, sample);
      maximum = Math.max(maximum, sample);
    }
    const log = { values: known, used: known.length };
    const from = Math.max(0, known.length - SUMMARY_WINDOW);
    return new MetricSummary({ count: known.length, sum, minimum, maximum }, log, from, known.length);
  }

  static ofPlain(plain: PlainSummary): MetricSummary {
    const samples = Float64Array.from(plain.window);
    return new MetricSummary(plain, { values: samples, used: samples.length }, 0, samples.length);
  }

  /** sum / count; 0 without samples. */
  get average(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** With one more sample; a negative one means that nobody knows and is left out. */
  with(sample: number): MetricSummary {
    if (sample < 0) return this;
    const isFirst = this.count === 0;
    const plain = {
      count: this.count + 1,
      sum: this.sum + sample,
      minimum: isFirst ? sample : Math.min(this.minimum, sample),
      maximum: isFirst ? sample : Math.max(this.maximum, sample),
    };
    const from = Math.max(this.#from, this.#end + 1 - SUMMARY_WINDOW);
    const mayAppend = this.#end === this.#log.used && this.#end < this.#log.values.length;
    const log = mayAppend ? this.#log : logOf(this.#log.values.subarray(from, this.#end));
    const start = mayAppend ? from : 0;
    log.values[log.used] = sample;
    log.used += 1;
    return new MetricSummary(plain, log, start, log.used);
  }

  /**
   * The value below which a part of the newest {@link SUMMARY_WINDOW} samples lies, interpolated between neighbours as
   * Flink does; NaN without samples.
   */
  quantile(part: number): number {
    this.#sorted ??= this.#log.values.slice(this.#from, this.#end).toSorted();
    const sorted = this.#sorted;
    if (sorted.length === 0) return Number.NaN;
    const position = part * (sorted.length + 1);
    const below = Math.floor(position);
    if (below < 1) return sorted[0]!;
    if (below >= sorted.length) return sorted[sorted.length - 1]!;
    const lower = sorted[below - 1]!;
    return lower + (position - below) * (sorted[below]! - lower);
  }

  /** For people and programmes; a quantile of nothing is the text NaN, which JSON has no number for. */
  toJSON(): Readonly<Record<string, number | 'NaN'>> {
    const { count, minimum, maximum, average } = this;
    return { count, minimum, maximum, average, ...this.quantiles() };
  }

  /** All quantiles that are shown. */
  quantiles(): Readonly<Record<QuantileName, number | 'NaN'>> {
    const names = Object.entries(quantileNames) as [QuantileName, number][];
    const shown = names.map(([name, part]) => [name, this.count === 0 ? 'NaN' : this.quantile(part)]);
    return Object.fromEntries(shown) as Record<QuantileName, number | 'NaN'>;
  }

  /** For the journal. */
  toPlain(): PlainSummary {
    const { count, sum, minimum, maximum } = this;
    return {
      count,
      sum,
      minimum,
      maximum,
      window: Array.from(this.#log.values.subarray(this.#from, this.#end)),
    };
  }
}
