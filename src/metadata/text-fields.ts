/** The strings of one structure: their texts, and the bytes of those that a file spells in an unusual way. */
import type { StoredTexts } from '../state/handles.ts';
import type { ByteReader } from './byte-reader.ts';
import { flinkPathProblem } from './flink-path.ts';

/** Reads the strings of one structure; what is read in between does not matter. */
export class TextFields {
  readonly #reader: ByteReader;
  #stored: Record<string, Uint8Array> | undefined;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  #keep(field: string): void {
    const { unusualText } = this.#reader;
    if (unusualText !== undefined) this.#stored = { ...this.#stored, [field]: unusualText };
  }

  read(field: string, what: string): string {
    const text = this.#reader.utf(what);
    this.#keep(field);
    return text;
  }

  /** A path that Flink can take, in the spelling of the file. */
  readPath(field: string, what: string, problemOf = flinkPathProblem): string {
    const offset = this.#reader.position;
    const path = this.#reader.filledUtf(what);
    this.#keep(field);
    const problem = problemOf(path);
    if (problem === undefined) return path;
    throw this.#reader.corrupt(offset, `${what} with a scheme and a place`, JSON.stringify(path), problem);
  }

  /** The structure, with the unusual spellings if there are any. */
  into<T extends object>(structure: T): T & StoredTexts {
    return this.#stored === undefined ? structure : { ...structure, storedTexts: this.#stored };
  }
}
