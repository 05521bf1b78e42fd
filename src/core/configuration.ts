/** The configuration of a job's checkpoints: how it is said in code and in a map, and what then holds. */
import { effectiveConfiguration, type ConfigurationReport } from './configuration/effective.ts';
import { givenOptions, type ConfigurationMap } from './configuration/given-options.ts';
import { standardValues } from './configuration/options.ts';
import type {
  CheckpointConfiguration,
  CheckpointingMode,
  ClaimMode,
  RuntimeMode,
  SpanDetailLevel,
} from './configuration/record.ts';
import { checkedRecord } from './configuration/record.ts';
import type { DurationText, SizeText } from './configuration/values.ts';

export type { CheckpointConfiguration, ConfigurationMap, ConfigurationReport };

type Given<Value> = Value | undefined;

/**
 * What a job manager may set in code; everything has a default. The guide to configuration has each option with its key
 * and its default, and says which have no effect yet.
 */
export interface CheckpointConfigurationOptions {
  /** Between periodic triggers; absent: only manual ones. At least 10 ms (C-006). */
  readonly interval?: Given<DurationText>;
  /** The interval while a source works off its backlog; 0: no checkpoints then (C-009). */
  readonly intervalDuringBacklog?: Given<DurationText>;
  readonly mode?: Given<CheckpointingMode>;
  /** From the trigger until the metadata writer has answered; default 10 min, at least 10 ms (C-011). */
  readonly timeout?: Given<DurationText>;
  /** Between the end of a checkpoint and the next periodic one; default 0 (C-012). */
  readonly minPause?: Given<DurationText>;
  /** Checkpoints in flight at once; default 1 (C-013). */
  readonly maxConcurrent?: Given<number>;
  /** Failures the job bears; default 0; 2147483647: any number (C-014). */
  readonly tolerableFailed?: Given<number>;
  /** What stays when the job ends: a policy, or Flink's word for one (C-019); by default nothing. */
  readonly retention?: Given<string>;
  /** Completed checkpoints kept while the job runs; default 1 (C-018). */
  readonly retained?: Given<number>;
  readonly checkpointsAfterTasksFinish?: Given<boolean>;
  readonly pauseSourcesUntilFirstCheckpoint?: Given<boolean>;
  readonly runtimeMode?: Given<RuntimeMode>;
  readonly unaligned?: Given<boolean>;
  readonly alignedTimeout?: Given<DurationText>;
  readonly unalignedForced?: Given<boolean>;
  readonly interruptibleTimers?: Given<boolean>;
  readonly maxSubtasksPerChannelStateFile?: Given<number>;
  readonly recoverOutputOnDownstream?: Given<boolean>;
  readonly duringRecovery?: Given<boolean>;
  readonly storage?: Given<string>;
  readonly checkpointDirectory?: Given<string>;
  readonly savepointDirectory?: Given<string>;
  readonly createSubdirectory?: Given<boolean>;
  /** -1: what the map says (C-021). */
  readonly inlineThreshold?: Given<SizeText>;
  /** -1: what the map says (C-021). */
  readonly writeBuffer?: Given<number>;
  readonly incremental?: Given<boolean>;
  readonly snapshotCompression?: Given<boolean>;
  readonly parallelCleanup?: Given<boolean>;
  readonly localBackup?: Given<boolean>;
  readonly localBackupDirectories?: Given<string>;
  readonly fileMerging?: Given<boolean>;
  readonly fileMergingAcrossCheckpoints?: Given<boolean>;
  readonly fileMergingMaxFileSize?: Given<SizeText>;
  readonly fileMergingMaxSubtasks?: Given<number>;
  readonly fileMergingPoolBlocking?: Given<boolean>;
  readonly fileMergingMaxSpaceAmplification?: Given<number>;
  readonly restorePath?: Given<string>;
  readonly ignoreUnclaimedState?: Given<boolean>;
  readonly claimMode?: Given<ClaimMode>;
  readonly ignoredInFlightDataId?: Given<number>;
  readonly recoverFromLocal?: Given<boolean>;
  readonly approximateLocalRecovery?: Given<boolean>;
  readonly historySize?: Given<number>;
  readonly spanDetailLevel?: Given<SpanDetailLevel>;
}

/**
 * Puts options right that were given in code, and says what was put right.
 * @throws CONFIGURATION_INVALID naming option, value and what is accepted, with Flink's texts (C-006 … C-021).
 */
const configurationOf = (options: CheckpointConfigurationOptions): ConfigurationReport =>
  effectiveConfiguration(givenOptions(options, {}), false);

/** The configuration alone. @throws CONFIGURATION_INVALID as {@link configurationFrom} does. */
export const checkConfiguration = (options: CheckpointConfigurationOptions): CheckpointConfiguration =>
  configurationOf(options).configuration;

/**
 * Reads a configuration from keys and values as in Flink's `config.yaml`, flat or nested. What the map says counts
 * before `options`, and what it does not name stays (C-015). Keys of a job count before those of a cluster when they
 * are spread after them: `{ ...cluster, ...job }`.
 * @throws CONFIGURATION_INVALID naming key, value and what is accepted.
 */
export const configurationFrom = (
  map: ConfigurationMap,
  options: CheckpointConfigurationOptions = {},
): ConfigurationReport => effectiveConfiguration(givenOptions(options, map), false);

/** What a coordinator is opened with: options, or a report on options that were put right before. */
export type ConfigurationGiven = CheckpointConfigurationOptions | ConfigurationReport;

/** The report on what a coordinator is opened with; a record made by hand is checked once more (C-026). */
export const reportOn = (given: ConfigurationGiven): ConfigurationReport => {
  if (!('corrections' in given)) return configurationOf(given);
  return { configuration: checkedRecord(given.configuration), corrections: given.corrections };
};

/**
 * A record as a journal holds it: JSON knows no undefined, and a record of before there was a mode had four fields, the
 * others as that coordinator went by them.
 */
export const journaledRecord = (record: Partial<CheckpointConfiguration>): CheckpointConfiguration => ({
  ...standardValues,
  ...(record.mode === undefined ? { intervalDuringBacklogMs: record.intervalMs } : {}),
  ...record,
});
