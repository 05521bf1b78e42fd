/** `tidemark metadata show`: what a metadata file holds, in tables. */
import type { OperatorState } from '../../../metadata/model.ts';
import { metadataView } from '../../../metadata/view.ts';
import { subtaskSizes } from '../../../state/sizes.ts';
import { exitStatus, type ExitStatus } from '../../exit-status.ts';
import type { Column } from '../../terminal/table.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { sizeText } from './columns.ts';
import { headLines } from './head.ts';
import { forEachFile, sha256Hex, type MetadataFile } from './metadata-file.ts';
import { showRawMetadata } from './raw.ts';
import { fileTable, operatorTable, section } from './tables.ts';

const LARGEST_SUBTASKS = 5;

interface SubtaskRow {
  readonly operatorId: string;
  readonly subtaskIndex: number;
  readonly sizeBytes: bigint;
}

const subtaskColumns: readonly Column<SubtaskRow>[] = [
  { title: 'operator', text: ({ operatorId }) => operatorId },
  { title: 'subtask', text: ({ subtaskIndex }) => String(subtaskIndex), isNumber: true },
  { title: 'size', text: ({ sizeBytes }) => sizeText(sizeBytes), isNumber: true },
];

const largestSubtasks = (operators: readonly OperatorState[]): readonly SubtaskRow[] =>
  operators
    .flatMap(({ operatorId, subtasks }) =>
      subtasks.map(({ subtaskIndex, state }) => {
        const { stateSizeBytes: sizeBytes } = subtaskSizes(state);
        return { operatorId, subtaskIndex, sizeBytes };
      }),
    )
    .filter(({ sizeBytes }) => sizeBytes > 0n)
    .toSorted((one, other) => Number(other.sizeBytes - one.sizeBytes))
    .slice(0, LARGEST_SUBTASKS);

const linesOf = (file: MetadataFile): readonly string[] => [
  ...headLines(file),
  ...operatorTable(file.model),
  ...section('largest subtasks', subtaskColumns, largestSubtasks(file.model.operators)),
  ...fileTable(file),
];

export interface ShowFlags {
  readonly json?: boolean;
  readonly raw?: boolean;
}

/**
 * Prints each file in turn. As JSON: the view of one file, or for several paths an array of the views of those that
 * could be read.
 */
export const showMetadata = async (
  paths: readonly string[],
  { json = false, raw = false }: ShowFlags,
  terminal: Terminal,
): Promise<ExitStatus> => {
  if (raw) return await showRawMetadata(paths, json, terminal);
  const views: unknown[] = [];
  let isFirst = true;
  const status = await forEachFile(paths, terminal, async (file) => {
    if (json) views.push(metadataView(file.model, sha256Hex));
    else for (const line of [...(isFirst ? [] : ['']), ...linesOf(file)]) terminal.line(line);
    isFirst = false;
    return exitStatus.done;
  });
  const shown = paths.length === 1 ? views[0] : views;
  if (json && shown !== undefined) terminal.line(JSON.stringify(shown, undefined, 2));
  return status;
};
