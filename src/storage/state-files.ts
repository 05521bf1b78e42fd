/** How pieces of state become handles, and handles become paths: the same in every backend (C-251, C-253). */
import { TidemarkError } from '../errors.ts';
import type { FileStateHandle, RelativeFileStateHandle, StreamStateHandle } from '../state/handles.ts';
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

/** A handle of state in a file. */
export type StateFileHandle = Exclude<StreamStateHandle, { readonly kind: 'byteStream' }>;

/** The file behind a handle. A relative one climbs out of `exclusive` if it says so, as in Flink. */
export const pathOfHandle = (handle: StateFileHandle, exclusive: string): string =>
  handle.kind === 'file'
    ? (normalizePath(handle.path) ?? handle.path)
    : childPath(exclusive, handle.relativePath);

/** The files behind handles, each once; state that is carried inline has none. */
export const pathsOfHandles = (
  handles: readonly StreamStateHandle[],
  exclusive: string,
): readonly string[] => {
  const paths = handles.flatMap((handle) =>
    handle.kind === 'byteStream' ? [] : [pathOfHandle(handle, exclusive)],
  );
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
