/** How the bytes of all files are divided among the sources. */
import type { InputFile } from './word-count-graph.ts';

/** A part of one file. A word belongs to the split in which it starts. */
export interface FileSplit {
  readonly file: number;
  /** Where reading goes on. */
  readonly position: number;
  /** The first byte behind the split. */
  readonly end: number;
}

/**
 * Cuts the concatenation of the files into `parallelism` ranges of the same size, and gives the splits of one of them.
 * There is always a split, if only an empty one, so that a source always has state.
 */
export const splitsOf = (
  files: readonly InputFile[],
  parallelism: number,
  subtask: number,
): readonly FileSplit[] => {
  const totalBytes = files.reduce((total, file) => total + file.sizeBytes, 0);
  const from = Math.floor((totalBytes * subtask) / parallelism);
  const to = Math.floor((totalBytes * (subtask + 1)) / parallelism);
  const splits: FileSplit[] = [];
  let fileStart = 0;
  files.forEach(({ sizeBytes }, file) => {
    const position = Math.max(from - fileStart, 0);
    const end = Math.min(to - fileStart, sizeBytes);
    if (position < end) splits.push({ file, position, end });
    fileStart += sizeBytes;
  });
  return splits.length > 0 ? splits : [{ file: 0, position: 0, end: 0 }];
};

/** What is left to read. */
export const remainingBytes = (splits: readonly FileSplit[]): number =>
  splits.reduce((total, split) => total + Math.max(0, split.end - split.position), 0);
