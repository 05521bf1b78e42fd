/** `tidemark metadata diff`: what changed from one metadata file to another. */
import { metadataDifference, type OperatorDifference } from '../../../metadata/difference.ts';
import type { OperatorState } from '../../../metadata/model.ts';
import { knownSizeBytes, type FileReference } from '../../../metadata/references.ts';
import { sizesByKind, totalSizeBytes } from '../../../metadata/sizes-by-kind.ts';
import { exitStatus, type ExitStatus } from '../../exit-status.ts';
import { counted } from '../../terminal/quantities.ts';
import { tableLines, type Column } from '../../terminal/table.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { fileColumns, operatorLabel, sizeText } from './columns.ts';
import { readMetadataFile, type MetadataFile } from './metadata-file.ts';

const sizeOf = (operator: OperatorState | undefined): bigint =>
  operator === undefined ? 0n : totalSizeBytes(sizesByKind(operator));

const changeText = ({ before, after }: OperatorDifference): string => {
  if (before === undefined) return 'new';
  if (after === undefined) return 'gone';
  if (before.parallelism === after.parallelism) return 'kept';
  return `parallelism ${before.parallelism} → ${after.parallelism}`;
};

const growthText = ({ before, after }: OperatorDifference): string => {
  const growth = sizeOf(after) - sizeOf(before);
  if (growth === 0n) return '';
  return growth > 0n ? `+${sizeText(growth)}` : `-${sizeText(-growth)}`;
};

const labelText = ({ before, after }: OperatorDifference): string => {
  const operator = after ?? before;
  return operator === undefined ? '' : operatorLabel(operator);
};

const columns: readonly Column<OperatorDifference>[] = [
  { title: 'operator', text: ({ operatorId }) => operatorId },
  { title: 'change', text: changeText },
  {
    title: 'before',
    text: ({ before }) => (before === undefined ? '' : sizeText(sizeOf(before))),
    isNumber: true,
  },
  {
    title: 'after',
    text: ({ after }) => (after === undefined ? '' : sizeText(sizeOf(after))),
    isNumber: true,
  },
  { title: 'growth', text: growthText, isNumber: true },
  { title: 'uid / name', text: labelText },
];

const fileSection = (title: string, files: readonly FileReference[]): readonly string[] => {
  const sizeBytes = files.reduce((total, file) => total + knownSizeBytes(file), 0n);
  const lines = files.length === 0 ? [] : tableLines(fileColumns, files);
  const size = files.length === 0 ? '' : `, ${sizeText(sizeBytes)}`;
  return ['', `files ${title}: ${files.length}${size}`, ...lines.map((line) => `  ${line}`)];
};

const sideText = ({ path, model }: MetadataFile): string => `checkpoint ${model.checkpointId} (${path})`;

/**
 * Prints the differences; there being some is no failure.
 * @throws POINTER_INVALID, METADATA_CORRUPT, METADATA_UNSUPPORTED, STORAGE_UNAVAILABLE
 */
export const diffMetadata = async (
  firstPath: string,
  secondPath: string,
  terminal: Terminal,
): Promise<ExitStatus> => {
  const before = await readMetadataFile(firstPath);
  const after = await readMetadataFile(secondPath);
  const { operators, newFiles, keptFiles, goneFiles } = metadataDifference(before, after);
  const lines = [
    `from ${sideText(before)}`,
    `to   ${sideText(after)}`,
    '',
    counted(operators.length, 'operator'),
    ...tableLines(columns, operators).map((line) => `  ${line}`),
    ...fileSection('new', newFiles),
    ...fileSection('kept', keptFiles),
    ...fileSection('gone', goneFiles),
  ];
  for (const line of lines) terminal.line(line);
  return exitStatus.done;
};
