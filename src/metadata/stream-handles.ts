/** Stream handles: reading and writing (metadata format, section 6). */
import { assertNever } from '../errors.ts';
import type {
  CheckpointedScope,
  KeyGroupsStreamStateHandle,
  RelativeFileStateHandle,
  SegmentFileStateHandle,
  StreamStateHandle,
} from '../state/handles.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { unwritable } from './faults.ts';
import { flinkPathProblem, flinkRelativePathProblem } from './flink-path.ts';
import { checkpointedScopes, flinkWords, KEY_GROUP_LIMIT, streamTag } from './layout.ts';

/** Reads a path that Flink can take, in the spelling of the file. @throws METADATA_CORRUPT */
export const readPath = (
  reader: ByteReader,
  field: string,
  what: string,
  problemOf = flinkPathProblem,
): string => {
  const offset = reader.position;
  const path = reader.filledText(field, what);
  const problem = problemOf(path);
  if (problem === undefined) return path;
  throw reader.corrupt(offset, `${what} with a scheme and a place`, JSON.stringify(path), problem);
};

/** A stored size: -1 stands for unknown, less is an error. */
const readSize = (reader: ByteReader): bigint => {
  const offset = reader.position;
  const sizeBytes = reader.i64('size of the file');
  if (sizeBytes >= -1n) return sizeBytes;
  throw reader.corrupt(offset, 'size of the file of at least -1', `${sizeBytes}`);
};

/** The first key group and one offset for each: what stands there means nothing when there are none. */
export const readKeyGroupOffsets = (
  reader: ByteReader,
): { readonly firstKeyGroup: number; readonly offsets: readonly bigint[] } => {
  const offset = reader.position;
  const firstKeyGroup = reader.i32('first key group');
  const offsets = reader.offsets('key groups');
  checkKeyGroups(reader, offset, firstKeyGroup, offsets.length);
  return { firstKeyGroup, offsets };
};

/** @throws METADATA_CORRUPT for a range that is not empty and not within 31 bits. */
export const checkKeyGroups = (reader: ByteReader, offset: number, first: number, count: number): void => {
  if (count <= 0 || (first >= 0 && first + count <= KEY_GROUP_LIMIT)) return;
  throw reader.corrupt(offset, 'a range of key groups from 0 to 2^31-1', `${count} from ${first}`);
};

const readKeyGroupsStream = (reader: ByteReader): KeyGroupsStreamStateHandle => {
  const { firstKeyGroup, offsets } = readKeyGroupOffsets(reader);
  const stream = reader.nested(() => readDelegate(reader));
  return { kind: 'keyGroupsStream', firstKeyGroup, offsets, stream };
};

const readScope = (reader: ByteReader): CheckpointedScope => {
  const offset = reader.position;
  const number = reader.i32('scope of a segment');
  const scope = checkpointedScopes[number];
  if (scope !== undefined) return scope;
  const flinkMessage = flinkWords.outOfBounds(number, checkpointedScopes.length);
  throw reader.corrupt(offset, 'scope 0 or 1', `${number}`, flinkMessage);
};

const readSegment = (reader: ByteReader): SegmentFileStateHandle => {
  const { mark } = reader;
  return reader.complete(mark, {
    kind: 'segmentFile',
    startPosition: reader.i64('start of a segment'),
    sizeBytes: reader.i64('size of a segment'),
    scope: readScope(reader),
    path: readPath(reader, 'path', 'path of a segment'),
    logicalFileId: reader.text('logicalFileId', 'logical file of a segment'),
  });
};

const readFile = (reader: ByteReader): StreamStateHandle => {
  const { mark } = reader;
  const sizeBytes = readSize(reader);
  const path = readPath(reader, 'path', 'path of a file');
  return reader.complete(mark, { kind: 'file', path, sizeBytes });
};

const readRelativeFile = (reader: ByteReader): StreamStateHandle => {
  const { mark } = reader;
  const what = 'relative path of a file';
  const relativePath = readPath(reader, 'relativePath', what, flinkRelativePathProblem);
  return reader.complete(mark, { kind: 'relativeFile', relativePath, sizeBytes: readSize(reader) });
};

const readByteStream = (reader: ByteReader): StreamStateHandle => {
  const { mark } = reader;
  const name = reader.text('name', 'name of inline data');
  return reader.complete(mark, { kind: 'byteStream', name, data: reader.data('inline data') });
};

const readTag = (reader: ByteReader): number => {
  if (reader.remaining > 0) return reader.u8('tag of a stream handle');
  throw reader.corrupt(reader.position, 'a stream handle', 'the end', flinkWords.streamTag(-1));
};

/**
 * Reads a stream handle, or nothing where the file has the null handle.
 *
 * @throws METADATA_CORRUPT
 */
