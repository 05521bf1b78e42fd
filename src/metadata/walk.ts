/**
 * The hot path over subtask entries: every acknowledged slice is walked once, checked structurally and weighed, without
 * building handles or texts (a coordinator of a large job does this millions of times a minute). Strings are only
 * checked
 * for bytes that cannot be decoded, offsets are skipped by arithmetic. What passes here can be decoded.
 *
 * Positions travel as arguments and results, and sizes are summed in the caller's object.
 */
import type { KeyedStateHandle, OperatorStateHandle, StreamStateHandle } from '../state/handles.ts';
import { corrupt, joinPath, unsupported } from './faults.ts';
import { KEY_GROUP_LIMIT } from './keyed-handles.ts';
import {
  distributionModes,
  keyedTag,
  leastBytes,
  operatorTag,
  slotNames,
  streamTag,
  unreadKeyedTags,
  unreadOperatorTags,
  unreadStreamTags,
} from './layout.ts';
import { readModifiedUtf8 } from './modified-utf8.ts';
import { decodeSubtaskEntry } from './subtask-entry.ts';

/** What a walk finds out. The caller owns the object and hands it in again and again. */
export interface WalkedEntry {
  subtaskIndex: number;
  /** All that the entry refers to; a file of unknown size counts as -1, as in Flink. */
  stateSizeBytes: number;
  /** What this checkpoint itself had to write; so far always the state size. */
  checkpointedSizeBytes: number;
  /** Offset after the entry. */
  end: number;
}

/** A fresh {@link WalkedEntry} to walk into. */
export const walkedEntry = (): WalkedEntry => ({
  subtaskIndex: 0,
  stateSizeBytes: 0,
  checkpointedSizeBytes: 0,
  end: 0,
});

/** The walk itself: what is being read. One object per run over entries, not per entry. */
export interface EntryCursor {
  readonly view: DataView;
  /** Nothing at or after this offset is read. */
  readonly limit: number;
  /** Where the entries stand, for errors: `operator 3`, or empty. */
  readonly path: string;
  readonly into: WalkedEntry;
}

const place = (cursor: EntryCursor, slot: string): string =>
  joinPath(cursor.path, `subtask ${cursor.into.subtaskIndex}`, slot);

const corruptAt = (
  cursor: EntryCursor,
  offset: number,
  slot: string,
  expected: string,
  found: string,
): never => {
  throw corrupt({ offset, path: place(cursor, slot), expected, found });
};

const unsupportedAt = (
  cursor: EntryCursor,
  offset: number,
  slot: string,
  expected: string,
  found: string,
): never => {
  throw unsupported({ offset, path: place(cursor, slot), expected, found });
};

/** Returns the offset after `length` bytes at `at`, or throws because the entry ends before. */
const skip = (cursor: EntryCursor, at: number, length: number, slot: string): number => {
  const next = at + length;
  if (next > cursor.limit) {
    corruptAt(cursor, at, slot, `${length} more bytes`, `the end after ${cursor.limit - at} bytes`);
  }
  return next;
};

/**
 * Text that nobody can decode would make a file that nobody can restore from. ASCII, the common case, needs no more.
 */
const checkText = (cursor: EntryCursor, start: number, end: number, slot: string): void => {
  const { view } = cursor;
  let at = start;
  while (at < end && view.getUint8(at) < 0x80) at++;
  if (at === end) return;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const broken = readModifiedUtf8(bytes, at, end);
  if (typeof broken === 'number') corruptAt(cursor, broken, slot, 'modified UTF-8', 'a byte that cannot be');
};

const skipText = (cursor: EntryCursor, at: number, slot: string): number => {
  const start = skip(cursor, at, 2, slot);
  const end = skip(cursor, start, cursor.view.getUint16(at), slot);
  checkText(cursor, start, end, slot);
  return end;
};

const skipFilledText = (cursor: EntryCursor, at: number, slot: string): number => {
  const next = skipText(cursor, at, slot);
  if (next === at + 2) corruptAt(cursor, at, slot, 'a path that is not empty', 'an empty string');
  return next;
};

