/** The tables that the commands about one metadata file share. */
import { coveredKeyGroups } from '../../../metadata/findings.ts';
import type { CheckpointMetadata, OperatorState } from '../../../metadata/model.ts';
import { fileReferences } from '../../../metadata/references.ts';
import { sizesByKind, totalSizeBytes, type SizesByKind } from '../../../metadata/sizes-by-kind.ts';
import { counted } from '../../terminal/quantities.ts';
import { tableLines, type Column } from '../../terminal/table.ts';
import { fileColumns, operatorLabel, sizeText } from './columns.ts';
import type { MetadataFile } from './metadata-file.ts';

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
export const filled = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly Column<Row>[] =>
  columns.filter(({ text }) => rows.some((row) => text(row) !== ''));

/** A titled table, or nothing where it would be empty. */
export const section = <Row>(
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): readonly string[] =>
  rows.length === 0 ? [] : ['', title, ...tableLines(columns, rows).map((line) => `  ${line}`)];

/** One row for each operator, with its sizes by kind. */
export const operatorTable = ({ operators }: CheckpointMetadata): readonly string[] => {
  const rows = operators.map((operator) => ({ operator, ...sizesByKind(operator) }));
  return section(counted(rows.length, 'operator'), filled(operatorColumns, rows), rows);
};

/** One row for each file that is referred to. */
export const fileTable = ({ model, directory }: MetadataFile): readonly string[] => {
  const files = fileReferences(model, directory);
  return section(counted(files.length, 'file'), fileColumns, files);
};
