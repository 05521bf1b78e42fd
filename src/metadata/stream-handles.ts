/** Stream handles: reading, writing and skipping (metadata format, section 6). */
import { assertNever } from '../errors.ts';
import type { StreamStateHandle } from '../state/handles.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { unwritable } from './faults.ts';
import { streamTag, unreadStreamTags } from './layout.ts';

/** A stored size: -1 stands for unknown, less is an error. */
const readSize = (reader: ByteReader): bigint => {
  const offset = reader.position;
  const sizeBytes = reader.i64('size of the file');
  if (sizeBytes >= -1n) return sizeBytes;
  throw reader.corrupt(offset, 'size of the file of at least -1', `${sizeBytes}`);
};

const refuseTag = (reader: ByteReader, offset: number, tag: number): never => {
  const known = unreadStreamTags.get(tag);
  const expected = 'stream handle of tag 0, 1, 2 or 6';
  if (known === undefined) throw reader.corrupt(offset, expected, `tag ${tag}`);
  throw reader.unsupported(offset, expected, `tag ${tag} (${known})`);
};

/**
 * Reads a stream handle, or nothing where the file has the null handle.
 *
 * @throws METADATA_CORRUPT, METADATA_UNSUPPORTED
 */
export const readStream = (reader: ByteReader): StreamStateHandle | undefined => {
  const offset = reader.position;
  const tag = reader.u8('tag of a stream handle');
  switch (tag) {
    case streamTag.none:
      return undefined;
    case streamTag.byteStream:
      return {
        kind: 'byteStream',
        name: reader.utf('name of inline data'),
        data: reader.data('inline data'),
      };
    case streamTag.file: {
      const sizeBytes = readSize(reader);
      return { kind: 'file', path: reader.filledUtf('path of a file'), sizeBytes };
    }
    case streamTag.relativeFile: {
      const relativePath = reader.filledUtf('relative path of a file');
      return { kind: 'relativeFile', relativePath, sizeBytes: readSize(reader) };
    }
    default:
      return refuseTag(reader, offset, tag);
  }
};

/** Reads a stream handle where the format does not allow the null handle. */
export const readDelegate = (reader: ByteReader): StreamStateHandle => {
  const offset = reader.position;
  const handle = readStream(reader);
  if (handle !== undefined) return handle;
  throw reader.corrupt(offset, 'a stream handle', 'the null handle');
};

const writeSize = (writer: ByteWriter, sizeBytes: bigint): void => {
  if (sizeBytes < -1n) throw unwritable('size of the file', `${sizeBytes} is less than -1`);
  writer.i64(sizeBytes, 'size of the file');
};

/**
 * Writes a stream handle; nothing is written as the null handle.
 *
 * @throws ARGUMENT_INVALID for an empty path, a size below -1 or beyond 64 bits, or a text over 65535 bytes.
 */
export const writeStream = (writer: ByteWriter, handle: StreamStateHandle | undefined): void => {
  if (handle === undefined) return writer.u8(streamTag.none);
  switch (handle.kind) {
    case 'byteStream':
      writer.u8(streamTag.byteStream);
      writer.utf(handle.name, 'name of inline data');
      return writer.data(handle.data);
    case 'file':
      writer.u8(streamTag.file);
      writeSize(writer, handle.sizeBytes);
      return writer.filledUtf(handle.path, 'path of a file');
    case 'relativeFile':
      writer.u8(streamTag.relativeFile);
      writer.filledUtf(handle.relativePath, 'relative path of a file');
      return writeSize(writer, handle.sizeBytes);
    default:
      return assertNever(handle);
  }
};
