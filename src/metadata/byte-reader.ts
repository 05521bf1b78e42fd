/**
 * Reads the primitives of the format from bytes that nobody vouches for: every length and count is checked against the
 * bytes left before anything is allocated, and every error tells offset and place.
 */
import type { TidemarkError } from '../errors.ts';
import { corrupt, joinPath, unsupported } from './faults.ts';
import { DEPTH_MAX } from './layout.ts';
import { isUsualSpelling, readModifiedUtf8 } from './modified-utf8.ts';

/** Flink's words for a list that is said to have fewer than no elements. */
export const illegalCapacity = (count: number): string => `Illegal Capacity: ${count}`;

/** A position in bytes, with the words that say where in the file it is. */
export class ByteReader {
  readonly bytes: Uint8Array;
  position: number;
  /** Nothing at or after this offset is read. */
  readonly end: number;
  readonly #view: DataView;
  readonly #path: string[];
  /** Beside the words of the path; put together only for an error. */
  readonly #numbers: (number | undefined)[] = [];
  #depth = 0;
  /** The bytes of the string read last, if Flink's writer would spell it otherwise. */
  unusualText: Uint8Array | undefined;

  /** Reads `bytes[start..end)`; offsets in errors count from the start of `bytes`. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length, path: readonly string[] = []) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#path = [...path];
  }

  get remaining(): number {
    return this.end - this.position;
  }

  /** The place in words, for errors. */
  get path(): string {
    const words = this.#path.map((name, index) => [name, this.#numbers[index]].join(' ').trimEnd());
    return joinPath(...words);
  }

  /** Reads with a word added to the place, so that errors inside name it; a number is added after the word. */
  within<T>(name: string, read: () => T, number?: number): T {
    this.#enter(name, number);
    const value = read();
    // Not in a `finally`: after an error the place is still wanted, and the reader is not used again.
    this.#path.length -= 1;
    return value;
  }

  #enter(name: string, number: number | undefined): void {
    this.#numbers[this.#path.push(name) - 1] = number;
  }

  /** Reads one level deeper: handles may hold handles, and a hostile file must not exhaust the stack. */
  nested<T>(read: () => T): T {
    if (this.#depth >= DEPTH_MAX) {
      throw this.corrupt(this.position, `at most ${DEPTH_MAX} handles inside one another`, 'one more');
    }
    this.#depth += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  /** The error for bytes that are not in the format. `offset` is where they start. */
  corrupt(offset: number, expected: string, found: string, flinkMessage?: string): TidemarkError {
    return corrupt({ offset, path: this.path, expected, found, flinkMessage });
  }

  /** The error for what the format knows and this version does not read. */
  unsupported(offset: number, expected: string, found: string): TidemarkError {
    return unsupported({ offset, path: this.path, expected, found });
  }

  /** Moves over `length` bytes and returns where they start. */
  take(length: number, what: string): number {
    const start = this.position;
    if (length > this.remaining) {
      throw this.corrupt(start, `${what} of ${length} bytes`, `the end after ${this.remaining} bytes`);
    }
    this.position = start + length;
    return start;
  }

  u8(what: string): number {
    return this.#view.getUint8(this.take(1, what));
  }

  u16(what: string): number {
    return this.#view.getUint16(this.take(2, what));
  }

  i32(what: string): number {
    return this.#view.getInt32(this.take(4, what));
  }

  u32(what: string): number {
    return this.#view.getUint32(this.take(4, what));
  }

  i64(what: string): bigint {
    return this.#view.getBigInt64(this.take(8, what));
  }

  /** A count of elements that each take at least `leastElementBytes`: more than fit is an error, not an allocation. */
  count(what: string, leastElementBytes: number, flinkWords?: (count: number) => string): number {
    const offset = this.position;
    const count = this.i32(`number of ${what}`);
    const most = Math.floor(this.remaining / leastElementBytes);
    if (count >= 0 && count <= most) return count;
    throw this.corrupt(
      offset,
      `number of ${what} from 0 to ${most}, what the bytes left can hold`,
      `${count}`,
      count < 0 ? flinkWords?.(count) : undefined,
    );
  }

  /** A list: its count, then its elements. */
  list<T>(
    what: string,
    leastElementBytes: number,
    read: (index: number) => T,
    flinkWords?: (count: number) => string,
  ): T[] {
    const count = this.count(what, leastElementBytes, flinkWords);
    const elements: T[] = [];
    for (let index = 0; index < count; index += 1) elements.push(read(index));
    return elements;
  }

  /** A list of offsets, which are any 64-bit numbers. */
  offsets(what: string): bigint[] {
    this.#enter('offsets', undefined);
    const count = this.count(what, 8, String);
    const start = this.take(8 * count, what);
    const offsets: bigint[] = [];
    for (let index = 0; index < count; index += 1) offsets.push(this.#view.getBigInt64(start + 8 * index));
    this.#path.length -= 1;
    return offsets;
  }

  /** Bytes of the file itself, not a copy. */
  raw(length: number, what: string): Uint8Array {
    const start = this.take(length, what);
    return this.bytes.subarray(start, start + length);
  }

  /** Length-prefixed bytes, copied, so that what was read does not keep the file alive. */
  data(what: string): Uint8Array {
    return this.raw(this.count(`bytes of ${what}`, 1, String), what).slice();
  }

  utf(what: string): string {
    const length = this.u16(`length of ${what}`);
    const start = this.take(length, what);
    const text = readModifiedUtf8(this.bytes, start, start + length);
    if (typeof text === 'number') {
      throw this.corrupt(text, `modified UTF-8 in ${what}`, `byte ${this.bytes[text]}`);
    }
    const isUsual = isUsualSpelling(text, this.bytes, start, length);
    this.unusualText = isUsual ? undefined : this.bytes.slice(start, start + length);
    return text;
  }

  /** A string that the format does not allow to be empty. */
  filledUtf(what: string): string {
    const offset = this.position;
    const text = this.utf(what);
    if (text !== '') return text;
    const flinkMessage = 'Can not create a Path from an empty string';
    throw this.corrupt(offset, `${what} that is not empty`, 'an empty string', flinkMessage);
  }
}
