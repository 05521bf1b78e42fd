/** Writes the primitives of the format into bytes that grow as needed. */
import { unwritable } from './faults.ts';
import { STRING_BYTES_MAX } from './layout.ts';
import { modifiedUtf8Length, readModifiedUtf8, writeModifiedUtf8 } from './modified-utf8.ts';

const FIRST_CAPACITY_BYTES = 256;

/** Big-endian, unaligned, as section 1 of the format has it. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacityBytes = FIRST_CAPACITY_BYTES) {
    this.#bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** Makes room for `more` bytes and returns where they go. */
  #advance(more: number): number {
    const start = this.#length;
    const needed = start + more;
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#length = needed;
    return start;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
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
    for (const offset of offsets) this.i64(offset, what);
  }

  /** As `i32`, for what a model may have wrong. @throws ARGUMENT_INVALID when it is no signed 32-bit integer. */
  exactI32(value: number, what: string): void {
    if ((value | 0) !== value) throw unwritable(what, `${value} is not an integer of 32 bits`);
    this.i32(value);
  }

  /** What was written; the writer starts over with fresh bytes of the given capacity, so the result stays as it is. */
  take(capacityBytes = FIRST_CAPACITY_BYTES): Uint8Array {
    const written = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#length = 0;
    return written;
  }
}
