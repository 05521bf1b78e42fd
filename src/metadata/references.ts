/** The files that a metadata file refers to: where each is, how long it must be, and to whom it belongs. */
import type { StreamStateHandle } from '../state/handles.ts';
import { flinkPath, resolvedFlinkPath } from './flink-path.ts';
import type { CheckpointMetadata } from './model.ts';
import { streamHandlesIn } from './walk.ts';

/**
 * To whom a file belongs: EXCLUSIVE to this checkpoint (in its own directory, or a merged file that says so), SHARED
 * with others (in a directory named `shared`, or a merged file that says so), OTHER wherever else it is.
 */
export type FileScope = 'EXCLUSIVE' | 'SHARED' | 'OTHER';

/** One file, however many handles lead to it. */
export interface FileReference {
  /** As Flink resolves and prints it; relative handles against the directory of the metadata file. */
  readonly path: string;
  readonly scope: FileScope;
  /** The lengths that handles give for the whole file: one, unless handles contradict each other; none if unknown. */
  readonly sizesBytes: readonly bigint[];
  /** Where the last part of it ends that a handle takes: it cannot be shorter. */
  readonly leastSizeBytes: bigint;
  /** How many handles lead to it. */
  readonly handleCount: number;
  /** The first subtask that needs it, in words. */
  readonly place: string;
}

type FileHandle = Extract<StreamStateHandle, { readonly kind: 'file' | 'relativeFile' | 'segmentFile' }>;

const isFile = (stream: StreamStateHandle): stream is FileHandle =>
  stream.kind === 'file' || stream.kind === 'relativeFile' || stream.kind === 'segmentFile';

const pathOf = (handle: FileHandle, directory: string): string =>
  handle.kind === 'relativeFile' ? resolvedFlinkPath(directory, handle.relativePath) : flinkPath(handle.path);

const scopeOf = (handle: FileHandle, path: string, directory: string): FileScope => {
  if (handle.kind === 'segmentFile') return handle.scope;
  if (path.startsWith(`${flinkPath(directory)}/`)) return 'EXCLUSIVE';
  return path.split('/').at(-2) === 'shared' ? 'SHARED' : 'OTHER';
};

const larger = (left: bigint, right: bigint): bigint => (left > right ? left : right);

/** What one handle says; a size below 0 stands for an unknown one. */
const referenceOf = (handle: FileHandle, directory: string, place: string): FileReference => {
  const path = pathOf(handle, directory);
  const said = { path, scope: scopeOf(handle, path, directory), handleCount: 1, place };
  const size = larger(handle.sizeBytes, 0n);
  if (handle.kind === 'segmentFile') {
    return { ...said, sizesBytes: [], leastSizeBytes: larger(handle.startPosition, 0n) + size };
  }
  return { ...said, sizesBytes: handle.sizeBytes < 0n ? [] : [size], leastSizeBytes: size };
};

const joined = (one: FileReference | undefined, other: FileReference): FileReference =>
  one === undefined
    ? other
    : {
        ...one,
        sizesBytes: [...new Set([...one.sizesBytes, ...other.sizesBytes])],
        leastSizeBytes: larger(one.leastSizeBytes, other.leastSizeBytes),
        handleCount: one.handleCount + 1,
      };

/**
 * All files that a model refers to, each once, in the order of the file.
 *
 * @param directory the directory of the metadata file as Flink prints it (`file:/data/chk-7`): relative handles are
 *   resolved against it.
 */
export const fileReferences = (model: CheckpointMetadata, directory: string): readonly FileReference[] => {
  const byPath = new Map<string, FileReference>();
  for (const { operatorId, subtasks } of model.operators) {
    for (const { subtaskIndex, state } of subtasks) {
      const place = `operator ${operatorId} › subtask ${subtaskIndex}`;
      for (const handle of streamHandlesIn(state).filter(isFile)) {
        const reference = referenceOf(handle, directory, place);
        byPath.set(reference.path, joined(byPath.get(reference.path), reference));
      }
    }
  }
  return [...byPath.values()];
};

/** The length of a file as far as it is known. */
export const knownSizeBytes = ({ sizesBytes, leastSizeBytes }: FileReference): bigint =>
  sizesBytes[0] ?? leastSizeBytes;
