/** The parts of a metadata file around its subtask entries (metadata format, sections 2 to 4 and 10). */
import type { ByteStreamStateHandle } from '../state/handles.ts';
import { parseOperatorId } from '../state/ids.ts';
import type { OperatorId } from '../state/ids.ts';
import { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { unwritable } from './faults.ts';
import {
  leastBytes,
  MASTER_STATE_MAGIC,
  METADATA_MAGIC,
  METADATA_VERSION,
  OLDEST_METADATA_VERSION,
  streamTag,
} from './layout.ts';
import type { MasterState } from './model.ts';
import { readStream, writeStream } from './stream-handles.ts';

/** What stands before the entries of an operator. */
export interface OperatorHead {
  readonly operatorId: OperatorId;
  readonly name: string | undefined;
  readonly uid: string | undefined;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly coordinatorState: ByteStreamStateHandle | undefined;
  readonly entryCount: number;
}

const readVersion = (reader: ByteReader): void => {
  const magic = reader.u32('magic number');
  if (magic !== METADATA_MAGIC) {
    throw reader.corrupt(0, 'the magic number 4960672d', magic.toString(16).padStart(8, '0'));
  }
  const offset = reader.position;
  const version = reader.i32('format version');
  if (version === METADATA_VERSION) return;
  const isKnown = version >= OLDEST_METADATA_VERSION && version < METADATA_VERSION;
  const expected = `format version ${METADATA_VERSION}`;
  throw isKnown
    ? reader.unsupported(offset, expected, `${version}`)
    : reader.corrupt(offset, expected, `${version}`);
};

/** Reads magic, version and checkpoint id. */
export const readHeader = (reader: ByteReader): number => {
  readVersion(reader);
  const offset = reader.position;
  const checkpointId = reader.i64('checkpoint id');
  if (checkpointId < 0n) throw reader.corrupt(offset, 'checkpoint id of at least 0', `${checkpointId}`);
  if (checkpointId <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(checkpointId);
  throw reader.unsupported(offset, 'checkpoint id of at most 2^53-1', `${checkpointId}`);
};

export const writeHeader = (writer: ByteWriter, checkpointId: number): void => {
  if (!Number.isSafeInteger(checkpointId) || checkpointId < 0) {
    throw unwritable('checkpoint id', `${checkpointId} is not a non-negative safe integer`);
  }
  writer.i32(METADATA_MAGIC);
  writer.i32(METADATA_VERSION);
  writer.i64(BigInt(checkpointId), 'checkpoint id');
};

const readMasterState = (reader: ByteReader): MasterState => {
  const offset = reader.position;
  const magic = reader.u32('magic number');
  if (magic !== MASTER_STATE_MAGIC) {
    throw reader.corrupt(offset, 'the magic number c96b1696', magic.toString(16).padStart(8, '0'));
  }
  const lengthOffset = reader.position;
  const length = reader.count('bytes of the master state', 1);
  if (length === 0) throw reader.corrupt(lengthOffset, 'a length above 0', '0');
  const start = reader.take(length, 'master state');
  const inner = new ByteReader(reader.bytes, start, start + length, [reader.path]);
  const version = inner.i32('version of the master state');
  const state = { version, name: inner.utf('name of the master state'), data: inner.data('payload') };
  if (inner.remaining === 0) return state;
  throw inner.corrupt(inner.position, 'the end of the master state', `${inner.remaining} more bytes`);
};

export const readMasterStates = (reader: ByteReader): MasterState[] =>
  reader.list('master states', leastBytes.masterState, (index) =>
    reader.within(`master state ${index}`, () => readMasterState(reader)),
  );

export const writeMasterState = (writer: ByteWriter, inner: ByteWriter, state: MasterState): void => {
  inner.i32(state.version);
  inner.utf(state.name, 'name of the master state');
  inner.data(state.data);
  writer.i32(MASTER_STATE_MAGIC);
  writer.data(inner.take());
};

const readOperatorId = (reader: ByteReader): OperatorId => {
  let text = '';
  for (const byte of reader.raw(16, 'operator id')) text += byte.toString(16).padStart(2, '0');
  return parseOperatorId(text);
};

const writeOperatorId = (writer: ByteWriter, id: OperatorId): void => {
  for (let at = 0; at < id.length; at += 2) writer.u8(Number.parseInt(id.slice(at, at + 2), 16));
};

const readParallelism = (reader: ByteReader): { parallelism: number; maxParallelism: number } => {
  const offset = reader.position;
  const parallelism = reader.i32('parallelism');
  const maxParallelism = reader.i32('max parallelism');
  if (parallelism >= 0 && parallelism <= maxParallelism) return { parallelism, maxParallelism };
  throw reader.corrupt(offset, `parallelism from 0 to the maximum of ${maxParallelism}`, `${parallelism}`);
};

const readCoordinatorState = (reader: ByteReader): ByteStreamStateHandle | undefined => {
  const offset = reader.position;
  const tag = reader.u8('tag of the coordinator state');
  if (tag !== streamTag.none && tag !== streamTag.byteStream) {
    throw reader.corrupt(offset, 'coordinator state of tag 0 or 1', `tag ${tag}`);
  }
  reader.position = offset;
  return readStream(reader) as ByteStreamStateHandle | undefined;
};

const readEntryCount = (reader: ByteReader): number => {
  const offset = reader.position;
  const count = reader.i32('number of subtask entries');
  if (count < 0)
    throw reader.unsupported(offset, 'at least 0 subtask entries', `${count}, a finished operator`);
  reader.position = offset;
  return reader.count('subtask entries', leastBytes.subtaskEntry);
};

/** Reads an operator up to its entries. */
export const readOperatorHead = (reader: ByteReader): OperatorHead => {
  const name = reader.utf('operator name') || undefined;
  const uid = reader.utf('operator uid') || undefined;
  const operatorId = readOperatorId(reader);
  const { parallelism, maxParallelism } = readParallelism(reader);
  const coordinatorState = reader.within('coordinator state', () => readCoordinatorState(reader));
  return {
    operatorId,
    name,
    uid,
    parallelism,
    maxParallelism,
    coordinatorState,
    entryCount: readEntryCount(reader),
  };
};

/** An index outside the operator is an error, as it is in Flink. */
export const checkSubtaskIndex = (
  reader: ByteReader,
  offset: number,
  index: number,
  parallelism: number,
): void => {
  if (index < parallelism) return;
  throw reader.corrupt(offset, `subtask index below the parallelism of ${parallelism}`, `${index}`);
};

/** Entries in ascending order; of a repeated index the later one counts, as in Flink. */
export const inSubtaskOrder = <Entry extends { readonly subtaskIndex: number }>(
  entries: readonly Entry[],
): Entry[] =>
  [...new Map(entries.map((entry) => [entry.subtaskIndex, entry])).values()].toSorted(
    (left, right) => left.subtaskIndex - right.subtaskIndex,
  );

/** What the writer needs to know of an operator besides its entries. */
export type OperatorHeadToWrite = {
  readonly [Key in keyof OperatorHead]?: OperatorHead[Key] | undefined;
} & Pick<OperatorHead, 'operatorId' | 'parallelism' | 'maxParallelism' | 'entryCount'>;

const checkHead = (head: OperatorHeadToWrite): void => {
  const { parallelism, maxParallelism } = head;
  const isOrdered = parallelism >= 0 && parallelism <= maxParallelism && maxParallelism <= 0x7fff_ffff;
  if (!Number.isInteger(parallelism) || !Number.isInteger(maxParallelism) || !isOrdered) {
    throw unwritable('parallelism', `${parallelism} is not from 0 to the maximum of ${maxParallelism}`);
  }
  // The format has no way to tell an empty text from an absent one; Flink's writer refuses it too.
  if (head.name === '') throw unwritable('operator name', 'is empty instead of absent');
  if (head.uid === '') throw unwritable('operator uid', 'is empty instead of absent');
};

/** @throws ARGUMENT_INVALID for a name that is empty instead of absent, or a parallelism above its maximum. */
export const writeOperatorHead = (writer: ByteWriter, head: OperatorHeadToWrite): void => {
  checkHead(head);
  writer.utf(head.name ?? '', 'operator name');
  writer.utf(head.uid ?? '', 'operator uid');
  writeOperatorId(writer, head.operatorId);
  writer.i32(head.parallelism);
  writer.i32(head.maxParallelism);
  writeStream(writer, head.coordinatorState);
  writer.i32(head.entryCount);
};