/** Reads the count at `at`, whose four bytes the caller has made sure of. */
const countAt = (cursor: EntryCursor, at: number, leastElementBytes: number, slot: string): number => {
  const count = cursor.view.getInt32(at);
  if (count < 0 || count * leastElementBytes > cursor.limit - at - 4) {
    const most = Math.floor((cursor.limit - at - 4) / leastElementBytes);
    corruptAt(cursor, at, slot, `a count from 0 to ${most}, what the bytes left can hold`, `${count}`);
  }
  return count;
};

const weigh = (cursor: EntryCursor, at: number, slot: string, sizeBytes: number): void => {
  const total = cursor.into.stateSizeBytes + sizeBytes;
  if (total > Number.MAX_SAFE_INTEGER)
    corruptAt(cursor, at, slot, 'sizes of at most 2^53-1 bytes', `${total}`);
  cursor.into.stateSizeBytes = total;
  cursor.into.checkpointedSizeBytes += sizeBytes;
};

const skipSize = (cursor: EntryCursor, at: number, slot: string): number => {
  const next = skip(cursor, at, 8, slot);
  const high = cursor.view.getInt32(at);
  // -1 has all bits set: a high word of -1 makes any other low word a size below -1.
  const sizeBytes = high * 0x1_0000_0000 + cursor.view.getUint32(at + 4);
  if (sizeBytes < -1) corruptAt(cursor, at, slot, 'size of the file of at least -1', `${sizeBytes}`);
  weigh(cursor, at, slot, sizeBytes);
  return next;
};

const skipInlineData = (cursor: EntryCursor, at: number, slot: string): number => {
  const name = skipText(cursor, at, slot);
  const start = skip(cursor, name, 4, slot);
  const length = countAt(cursor, name, 1, slot);
  weigh(cursor, name, slot, length);
  return start + length;
};

const refuseTag = (
  cursor: EntryCursor,
  at: number,
  slot: string,
  expected: string,
  unread: ReadonlyMap<number, string>,
): never => {
  const tag = cursor.view.getUint8(at);
  const known = unread.get(tag);
  if (known !== undefined) return unsupportedAt(cursor, at, slot, expected, `tag ${tag} (${known})`);
  return corruptAt(cursor, at, slot, expected, `tag ${tag}`);
};

/** A stream handle that must not be the null handle: every slot of the format wants one there. */
const skipDelegate = (cursor: EntryCursor, at: number, slot: string): number => {
  const body = skip(cursor, at, 1, slot);
  switch (cursor.view.getUint8(at)) {
    case streamTag.byteStream:
      return skipInlineData(cursor, body, slot);
    case streamTag.file:
      return skipFilledText(cursor, skipSize(cursor, body, slot), slot);
    case streamTag.relativeFile:
      return skipSize(cursor, skipFilledText(cursor, body, slot), slot);
    default:
      return refuseTag(cursor, at, slot, 'stream handle of tag 1, 2 or 6', unreadStreamTags);
  }
};

const skipState = (cursor: EntryCursor, at: number, slot: string): number => {
  const mode = skipText(cursor, at, slot);
  const count = skip(cursor, mode, 1, slot);
  const offsets = skip(cursor, count, 4, slot);
  const number = cursor.view.getUint8(mode);
  if (number >= distributionModes.length) {
    corruptAt(cursor, mode, slot, 'distribution mode 0, 1 or 2', `${number}`);
  }
  return offsets + leastBytes.offset * countAt(cursor, count, leastBytes.offset, slot);
};

/** The flag and, where it says so, the operator-state handle. */
const skipOperatorSlot = (cursor: EntryCursor, at: number, slot: string): number => {
  const tag = skip(cursor, at, 4, slot);
  if (cursor.view.getInt32(at) === 0) return tag;
  const count = skip(cursor, tag, 1, slot);
  if (cursor.view.getUint8(tag) !== operatorTag.operatorStream) {
    refuseTag(cursor, tag, slot, 'operator-state handle of tag 4', unreadOperatorTags);
  }
  let next = skip(cursor, count, 4, slot);
  let left = countAt(cursor, count, leastBytes.operatorStateMeta, slot);
  for (; left > 0; left -= 1) next = skipState(cursor, next, slot);
  return skipDelegate(cursor, next, slot);
};

