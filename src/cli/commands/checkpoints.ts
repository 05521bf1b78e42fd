/** `tidemark checkpoints`: the checkpoints and savepoints of the job, oldest first. */
import type { CheckpointRecord } from '../../stats/history.ts';
import { checkpointingStatistics } from '../../stats/rest-view.ts';
import type { DataDirectory } from '../data-directory.ts';
import { exitStatus, type ExitStatus } from '../exit-status.ts';
import { readJob } from '../job-reader.ts';
import { bytesText, dateTimeText, durationText } from '../terminal/quantities.ts';
import { tableLines, type Column } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

const statusNames: Readonly<Record<CheckpointRecord['status'], string>> = {
  IN_PROGRESS: 'in flight',
  COMPLETED: 'completed',
  FAILED: 'aborted',
};

const remarkOf = ({ failure, discarded, externalPointer }: CheckpointRecord): string => {
  if (failure !== undefined) return failure;
  if (discarded !== undefined) return `discarded: ${discarded}`;
  return externalPointer ?? '';
};

const columns: readonly Column<CheckpointRecord>[] = [
  { title: 'id', text: (record) => String(record.checkpointId), isNumber: true },
  { title: 'kind', text: (record) => record.kind },
  { title: 'cause', text: (record) => record.cause },
  { title: 'status', text: (record) => statusNames[record.status] },
  { title: 'triggered', text: (record) => dateTimeText(record.triggeredAt) },
  {
    title: 'duration',
    text: ({ durationMs }) => (durationMs === undefined ? '' : durationText(durationMs)),
    isNumber: true,
  },
  { title: 'acks', text: (record) => `${record.acknowledged}/${record.tasks}`, isNumber: true },
  { title: 'state', text: (record) => bytesText(record.stateSizeBytes), isNumber: true },
  {
    title: 'metadata',
    text: ({ metadataSizeBytes }) => (metadataSizeBytes === undefined ? '' : bytesText(metadataSizeBytes)),
    isNumber: true,
  },
  { title: 'what became of it', text: remarkOf },
];

/** @throws DATA_DIRECTORY_MISSING and the codes of the journal. */
export const checkpoints = async (
  directory: DataDirectory,
  { json = false }: { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitStatus> => {
  const { jobId, statistics } = await readJob(directory);
  const { counts, history } = statistics;
  if (json) {
    const shown = { jobId, counts, checkpoints: history, statistics: checkpointingStatistics(statistics) };
    terminal.line(JSON.stringify(shown, undefined, 2));
    return exitStatus.done;
  }
  for (const line of tableLines(columns, history)) terminal.line(line);
  if (counts.total > history.length) {
    terminal.line(`the last ${history.length} of ${counts.total}`);
  }
  return exitStatus.done;
};
