/**
 * Node's `Buffer`, the one thing that turns texts into bytes and back quickly (a chunk of text costs less here than one
 * character by other means). Pure as the folder is, it may be named in this file only: a `Buffer` made here is either
 * the caller's own bytes, or its contents are not to be read before they are written.
 */

/** Bytes with a buffer of their own, whatever they hold at first. */
export const freshBytes = (length: number): Buffer<ArrayBuffer> => Buffer.allocUnsafeSlow(length);

/** All bytes of a buffer, not a copy. */
export const bytesOver = (buffer: ArrayBuffer): Buffer<ArrayBuffer> => Buffer.from(buffer);

/** The same bytes, not a copy. */
export const viewOf = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** What `write` and `toString` lead to once they have looked at their arguments, which takes them as long again. */
interface DirectText {
  readonly utf8Write?: (this: Buffer, text: string, start: number, bytesMax: number) => number;
  readonly latin1Slice?: (this: Buffer, start: number, end: number) => string;
}

const { utf8Write, latin1Slice } = Buffer.prototype as Buffer & DirectText;

/** Writes as many whole characters as fit, and returns how many bytes they took. */
export const writeUtf8 = (bytes: Buffer, text: string, start: number, bytesMax: number): number =>
  utf8Write?.call(bytes, text, start, bytesMax) ?? bytes.write(text, start, bytesMax);

/** A character for each byte. */
export const latin1Text = (bytes: Buffer, start: number, end: number): string =>
  latin1Slice?.call(bytes, start, end) ?? bytes.toString('latin1', start, end);
