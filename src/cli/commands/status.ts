/** `tidemark status`: how the job is, whether or not a process runs it. */
import type { CheckpointRecord } from '../../stats/history.ts';
import type { DataDirectory } from '../data-directory.ts';
import { exitStatus, type ExitStatus } from '../exit-status.ts';
import { hasEnded, readJob, type ReadJob } from '../job-reader.ts';
import { livingHolder, type LockHolder } from '../lock.ts';
import { retentionLines } from '../run/end-report.ts';
import { bytesText, counted, dateTimeText, durationText } from '../terminal/quantities.ts';
import { pairLines } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

type Pair = readonly [string, string];

const processText = (job: ReadJob, holder: LockHolder | undefined): string => {
  if (holder !== undefined)
    return `${holder.pid} (tidemark ${holder.command}), since ${dateTimeText(holder.since)}`;
  return hasEnded(job.statistics) ? 'none' : 'none: the command it was started with goes on with it';
};

const completedText = (record: CheckpointRecord | undefined): string => {
  if (record === undefined) return 'none';
  const { checkpointId, durationMs = 0, stateSizeBytes, triggeredAt, externalPointer = '' } = record;
  const gone = record.discarded === undefined ? externalPointer : `discarded: ${record.discarded}`;
  const size = bytesText(stateSizeBytes);
  return `${checkpointId}, ${dateTimeText(triggeredAt)}, ${durationText(durationMs)}, ${size}\n${gone}`;
};

const inFlightText = (inFlight: readonly CheckpointRecord[]): string => {
  if (inFlight.length === 0) return 'none';
  return inFlight
    .map(
      ({ kind, checkpointId, acknowledged, tasks }) =>
        `${kind} ${checkpointId}: ${acknowledged}/${tasks} acknowledged`,
    )
    .join('\n');
};

const endPairs = ({ statistics, discardsOwed }: ReadJob): readonly Pair[] => {
  if (!hasEnded(statistics)) return [];
  const owed = discardsOwed === 0 ? [] : [`${counted(discardsOwed, 'discard')} still owed`];
  return [['retention', [...retentionLines(statistics), ...owed].join('\n')]];
};

const pairsOf = (directory: DataDirectory, job: ReadJob, holder: LockHolder | undefined): readonly Pair[] => {
  const { statistics } = job;
  const { counts, inFlight, jobMessage, jobStatus, restoredFrom } = statistics;
  return [
    ['job', job.jobId],
    ['status', jobMessage === '' ? jobStatus : `${jobStatus}: ${jobMessage}`],
    ['process', processText(job, holder)],
    ['data directory', directory.path],
    ['term', String(job.term)],
    ['restarts', String(statistics.restarts)],
    ['restored from', restoredFrom === undefined ? 'nothing' : `checkpoint ${restoredFrom}`],
    ['checkpoints', `${counts.completed} completed, ${counts.failed} failed, ${counts.inProgress} in flight`],
    ['in flight', inFlightText(inFlight)],
    ['latest completed', completedText(statistics.latestCompleted)],
    ...(statistics.latestSavepoint === undefined
      ? []
      : [['latest savepoint', completedText(statistics.latestSavepoint)] as const]),
    ...Object.entries(job.graph.settings),
    ...endPairs(job),
  ];
};

const jsonOf = (directory: DataDirectory, job: ReadJob, holder: LockHolder | undefined): object => {
  const { history: _history, ...statistics } = job.statistics;
  return {
    jobId: job.jobId,
    dataDirectory: directory.path,
    isLiving: holder !== undefined,
    pid: holder?.pid ?? null,
    ...statistics,
    term: job.term,
    discardsOwed: job.discardsOwed,
    settings: job.graph.settings,
    configuration: job.configuration,
  };
};

/** @throws DATA_DIRECTORY_MISSING and the codes of the journal. */
export const status = async (
  directory: DataDirectory,
  { json = false }: { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitStatus> => {
  const job = await readJob(directory);
  const holder = livingHolder(directory);
  if (json) terminal.line(JSON.stringify(jsonOf(directory, job, holder), undefined, 2));
  else for (const line of pairLines(pairsOf(directory, job, holder))) terminal.line(line);
  return exitStatus.done;
};