const skipKeyGroups = (cursor: EntryCursor, at: number, slot: string): number => {
  const offsets = skip(cursor, at, 8, slot);
  const first = cursor.view.getInt32(at);
  const count = countAt(cursor, at + 4, leastBytes.offset, slot);
  if (count > 0 && (first < 0 || first + count > KEY_GROUP_LIMIT)) {
    corruptAt(cursor, at, slot, 'a range of key groups from 0 to 2^31-1', `${count} from ${first}`);
  }
  return skipText(cursor, skipDelegate(cursor, offsets + leastBytes.offset * count, slot), slot);
};

const skipKeyedSlot = (cursor: EntryCursor, at: number, slot: string): number => {
  const body = skip(cursor, at, 1, slot);
  const tag = cursor.view.getUint8(at);
  if (tag === keyedTag.none) return body;
  if (tag === keyedTag.keyGroups) return skipKeyGroups(cursor, body, slot);
  return refuseTag(cursor, at, slot, 'keyed handle of tag 0 or 12', unreadKeyedTags);
};

const skipChannels = (cursor: EntryCursor, at: number, slot: string): number => {
  const next = skip(cursor, at, 4, slot);
  const count = cursor.view.getInt32(at);
  if (count > 0) unsupportedAt(cursor, at, slot, 'no channel state', `${count} channel handles`);
  return next;
};

/**
 * Walks the entry at `start` to wherever it ends, at most to the cursor's limit, and returns that offset.
 *
 * @throws METADATA_CORRUPT, METADATA_UNSUPPORTED
 */
export const scanEntry = (cursor: EntryCursor, start: number): number => {
  const { into } = cursor;
  into.stateSizeBytes = 0;
  into.checkpointedSizeBytes = 0;
  into.subtaskIndex = 0;
  const managed = skip(cursor, start, 4, 'index');
  into.subtaskIndex = cursor.view.getInt32(start);
  if (into.subtaskIndex < 0) {
    unsupportedAt(
      cursor,
      start,
      'index',
      'subtask index of at least 0',
      `${into.subtaskIndex}, a finished subtask`,
    );
  }
  let at = skipOperatorSlot(cursor, managed, slotNames.managedOperator);
  at = skipOperatorSlot(cursor, at, slotNames.rawOperator);
  at = skipKeyedSlot(cursor, at, slotNames.managedKeyed);
  at = skipKeyedSlot(cursor, at, slotNames.rawKeyed);
  at = skipChannels(cursor, at, slotNames.inputChannels);
  into.end = skipChannels(cursor, at, slotNames.outputChannels);
  return into.end;
};

/**
 * Checks that `bytes[start..end)` is exactly one subtask entry, and weighs it. Allocates one small object.
 *
 * @param view over the same bytes: offset 0 of one is offset 0 of the other.
 * @param into overwritten; not to be read after an error.
 * @throws METADATA_CORRUPT also when the entry ends before `end`, or its sizes exceed 2^53-1; METADATA_UNSUPPORTED
 */
export const walkSubtaskEntry = (
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  into: WalkedEntry,
): void => {
  const cursor: EntryCursor = { view, limit: Math.min(end, bytes.length), path: '', into };
  const reached = scanEntry(cursor, start);
  if (reached !== end) corruptAt(cursor, reached, '', 'the end of the entry', `${end - reached} more bytes`);
};

/**
 * Every stream handle inside one slice, in file order: what must be discarded when the state comes too late. Not for
 * the hot path.
 *
 * @throws METADATA_CORRUPT, METADATA_UNSUPPORTED
 */
export const streamHandlesOf = (slice: Uint8Array): StreamStateHandle[] => {
  const { state } = decodeSubtaskEntry(slice);
  const slots: readonly (OperatorStateHandle | KeyedStateHandle | undefined)[] = [
    state.managedOperatorState,
    state.rawOperatorState,
    state.managedKeyedState,
    state.rawKeyedState,
  ];
  return slots.flatMap((handle) => (handle === undefined ? [] : [handle.stream]));
};
