/** The end of a job, for people: what is where, what was kept and why, how to check it, what to try next. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { invariant, messageOf, TidemarkError } from '../../errors.ts';
import { verifyCommand } from '../../examples/word-count/verify-command.ts';
import type { CheckpointRecord } from '../../stats/history.ts';
import type { CheckpointStatistics } from '../../stats/statistics.ts';
import { outputFiles, type DataDirectory } from '../data-directory.ts';
import { exitStatus, type ExitStatus } from '../exit-status.ts';
import { commandLine, sameCommandLine } from '../program-name.ts';
import { counted } from '../terminal/quantities.ts';
import { pairLines } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** A command with more files than this names the file that lists them. */
const FILES_SPELLED_OUT_MAX = 10;

export interface EndReportOptions {
  readonly terminal: Terminal;
  readonly directory: DataDirectory;
  readonly statistics: CheckpointStatistics;
  /** Of the job; undefined when the caller does not know them. */
  readonly files: readonly string[] | undefined;
  /** False when something is still to be deleted. */
  readonly isSettled: boolean;
}

const discardedAtEnd = ({ history }: CheckpointStatistics): readonly CheckpointRecord[] =>
  history.filter((record) => record.discarded?.startsWith('terminated: ') === true);

/** What retention kept and the clause that decided, one line for each checkpoint. */
export const retentionLines = (statistics: CheckpointStatistics): readonly string[] => {
  const pointerOf = (id: number): string =>
    statistics.history.find((record) => record.checkpointId === id)?.externalPointer ?? '';
  const kept = statistics.kept.map(
    ({ checkpointId, clause }) =>
      `checkpoint ${checkpointId} is kept (${clause}): ${pointerOf(checkpointId)}`,
  );
  const gone = discardedAtEnd(statistics).map(
    ({ checkpointId, discarded = '' }) =>
      `checkpoint ${checkpointId} is not kept (${discarded.replace('terminated: ', '')})`,
  );
  return kept.length + gone.length === 0 ? ['no checkpoint was there to keep'] : [...kept, ...gone];
};

const savepointPairs = ({
  latestSavepoint,
}: CheckpointStatistics): readonly (readonly [string, string])[] => {
  const pointer = latestSavepoint?.externalPointer;
  if (pointer === undefined) return [];
  const how = `\`${commandLine('inspect', pointer)}\` shows it, and Flink can load it`;
  return [['savepoint', `${pointer}\n${how}`]];
};

const summaryPairs = (options: EndReportOptions): readonly (readonly [string, string])[] => {
  const { directory, statistics, isSettled } = options;
  const { counts, restarts, term } = statistics;
  const files = counted(outputFiles(directory).length, 'committed file');
  const owed = isSettled ? [] : ['files that could not be deleted yet are left to the same command'];
  return [
    ['checkpoints', `${counts.completed} completed, ${counts.failed} failed`],
    ['recoveries', `${counted(restarts, 'restart')} after task failures, ${counted(term, 'coordinator')}`],
    ['output', `${directory.output} (${files})`],
    ['journal', directory.journal],
    ['retention', [...retentionLines(statistics), ...owed].join('\n')],
    ...savepointPairs(statistics),
  ];
};

// A name with a line break cannot stand in a list with a name per line.
const listsFiles = (files: readonly string[]): boolean =>
  files.length > FILES_SPELLED_OUT_MAX && files.every((file) => !file.includes('\n'));

const writeInputList = ({ inputList }: DataDirectory, files: readonly string[]): void => {
  const text = files.map((file) => `${file}\n`).join('');
  try {
    if (existsSync(inputList) && readFileSync(inputList, 'utf8') === text) return;
    writeFileSync(inputList, text);
  } catch (error) {
    const message = `${inputList} cannot be written: ${messageOf(error)}`;
    throw new TidemarkError('OUTPUT_UNAVAILABLE', message, { path: inputList }, { cause: error });
  }
};

const verifyLines = ({ directory, files }: EndReportOptions): readonly string[] => {
  if (files === undefined) return [];
  const isListed = listsFiles(files);
  if (isListed) writeInputList(directory, files);
  const command = verifyCommand({
    outputDirectory: directory.output,
    files,
    ...(isListed ? { fileList: directory.inputList } : {}),
  });
  return ['', 'to compare the output with an independent count of the input:', '', command];
};

/** A path as a person would type it here. */
const typed = (path: string): string => {
  const here = relative('.', path);
  return here === '' || here.startsWith('..') ? path : here;
};

const nextCommands = ({ directory, statistics }: EndReportOptions): readonly string[] => {
  const data = (suffix: string): readonly string[] => ['--data', `${typed(directory.path)}${suffix}`];
  if (statistics.jobStatus === 'suspended') return [sameCommandLine(), commandLine('status', ...data(''))];
  const looks = [commandLine('checkpoints', ...data('')), commandLine('journal', ...data(''))];
  if (statistics.jobStatus !== 'finished') return [...looks, commandLine('run', ...data('-2'))];
  const disturbed = ['--crash-coordinator', '4s', '--fail-task', 'counter#1@8s'];
  return [
    ...looks,
    commandLine('run', ...data('-2'), ...disturbed),
    commandLine('run', ...data('-3'), '--savepoint-at-end', `${typed(directory.path)}-savepoints`),
  ];
};

interface Ending {
  readonly text: string;
  readonly colour: 'green' | 'red' | 'yellow';
  readonly exitStatus: ExitStatus;
}

const endings: Readonly<Record<string, Ending>> = {
  finished: { text: 'the job has finished', colour: 'green', exitStatus: exitStatus.done },
  failed: { text: 'the job has failed', colour: 'red', exitStatus: exitStatus.jobFailed },
  cancelled: { text: 'the job was cancelled', colour: 'yellow', exitStatus: exitStatus.jobCancelled },
  suspended: { text: 'the job is suspended', colour: 'yellow', exitStatus: exitStatus.suspended },
};

const endingOf = ({ jobStatus }: CheckpointStatistics): Ending => {
  const ending = endings[jobStatus];
  invariant(ending !== undefined, `a job that is ${jobStatus} has ended`);
  return ending;
};

/** Prints it; the exit status is that of the job, which has ended. @throws OUTPUT_UNAVAILABLE */
export const reportEnd = (options: EndReportOptions): ExitStatus => {
  const { terminal, statistics } = options;
  const { jobStatus, jobMessage } = statistics;
  const { text, colour, exitStatus: status } = endingOf(statistics);
  const title = terminal.paint(['bold', colour], text);
  const verify = jobStatus === 'finished' ? verifyLines(options) : [];
  terminal.line();
  terminal.line(jobMessage === '' ? title : `${title}: ${jobMessage}`);
  for (const line of pairLines(summaryPairs(options))) terminal.line(`  ${line}`);
  for (const line of verify) terminal.line(line);
  terminal.line();
  terminal.line(jobStatus === 'suspended' ? 'the same command goes on:' : 'what to try next:');
  for (const command of nextCommands(options)) terminal.line(`  ${command}`);
  return status;
};