export const readStream = (reader: ByteReader): StreamStateHandle | undefined => {
  const offset = reader.position;
  const tag = readTag(reader);
  switch (tag) {
    case streamTag.none:
      return undefined;
    case streamTag.byteStream:
      return readByteStream(reader);
    case streamTag.file:
      return readFile(reader);
    case streamTag.relativeFile:
      return readRelativeFile(reader);
    case streamTag.keyGroups:
      return readKeyGroupsStream(reader);
    case streamTag.segmentFile:
      return readSegment(reader);
    case streamTag.emptySegment:
      return { kind: 'emptySegment' };
    default: {
      const expected = 'stream handle of tag 0, 1, 2, 3, 6, 15 or 16';
      throw reader.corrupt(offset, expected, `tag ${tag}`, flinkWords.streamTag(tag));
    }
  }
};

/**
 * Reads a stream handle where the format does not allow the null handle.
 *
 * @throws METADATA_CORRUPT
 */
export const readDelegate = (reader: ByteReader, flinkMessage?: string): StreamStateHandle => {
  const offset = reader.position;
  const handle = readStream(reader);
  if (handle !== undefined) return handle;
  throw reader.corrupt(offset, 'a stream handle', 'the null handle', flinkMessage);
};

const writeSize = (writer: ByteWriter, sizeBytes: bigint): void => {
  if (sizeBytes < -1n) throw unwritable('size of the file', `${sizeBytes} is less than -1`);
  writer.i64(sizeBytes, 'size of the file');
};

/** @throws ARGUMENT_INVALID for a path that Flink could not read again. */
export const writePath = (writer: ByteWriter, path: string, what: string, stored?: Uint8Array): void => {
  const problem = flinkPathProblem(path);
  if (problem !== undefined) throw unwritable(what, `is ${JSON.stringify(path)}: ${problem}`);
  writer.filledUtf(path, what, stored);
};

/** @throws ARGUMENT_INVALID for a range outside 31 bits. */
export const checkWritableKeyGroups = (first: number, count: number): void => {
  const isWithin = Number.isInteger(first) && first >= 0 && first + count <= KEY_GROUP_LIMIT;
  if (count <= 0 || isWithin) return;
  throw unwritable('range of key groups', `has ${count} from ${first}, outside 0 to 2^31-1`);
};

export const writeKeyGroupOffsets = (
  writer: ByteWriter,
  handle: { readonly firstKeyGroup: number; readonly offsets: readonly bigint[] },
): void => {
  checkWritableKeyGroups(handle.firstKeyGroup, handle.offsets.length);
  writer.exactI32(handle.firstKeyGroup, 'first key group');
  writer.offsets(handle.offsets, 'offset of a key group');
};

const writeRelativeFile = (writer: ByteWriter, handle: RelativeFileStateHandle): void => {
  const problem = flinkRelativePathProblem(handle.relativePath);
  if (problem !== undefined) throw unwritable('relative path of a file', problem);
  const stored = handle.storedTexts?.['relativePath'];
  writePath(writer, handle.relativePath, 'relative path of a file', stored);
  writeSize(writer, handle.sizeBytes);
};

const writeSegment = (writer: ByteWriter, handle: SegmentFileStateHandle): void => {
  writer.i64(handle.startPosition, 'start of a segment');
  writer.i64(handle.sizeBytes, 'size of a segment');
  writer.i32(checkpointedScopes.indexOf(handle.scope));
  writePath(writer, handle.path, 'path of a segment', handle.storedTexts?.['path']);
  writer.utf(handle.logicalFileId, 'logical file of a segment', handle.storedTexts?.['logicalFileId']);
};

/**
 * Writes a stream handle; nothing is written as the null handle.
 *
 * @throws ARGUMENT_INVALID for an empty path, a size below -1 or beyond 64 bits, or a text over 65535 bytes.
 */
export const writeStream = (writer: ByteWriter, handle: StreamStateHandle | undefined): void => {
  if (handle === undefined) return writer.u8(streamTag.none);
  switch (handle.kind) {
    case 'file':
      writer.u8(streamTag.file);
      writeSize(writer, handle.sizeBytes);
      return writePath(writer, handle.path, 'path of a file', handle.storedTexts?.['path']);
    case 'relativeFile':
      writer.u8(streamTag.relativeFile);
      return writeRelativeFile(writer, handle);
    case 'byteStream':
      writer.u8(streamTag.byteStream);
      writer.utf(handle.name, 'name of inline data', handle.storedTexts?.['name']);
      return writer.data(handle.data);
    case 'keyGroupsStream':
      writer.u8(streamTag.keyGroups);
      writeKeyGroupOffsets(writer, handle);
      return writeStream(writer, handle.stream);
    case 'segmentFile':
      writer.u8(streamTag.segmentFile);
      return writeSegment(writer, handle);
    case 'emptySegment':
      return writer.u8(streamTag.emptySegment);
    default:
      return assertNever(handle);
  }
};
