/** Columns and texts that the metadata commands share. */
import type { OperatorState } from '../../../metadata/model.ts';
import { knownSizeBytes, type FileReference } from '../../../metadata/references.ts';
import { bytesText } from '../../terminal/quantities.ts';
import type { Column } from '../../terminal/table.ts';

/** Below 0 only where a file does not know the size of its state. */
export const sizeText = (sizeBytes: bigint): string =>
  sizeBytes < 0n ? 'unknown' : bytesText(Number(sizeBytes));

/** The uid and the name of an operator, as far as the file has them (format 5 and later). */
export const operatorLabel = ({ uid, name }: OperatorState): string =>
  [uid, name].filter((text) => text !== undefined && text !== '').join(' / ');

export const fileColumns: readonly Column<FileReference>[] = [
  { title: 'scope', text: ({ scope }) => scope },
  { title: 'size', text: fileSizeText, isNumber: true },
  { title: 'handles', text: ({ handleCount }) => String(handleCount), isNumber: true },
  { title: 'path', text: ({ path }) => path },
];

function fileSizeText(file: FileReference): string {
  const isUnknown = file.sizesBytes.length === 0;
  if (isUnknown && file.leastSizeBytes === 0n) return 'unknown';
  return `${isUnknown ? '≥ ' : ''}${sizeText(knownSizeBytes(file))}`;
}
