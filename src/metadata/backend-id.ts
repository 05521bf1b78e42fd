/**
 * The id of a state backend as Flink reads it: leniently as a UUID, and any other text as the UUID that Java makes from
 * its bytes, which is their MD5 with the version set to 3 (metadata format, section 7).
 */

const groupWidths = [8, 4, 4, 4, 12] as const;
const LENIENT_LENGTH_MAX = 36;

/** Shifts of the four rounds (RFC 1321). */
const shifts = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;
const sines = Array.from({ length: 64 }, (_unused, step) =>
  Math.floor(Math.abs(Math.sin(step + 1)) * 0x1_0000_0000),
);

const mix = (step: number, b: number, c: number, d: number): number => {
  if (step < 16) return (b & c) | (~b & d);
  if (step < 32) return (d & b) | (~d & c);
  return step < 48 ? b ^ c ^ d : c ^ (b | ~d);
};

const wordOf = (step: number): number => {
  if (step < 16) return step;
  if (step < 32) return (5 * step + 1) % 16;
  return step < 48 ? (3 * step + 5) % 16 : (7 * step) % 16;
};

const padded = (bytes: Uint8Array): DataView => {
  const whole = new Uint8Array((((bytes.length + 8) >> 6) + 1) * 64);
  whole.set(bytes);
  whole[bytes.length] = 0x80;
  const view = new DataView(whole.buffer);
  view.setUint32(whole.length - 8, bytes.length << 3, true);
  view.setUint32(whole.length - 4, bytes.length >>> 29, true);
  return view;
};

type Words = readonly [number, number, number, number];

const mixBlock = (state: Words, view: DataView, start: number): Words => {
  let [a, b, c, d] = state;
  for (let step = 0; step < 64; step += 1) {
    const word = view.getUint32(start + 4 * wordOf(step), true);
    const sum = (a + mix(step, b, c, d) + (sines[step] ?? 0) + word) | 0;
    const shift = shifts[step >> 4]?.[step & 3] ?? 0;
    [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
  }
  return [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0];
};

/** MD5, for the ids that Java makes with it and for nothing that must be safe. */
const md5 = (bytes: Uint8Array): Uint8Array => {
  const view = padded(bytes);
  let state: Words = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  for (let start = 0; start < view.byteLength; start += 64) state = mixBlock(state, view, start);
  const digest = new DataView(new ArrayBuffer(16));
  state.forEach((word, index) => digest.setUint32(4 * index, word, true));
  return new Uint8Array(digest.buffer);
};

/** UTF-8 as Java encodes a string: a lone surrogate becomes a question mark. */
const utf8 = (text: string): Uint8Array => {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
    else if (point >= 0xd800 && point < 0xe000) bytes.push(0x3f);
    else if (point < 0x1_0000) {
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    } else {
      bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f));
      bytes.push(0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    }
  }
  return Uint8Array.from(bytes);
};

const grouped = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');

const uuidOfBytes = (bytes: Uint8Array): string => {
  const digest = md5(bytes);
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x30;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return grouped(Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''));
};

/** The value of a unit that is a decimal digit in some script; they come in runs of ten. */
const decimalValue = (unit: number): number => {
  let first = unit;
  while (/\p{Nd}/u.test(String.fromCharCode(first - 1))) first -= 1;
  return (unit - first) % 10;
};

/** Java takes digits of every script, and the letters of full width. */
const plainDigits = (text: string): string =>
  text
    .replaceAll(/[\uff21-\uff26\uff41-\uff46]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replaceAll(/(?![0-9\u{10000}-\u{10ffff}])\p{Nd}/gu, (digit) =>
      String(decimalValue(digit.charCodeAt(0))),
    );

/** Java reads each group as a signed 64-bit number. */
const isLongHex = (group: string): boolean =>
  /^[+-]?[0-9a-fA-F]+$/.test(group) && /^[+-]?0*[0-9a-fA-F]{0,16}$/.test(group) && fitsLong(group);

const valueOf = (group: string): bigint => {
  const digits = BigInt(`0x${group.replace(/^[+-]/, '')}`);
  return group.startsWith('-') ? -digits : digits;
};

const fitsLong = (group: string): boolean => BigInt.asIntN(64, valueOf(group)) === valueOf(group);

/** The id in the canonical form in which Flink shows it and writes it back. */
export const flinkBackendId = (text: string): string => {
  const groups = plainDigits(text).split('-');
  const isLenient =
    text.length <= LENIENT_LENGTH_MAX && groups.length === groupWidths.length && groups.every(isLongHex);
  if (!isLenient) return uuidOfBytes(utf8(text));
  const parts = groups.map((group, index) => {
    const width = groupWidths[index] ?? 0;
    return BigInt.asUintN(4 * width, valueOf(group))
      .toString(16)
      .padStart(width, '0');
  });
  return parts.join('-');
};
