/** Reads a whole metadata file into its model. */
import { ByteReader, illegalCapacity } from './byte-reader.ts';
import {
  checkSubtaskIndex,
  inSubtaskOrder,
  readHeader,
  readMasterStates,
  readOperatorHead,
} from './file-parts.ts';
import type { OperatorHead } from './file-parts.ts';
import { readChainEntry } from './format-one.ts';
import { leastBytes, since } from './layout.ts';
import type { FormatVersion } from './layout.ts';
import type { CheckpointMetadata, OperatorState, SubtaskEntry } from './model.ts';
import { readProperties } from './properties.ts';
import { readSubtaskEntry } from './subtask-entry.ts';

const readEntries = (reader: ByteReader, head: OperatorHead, version: FormatVersion): SubtaskEntry[] => {
  const entries: SubtaskEntry[] = [];
  for (let left = head.entryCount; left > 0; left -= 1) {
    const offset = reader.position;
    const entry =
      version < since.singleOperators ? readChainEntry(reader) : readSubtaskEntry(reader, version);
    checkSubtaskIndex(reader, offset, entry.subtaskIndex, head, entries);
    entries.push(entry);
  }
  return entries;
};

const isAscending = (entries: readonly SubtaskEntry[]): boolean =>
  entries.every((entry, index) => index === 0 || entry.subtaskIndex > entries[index - 1]!.subtaskIndex);

const readOperator = (reader: ByteReader, version: FormatVersion): OperatorState => {
  const head = readOperatorHead(reader, version);
  const entries = readEntries(reader, head, version);
  const { entryCount: _counted, ...operator } = head;
  if (isAscending(entries)) return { ...operator, subtasks: entries };
  return { ...operator, subtasks: inSubtaskOrder(entries), storedSubtasks: entries };
};

/** Reads the operators of any version; each is at least as long as the shortest. */
const readOperators = (reader: ByteReader, version: FormatVersion): OperatorState[] =>
  reader.list(
    'operators',
    leastBytes.operator,
    (_, index) => reader.within('operator', () => readOperator(reader, version), index),
    illegalCapacity,
  );

/** Reads a file with a reader that stands at its start. @throws METADATA_CORRUPT */
export const decodeFrom = (reader: ByteReader): CheckpointMetadata => {
  const { formatVersion, checkpointId } = readHeader(reader);
  const masterStates = formatVersion >= since.singleOperators ? readMasterStates(reader) : [];
  const operators = readOperators(reader, formatVersion);
  const properties = formatVersion >= since.properties ? readProperties(reader) : undefined;
  const read = { formatVersion, checkpointId, operators, properties, masterStates };
  if (reader.remaining === 0) return read;
  return { ...read, trailingBytes: reader.raw(reader.remaining, 'what follows').slice() };
};

/**
 * Reads a file of any format version, 1 to 6. What was read keeps the spelling of the file, so that `encodeMetadata`
 * in the same version gives its bytes again; bytes after its end are kept too, and not read, as in Flink.
 *
 * @throws METADATA_CORRUPT when the bytes are not in the format, naming the offset, the place (operators and subtasks
 *   counted from 0), what was expected, what stood there and, where people know it, what Flink says of it.
 */
export const decodeMetadata = (bytes: Uint8Array): CheckpointMetadata => decodeFrom(new ByteReader(bytes));
