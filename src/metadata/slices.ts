/** The restore path: takes a file apart into the slices it was assembled from, without building handles. */
import type { ByteStreamStateHandle } from '../state/handles.ts';
import type { OperatorId } from '../state/ids.ts';
import { ByteReader, illegalCapacity } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { decodeMetadata } from './decode.ts';
import { unsayable } from './faults.ts';
import {
  checkSubtaskIndex,
  inSubtaskOrder,
  readHeader,
  readMasterStates,
  readOperatorHead,
} from './file-parts.ts';
import type { OperatorHead } from './file-parts.ts';
import { leastBytes, METADATA_VERSION, since } from './layout.ts';
import type { CheckpointMetadata, MasterState, OperatorState } from './model.ts';
import { readProperties } from './properties.ts';
import type { CheckpointProperties } from './properties.ts';
import { writeSubtaskEntry } from './subtask-entry.ts';
import { entryCursor, walkedEntry } from './walk-cursor.ts';
import { scanEntry } from './walk.ts';

/** One subtask's entry as it stands in the file. */
export interface SubtaskSlice {
  readonly subtaskIndex: number;
  /** The subtask had come to its end: there is nothing to restore. */
  readonly isFinished: boolean;
  /**
   * In format 6. From a file of that format it is a view of the file's bytes, not a copy: it keeps the whole file in
   * memory. `decodeSubtaskEntry` reads it.
   */
  readonly bytes: Uint8Array;
}

export interface SlicedOperator {
  readonly operatorId: OperatorId;
  readonly name: string | undefined;
  readonly uid: string | undefined;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly coordinatorState: ByteStreamStateHandle | undefined;
  /** All its subtasks had come to their end. */
  readonly isFullyFinished: boolean;
  /** Ascending by subtask, each index at most once. */
  readonly slices: readonly SubtaskSlice[];
}

export interface SlicedMetadata {
  readonly checkpointId: bigint;
  readonly properties: CheckpointProperties | undefined;
  readonly masterStates: readonly MasterState[];
  /** In file order. */
  readonly operators: readonly SlicedOperator[];
}

const readSlices = (reader: ByteReader, view: DataView, head: OperatorHead): SubtaskSlice[] => {
  const into = walkedEntry();
  const cursor = entryCursor({ view, limit: reader.end, path: reader.path, into, isLenient: true });
  const slices: SubtaskSlice[] = [];
  for (let left = head.entryCount; left > 0; left -= 1) {
    const start = reader.position;
    reader.position = scanEntry(cursor, start);
    const { subtaskIndex, isFinished } = into;
    checkSubtaskIndex(reader, start, subtaskIndex, head, slices);
    slices.push({ subtaskIndex, isFinished, bytes: reader.bytes.subarray(start, reader.position) });
  }
  return inSubtaskOrder(slices);
};

const slicedOperator = (
  operator: OperatorHead | OperatorState,
  slices: readonly SubtaskSlice[],
): SlicedOperator => {
  const { operatorId, name, uid, parallelism, maxParallelism, coordinatorState } = operator;
  const head = { operatorId, name, uid, parallelism, maxParallelism, coordinatorState };
  return { ...head, isFullyFinished: operator.isFullyFinished === true, slices };
};

const readSlicedOperator = (reader: ByteReader, view: DataView): SlicedOperator => {
  const head = readOperatorHead(reader, METADATA_VERSION);
  return slicedOperator(head, readSlices(reader, view, head));
};

const encodeSlices = (writer: ByteWriter, { subtasks }: OperatorState): SubtaskSlice[] =>
  subtasks.map((entry) => {
    writeSubtaskEntry(writer, entry, METADATA_VERSION);
    return {
      subtaskIndex: entry.subtaskIndex,
      isFinished: entry.isFinished === true,
      bytes: writer.take().slice(),
    };
  });

/** An older file has other bytes: it is read as a whole and each entry written anew. */
const reencoded = (model: CheckpointMetadata): SlicedMetadata => {
  const { formatVersion = METADATA_VERSION, checkpointId, properties, masterStates } = model;
  if (formatVersion < since.singleOperators) {
    throw unsayable(METADATA_VERSION, '', 'state of a chain of operators (format 1)');
  }
  const writer = new ByteWriter();
  const operators = model.operators.map((operator) =>
    slicedOperator(operator, encodeSlices(writer, operator)),
  );
  return { checkpointId, properties, masterStates, operators };
};

/**
 * Takes a file apart. Structure, tags and counts are checked as `decodeMetadata` does. A file of format 6 is walked,
 * not decoded; an older one is decoded and its entries are encoded in format 6.
 *
 * @throws METADATA_CORRUPT as `decodeMetadata` does; METADATA_UNSUPPORTED for format 1 and for legacy state.
 */
export const sliceMetadata = (bytes: Uint8Array): SlicedMetadata => {
  const reader = new ByteReader(bytes);
  const { formatVersion, checkpointId } = readHeader(reader);
  if (formatVersion !== METADATA_VERSION) return reencoded(decodeMetadata(bytes));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const masterStates = readMasterStates(reader);
  const operators = reader.list(
    'operators',
    leastBytes.operator,
    (_, index) => reader.within('operator', () => readSlicedOperator(reader, view), index),
    illegalCapacity,
  );
  return { checkpointId, properties: readProperties(reader), masterStates, operators };
};
