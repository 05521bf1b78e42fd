/**
 * Finds the words of a split: maximal runs of ASCII letters that start in it, each ending at the latest with its file.
 */
import { invariant } from '../../errors.ts';
import type { FileSplit } from './file-splits.ts';
import type { InputFiles } from './input-files.ts';

/** Some whole words of a file, and where reading goes on behind them. */
export interface WordChunk {
  /** As they stand in the file, upper and lower case. */
  readonly words: readonly string[];
  readonly next: FileSplit;
}

/**
 * Looking for the end of a word that began before the split: words are short, so one look is enough but for odd files.
 */
const SKIP_READ_BYTES = 64;

const isLetter = (byte: number | undefined): boolean =>
  byte !== undefined && ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a));

/** The first index from `at` on that holds no letter. */
const endOfRun = (bytes: Uint8Array, at: number): number => {
  let index = at;
  while (index < bytes.length && isLetter(bytes[index])) index++;
  return index;
};

/** The first letter of the run that ends before `at`. */
const startOfRun = (bytes: Uint8Array, at: number): number => {
  let index = at;
  while (index > 0 && isLetter(bytes[index - 1])) index--;
  return index;
};

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

export class WordReader {
  readonly #input: InputFiles;

  constructor(input: InputFiles) {
    this.#input = input;
  }

  /**
   * Reads about `sizeBytes` on. What the caller owes: the split is not at its end; its position is where it began, or
   * where an earlier chunk ended.
   */
  async read(split: FileSplit, sizeBytes: number): Promise<WordChunk> {
    const { file, position, end } = split;
    const fileBytes = this.#sizeOf(split);
    const before = Math.min(1, position);
    for (let wanted = Math.max(1, sizeBytes); ; wanted *= 2) {
      const length = Math.min(wanted, fileBytes - position);
      const read = await this.#input.read(file, position - before, length + before);
      if (before === 1 && isLetter(read[0]) && isLetter(read[1])) return await this.#skipWord(split);
      const bytes = read.subarray(before);
      const cut = cutOf(bytes, end - position, position + length === fileBytes);
      if (cut === undefined) continue;
      const words =
        asBuffer(bytes)
          .toString('latin1', 0, cut)
          .match(/[A-Za-z]+/g) ?? [];
      return { words, next: { ...split, position: Math.min(position + cut, end) } };
    }
  }

  #sizeOf(split: FileSplit): number {
    const file = this.#input.files[split.file];
    invariant(file !== undefined, `there is an input file ${split.file}`);
    return file.sizeBytes;
  }

  /** The word at the position began before it and belongs to someone else. */
  async #skipWord(split: FileSplit): Promise<WordChunk> {
    let position = split.position;
    while (position < split.end) {
      const length = Math.min(SKIP_READ_BYTES, split.end - position);
      const bytes = await this.#input.read(split.file, position, length);
      const stop = endOfRun(bytes, 0);
      position += stop;
      if (stop < bytes.length) break;
    }
    return { words: [], next: { ...split, position } };
  }
}

/**
 * How many of the bytes can be processed: up to `limit`, on to the end of the word that stands there, but no word that
 * may go on behind the bytes. Undefined: not even one word ends here.
 */
const cutOf = (bytes: Uint8Array, limit: number, isFileEnd: boolean): number | undefined => {
  let cut = Math.min(limit, bytes.length);
  if (cut > 0 && isLetter(bytes[cut - 1])) cut = endOfRun(bytes, cut);
  if (cut < bytes.length || isFileEnd) return cut;
  const start = startOfRun(bytes, cut);
  return start > 0 ? start : undefined;
};
