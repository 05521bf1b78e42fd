/** What one `tidemark run` is to do, with everything checked that can be checked without touching the disk. */
import { resolve } from 'node:path';
import { TidemarkError } from '../../errors.ts';
import { configurationFrom, type ConfigurationReport } from '../../core/configuration.ts';
import { checkpointOptions } from '../../core/configuration/options.ts';
import { FAILURES_UNLIMITED } from '../../core/configuration/record.ts';
import { defaultInputFiles } from '../../examples/word-count/default-input-files.ts';
import { KEY_GROUPS } from '../../examples/word-count/word-count-graph.ts';
import type { JobId } from '../../state/ids.ts';
import { dataDirectory, type DataDirectory } from '../data-directory.ts';

/** A task to fail, and when. */
export interface TaskFailurePlan {
  readonly vertex: string;
  readonly subtask: number;
  /** Since this process started. */
  readonly afterMs: number;
}

/** The options of the command as they were parsed. */
export interface RunFlags {
  readonly data: string;
  readonly parallelism: number;
  readonly sources: number;
  readonly interval: string;
  readonly timeout?: string;
  readonly throttle?: number;
  readonly restarts: number;
  readonly retained: number;
  readonly retention: keyof typeof retentionNames;
  readonly set?: ReadonlyMap<string, string>;
  readonly jobId?: JobId;
  readonly seed?: number;
  readonly savepointAtEnd?: string;
  readonly failTask?: readonly TaskFailurePlan[];
  readonly crashCoordinator?: readonly number[];
  readonly takeOver?: boolean;
  readonly plain?: boolean;
}

export interface RunPlan {
  readonly directory: DataDirectory;
  /** Absolute, in the order they are read. */
  readonly files: readonly string[];
  /** No files were named: the text of an installed package is counted, slowly enough to watch. */
  readonly isDemonstration: boolean;
  readonly sources: number;
  readonly counters: number;
  readonly configuration: ConfigurationReport;
  /** Of all sources together; undefined when it was not said. */
  readonly throttleBytesPerSecond: number | undefined;
  readonly restarts: number;
  readonly jobId: JobId | undefined;
  readonly seed: number | undefined;
  /** An absolute path or a URI. */
  readonly savepointAtEnd: string | undefined;
  readonly taskFailures: readonly TaskFailurePlan[];
  /** Milliseconds since this process started. */
  readonly coordinatorCrashesMs: readonly number[];
  readonly takeOver: boolean;
  readonly isPlain: boolean;
}

/** Checkpoints that `tidemark checkpoints` lists, unless `--set` says another number: a page of a terminal. */
const LISTED_MAX = 100;

/** The names of the policies on the command line. */
export const retentionNames = {
  never: 'NEVER_RETAIN_AFTER_TERMINATION',
  'on-failure': 'RETAIN_ON_FAILURE',
  'on-cancellation': 'RETAIN_ON_CANCELLATION',
} as const;

const checkFailure = (failure: TaskFailurePlan, parallelism: Readonly<Record<string, number>>): void => {
  const { vertex, subtask } = failure;
  const tasks = parallelism[vertex];
  const accepted = Object.entries(parallelism).map(([name, count]) => `${name}#0 … ${name}#${count - 1}`);
  if (tasks !== undefined && subtask < tasks) return;
  const text = `--fail-task ${vertex}#${subtask}: there is no such task; the job has ${accepted.join(', ')}`;
  throw new TidemarkError('ARGUMENT_INVALID', text);
};

const checkParallelism = (option: string, value: number): void => {
  if (value <= KEY_GROUPS) return;
  throw new TidemarkError('ARGUMENT_INVALID', `${option} ${value}: there are ${KEY_GROUPS} key groups`);
};

const savepointTarget = (given: string): string => (/^[a-z]+:/i.test(given) ? given : resolve(given));

/** What a run goes by, by Flink's names: its storage is the data directory. */
const checkSettable = (key: string): void => {
  const row = checkpointOptions.find(([, each]) => each.key === key || each.aliases.includes(key))?.[1];
  if (row !== undefined && !row.isOfStorage) return;
  const why = row === undefined ? 'there is no such option' : 'the data directory says where state is kept';
  throw new TidemarkError('ARGUMENT_INVALID', `--set ${key}: ${why}`, { option: '--set', value: key });
};

const configurationOf = (flags: RunFlags): ConfigurationReport => {
  const { interval, timeout, retained, retention, set = new Map<string, string>() } = flags;
  for (const key of set.keys()) checkSettable(key);
  // The run itself stops when its storage fails: it can be resumed then, a job that failed cannot.
  const tolerableFailed = FAILURES_UNLIMITED;
  const kept = { retained, retention: retentionNames[retention], historySize: LISTED_MAX };
  const options = { interval, timeout, ...kept, tolerableFailed };
  const { configuration, corrections } = configurationFrom(Object.fromEntries(set), options);
  if (!configuration.checkpointsAfterTasksFinish) {
    const text = 'the word count ends with the checkpoint behind all data; it cannot be switched off';
    throw new TidemarkError('ARGUMENT_INVALID', `--set: ${text}`, {
      option: '--set',
      value: 'execution.checkpointing.checkpoints-after-tasks-finish',
    });
  }
  // That --set counts before the other options is no news, and most of those were never typed.
  const isNews = (option: string): boolean => set.has(option) || !(option in options);
  return {
    configuration,
    corrections: corrections.filter(({ kind, option }) => kind !== 'replaced' || isNews(option)),
  };
};

/**
 * Everything the arguments say.
 * @throws ARGUMENT_INVALID, CONFIGURATION_INVALID
 */
export const planRun = (files: readonly string[], flags: RunFlags): RunPlan => {
  const { parallelism: counters, sources, savepointAtEnd, failTask: taskFailures = [] } = flags;
  checkParallelism('--parallelism', counters);
  checkParallelism('--sources', sources);
  for (const failure of taskFailures) checkFailure(failure, { source: sources, counter: counters, sink: 1 });
  return {
    directory: dataDirectory(flags.data),
    files: files.length > 0 ? files.map((file) => resolve(file)) : defaultInputFiles(),
    isDemonstration: files.length === 0,
    sources,
    counters,
    configuration: configurationOf(flags),
    throttleBytesPerSecond: flags.throttle,
    restarts: flags.restarts,
    jobId: flags.jobId,
    seed: flags.seed,
    savepointAtEnd: savepointAtEnd === undefined ? undefined : savepointTarget(savepointAtEnd),
    taskFailures,
    coordinatorCrashesMs: flags.crashCoordinator ?? [],
    takeOver: flags.takeOver ?? false,
    isPlain: flags.plain ?? false,
  };
};
