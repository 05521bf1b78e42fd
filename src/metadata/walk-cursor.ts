/**
 * What a walk over subtask entries stands on, and its steps over the primitives. Positions travel as arguments and
 * results, sizes are summed in the caller's object, and nothing is built on the way.
 */
import { corrupt, joinPath } from './faults.ts';
import { flinkPathProblem, flinkRelativePathProblem } from './flink-path.ts';
import { DEPTH_MAX, METADATA_VERSION } from './layout.ts';
import type { FormatVersion } from './layout.ts';
import { readModifiedUtf8 } from './modified-utf8.ts';

/** What a walk finds out. The caller owns the object and hands it in again and again. */
export interface WalkedEntry {
  subtaskIndex: number;
  /** The subtask had come to its end: the entry is its index alone. */
  isFinished: boolean;
  /** All that the entry refers to; a file of unknown size counts as -1, as in Flink. */
  stateSizeBytes: number;
  /** What this checkpoint itself had to write. */
  checkpointedSizeBytes: number;
  /** Offset after the entry. */
  end: number;
}

/** A fresh {@link WalkedEntry} to walk into. */
export const walkedEntry = (): WalkedEntry => ({
  subtaskIndex: 0,
  isFinished: false,
  stateSizeBytes: 0,
  checkpointedSizeBytes: 0,
  end: 0,
});

/** A file that a walk comes by: where its path stands, and where its size. */
export type FileVisitor = (
  kind: 'file' | 'relativeFile' | 'segmentFile',
  pathAt: number,
  sizeAt: number,
) => void;

/** A file that other checkpoints may refer to as well: where its path stands, and where its size. */
export type SharedVisitor = (pathAt: number, sizeAt: number, isRelative: boolean) => void;

/** The walk itself: what is being read. One object per run over entries, not per entry. */
export interface EntryCursor {
  readonly view: DataView;
  /** Nothing at or after this offset is read. */
  readonly limit: number;
  /** Where the entries stand, for errors: `operator 3`, or empty. */
  readonly path: string;
  readonly into: WalkedEntry;
  readonly version: FormatVersion;
  /** Sizes beyond 2^53-1 set `isInexact` instead of being refused. */
  readonly isLenient: boolean;
  isInexact: boolean;
  depth: number;
  /** Above 0 inside what several checkpoints may share. */
  sharing: number;
  readonly onFile: FileVisitor | undefined;
  readonly onShared: SharedVisitor | undefined;
}

/** What may be chosen about a cursor. */
export interface CursorOptions {
  readonly view: DataView;
  readonly limit: number;
  readonly path?: string;
  readonly into: WalkedEntry;
  readonly version?: FormatVersion;
  readonly isLenient?: boolean;
  readonly onFile?: FileVisitor | undefined;
  readonly onShared?: SharedVisitor | undefined;
}

export const entryCursor = (options: CursorOptions): EntryCursor => ({
  view: options.view,
  limit: options.limit,
  path: options.path ?? '',
  into: options.into,
  version: options.version ?? METADATA_VERSION,
  isLenient: options.isLenient ?? false,
  isInexact: false,
  depth: 0,
  sharing: 0,
  onFile: options.onFile,
  onShared: options.onShared,
});

/** @throws METADATA_CORRUPT, always */
export const corruptAt = (
  cursor: EntryCursor,
  offset: number,
  slot: string,
  expected: string,
  found: string,
  flinkMessage?: string,
): never => {
  const path = joinPath(cursor.path, `subtask ${cursor.into.subtaskIndex}`, slot);
  throw corrupt({ offset, path, expected, found, flinkMessage });
};

/** Returns the offset after `length` bytes at `at`, or throws because the entry ends before. */
export const skip = (cursor: EntryCursor, at: number, length: number, slot: string): number => {
  const next = at + length;
  if (next > cursor.limit) {
    corruptAt(cursor, at, slot, `${length} more bytes`, `the end after ${cursor.limit - at} bytes`);
  }
  return next;
};

/** Enters a handle that holds others; the caller takes one from the depth again when it leaves. */
export const descend = (cursor: EntryCursor, at: number, slot: string): void => {
  if (cursor.depth >= DEPTH_MAX) {
    corruptAt(cursor, at, slot, `at most ${DEPTH_MAX} handles inside one another`, 'one more');
  }
  cursor.depth += 1;
};

const bytesOf = ({ view }: EntryCursor): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

const HIGH_BITS = 0x8080_8080;

/** The first of the bytes that may not be ASCII: four are looked at together, byte order does not matter. */
const endOfAscii = (view: DataView, start: number, end: number): number => {
  let at = start;
  while (at + 4 <= end && (view.getInt32(at, true) & HIGH_BITS) === 0) at += 4;
  while (at < end && view.getUint8(at) < 0x80) at++;
  return at;
};

/**
 * Text that nobody can decode would make a file that nobody can restore from. ASCII, the common case, needs no
 * more.
 */
const checkText = (cursor: EntryCursor, start: number, end: number, slot: string): void => {
  const at = endOfAscii(cursor.view, start, end);
  if (at === end) return;
  const broken = readModifiedUtf8(bytesOf(cursor), at, end);
  if (typeof broken === 'number') corruptAt(cursor, broken, slot, 'modified UTF-8', 'a byte that cannot be');
};

export const skipText = (cursor: EntryCursor, at: number, slot: string): number => {
  const start = skip(cursor, at, 2, slot);
  const end = skip(cursor, start, cursor.view.getUint16(at), slot);
  checkText(cursor, start, end, slot);
  return end;
};

const SLASH = 0x2f;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

const isSchemeByte = (byte: number): boolean =>
  (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39);

