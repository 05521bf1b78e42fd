/** Configurations said in many ways, and what became of them. */
import { expect } from 'vitest';
import {
  configurationFrom,
  type CheckpointConfigurationOptions,
  type ConfigurationMap,
} from '../../src/core/configuration.ts';
import { correctionText } from '../../src/core/configuration/corrections.ts';
import { checkpointOptions, type OptionName } from '../../src/core/configuration/options.ts';
import { FAILURES_UNLIMITED } from '../../src/core/configuration/record.ts';

export const key = (name: string): string => `execution.checkpointing.${name}`;

export const refusal = (message: string | RegExp) =>
  expect.objectContaining({
    code: 'CONFIGURATION_INVALID',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });

/** What a map says about some fields, and every word about it. */
export const read = (map: ConfigurationMap, options: CheckpointConfigurationOptions = {}) => {
  const { configuration, corrections } = configurationFrom(map, options);
  return { ...configuration, said: corrections.map(correctionText) };
};

/** Without the notices about options that nothing goes by yet. */
export const changes = (map: ConfigurationMap, options: CheckpointConfigurationOptions = {}): string[] =>
  configurationFrom(map, options)
    .corrections.filter(({ kind }) => kind !== 'noEffect')
    .map(correctionText);

/** A value for each option that is not its default, in code and in a map, and what it is read as. */
export const samples: Readonly<Record<OptionName, readonly [unknown, unknown]>> = {
  interval: ['10 s', 10_000],
  intervalDuringBacklog: ['1 min', 60_000],
  mode: ['at_least_once', 'AT_LEAST_ONCE'],
  timeout: ['PT1H', 3_600_000],
  minPause: [500, 500],
  maxConcurrent: ['3', 3],
  tolerableFailed: [FAILURES_UNLIMITED, FAILURES_UNLIMITED],
  retention: ['delete_on_cancellation', 'RETAIN_ON_FAILURE'],
  retained: ['7', 7],
  checkpointsAfterTasksFinish: ['FALSE', false],
  pauseSourcesUntilFirstCheckpoint: ['true', true],
  runtimeMode: ['automatic', 'AUTOMATIC'],
  unaligned: [true, true],
  alignedTimeout: ['30 s', 30_000],
  unalignedForced: ['true', true],
  interruptibleTimers: ['true', true],
  maxSubtasksPerChannelStateFile: [9, 9],
  recoverOutputOnDownstream: ['true', true],
  duringRecovery: ['true', true],
  storage: ['filesystem', 'filesystem'],
  checkpointDirectory: ['file:///c', 'file:///c'],
  savepointDirectory: ['file:///s', 'file:///s'],
  createSubdirectory: ['false', false],
  inlineThreshold: ['1 kb', 1024],
  writeBuffer: ['30000', 30_000],
  incremental: ['true', true],
  snapshotCompression: ['true', true],
  parallelCleanup: ['false', false],
  localBackup: ['true', true],
  localBackupDirectories: ['/l', '/l'],
  fileMerging: ['true', true],
  fileMergingAcrossCheckpoints: ['true', true],
  fileMergingMaxFileSize: ['1 gb', 2 ** 30],
  fileMergingMaxSubtasks: ['8', 8],
  fileMergingPoolBlocking: ['true', true],
  fileMergingMaxSpaceAmplification: ['1.5', 1.5],
  restorePath: ['file:///p', 'file:///p'],
  ignoreUnclaimedState: ['true', true],
  claimMode: ['claim', 'CLAIM'],
  ignoredInFlightDataId: ['42', 42],
  recoverFromLocal: ['true', true],
  approximateLocalRecovery: ['true', true],
  historySize: ['3', 3],
  spanDetailLevel: ['children_spans_per_task', 'CHILDREN_SPANS_PER_TASK'],
};

/** What an option needs beside it to hold as it was given. */
export const beside: Partial<Record<OptionName, CheckpointConfigurationOptions>> = {
  intervalDuringBacklog: { interval: '1 s' },
  unaligned: { interval: '1 s' },
  interruptibleTimers: { interval: '1 s', unaligned: true },
  duringRecovery: { recoverOutputOnDownstream: true },
};

export const rows = checkpointOptions.map(([name, row]) => ({ name, ...row }));
