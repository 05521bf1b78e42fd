/** Options of when checkpoints are taken, and how (specification, 1.1: 1 to 18). */
import { policyOfWord } from '../../retention/policy.ts';
import { atLeast, notTold, optionRow, type RangeCheck } from './option.ts';
import { SHORTEST_MS } from './record.ts';
import { boolean, duration, integer, oneOf, valueRefused, wordFor } from './values.ts';

const checkpointing = 'execution.checkpointing';

/** 0, or no less than the shortest interval (C-009). */
const backlogInterval: RangeCheck<number> = (value, given) => {
  if (value === 0 || value >= SHORTEST_MS) return { value };
  const text = 'Checkpoint interval must be zero or larger than or equal to 10 ms';
  throw valueRefused(given.name, given.raw, text);
};

/** A configured number is put right, as in Flink; whoever writes it in code hears of it at once (C-018). */
const retained: RangeCheck<number> = (value, given) => {
  if (value >= 1) return { value };
  if (given.source === 'map')
    return { value: 1, reason: 'at least one checkpoint is kept; the default is used' };
  throw valueRefused(given.name, given.raw, 'Must retain at least one checkpoint.');
};

export const coordinatorRows = {
  interval: optionRow('intervalMs', `${checkpointing}.interval`, duration, {
    what: 'between the starts of two checkpoints; without it only those that are asked for are taken',
    check: atLeast(SHORTEST_MS, 'Checkpoint interval must be larger than or equal to 10 ms'),
  }),
  intervalDuringBacklog: optionRow(
    'intervalDuringBacklogMs',
    `${checkpointing}.interval-during-backlog`,
    duration,
    {
      what: 'the interval while a source works off its backlog; 0: none are taken then. By default the interval',
      check: backlogInterval,
    },
  ),
  mode: optionRow('mode', `${checkpointing}.mode`, oneOf('EXACTLY_ONCE', 'AT_LEAST_ONCE'), {
    standard: 'EXACTLY_ONCE',
    what: 'whether tasks align the barriers of their inputs',
  }),
  timeout: optionRow('timeoutMs', `${checkpointing}.timeout`, duration, {
    standard: '10 min',
    what: 'after which a checkpoint that is not complete is given up',
    check: atLeast(SHORTEST_MS, 'Checkpoint timeout must be larger than or equal to 10 ms'),
  }),
  minPause: optionRow('minPauseMs', `${checkpointing}.min-pause`, duration, {
    standard: '0 ms',
    what: 'between the end of a checkpoint and the start of the next periodic one; an interval is never shorter',
    check: atLeast(0, 'Pause value must be zero or positive'),
  }),
  maxConcurrent: optionRow('maxConcurrent', `${checkpointing}.max-concurrent-checkpoints`, integer, {
    standard: '1',
    what: 'checkpoints in flight at once; at that number only a savepoint is begun, unless checkpoints are unaligned',
    check: atLeast(1, 'The maximum number of concurrent attempts must be at least one.'),
  }),
  tolerableFailed: optionRow('tolerableFailed', `${checkpointing}.tolerable-failed-checkpoints`, integer, {
    standard: '0',
    what: 'failed checkpoints in a row that the job bears; 2147483647: any number',
    check: atLeast(0, 'The tolerable failure checkpoint number must be non-negative.'),
  }),
  retention: optionRow(
    'retention',
    `${checkpointing}.externalized-checkpoint-retention`,
    wordFor(policyOfWord),
    {
      standard: 'NO_EXTERNALIZED_CHECKPOINTS',
      what: 'which completed checkpoints stay when the job ends',
    },
  ),
  retained: optionRow('retainedMax', `${checkpointing}.num-retained`, integer, {
    aliases: ['state.checkpoints.num-retained'],
    standard: '1',
    what: 'completed checkpoints kept while the job runs',
    check: retained,
  }),
  checkpointsAfterTasksFinish: optionRow(
    'checkpointsAfterTasksFinish',
    `${checkpointing}.checkpoints-after-tasks-finish`,
    boolean,
    {
      aliases: [`${checkpointing}.checkpoints-after-tasks-finish.enabled`],
      standard: 'true',
      what: 'whether checkpoints go on when some tasks have finished, and one is taken at the end of all data',
      isInPart: true,
      today: 'none is taken after a task has finished',
    },
  ),
  pauseSourcesUntilFirstCheckpoint: optionRow(
    'pauseSourcesUntilFirstCheckpoint',
    'pipeline.sources.pause-until-first-checkpoint',
    boolean,
    {
      standard: 'false',
      what: 'whether sources wait for the first checkpoint, which then comes early',
      isInPart: true,
      today: 'the first checkpoint comes early, but sources never wait',
    },
  ),
  runtimeMode: optionRow('runtimeMode', 'execution.runtime-mode', oneOf('STREAMING', 'BATCH', 'AUTOMATIC'), {
    standard: 'STREAMING',
    what: 'BATCH: nothing is checkpointed periodically',
  }),
};

export const alignmentRows = {
  unaligned: optionRow('unaligned', `${checkpointing}.unaligned.enabled`, boolean, {
    aliases: [`${checkpointing}.unaligned`],
    standard: 'false',
    what: 'whether barriers overtake records, which then become part of the checkpoint',
  }),
  alignedTimeout: optionRow('alignedTimeoutMs', `${checkpointing}.aligned-checkpoint-timeout`, duration, {
    aliases: [`${checkpointing}.alignment-timeout`],
    standard: '0 s',
    what: 'how long an unaligned checkpoint tries to be aligned first',
    check: atLeast(0, 'is less than 0'),
  }),
  unalignedForced: optionRow('unalignedForced', `${checkpointing}.unaligned.forced`, boolean, {
    standard: 'false',
    what: 'whether unaligned checkpoints are allowed with iterations and custom partitioners',
  }),
  interruptibleTimers: optionRow(
    'interruptibleTimers',
    `${checkpointing}.unaligned.interruptible-timers.enabled`,
    boolean,
    {
      standard: 'false',
      what: 'whether a barrier is taken between two timers that fire at once',
      today: notTold,
    },
  ),
  maxSubtasksPerChannelStateFile: optionRow(
    'maxSubtasksPerChannelStateFile',
    `${checkpointing}.unaligned.max-subtasks-per-channel-state-file`,
    integer,
    {
      standard: '5',
      what: 'subtasks that write their in-flight data into one file',
      today: notTold,
      check: atLeast(1, 'is less than 1'),
    },
  ),
  recoverOutputOnDownstream: optionRow(
    'recoverOutputOnDownstream',
    `${checkpointing}.unaligned.recover-output-on-downstream.enabled`,
    boolean,
    {
      standard: 'false',
      what: 'whether in-flight data of an output is restored by the task that reads it',
      today: notTold,
    },
  ),
  duringRecovery: optionRow('duringRecovery', `${checkpointing}.during-recovery.enabled`, boolean, {
    standard: 'false',
    what: 'whether checkpoints are taken while in-flight data is restored; only with the option above',
    today: 'a checkpoint is taken once all tasks run',
  }),
};
