/** Options of where state is kept and how it is restored (specification, 1.1: 19 to 35). */
import { atLeast, notTold, optionRow, type Given, type RangeCheck } from './option.ts';
import { boolean, checkpointIdOrNone, factor, integer, oneOf, size, text, valueRefused } from './values.ts';

const checkpointing = 'execution.checkpointing';
const recovery = 'execution.state-recovery';

const INLINE_THRESHOLD_BYTES = 20_480;
const INLINE_THRESHOLD_BYTES_MAX = 1_048_576;
const fromDeployment = "where '-1' means to use the value from the deployment's configuration.";

const refuseOutside = (given: Given, isInside: boolean, text: string): void => {
  if (!isInside) throw valueRefused(given.name, given.raw, text);
};

/** A configured threshold is put right, one in code is refused (C-021). */
const inlineThreshold: RangeCheck<number> = (value, given) => {
  const isInside = value >= 0 && value <= INLINE_THRESHOLD_BYTES_MAX;
  if (isInside) return { value };
  if (given.source === 'map') {
    const reason = `is not in [0, ${INLINE_THRESHOLD_BYTES_MAX}]; the default is used`;
    return { value: INLINE_THRESHOLD_BYTES, reason };
  }
  const text = `The threshold for file state size must be in [-1, ${INLINE_THRESHOLD_BYTES_MAX}], ${fromDeployment}`;
  refuseOutside(given, value === -1, text);
  return { value: undefined };
};

const writeBuffer: RangeCheck<number> = (value, given) => {
  const text = `The write buffer size must be not less than '-1', ${fromDeployment}`;
  refuseOutside(given, value >= -1, text);
  return { value: value === -1 ? undefined : value };
};

const notNegative = atLeast(0, 'is less than 0');
const storageOnly = { isOfStorage: true } as const;

export const storageRows = {
  storage: optionRow('storage', `${checkpointing}.storage`, text, {
    ...storageOnly,
    aliases: ['state.checkpoint-storage'],
    what: '`jobmanager`, `filesystem`, or the name of a factory; by default what fits the directory',
  }),
  checkpointDirectory: optionRow('checkpointDirectory', `${checkpointing}.dir`, text, {
    ...storageOnly,
    aliases: ['state.checkpoints.dir', 'state.backend.fs.checkpointdir'],
    what: 'the directory below which checkpoints are kept, a URI',
  }),
  savepointDirectory: optionRow('savepointDirectory', `${checkpointing}.savepoint-dir`, text, {
    ...storageOnly,
    aliases: ['state.savepoints.dir', 'savepoints.state.backend.fs.dir'],
    what: 'the directory below which savepoints without a target are kept, a URI',
  }),
  createSubdirectory: optionRow('createSubdirectory', `${checkpointing}.create-subdir`, boolean, {
    ...storageOnly,
    aliases: ['state.checkpoints.create-subdir'],
    standard: 'true',
    what: 'whether checkpoints are kept in a directory named after the job',
    today: 'they always are',
  }),
  inlineThreshold: optionRow('inlineThresholdBytes', `${checkpointing}.data-inline-threshold`, size, {
    ...storageOnly,
    aliases: ['state.storage.fs.memory-threshold', 'state.backend.fs.memory-threshold'],
    standard: '20 kb',
    what: 'state up to this size travels inside the metadata; at most 1 MiB',
    check: inlineThreshold,
  }),
  writeBuffer: optionRow('writeBufferBytes', `${checkpointing}.write-buffer-size`, integer, {
    ...storageOnly,
    aliases: ['state.storage.fs.write-buffer-size', 'state.backend.fs.write-buffer-size'],
    standard: '4096',
    what: 'bytes of state collected before they are written; never less than the inline threshold',
    today: 'state is written as tasks hand it over',
    check: writeBuffer,
  }),
};

