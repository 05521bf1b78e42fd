/** The parts of a metadata file around its subtask entries (metadata format, sections 2 to 4 and 10). */
import type { ByteStreamStateHandle, StoredTexts } from '../state/handles.ts';
import { parseOperatorId } from '../state/ids.ts';
import type { OperatorId } from '../state/ids.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { unsayable, unwritable } from './faults.ts';
import {
  flinkWords,
  formatVersions,
  leastBytes,
  MASTER_STATE_MAGIC,
  METADATA_MAGIC,
  METADATA_VERSION,
  since,
} from './layout.ts';
import type { FormatVersion } from './layout.ts';
import type { MasterState } from './model.ts';
import { readStream, writeStream } from './stream-handles.ts';

/** What stands before the entries of an operator. */
export interface OperatorHead extends StoredTexts {
  readonly operatorId: OperatorId;
  readonly name: string | undefined;
  readonly uid: string | undefined;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly coordinatorState: ByteStreamStateHandle | undefined;
  readonly entryCount: number;
  readonly isFullyFinished?: boolean | undefined;
  readonly storedEntryCount?: number | undefined;
  readonly chainLength?: number | undefined;
}

/** What stands before everything else. */
export interface FileHeader {
  readonly formatVersion: FormatVersion;
  readonly checkpointId: bigint;
}

const readVersion = (reader: ByteReader): FormatVersion => {
  const magic = reader.u32('magic number');
  if (magic !== METADATA_MAGIC) {
    const found = magic.toString(16).padStart(8, '0');
    throw reader.corrupt(0, 'the magic number 4960672d', found, flinkWords.magic);
  }
  const offset = reader.position;
  const number = reader.i32('format version');
  const version = formatVersions.find((known) => known === number);
  if (version !== undefined) return version;
  const words = `Unrecognized checkpoint version number: ${number}`;
  throw reader.corrupt(offset, 'format version 1 to 6', `${number}`, words);
};

/** Reads magic, version and checkpoint id. */
export const readHeader = (reader: ByteReader): FileHeader => {
  const formatVersion = readVersion(reader);
  const offset = reader.position;
  const checkpointId = reader.i64('checkpoint id');
  if (checkpointId >= 0n) return { formatVersion, checkpointId };
  const words = `invalid checkpoint ID: ${checkpointId}`;
  throw reader.corrupt(offset, 'checkpoint id of at least 0', `${checkpointId}`, words);
};

export const writeHeader = (
  writer: ByteWriter,
  checkpointId: number | bigint,
  version: FormatVersion = METADATA_VERSION,
): void => {
  const isWhole = typeof checkpointId === 'bigint' || Number.isSafeInteger(checkpointId);
  if (!isWhole || checkpointId < 0) {
    throw unwritable('checkpoint id', `${checkpointId} is not a non-negative integer that is exact`);
  }
  writer.i32(METADATA_MAGIC);
  writer.i32(version);
  writer.i64(BigInt(checkpointId), 'checkpoint id');
};

const readMasterState = (reader: ByteReader): MasterState => {
  const offset = reader.position;
  const magic = reader.u32('magic number');
  if (magic !== MASTER_STATE_MAGIC) {
    const words = 'incorrect magic number in master styte byte sequence';
    throw reader.corrupt(offset, 'the magic number c96b1696', magic.toString(16).padStart(8, '0'), words);
  }
  const lengthOffset = reader.position;
  const lengthWords = 'found zero or negative length for master state bytes';
  const length = reader.count('bytes of the master state', 1, () => lengthWords);
  if (length === 0) throw reader.corrupt(lengthOffset, 'a length above 0', '0', lengthWords);
  const inner = reader.part(length, 'master state');
  const version = inner.i32('version of the master state');
  const { mark } = inner;
  const name = inner.text('name', 'name of the master state');
  const state = inner.complete(mark, { version, name, data: inner.data('payload') });
  if (inner.remaining === 0) return state;
  const words = 'found trailing bytes in master state';
  throw inner.corrupt(inner.position, 'the end of the master state', `${inner.remaining} more bytes`, words);
};

export const readMasterStates = (reader: ByteReader): MasterState[] =>
  reader.list(
    'master states',
    leastBytes.masterState,
    (_, index) => reader.within('master state', () => readMasterState(reader), index),
    (count) => `invalid number of master states: ${count}`,
  );

export const writeMasterState = (writer: ByteWriter, inner: ByteWriter, state: MasterState): void => {
  inner.exactI32(state.version, 'version of the master state');
  inner.utf(state.name, 'name of the master state', state.storedTexts?.['name']);
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
  const words = `Parallelism ${parallelism} is not smaller or equal to max parallelism ${maxParallelism}.`;
  const isKnown = parallelism >= 0 && maxParallelism >= 0;
  const expected = `parallelism from 0 to the maximum of ${maxParallelism}`;
  throw reader.corrupt(offset, expected, `${parallelism}`, isKnown ? words : undefined);
};

/** Flink names the class it found. */
const classNames: Readonly<Record<string, string>> = {
  file: 'FileStateHandle',
  relativeFile: 'RelativeFileStateHandle',
  keyGroupsStream: 'KeyGroupsStateHandle',
  segmentFile: 'SegmentFileStateHandle',
  emptySegment: 'EmptySegmentFileStateHandle',
};

const readCoordinatorState = (reader: ByteReader): ByteStreamStateHandle | undefined => {
  const offset = reader.position;
  const state = readStream(reader);
  if (state === undefined || state.kind === 'byteStream') return state;
  const words = `Expected a ByteStreamStateHandle but found a ${classNames[state.kind]}`;
  throw reader.corrupt(offset, 'coordinator state of tag 0 or 1', state.kind, words);
};

