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