/** Whether an authority may begin at `at` that Flink does not take: only one with brackets. */
const isOddAuthority = ({ view }: EntryCursor, at: number, end: number): boolean => {
  if (at + 1 >= end || view.getUint8(at) !== SLASH || view.getUint8(at + 1) !== SLASH) return false;
  for (let next = at + 2; next < end && view.getUint8(next) !== SLASH; next++) {
    const byte = view.getUint8(next);
    if (byte === OPENING_BRACKET || byte === CLOSING_BRACKET) return true;
  }
  return false;
};

/** Whether the path is one of the usual: without a scheme, or with a plain one and a slash after it. */
const isUsualPath = (cursor: EntryCursor, start: number, end: number, isRelative: boolean): boolean => {
  const { view } = cursor;
  // Flink takes a first slash off a relative path, and looks again.
  if (isRelative && (view.getUint8(start) === SLASH || view.getUint8(start) === BACKSLASH)) return false;
  let at = start;
  while (at < end && isSchemeByte(view.getUint8(at))) at++;
  if (at < end && view.getUint8(at) === COLON) {
    const isLetterFirst = at > start && view.getUint8(start) > 0x39;
    const isPlaced = isLetterFirst && at + 1 < end && view.getUint8(at + 1) === SLASH;
    return !isRelative && isPlaced && !isOddAuthority(cursor, at + 1, end);
  }
  if (isOddAuthority(cursor, start, end)) return false;
  for (; at < end; at++) {
    const byte = view.getUint8(at);
    if (byte === SLASH) return true;
    if (byte === COLON || byte >= 0x80) return false;
  }
  return true;
};

/** A path that is not empty, and that Flink can take. */
export const skipPath = (cursor: EntryCursor, at: number, slot: string, isRelative = false): number => {
  const end = skipText(cursor, at, slot);
  if (end === at + 2) {
    const words = 'Can not create a Path from an empty string';
    corruptAt(cursor, at, slot, 'a path that is not empty', 'an empty string', words);
  }
  if (isUsualPath(cursor, at + 2, end, isRelative)) return end;
  const path = readModifiedUtf8(bytesOf(cursor), at + 2, end);
  const problemOf = isRelative ? flinkRelativePathProblem : flinkPathProblem;
  const problem = problemOf(String(path));
  if (problem !== undefined) corruptAt(cursor, at, slot, 'a path with scheme and place', `${path}`, problem);
  return end;
};

/** Reads the count at `at`, whose four bytes the caller has made sure of. */
export const countAt = (cursor: EntryCursor, at: number, leastElementBytes: number, slot: string): number => {
  const count = cursor.view.getInt32(at);
  if (count < 0 || count * leastElementBytes > cursor.limit - at - 4) {
    const most = Math.floor((cursor.limit - at - 4) / leastElementBytes);
    corruptAt(cursor, at, slot, `a count from 0 to ${most}, what the bytes left can hold`, `${count}`);
  }
  return count;
};

const checkSafe = (cursor: EntryCursor, at: number, slot: string, sizeBytes: number): void => {
  if (Number.isSafeInteger(sizeBytes)) return;
  cursor.isInexact = true;
  if (!cursor.isLenient) corruptAt(cursor, at, slot, 'sizes of at most 2^53-1 bytes', `${sizeBytes}`);
};

/** Adds to both sizes. */
export const weigh = (cursor: EntryCursor, at: number, slot: string, sizeBytes: number): void => {
  cursor.into.stateSizeBytes += sizeBytes;
  cursor.into.checkpointedSizeBytes += sizeBytes;
  checkSafe(cursor, at, slot, cursor.into.stateSizeBytes);
  checkSafe(cursor, at, slot, cursor.into.checkpointedSizeBytes);
};

/** Sets what the checkpoint had to write to a stored number, whatever was counted since `before`. */
export const weighCheckpointed = (
  cursor: EntryCursor,
  at: number,
  slot: string,
  before: number,
  sizeBytes: number,
): void => {
  cursor.into.checkpointedSizeBytes = before + sizeBytes;
  checkSafe(cursor, at, slot, sizeBytes);
  checkSafe(cursor, at, slot, cursor.into.checkpointedSizeBytes);
};

/** The 64-bit number at `at`, exact as long as it is a safe integer. */
export const longAt = ({ view }: EntryCursor, at: number): number =>
  view.getInt32(at) * 0x1_0000_0000 + view.getUint32(at + 4);

/** Skips a size and adds it to both sums. */
export const skipSize = (cursor: EntryCursor, at: number, slot: string): number => {
  const next = skip(cursor, at, 8, slot);
  weigh(cursor, at, slot, longAt(cursor, at));
  return next;
};

/** As {@link skipSize}, for a file: -1 stands for unknown, less is an error. */
export const skipFileSize = (cursor: EntryCursor, at: number, slot: string): number => {
  const next = skipSize(cursor, at, slot);
  const sizeBytes = longAt(cursor, at);
  if (sizeBytes < -1) corruptAt(cursor, at, slot, 'size of the file of at least -1', `${sizeBytes}`);
  return next;
};

/** Skips data behind its length, and adds it to both sums. */
export const skipData = (cursor: EntryCursor, at: number, slot: string): number => {
  const start = skip(cursor, at, 4, slot);
  const length = countAt(cursor, at, 1, slot);
  weigh(cursor, at, slot, length);
  return start + length;
};

/** Skips a list of offsets by arithmetic. */
export const skipOffsets = (cursor: EntryCursor, at: number, slot: string): number => {
  const start = skip(cursor, at, 4, slot);
  return start + 8 * countAt(cursor, at, 8, slot);
};
