/**
 * The keyed state of a counter as bytes: for every key group a u32 count of words, then for each word u32 length, the
 * letters, u48 total. Big-endian. A key group without words is written too, so that the state is never empty.
 */

export interface WordTotal {
  readonly word: string;
  readonly total: number;
}

export interface EncodedKeyGroups {
  readonly bytes: Uint8Array;
  /** Where each key group starts. */
  readonly offsets: readonly bigint[];
}

const TOTAL_BYTES = 6;

const groupBytes = (group: readonly WordTotal[]): number =>
  group.reduce((total, { word }) => total + 4 + word.length + TOTAL_BYTES, 4);

/** Words are ASCII letters; totals are below 2^48. */
export const encodeKeyGroups = (groups: readonly (readonly WordTotal[])[]): EncodedKeyGroups => {
  const bytes = Buffer.allocUnsafe(groups.reduce((total, group) => total + groupBytes(group), 0));
  const offsets: bigint[] = [];
  let at = 0;
  for (const group of groups) {
    offsets.push(BigInt(at));
    at = bytes.writeUInt32BE(group.length, at);
    for (const { word, total } of group) {
      at = bytes.writeUInt32BE(word.length, at);
      at += bytes.write(word, at, 'latin1');
      at = bytes.writeUIntBE(total, at, TOTAL_BYTES);
    }
  }
  return { bytes, offsets };
};

/** The words of the key group that starts at an offset. */
export const decodeKeyGroup = (bytes: Uint8Array, offset: number): readonly WordTotal[] => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = buffer.readUInt32BE(offset);
  const totals: WordTotal[] = [];
  let at = offset + 4;
  for (let index = 0; index < count; index++) {
    const length = buffer.readUInt32BE(at);
    const word = buffer.toString('latin1', at + 4, at + 4 + length);
    at += 4 + length;
    totals.push({ word, total: buffer.readUIntBE(at, TOTAL_BYTES) });
    at += TOTAL_BYTES;
  }
  return totals;
};
