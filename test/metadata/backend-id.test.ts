import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { flinkBackendId } from '../../src/metadata/backend-id.ts';

/** Texts, and the id that Flink 2.3.0 showed for a file with them. */
const lenient: readonly (readonly [string, string])[] = [
  ['d88184d8-1fb7-4186-b454-354c90505366', 'd88184d8-1fb7-4186-b454-354c90505366'],
  ['D88184D8-1FB7-4186-B454-354C90505366', 'd88184d8-1fb7-4186-b454-354c90505366'],
  ['1-2-3-4-5', '00000001-0002-0003-0004-000000000005'],
  ['123456789-2-3-4-5', '23456789-0002-0003-0004-000000000005'],
  ['+1-2-3-4-5', '00000001-0002-0003-0004-000000000005'],
  ['00000000000000000001-2-3-4-5', '00000001-0002-0003-0004-000000000005'],
  ['7fffffffffffffff-0-0-0-0', 'ffffffff-0000-0000-0000-000000000000'],
  ['0-0-0-0-123456789abcdef', '00000000-0000-0000-0000-456789abcdef'],
  ['1-2-3-4-٣', '00000001-0002-0003-0004-000000000003'],
  ['１-２-Ａ-ｆ-०', '00000001-0002-000a-000f-000000000000'],
];

const hashed: readonly (readonly [string, string])[] = [
  ['', 'd41d8cd9-8f00-3204-a980-0998ecf8427e'],
  ['hello', '5d41402a-bc4b-3a76-b971-9d911017c592'],
  ['héllo', 'be50e847-8cf2-3ff3-995b-c7307fb91b50'],
  ['😀', '2a02eac3-9d71-3a70-acf3-7579185927b6'],
  ['\ud800', 'd1457b72-c3fb-323a-a671-125aef3eab5d'],
  ['a\0b', '70350f60-27bc-3371-bf6b-76473084309b'],
  ['1-2-3-4', '4001e76e-5949-368a-a984-e328877cbffd'],
  ['1-2-3-4-', 'ae3ade4a-5c69-3028-8145-ea61b38fce1f'],
  ['1-2-3-4-5-6', '5caaae54-cfd8-3b46-8a0f-c737f995766c'],
  ['-1-2-3-4', '64f5fd7d-4732-34a0-a26d-775afe8811e5'],
  [' 1-2-3-4-5', '4156d0af-1b20-3f2d-b8b3-d98a8850a458'],
  ['x-2-3-4-5', '34e8626c-b846-3aa4-82c7-86195912df17'],
  ['fffffffffffffffff-2-3-4-5', 'd67ff632-494e-3646-94d9-1c3a8668b4c6'],
  ['8000000000000000-0-0-0-0', '504c1f6e-4a70-3255-abd1-bcee659188b4'],
  ['d88184d8-1fb7-4186-b454-354c90505366x', '2710d168-33ee-379e-8a5e-a5838d5f52d1'],
];

const md5Of = (text: string): string => createHash('md5').update(text).digest('hex');

describe('the id of a state backend', () => {
  it.each(lenient)('%j is read as the UUID %s, each group cut to its width', (text, id) => {
    expect(flinkBackendId(text)).toBe(id);
  });

  it.each(hashed)('%j is no UUID, and becomes the one that Java makes of it, %s', (text, id) => {
    expect(flinkBackendId(text)).toBe(id);
  });

  it('is the MD5 of any other text, with the version and variant set, however long it is', () => {
    for (let length = 0; length < 200; length += 1) {
      const text = 'é'.repeat(length % 3) + 'x'.repeat(length);
      const digits = flinkBackendId(text).replaceAll('-', '');
      const digest = md5Of(text);
      const variant = ((Number.parseInt(digest[16] ?? '', 16) & 0x3) | 0x8).toString(16);
      expect(digits).toBe(`${digest.slice(0, 12)}3${digest.slice(13, 16)}${variant}${digest.slice(17)}`);
    }
  });

  it('stays what it is once it is canonical', () => {
    for (const [text] of [...lenient, ...hashed]) {
      expect(flinkBackendId(flinkBackendId(text))).toBe(flinkBackendId(text));
    }
  });
});
