/** `tidemark metadata show`: what a metadata file holds, in tables. */
import { coveredKeyGroups } from '../../../metadata/findings.ts';
import type { OperatorState } from '../../../metadata/model.ts';
import { fileReferences, type FileReference } from '../../../metadata/references.ts';
import { sizesByKind, totalSizeBytes, type SizesByKind } from '../../../metadata/sizes-by-kind.ts';
import { metadataView } from '../../../metadata/view.ts';
import { subtaskSizes } from '../../../state/sizes.ts';
import { exitStatus, type ExitStatus } from '../../exit-status.ts';
import { counted } from '../../terminal/quantities.ts';
import { tableLines, type Column } from '../../terminal/table.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { headLines } from '../inspect.ts';
import { fileColumns, operatorLabel, sizeText } from './columns.ts';
import { forEachFile, sha256Hex, type MetadataFile } from './metadata-file.ts';
import { showRawMetadata } from './raw.ts';

const LARGEST_SUBTASKS = 5;

interface OperatorRow extends SizesByKind {
  readonly operator: OperatorState;
}

const sizeColumn = (title: string, size: (row: OperatorRow) => bigint): Column<OperatorRow> => ({
  title,
  text: (row) => (size(row) === 0n ? '' : sizeText(size(row))),
  isNumber: true,
});

/** `128 of 128`, or nothing where there is no keyed state. */
const coverageText = ({ operator }: OperatorRow): string => {
  const managed = coveredKeyGroups(operator, 'managedKeyedState');
  const covered = managed ?? coveredKeyGroups(operator, 'rawKeyedState');
  return covered === undefined ? '' : `${covered} of ${operator.maxParallelism}`;
};

const subtasksText = ({ operator }: OperatorRow): string => {
  if (operator.isFullyFinished === true) return 'finished';
  const finished = operator.subtasks.filter(({ isFinished }) => isFinished === true).length;
  return `${operator.subtasks.length}${finished === 0 ? '' : `, ${finished} finished`}`;
};

const operatorColumns: readonly Column<OperatorRow>[] = [
  { title: 'operator', text: ({ operator }) => operator.operatorId },
  { title: 'parallelism', text: ({ operator }) => String(operator.parallelism), isNumber: true },
  { title: 'subtasks', text: subtasksText, isNumber: true },
  { title: 'key groups', text: coverageText, isNumber: true },
  sizeColumn('keyed', ({ keyedBytes }) => keyedBytes),
  sizeColumn('operator', ({ operatorBytes }) => operatorBytes),
  sizeColumn('channels', ({ channelBytes }) => channelBytes),
  sizeColumn('coordinator', ({ coordinatorBytes }) => coordinatorBytes),
  sizeColumn('legacy', ({ legacyBytes }) => legacyBytes),
  sizeColumn('all', totalSizeBytes),
  { title: 'uid / name', text: ({ operator }) => operatorLabel(operator) },
];

/** A column without a value says nothing. */
const filled = (
  columns: readonly Column<OperatorRow>[],
  rows: readonly OperatorRow[],
): readonly Column<OperatorRow>[] => columns.filter(({ text }) => rows.some((row) => text(row) !== ''));

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

/** A titled table, or nothing where it would be empty. */
const section = <Row>(
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): readonly string[] =>
  rows.length === 0 ? [] : ['', title, ...tableLines(columns, rows).map((line) => `  ${line}`)];

const fileLines = (files: readonly FileReference[]): readonly string[] =>
  section(counted(files.length, 'file'), fileColumns, files);

const linesOf = (file: MetadataFile): readonly string[] => {
  const { operators } = file.model;
  const rows = operators.map((operator) => ({ operator, ...sizesByKind(operator) }));
  return [
    ...headLines(file),
    ...section(counted(rows.length, 'operator'), filled(operatorColumns, rows), rows),
    ...section('largest subtasks', subtaskColumns, largestSubtasks(operators)),
    ...fileLines(fileReferences(file.model, file.directory)),
  ];
};

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
