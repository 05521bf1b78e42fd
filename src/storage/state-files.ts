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

/** Where the bytes of a handle are: in the handle itself, or in a file from one offset on. */
export type StatePlace =
  | { readonly data: Uint8Array }
  | { readonly path: string; readonly start: bigint; readonly sizeBytes: bigint };

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
      return {
        path: resolvedFlinkPath(exclusive, handle.relativePath),
        start: 0n,
        sizeBytes: handle.sizeBytes,
      };
    case 'file':
    case 'segmentFile': {
      const path = normalizePath(handle.path) ?? handle.path;
      const start = handle.kind === 'segmentFile' ? handle.startPosition : 0n;
      return { path, start, sizeBytes: handle.sizeBytes };
    }
    default:
      return assertNever(handle);
  }
};

/** The bytes that a handle means of its whole file, or undefined if the file ends before. */
export const partOfFile = (
  file: Uint8Array,
  place: Extract<StatePlace, { readonly path: string }>,
  handle: StreamStateHandle,
): Uint8Array | undefined => {
  const end = place.start + place.sizeBytes;
  if (BigInt(file.length) < end || place.start < 0n) return undefined;
  return handle.kind === 'segmentFile' ? file.subarray(Number(place.start), Number(end)) : file;
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
    return handle.kind === 'segmentFile' || 'data' in place ? [] : [place.path];
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
