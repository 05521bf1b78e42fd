/** How pieces of state become handles, and handles become paths: the same in every backend (C-251, C-253). */
import { TidemarkError } from '../errors.ts';
import { assertNever } from '../errors.ts';
import type { FileStateHandle, RelativeFileStateHandle, StreamStateHandle } from '../state/handles.ts';
import { resolvedFlinkPath } from '../metadata/flink-path.ts';
import { childPath, normalizePath } from './pointer.ts';
import type { CheckpointedStateScope, LocationReference } from './storage.ts';

/** What the storage asks of a source of randomness. */
export interface RandomIntegers {
  /** An integer in [0, bound). */
  integer(bound: number): number;
}

/** Draws the name of a new state file. */
export type FileNames = () => string;

/** Names as Flink draws them: random UUIDs of version 4 (C-254). */
export const randomFileNames =
  (random: RandomIntegers): FileNames =>
  () => {
    const word = (): string => random.integer(0x1_0000).toString(16).padStart(4, '0');
    const version = `4${word().slice(1)}`;
    const variant = (0x8000 + random.integer(0x4000)).toString(16);
    return `${word()}${word()}-${word()}-${version}-${variant}-${word()}${word()}${word()}`;
  };

/** Fresh names are drawn this often before the storage gives up (C-254). */
export const nameAttemptsMax = 10;

/** Flink's default: state of at most this size travels inside the metadata. */
const inlineThresholdDefaultBytes = 20_480;
const inlineThresholdMaxBytes = 1_048_576;

/** @throws CONFIGURATION_INVALID outside 0 to 1 MiB, with the texts of C-252. */
export const checkedInlineThreshold = (sizeBytes: number = inlineThresholdDefaultBytes): number => {
  const refuse = (message: string) =>
    new TidemarkError('CONFIGURATION_INVALID', message, { option: 'inlineThresholdBytes', value: sizeBytes });
  if (!Number.isInteger(sizeBytes)) throw refuse('inlineThresholdBytes is not a whole number of bytes.');
  if (sizeBytes < 0) throw refuse('The threshold for file state size must be zero or larger.');
  if (sizeBytes > inlineThresholdMaxBytes) {
    throw refuse(`The threshold for file state size cannot be larger than ${inlineThresholdMaxBytes}`);
  }
  return sizeBytes;
};

/** The directory a scope's files go to. */
export const scopeDirectory = (reference: LocationReference, scope: CheckpointedStateScope): string =>
  scope === 'EXCLUSIVE' ? reference.exclusive : reference.shared;

/** The handle of a written file: relative in the checkpoint's own directory (in a savepoint always), else absolute. */
export const handleOfFile = (
  reference: LocationReference,
  scope: CheckpointedStateScope,
  fileName: string,
  sizeBytes: number,
): FileStateHandle | RelativeFileStateHandle => {
  const directory = scopeDirectory(reference, scope);
  return directory === reference.exclusive
    ? { kind: 'relativeFile', relativePath: fileName, sizeBytes: BigInt(sizeBytes) }
    : { kind: 'file', path: childPath(directory, fileName), sizeBytes: BigInt(sizeBytes) };
};

/** A file that holds state, or a part of one. */
export interface FilePlace {
  readonly path: string;
  readonly start: bigint;
  /** -1 when unknown. */
  readonly sizeBytes: bigint;
  /** The state is so many bytes from `start` on; the file holds the state of others too. */
  readonly isPart: boolean;
}

/** Where the bytes of a handle are: in the handle itself, or in a file. */
export type StatePlace = { readonly data: Uint8Array } | FilePlace;

/** Finds the bytes behind a handle. A relative path climbs out of `exclusive` if it says so, as in Flink. */
export const placeOfState = (handle: StreamStateHandle, exclusive: string): StatePlace => {
  switch (handle.kind) {
    case 'byteStream':
      return { data: handle.data };
    case 'emptySegment':
      return { data: new Uint8Array() };
    case 'keyGroupsStream':
      return placeOfState(handle.stream, exclusive);
    case 'relativeFile':
      return wholeFile(resolvedFlinkPath(exclusive, handle.relativePath), handle.sizeBytes);
    case 'file':
      return wholeFile(normalizePath(handle.path) ?? handle.path, handle.sizeBytes);
    case 'segmentFile': {
      const { startPosition: start, sizeBytes } = handle;
      return { path: normalizePath(handle.path) ?? handle.path, start, sizeBytes, isPart: true };
    }
    default:
      return assertNever(handle);
  }
};

const wholeFile = (path: string, sizeBytes: bigint): FilePlace => ({
  path,
  start: 0n,
  sizeBytes,
  isPart: false,
});

/**
 * The range of a file's bytes that is meant, or undefined if the file does not have it. A part of unknown length has no
 * end, so nobody can tell it from the state of others.
 */
export const rangeOfPlace = (
  { start, sizeBytes, isPart }: FilePlace,
  fileSizeBytes: number,
): { readonly start: number; readonly end: number } | undefined => {
  if (!isPart) return BigInt(fileSizeBytes) < sizeBytes ? undefined : { start: 0, end: fileSizeBytes };
  const isWithin = start >= 0n && sizeBytes >= 0n && start + sizeBytes <= BigInt(fileSizeBytes);
  return isWithin ? { start: Number(start), end: Number(start + sizeBytes) } : undefined;
};

/**
 * The files behind handles, each once; state that is carried inline has none, and a segment is a part of a file that
 * holds the state of others too.
 */
export const pathsOfHandles = (
  handles: readonly StreamStateHandle[],
  exclusive: string,
): readonly string[] => {
  const paths = handles.flatMap((handle) => {
    const place = placeOfState(handle, exclusive);
    return 'data' in place || place.isPart ? [] : [place.path];
  });
  return [...new Set(paths)];
};

/** The bytes that were written in pieces. */
export const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(pieces.reduce((sizeBytes, piece) => sizeBytes + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
};
