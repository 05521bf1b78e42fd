/**
 * Reads the primitives of the format from bytes that nobody vouches for: every length and count is checked against the
 * bytes left before anything is allocated, and every error tells offset and place.
 */
import type { TidemarkError } from '../errors.ts';
import type { StoredTexts } from '../state/handles.ts';
import { latin1Text, viewOf } from './byte-buffer.ts';
import { corrupt, joinPath, unsupported } from './faults.ts';
import { DEPTH_MAX } from './layout.ts';
import { isUsualSpelling, readModifiedUtf8 } from './modified-utf8.ts';

/** Flink's words for a list that is said to have fewer than no elements. */
export const illegalCapacity = (count: number): string => `Illegal Capacity: ${count}`;

/** An array to be filled, no longer than it will be: one that grows from nothing begins with room for seventeen. */
// oxlint-disable-next-line unicorn/no-new-array -- the count has been checked, and the room is what it is for
const arrayOf = <T>(length: number): T[] => new Array<T>(length);

/** Whether all bytes are ASCII and none is NUL, four at a time. */
const isPlainText = (view: DataView, start: number, end: number): boolean => {
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at, true);
    // The high bit of a byte is set in it, or after taking 1 from a byte that is 0.
    if (((word | (word - 0x0101_0101)) & 0x8080_8080) !== 0) return false;
  }
  for (; at < end; at += 1) {
    const byte = view.getUint8(at);
    if (byte === 0 || byte > 0x7f) return false;
  }
  return true;
};

/** A position in bytes, with the words that say where in the file it is. */
export class ByteReader {
  readonly bytes: Uint8Array;
  position: number;
  /** Nothing at or after this offset is read. */
  readonly end: number;
  readonly #view: DataView;
  /** The place in words, as far as {@link #pathLength}; put together with the numbers only for an error. */
  readonly #path: string[];
  readonly #numbers: (number | undefined)[] = [];
  #pathLength: number;
  #depth = 0;
  readonly #latin: Buffer;
  /** Fields whose text Flink's writer would spell otherwise, of structures that are not complete yet. */
  readonly #unusual: { readonly field: string; readonly bytes: Uint8Array }[] = [];

  /** Reads `bytes[start..end)`; offsets in errors count from the start of `bytes`. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length, path: readonly string[] = []) {
    // A `Buffer` slices without copying, and would be kept alive by what is read from it.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.position = start;
    this.end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#latin = viewOf(bytes);
    this.#path = [...path];
    this.#pathLength = path.length;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  /** The place in words, for errors. */
  get path(): string {
    const words = this.#path
      .slice(0, this.#pathLength)
      .map((name, index) => [name, this.#numbers[index]].join(' ').trimEnd());
    return joinPath(...words);
  }

  /** Reads with a word added to the place, so that errors inside name it; a number is added after the word. */
  within<T>(name: string, read: () => T, number?: number): T {
    this.enter(name, number);
    const value = read();
    // Not in a `finally`: after an error the place is still wanted, and the reader is not used again.
    this.leave();
    return value;
  }

  /** As {@link within} for what is read so often that a closure for each would be felt; {@link leave} ends it. */
  enter(name: string, number?: number): void {
    this.#path[this.#pathLength] = name;
    this.#numbers[this.#pathLength] = number;
    this.#pathLength += 1;
  }

  leave(): void {
    this.#pathLength -= 1;
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

  /** A reader of the next bytes alone, which this one moves over. */
  part(length: number, what: string): ByteReader {
    const start = this.take(length, what);
    return new ByteReader(this.bytes, start, start + length, [this.path]);
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
    read: (reader: this, index: number) => T,
    flinkWords?: (count: number) => string,
  ): T[] {
    const count = this.count(what, leastElementBytes, flinkWords);
    const elements = arrayOf<T>(count);
    for (let index = 0; index < count; index += 1) elements[index] = read(this, index);
    return elements;
  }

  /** A list of offsets, which are any 64-bit numbers. */
  offsets(what: string): bigint[] {
    this.enter('offsets');
    const count = this.count(what, 8, String);
    const start = this.take(8 * count, what);
    const offsets = arrayOf<bigint>(count);
    for (let index = 0; index < count; index += 1) offsets[index] = this.#view.getBigInt64(start + 8 * index);
    this.leave();
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

  /** What {@link complete} needs: how many unusual spellings belong to structures around the one that begins. */
  get mark(): number {
    return this.#unusual.length;
  }

  /** Reads a text, whatever its spelling. */
  utf(what: string): string {
    const { mark } = this;
    const text = this.text('', what);
    this.#unusual.length = mark;
    return text;
  }

  /** Reads the text of a field; an unusual spelling is kept for {@link complete}. */
  text(field: string, what: string): string {
    const length = this.u16(`length of ${what}`);
    const start = this.take(length, what);
    const end = start + length;
    return isPlainText(this.#view, start, end)
      ? latin1Text(this.#latin, start, end)
      : this.#decoded(start, end, field, what);
  }

  #decoded(start: number, end: number, field: string, what: string): string {
    const text = readModifiedUtf8(this.bytes, start, end);
    if (typeof text === 'number') {
      throw this.corrupt(text, `modified UTF-8 in ${what}`, `byte ${this.bytes[text]}`);
    }
    if (!isUsualSpelling(text, this.bytes, start, end - start)) {
      this.#unusual.push({ field, bytes: this.bytes.slice(start, end) });
    }
    return text;
  }

  /** Reads the text of a field that the format does not allow to be empty. */
  filledText(field: string, what: string): string {
    const offset = this.position;
    const text = this.text(field, what);
    if (text !== '') return text;
    const flinkMessage = 'Can not create a Path from an empty string';
    throw this.corrupt(offset, `${what} that is not empty`, 'an empty string', flinkMessage);
  }

  /** The structure whose fields were read since the mark, with their unusual spellings if there are any. */
  complete<T extends object>(mark: number, structure: T): T & StoredTexts {
    if (this.#unusual.length === mark) return structure;
    const spellings = this.#unusual.splice(mark).map(({ field, bytes }) => [field, bytes] as const);
    return { ...structure, storedTexts: Object.fromEntries(spellings) };
  }
}
