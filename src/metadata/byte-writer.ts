/** Writes the primitives of the format into bytes that grow as needed. */
import { bytesOver, freshBytes, writeUtf8 } from './byte-buffer.ts';
import { unwritable } from './faults.ts';
import { STRING_BYTES_MAX } from './layout.ts';
import { modifiedUtf8Length, readModifiedUtf8, writeModifiedUtf8 } from './modified-utf8.ts';

const FIRST_CAPACITY_BYTES = 256;
/** Of one character in UTF-8. */
const CHARACTER_BYTES_MAX = 4;
/** Up to here a loop is quicker than a call into the engine. */
const SHORT_LENGTH = 24;

/** Big-endian, unaligned, as section 1 of the format has it. */
export class ByteWriter {
  #bytes: Buffer<ArrayBuffer>;
  #view: DataView;
  #length = 0;
  #capacity: number;

  constructor(capacityBytes = FIRST_CAPACITY_BYTES) {
    this.#bytes = freshBytes(capacityBytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#capacity = this.#bytes.length;
  }

  get length(): number {
    return this.#length;
  }

  /** Makes room for `more` bytes and returns where they go. */
  #advance(more: number): number {
    const start = this.#length;
    const needed = start + more;
    if (needed > this.#capacity) this.#grow(needed);
    this.#length = needed;
    return start;
  }

  #grow(needed: number): void {
    const grown = freshBytes(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
    this.#capacity = grown.length;
  }

  u8(value: number): void {
    const start = this.#advance(1);
    this.#bytes[start] = value;
  }

  u16(value: number): void {
    const start = this.#advance(2);
    this.#view.setUint16(start, value);
  }

  /** Also takes an unsigned value: the low 32 bits are what is written. */
  i32(value: number): void {
    const start = this.#advance(4);
    this.#view.setInt32(start, value);
  }

  /** @throws ARGUMENT_INVALID when the value does not fit 64 bits. */
  i64(value: bigint, what: string): void {
    if (BigInt.asIntN(64, value) !== value) throw unwritable(what, `${value} does not fit 64 bits`);
    const start = this.#advance(8);
    this.#view.setBigInt64(start, value);
  }

  raw(bytes: Uint8Array): void {
    const start = this.#advance(bytes.length);
    this.#bytes.set(bytes, start);
  }

  /** Length-prefixed bytes. */
  data(bytes: Uint8Array): void {
    this.i32(bytes.length);
    this.raw(bytes);
  }

  /**
   * @param stored the bytes of the text in the file it was read from: written if they are still its spelling.
   * @throws ARGUMENT_INVALID when the text takes more than 65535 bytes.
   */
  utf(text: string, what: string, stored?: Uint8Array): void {
    if (stored !== undefined && readModifiedUtf8(stored, 0, stored.length) === text) {
      if (stored.length > STRING_BYTES_MAX) throw unwritable(what, `takes ${stored.length} bytes`);
      this.u16(stored.length);
      return this.raw(stored);
    }
    this.#text(text, what);
  }

  /** ASCII without NUL, as most texts are, has the same bytes in UTF-8 as in its modified form. */
  #text(text: string, what: string): void {
    const { length } = text;
    const start = this.#advance(2 + length + CHARACTER_BYTES_MAX);
    const isAscii = length <= SHORT_LENGTH ? this.#short(text, start + 2) : this.#long(text, start + 2);
    this.#length = isAscii ? start + 2 + length : start;
    if (isAscii) this.#view.setUint16(start, length);
    else this.#modifiedUtf8(text, what);
  }

  #short(text: string, start: number): boolean {
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit === 0 || unit > 0x7f) return false;
      this.#bytes[start + index] = unit;
    }
    return true;
  }

  /** Other texts take more bytes than they have units, and show it: there is room for one character more. */
  #long(text: string, start: number): boolean {
    const { length } = text;
    const written = writeUtf8(this.#bytes, text, start, length + CHARACTER_BYTES_MAX);
    return written === length && length <= STRING_BYTES_MAX && !text.includes('\0');
  }

  #modifiedUtf8(text: string, what: string): void {
    const length = modifiedUtf8Length(text);
    if (length > STRING_BYTES_MAX)
      throw unwritable(what, `takes ${length} bytes, more than ${STRING_BYTES_MAX}`);
    this.u16(length);
    const start = this.#advance(length);
    writeModifiedUtf8(text, this.#bytes, start);
  }

  /** @throws ARGUMENT_INVALID when the text is empty, where the format does not allow it. */
  filledUtf(text: string, what: string, stored?: Uint8Array): void {
    if (text === '') throw unwritable(what, 'is empty');
    this.utf(text, what, stored);
  }

  /** @throws ARGUMENT_INVALID when one does not fit 64 bits. */
  offsets(offsets: readonly bigint[], what: string): void {
    this.i32(offsets.length);
    for (let index = 0; index < offsets.length; index += 1) this.i64(offsets[index]!, what);
  }

  /** As `i32`, for what a model may have wrong. @throws ARGUMENT_INVALID when it is no signed 32-bit integer. */
  exactI32(value: number, what: string): void {
    if ((value | 0) !== value) throw unwritable(what, `${value} is not an integer of 32 bits`);
    this.i32(value);
  }

  /**
   * What was written; the writer starts over with fresh bytes of the given capacity, so the result stays as it is, or
   * with those of a buffer that nobody reads any more.
   */
  take(capacityBytes = FIRST_CAPACITY_BYTES, buffer?: ArrayBuffer): Uint8Array<ArrayBuffer> {
    const written = new Uint8Array(this.#bytes.buffer, 0, this.#length);
    this.#bytes = buffer === undefined ? freshBytes(capacityBytes) : bytesOver(buffer);
    this.#view = new DataView(this.#bytes.buffer);
    this.#capacity = this.#bytes.length;
    this.#length = 0;
    return written;
  }
}