type EntryCount = Pick<OperatorHead, 'entryCount' | 'isFullyFinished' | 'storedEntryCount'>;

/** A negative number of entries is a finished operator; in formats 1 and 2 it is none. */
const readEntryCount = (reader: ByteReader, version: FormatVersion): EntryCount => {
  const offset = reader.position;
  const count = reader.i32('number of subtask entries');
  if (count < 0 && version < since.channelState) return { entryCount: 0, storedEntryCount: count };
  if (count === -1) return { entryCount: 0, isFullyFinished: true };
  if (count < 0) return { entryCount: 0, isFullyFinished: true, storedEntryCount: count };
  reader.position = offset;
  return { entryCount: reader.count('subtask entries', leastBytes.subtaskEntry) };
};

const readOldHead = (reader: ByteReader, version: FormatVersion): OperatorHead => {
  const operatorId = readOperatorId(reader);
  const sizes = readParallelism(reader);
  const chainLength = reader.i32('chain length');
  return {
    operatorId,
    name: undefined,
    uid: undefined,
    ...sizes,
    coordinatorState: undefined,
    ...(chainLength === 1 ? {} : { chainLength }),
    ...readEntryCount(reader, version),
  };
};

/**
 * Reads an operator up to its entries.
 *
 * @throws METADATA_CORRUPT
 */
export const readOperatorHead = (reader: ByteReader, version: FormatVersion): OperatorHead => {
  if (version < since.channelState) return readOldHead(reader, version);
  const { mark } = reader;
  const isNamed = version >= since.operatorNames;
  const name = isNamed ? reader.text('name', 'operator name') || undefined : undefined;
  const uid = isNamed ? reader.text('uid', 'operator uid') || undefined : undefined;
  const operatorId = readOperatorId(reader);
  const { parallelism, maxParallelism } = readParallelism(reader);
  const coordinatorState = reader.within('coordinator state', () => readCoordinatorState(reader));
  const offset = reader.position;
  const counted = readEntryCount(reader, version);
  if (counted.isFullyFinished === true && coordinatorState !== undefined) {
    const words = 'Coordinator State should be null for fully finished operator state';
    throw reader.corrupt(offset, 'no coordinator state in a finished operator', 'one', words);
  }
  const head = { operatorId, name, uid, parallelism, maxParallelism, coordinatorState };
  return reader.complete(mark, { ...head, ...counted });
};

/** An index outside the operator is an error, as it is in Flink. */
export const checkSubtaskIndex = (
  reader: ByteReader,
  offset: number,
  index: number,
  head: OperatorHead,
  collected: readonly { readonly subtaskIndex: number }[],
): void => {
  if (index >= 0 && index < head.parallelism) return;
  // Flink names the number of subtasks collected so far, not the parallelism.
  const { size } = new Set(collected.map(({ subtaskIndex }) => subtaskIndex));
  const words = `The given sub task index ${index} exceeds the maximum number of sub tasks ${size}`;
  const expected = `subtask index below the parallelism of ${head.parallelism}`;
  throw reader.corrupt(offset, expected, `${index}`, words);
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
  if (head.isFullyFinished !== true) return;
  if (head.coordinatorState !== undefined) throw unwritable('finished operator', 'has coordinator state');
  if (head.entryCount > 0) throw unwritable('finished operator', 'has subtasks');
};

const writeNames = (writer: ByteWriter, head: OperatorHeadToWrite, version: FormatVersion): void => {
  const { name, uid, operatorId, storedTexts } = head;
  if (version >= since.operatorNames) {
    writer.utf(name ?? '', 'operator name', storedTexts?.['name']);
    return writer.utf(uid ?? '', 'operator uid', storedTexts?.['uid']);
  }
  if (name !== undefined) throw unsayable(version, `operator ${operatorId}`, 'operator name');
  if (uid !== undefined) throw unsayable(version, `operator ${operatorId}`, 'operator uid');
};

/** Formats 1 and 2 have a chain length where later ones have the coordinator's state. */
const writeCoordinatorOrChain = (
  writer: ByteWriter,
  head: OperatorHeadToWrite,
  version: FormatVersion,
): void => {
  if (version >= since.channelState) return writeStream(writer, head.coordinatorState);
  const path = `operator ${head.operatorId}`;
  if (head.coordinatorState !== undefined) throw unsayable(version, path, 'coordinator state');
  if (head.isFullyFinished === true) throw unsayable(version, path, 'finished operator');
  writer.exactI32(head.chainLength ?? 1, 'chain length');
};

const countToWrite = (head: OperatorHeadToWrite, version: FormatVersion): number => {
  const { storedEntryCount = -1, isFullyFinished = false, entryCount } = head;
  if (isFullyFinished) return storedEntryCount < 0 ? storedEntryCount : -1;
  const isNone = version < since.channelState && entryCount === 0 && head.storedEntryCount !== undefined;
  return isNone && storedEntryCount < 0 ? storedEntryCount : entryCount;
};

/**
 * @throws ARGUMENT_INVALID for a name that is empty instead of absent, or a parallelism above its maximum;
 *   METADATA_UNSUPPORTED for what the format has no words for.
 */
export const writeOperatorHead = (
  writer: ByteWriter,
  head: OperatorHeadToWrite,
  version: FormatVersion = METADATA_VERSION,
): void => {
  checkHead(head);
  writeNames(writer, head, version);
  writeOperatorId(writer, head.operatorId);
  writer.i32(head.parallelism);
  writer.i32(head.maxParallelism);
  writeCoordinatorOrChain(writer, head, version);
  writer.i32(countToWrite(head, version));
};
