/**
 * Modified UTF-8, the string form of the format (section 1): UTF-16 units are encoded one at a time, NUL takes two
 * bytes, a character outside the BMP is its two surrogates with three bytes each, and lone surrogates survive.
 */

/** Bytes the text takes when encoded. */
export const modifiedUtf8Length = (text: string): number => {
  let length = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7ff) length += 2;
    else if (unit > 0x7f || unit === 0) length += 1;
  }
  return length;
};

/** Writes the text at `position`; the caller has made room for {@link modifiedUtf8Length} bytes. Returns the end. */
export const writeModifiedUtf8 = (text: string, bytes: Uint8Array, position: number): number => {
  let at = position;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit !== 0 && unit <= 0x7f) {
      bytes[at++] = unit;
      continue;
    }
    if (unit <= 0x7ff) bytes[at++] = 0xc0 | (unit >> 6);
    else {
      bytes[at++] = 0xe0 | (unit >> 12);
      bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
    }
    bytes[at++] = 0x80 | (unit & 0x3f);
  }
  return at;
};

/** Bytes of the unit that starts with this byte; 0 if none does. A single NUL byte is read, though never written. */
const unitLength = (first: number): number => {
  if (first < 0x80) return 1;
  if (first >= 0xc0 && first < 0xe0) return 2;
  return first >= 0xe0 && first < 0xf0 ? 3 : 0;
};

const isContinuation = (byte: number | undefined): byte is number =>
  byte !== undefined && (byte & 0xc0) === 0x80;

/**
 * Decodes bytes `start` to `end`. Overlong forms are accepted, as Java does, though never written.
 *
 * @returns the text, or the offset of the first byte that cannot be.
 */
export const readModifiedUtf8 = (bytes: Uint8Array, start: number, end: number): string | number => {
  let text = '';
  for (let at = start; at < end;) {
    const first = bytes[at] as number;
    const length = unitLength(first);
    if (length === 0 || at + length > end) return at;
    let unit = length === 1 ? first : first & (length === 2 ? 0x1f : 0x0f);
    for (let next = at + 1; next < at + length; next += 1) {
      const byte = bytes[next];
      if (!isContinuation(byte)) return next;
      unit = (unit << 6) | (byte & 0x3f);
    }
    text += String.fromCharCode(unit);
    at += length;
  }
  return text;
};

/** Whether a writer would spell the text with these very bytes; a foreign one may use overlong forms or a bare NUL. */
export const isUsualSpelling = (text: string, bytes: Uint8Array, start: number, length: number): boolean => {
  // One byte for each unit is plain ASCII, unless one of them is NUL.
  if (text.length === length && !text.includes('\0')) return true;
  if (modifiedUtf8Length(text) !== length) return false;
  const usual = new Uint8Array(length);
  writeModifiedUtf8(text, usual, 0);
  return usual.every((byte, index) => byte === bytes[start + index]);
};