export const stateRows = {
  incremental: optionRow('incremental', `${checkpointing}.incremental`, boolean, {
    aliases: ['state.backend.incremental'],
    standard: 'false',
    what: 'whether state backends write only what has changed',
    today: notTold,
  }),
  snapshotCompression: optionRow('snapshotCompression', `${checkpointing}.snapshot-compression`, boolean, {
    standard: 'false',
    what: 'whether full snapshots of keyed state are compressed',
    today: notTold,
  }),
  parallelCleanup: optionRow('parallelCleanup', `${checkpointing}.cleaner.parallel-mode`, boolean, {
    aliases: ['state.checkpoint.cleaner.parallel-mode'],
    standard: 'true',
    what: 'whether the files of one checkpoint are deleted side by side',
    today: 'up to four checkpoints are deleted side by side, each file by file',
  }),
  localBackup: optionRow('localBackup', `${checkpointing}.local-backup.enabled`, boolean, {
    aliases: [`${recovery}.from-local`, 'state.backend.local-recovery'],
    standard: 'false',
    what: 'whether tasks keep a copy of their state where they run',
    today: notTold,
  }),
  localBackupDirectories: optionRow('localBackupDirectories', `${checkpointing}.local-backup.dirs`, text, {
    aliases: ['taskmanager.state.local.root-dirs'],
    what: 'where those copies are kept',
    today: notTold,
  }),
  fileMerging: optionRow('fileMerging', `${checkpointing}.file-merging.enabled`, boolean, {
    standard: 'false',
    what: 'whether small pieces of state share files',
    today: notTold,
  }),
  fileMergingAcrossCheckpoints: optionRow(
    'fileMergingAcrossCheckpoints',
    `${checkpointing}.file-merging.across-checkpoint-boundary`,
    boolean,
    { standard: 'false', what: 'whether checkpoints share such files', today: notTold },
  ),
  fileMergingMaxFileSize: optionRow(
    'fileMergingMaxFileBytes',
    `${checkpointing}.file-merging.max-file-size`,
    size,
    {
      standard: '32 mb',
      what: 'the size at which such a file is closed',
      today: notTold,
      check: notNegative,
    },
  ),
  fileMergingMaxSubtasks: optionRow(
    'fileMergingMaxSubtasks',
    `${checkpointing}.file-merging.max-subtasks-per-file`,
    integer,
    { standard: '4', what: 'subtasks that share such a file', today: notTold },
  ),
  fileMergingPoolBlocking: optionRow(
    'fileMergingPoolBlocking',
    `${checkpointing}.file-merging.pool-blocking`,
    boolean,
    {
      standard: 'false',
      what: 'whether writers wait for such a file rather than open another',
      today: notTold,
    },
  ),
  fileMergingMaxSpaceAmplification: optionRow(
    'fileMergingMaxSpaceAmplification',
    `${checkpointing}.file-merging.max-space-amplification`,
    factor,
    { standard: '2.0', what: 'how much larger such files may be than the state in them', today: notTold },
  ),
};

export const recoveryRows = {
  restorePath: optionRow('restorePath', `${recovery}.path`, text, {
    aliases: ['execution.savepoint.path'],
    what: 'the savepoint or checkpoint a new job starts from',
    today: 'a new job starts empty, a known one from its newest checkpoint',
  }),
  ignoreUnclaimedState: optionRow('ignoreUnclaimedState', `${recovery}.ignore-unclaimed-state`, boolean, {
    aliases: ['execution.savepoint.ignore-unclaimed-state'],
    standard: 'false',
    what: 'whether state that no operator claims is left behind',
    today: 'a job is restored into the graph it was started with',
  }),
  claimMode: optionRow('claimMode', `${recovery}.claim-mode`, oneOf('CLAIM', 'NO_CLAIM', 'LEGACY'), {
    aliases: ['execution.savepoint-restore-mode'],
    standard: 'NO_CLAIM',
    what: 'whose the files of the restored snapshot are',
    today: 'only the job’s own checkpoints are restored',
  }),
  ignoredInFlightDataId: optionRow(
    'ignoredInFlightDataId',
    `${recovery}.without-channel-state.checkpoint-id`,
    checkpointIdOrNone,
    {
      aliases: [`${checkpointing}.recover-without-channel-state.checkpoint-id`],
      standard: '-1',
      what: 'the checkpoint to restore without its in-flight data; -1: none',
      today: 'all of a checkpoint is restored',
    },
  ),
  recoverFromLocal: optionRow('recoverFromLocal', `${recovery}.from-local`, boolean, {
    aliases: ['state.backend.local-recovery'],
    standard: 'false',
    what: 'whether tasks restore from their own copies',
    today: notTold,
  }),
  approximateLocalRecovery: optionRow(
    'approximateLocalRecovery',
    `${recovery}.approximate-local-recovery`,
    boolean,
    {
      aliases: [`${checkpointing}.approximate-local-recovery`],
      standard: 'false',
      what: 'whether one failed task restarts alone, and loses data',
      today: 'all tasks restart',
    },
  ),
  historySize: optionRow('historySize', 'web.checkpoints.history', integer, {
    aliases: ['jobmanager.web.checkpoints.history'],
    standard: '10',
    what: 'checkpoints that the statistics list',
    check: notNegative,
  }),
  spanDetailLevel: optionRow(
    'spanDetailLevel',
    'traces.checkpoint.span-detail-level',
    oneOf(
      'SPAN_PER_CHECKPOINT',
      'SPAN_PER_CHECKPOINT_WITH_TASKS',
      'CHILDREN_SPANS_PER_TASK',
      'CHILDREN_SPANS_PER_SUBTASK',
    ),
    {
      standard: 'SPAN_PER_CHECKPOINT',
      what: 'how much detail the trace of a checkpoint has',
    },
  ),
};
