/**
 * The configuration that is in force: what the coordinator, its tasks and its storage go by, and what the journal keeps
 * of every reign. Durations are in milliseconds; `undefined` stands for "never" where Flink has its largest number.
 */
import type { RetentionPolicy } from '../../retention/policy.ts';
import { INTEGER_MAX, valueRefused } from './values.ts';

export type CheckpointingMode = 'EXACTLY_ONCE' | 'AT_LEAST_ONCE';
export type RuntimeMode = 'STREAMING' | 'BATCH' | 'AUTOMATIC';
export type ClaimMode = 'CLAIM' | 'NO_CLAIM' | 'LEGACY';
export type SpanDetailLevel =
  | 'SPAN_PER_CHECKPOINT'
  | 'SPAN_PER_CHECKPOINT_WITH_TASKS'
  | 'CHILDREN_SPANS_PER_TASK'
  | 'CHILDREN_SPANS_PER_SUBTASK';

/** Every option as it is in force. Which of them have an effect yet is said in the guide to configuration. */
export interface CheckpointConfiguration {
  /** Between periodic triggers; undefined: there are none. At least `minPauseMs` (C-028). */
  readonly intervalMs: number | undefined;
  /** The same while a source works off its backlog; undefined: never. At least `intervalMs` (C-010). */
  readonly intervalDuringBacklogMs: number | undefined;
  /** AT_LEAST_ONCE whenever there is no interval (C-007). */
  readonly mode: CheckpointingMode;
  readonly runtimeMode: RuntimeMode;
  readonly timeoutMs: number;
  readonly minPauseMs: number;
  /** With this many checkpoints and savepoints in flight only a forced savepoint is begun (C-040). */
  readonly maxConcurrent: number;
  /** Failures the job bears; {@link FAILURES_UNLIMITED}: all of them (C-014). */
  readonly tolerableFailed: number;
  readonly retention: RetentionPolicy;
  /** Completed checkpoints kept while the job runs. */
  readonly retainedMax: number;
  /** Never true without an interval, nor with AT_LEAST_ONCE (C-016). */
  readonly unaligned: boolean;
  /** 0: unaligned at once. */
  readonly alignedTimeoutMs: number;
  readonly unalignedForced: boolean;
  readonly interruptibleTimers: boolean;
  readonly maxSubtasksPerChannelStateFile: number;
  readonly recoverOutputOnDownstream: boolean;
  readonly duringRecovery: boolean;
  readonly checkpointsAfterTasksFinish: boolean;
  readonly pauseSourcesUntilFirstCheckpoint: boolean;
  /** The name of a storage or of a factory; undefined: what fits the directory (C-024). */
  readonly storage: string | undefined;
  readonly checkpointDirectory: string | undefined;
  readonly savepointDirectory: string | undefined;
  readonly createSubdirectory: boolean;
  readonly inlineThresholdBytes: number;
  /** At least `inlineThresholdBytes` (C-021). */
  readonly writeBufferBytes: number;
  readonly incremental: boolean;
  readonly snapshotCompression: boolean;
  readonly parallelCleanup: boolean;
  readonly localBackup: boolean;
  readonly localBackupDirectories: string | undefined;
  readonly fileMerging: boolean;
  readonly fileMergingAcrossCheckpoints: boolean;
  readonly fileMergingMaxFileBytes: number;
  readonly fileMergingMaxSubtasks: number;
  readonly fileMergingPoolBlocking: boolean;
  readonly fileMergingMaxSpaceAmplification: number;
  readonly restorePath: string | undefined;
  readonly ignoreUnclaimedState: boolean;
  readonly claimMode: ClaimMode;
  /** The checkpoint whose in-flight data is left out; -1: none. */
  readonly ignoredInFlightDataId: number;
  readonly recoverFromLocal: boolean;
  readonly approximateLocalRecovery: boolean;
  /** Checkpoints the statistics list. */
  readonly historySize: number;
  readonly spanDetailLevel: SpanDetailLevel;
}

/** As many tolerable failures as this mean that no number of them fails the job (C-014). */
export const FAILURES_UNLIMITED = INTEGER_MAX;
/** Flink's shortest interval and timeout. */
export const SHORTEST_MS = 10;
/** Flink's longest pause: a year (C-028). */
export const MIN_PAUSE_MS_MAX = 365 * 86_400_000;

/** C-027. */
export const UNALIGNED_CONCURRENT_TEXT =
  "maxConcurrentCheckpoints can't be > 1 if UnalignedCheckpoints enabled";

const refuse = (field: string, value: unknown, text: string): never => {
  throw valueRefused(field, value, text);
};

type NumberField = {
  [Field in keyof CheckpointConfiguration]: CheckpointConfiguration[Field] extends number | undefined
    ? Field
    : never;
}[keyof CheckpointConfiguration];

const least: Readonly<Partial<Record<NumberField, number>>> = {
  intervalMs: SHORTEST_MS,
  timeoutMs: SHORTEST_MS,
  minPauseMs: 0,
  maxConcurrent: 1,
  tolerableFailed: 0,
};

/**
 * The second line of defence: checks a record that was made by hand, and gives it back. C-026 [B]: the refusal names
 * field and value, where Flink gives no text; C-018 and C-027 have Flink's.
 * @throws CONFIGURATION_INVALID naming field and value.
 */
export const checkedRecord = (record: CheckpointConfiguration): CheckpointConfiguration => {
  for (const [field, min] of Object.entries(least) as [NumberField, number][]) {
    const value = record[field];
    const isNever = value === undefined && field === 'intervalMs';
    if (isNever || (Number.isSafeInteger(value) && Number(value) >= min)) continue;
    refuse(field, value, `is not an integer of at least ${min}`);
  }
  if (!Number.isInteger(record.retainedMax) || record.retainedMax < 1) {
    refuse('retainedMax', record.retainedMax, 'Must retain at least one checkpoint.');
  }
  if (record.unaligned && record.maxConcurrent > 1) {
    refuse('maxConcurrent', record.maxConcurrent, UNALIGNED_CONCURRENT_TEXT);
  }
  return record;
};

/**
 * A record from the fields that matter, the others as Flink's builder has them (C-029): not what holds for users when
 * they say nothing. Like Flink's, it has periodic checkpoints every 10 ms.
 * @throws CONFIGURATION_INVALID naming field and value.
 */
export const recordWith = (
  standard: CheckpointConfiguration,
  fields: Partial<CheckpointConfiguration>,
): CheckpointConfiguration =>
  checkedRecord({
    ...standard,
    intervalMs: SHORTEST_MS,
    intervalDuringBacklogMs: SHORTEST_MS,
    timeoutMs: SHORTEST_MS,
    minPauseMs: 0,
    maxConcurrent: 1,
    retention: 'NEVER_RETAIN_AFTER_TERMINATION',
    mode: 'EXACTLY_ONCE',
    tolerableFailed: 0,
    unaligned: false,
    alignedTimeoutMs: 0,
    checkpointsAfterTasksFinish: false,
    ignoredInFlightDataId: 0,
    ...fields,
  });

/** True when all fields are equal: C-030 [B], where Flink leaves out the backlog interval and the pause of sources. */
export const isSameConfiguration = (
  one: CheckpointConfiguration,
  other: CheckpointConfiguration,
): boolean => {
  const fields = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof CheckpointConfiguration>;
  return [...fields].every((field) => one[field] === other[field]);
};
