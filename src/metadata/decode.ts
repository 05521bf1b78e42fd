/** Reads a whole metadata file into its model. */
import { ByteReader } from './byte-reader.ts';
import {
  checkSubtaskIndex,
  inSubtaskOrder,
  readHeader,
  readMasterStates,
  readOperatorHead,
} from './file-parts.ts';
import { leastBytes } from './layout.ts';
import type { CheckpointMetadata, OperatorState, SubtaskEntry } from './model.ts';
import { readProperties } from './properties.ts';
import { readSubtaskEntry } from './subtask-entry.ts';

const readEntries = (reader: ByteReader, count: number, parallelism: number): SubtaskEntry[] => {
  const entries: SubtaskEntry[] = [];
  for (let left = count; left > 0; left -= 1) {
    const offset = reader.position;
    const entry = readSubtaskEntry(reader);
    checkSubtaskIndex(reader, offset, entry.subtaskIndex, parallelism);
    entries.push(entry);
  }
  return inSubtaskOrder(entries);
};

const readOperator = (reader: ByteReader): OperatorState => {
  const { entryCount, ...head } = readOperatorHead(reader);
  return { ...head, subtasks: readEntries(reader, entryCount, head.parallelism) };
};

/**
 * Reads a file of format version 6. Bytes after its end are counted, not read, as Flink does.
 *
 * @throws METADATA_CORRUPT when the bytes are not in the format; METADATA_UNSUPPORTED for older versions and for
 *   kinds of state that are not read yet. Both name the offset, the place (operators and subtasks counted from 0),
 *   what was expected and what stood there.
 */
export const decodeMetadata = (bytes: Uint8Array): CheckpointMetadata => {
  const reader = new ByteReader(bytes);
  const checkpointId = readHeader(reader);
  const masterStates = readMasterStates(reader);
  const operators = reader.list('operators', leastBytes.operator, (index) =>
    reader.within(`operator ${index}`, () => readOperator(reader)),
  );
  const properties = readProperties(reader);
  return { checkpointId, operators, properties, masterStates, trailingBytes: reader.remaining };
};
