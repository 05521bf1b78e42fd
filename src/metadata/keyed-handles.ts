/** Keyed handles: reading and writing (metadata format, section 7). */
import type { KeyedStateHandle, KeyGroupsStateHandle } from '../state/handles.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { unwritable } from './faults.ts';
import { keyedTag, leastBytes, unreadKeyedTags } from './layout.ts';
import { readDelegate, writeStream } from './stream-handles.ts';

/** Key groups are numbered in 31 bits. */
export const KEY_GROUP_LIMIT = 0x8000_0000;

/** The range as the format has it: the first key group and how many. An empty range starts at 0, whatever is stored. */
const readOffsets = (reader: ByteReader): { firstKeyGroup: number; offsets: bigint[] } => {
  const offset = reader.position;
  const first = reader.i32('first key group');
  const offsets = reader.list('key groups', leastBytes.offset, () => reader.i64('offset of a key group'));
  if (offsets.length === 0) return { firstKeyGroup: 0, offsets };
  if (first >= 0 && first + offsets.length <= KEY_GROUP_LIMIT) return { firstKeyGroup: first, offsets };
  throw reader.corrupt(offset, 'a range of key groups from 0 to 2^31-1', `${offsets.length} from ${first}`);
};

const readKeyGroups = (reader: ByteReader): KeyGroupsStateHandle => {
  const { firstKeyGroup, offsets } = readOffsets(reader);
  const stream = readDelegate(reader);
  return { kind: 'keyGroups', firstKeyGroup, offsets, stream, stateHandleId: reader.utf('state handle id') };
};

/**
 * Reads a keyed handle, or nothing where the file has the null handle.
 *
 * @throws METADATA_CORRUPT, METADATA_UNSUPPORTED
 */
export const readKeyed = (reader: ByteReader): KeyedStateHandle | undefined => {
  const offset = reader.position;
  const tag = reader.u8('tag of a keyed handle');
  if (tag === keyedTag.none) return undefined;
  if (tag === keyedTag.keyGroups) return readKeyGroups(reader);
  const known = unreadKeyedTags.get(tag);
  const expected = 'keyed handle of tag 0 or 12';
  if (known === undefined) throw reader.corrupt(offset, expected, `tag ${tag}`);
  throw reader.unsupported(offset, expected, `tag ${tag} (${known})`);
};

const checkRange = (first: number, count: number): void => {
  if (count === 0 || (Number.isInteger(first) && first >= 0 && first + count <= KEY_GROUP_LIMIT)) return;
  throw unwritable('range of key groups', `has ${count} from ${first}, outside 0 to 2^31-1`);
};

/**
 * Writes a keyed handle; nothing is written as the null handle. An empty range is written as starting at 0.
 *
 * @throws ARGUMENT_INVALID for a range outside 31 bits, and as `writeStream` does.
 */
export const writeKeyed = (writer: ByteWriter, handle: KeyedStateHandle | undefined): void => {
  if (handle === undefined) return writer.u8(keyedTag.none);
  const { firstKeyGroup, offsets } = handle;
  checkRange(firstKeyGroup, offsets.length);
  writer.u8(keyedTag.keyGroups);
  writer.i32(offsets.length === 0 ? 0 : firstKeyGroup);
  writer.i32(offsets.length);
  for (const offset of offsets) writer.i64(offset, 'offset of a key group');
  writeStream(writer, handle.stream);
  writer.utf(handle.stateHandleId, 'state handle id');
};
