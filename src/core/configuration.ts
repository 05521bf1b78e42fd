/** The effective configuration of a job's checkpoints. */
import { TidemarkError } from '../errors.ts';
import { retentionPolicies, type RetentionPolicy } from '../retention/policy.ts';

/** A number of milliseconds, or text such as `500 ms`, `10 s`, `10 min`, `2 h`, `1 d`. */
export type DurationText = number | string;

/** What a job manager may set; everything has a default. */
export interface CheckpointConfigurationOptions {
  /** Between periodic triggers; absent: only manual ones. At least 10 ms (C-006). */
  readonly interval?: DurationText | undefined;
  /** From the trigger until the metadata writer has answered; default 10 min, at least 10 ms (C-011). */
  readonly timeout?: DurationText | undefined;
  /** Completed checkpoints kept while the job runs; default 1 (C-018). */
  readonly retained?: number | undefined;
  /** What stays when the job ends; default NEVER_RETAIN_AFTER_TERMINATION. */
  readonly retention?: string | undefined;
}

/** The same, resolved and checked. */
export interface CheckpointConfiguration {
  readonly intervalMs: number | undefined;
  readonly timeoutMs: number;
  readonly retainedMax: number;
  readonly retention: RetentionPolicy;
}

const TIMEOUT_MS_DEFAULT = 10 * 60_000;
/** Flink's lower bound for intervals and timeouts. */
const DURATION_MS_MIN = 10;

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

const refuse = (option: string, value: unknown, text: string): never => {
  throw new TidemarkError('CONFIGURATION_INVALID', `${option} ${JSON.stringify(value)}: ${text}`, { option });
};

/** @throws CONFIGURATION_INVALID naming the option, the value and the accepted forms. */
export const parseDurationMs = (option: string, value: DurationText): number => {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? Math.round(value) : refuse(option, value, 'is not a finite number of ms');
  }
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)?\s*$/.exec(value);
  if (match === null) return refuse(option, value, "is not a duration such as '500 ms', '10 s' or '10 min'");
  return Math.round(Number(match[1]) * unitMs[match[2] ?? 'ms']!);
};

const atLeast = (option: string, valueMs: number, text: string): number =>
  valueMs >= DURATION_MS_MIN ? valueMs : refuse(option, valueMs, text);

const parseRetention = (value: string | undefined): RetentionPolicy => {
  if (value === undefined) return 'NEVER_RETAIN_AFTER_TERMINATION';
  const known = retentionPolicies.find((policy) => policy === value);
  return known ?? refuse('retention', value, `is not one of ${retentionPolicies.join(', ')}`);
};

const parseRetained = (value: number | undefined): number => {
  if (value === undefined) return 1;
  if (Number.isInteger(value) && value >= 1) return value;
  return refuse('retained', value, 'Must retain at least one checkpoint.');
};

const INTERVAL_TEXT = 'Checkpoint interval must be larger than or equal to 10 ms';
const TIMEOUT_TEXT = 'Checkpoint timeout must be larger than or equal to 10 ms';

/** @throws CONFIGURATION_INVALID with Flink's texts (C-006, C-011). */
export const checkConfiguration = (options: CheckpointConfigurationOptions): CheckpointConfiguration => ({
  intervalMs:
    options.interval === undefined
      ? undefined
      : atLeast('interval', parseDurationMs('interval', options.interval), INTERVAL_TEXT),
  timeoutMs: atLeast(
    'timeout',
    parseDurationMs('timeout', options.timeout ?? TIMEOUT_MS_DEFAULT),
    TIMEOUT_TEXT,
  ),
  retainedMax: parseRetained(options.retained),
  retention: parseRetention(options.retention),
});
