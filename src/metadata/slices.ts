/** The restore path: takes a file apart into the slices it was assembled from, without building handles. */
import type { ByteStreamStateHandle } from '../state/handles.ts';
import type { OperatorId } from '../state/ids.ts';
import { ByteReader } from './byte-reader.ts';
import {
  checkSubtaskIndex,
  inSubtaskOrder,
  readHeader,
  readMasterStates,
  readOperatorHead,
} from './file-parts.ts';
import type { OperatorHead } from './file-parts.ts';
import { leastBytes } from './layout.ts';
import type { MasterState } from './model.ts';
import { readProperties } from './properties.ts';
import type { CheckpointProperties } from './properties.ts';
import { scanEntry, walkedEntry } from './walk.ts';

/** One subtask's entry as it stands in the file. */
export interface SubtaskSlice {
  readonly subtaskIndex: number;
  /** A view of the file's bytes, not a copy: it keeps the whole file in memory. `decodeSubtaskEntry` reads it. */
  readonly bytes: Uint8Array;
}

export interface SlicedOperator {
  readonly operatorId: OperatorId;
  readonly name: string | undefined;
  readonly uid: string | undefined;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly coordinatorState: ByteStreamStateHandle | undefined;
  /** Ascending by subtask, each index at most once. */
  readonly slices: readonly SubtaskSlice[];
}

export interface SlicedMetadata {
  readonly checkpointId: number;
  readonly properties: CheckpointProperties | undefined;
  readonly masterStates: readonly MasterState[];
  /** In file order. */
  readonly operators: readonly SlicedOperator[];
}

const readSlices = (
  reader: ByteReader,
  view: DataView,
  { entryCount, parallelism }: OperatorHead,
): SubtaskSlice[] => {
  const cursor = { view, limit: reader.end, path: reader.path, into: walkedEntry() };
  const slices: SubtaskSlice[] = [];
  for (let left = entryCount; left > 0; left -= 1) {
    const start = reader.position;
    reader.position = scanEntry(cursor, start);
    const { subtaskIndex } = cursor.into;
    checkSubtaskIndex(reader, start, subtaskIndex, parallelism);
    slices.push({ subtaskIndex, bytes: reader.bytes.subarray(start, reader.position) });
  }
  return inSubtaskOrder(slices);
};

const readSlicedOperator = (reader: ByteReader, view: DataView): SlicedOperator => {
  const head = readOperatorHead(reader);
  const slices = readSlices(reader, view, head);
  const { entryCount: _counted, ...operator } = head;
  return { ...operator, slices };
};

/**
 * Takes a file of format version 6 apart. Structure, tags and counts are checked as `decodeMetadata` does; strings
 * inside the entries are not decoded, and an entry that refers to more than 2^53-1 bytes is refused.
 *
 * @throws METADATA_CORRUPT, METADATA_UNSUPPORTED, as `decodeMetadata` does.
 */
export const sliceMetadata = (bytes: Uint8Array): SlicedMetadata => {
  const reader = new ByteReader(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const checkpointId = readHeader(reader);
  const masterStates = readMasterStates(reader);
  const operators = reader.list('operators', leastBytes.operator, (index) =>
    reader.within(`operator ${index}`, () => readSlicedOperator(reader, view)),
  );
  return { checkpointId, properties: readProperties(reader), masterStates, operators };
};
