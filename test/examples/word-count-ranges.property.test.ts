import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { remainingBytes, splitsOf, type FileSplit } from '../../src/examples/word-count/file-splits.ts';
import { memoryInputFiles, type InputFiles } from '../../src/examples/word-count/input-files.ts';
import { WordReader } from '../../src/examples/word-count/word-reader.ts';
import { countOf } from './word-count-run.ts';

/** Short pieces of letters, of other ASCII, and of text that is no ASCII at all. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: fc.constantFrom('a', 'B', 'z'), minLength: 1, maxLength: 90 }),
      fc.constantFrom(' ', '\n', '.', '1', '@', '[', '`', '{', 'é', 'İ', '漢'),
    ),
    { maxLength: 20 },
  )
  .map((pieces) => pieces.join(''));

const texts = fc.array(text, { minLength: 1, maxLength: 5 });

const readSplit = async (
  input: InputFiles,
  split: FileSplit,
  sizeBytes: number,
): Promise<readonly string[]> => {
  const words: string[] = [];
  // A reader of its own for every chunk, as after a restore.
  for (let at = split; at.position < at.end;) {
    const chunk = await new WordReader(input).read(at, sizeBytes);
    expect(chunk.next.position).toBeGreaterThan(at.position - 1);
    words.push(...chunk.words);
    at = chunk.next;
  }
  return words;
};

describe('words of byte ranges', () => {
  it('are those of the files, each once, wherever the cuts are', async () => {
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 40 }),
        async (all, cuts, size) => {
          const input = memoryInputFiles(Object.fromEntries(all.map((content, n) => [`file ${n}`, content])));
          const words: string[] = [];
          for (let subtask = 0; subtask < cuts; subtask++) {
            for (const split of splitsOf(input.files, cuts, subtask))
              words.push(...(await readSplit(input, split, size)));
          }
          expect(countOf([words.join(' ')])).toEqual(countOf(all));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('cover every byte of every file once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1 }), fc.integer({ min: 1, max: 12 }), (sizes, cuts) => {
        const files = sizes.map((sizeBytes, n) => ({ name: `file ${n}`, sizeBytes }));
        const splits = Array.from({ length: cuts }, (_, subtask) => splitsOf(files, cuts, subtask)).flat();
        expect(remainingBytes(splits)).toBe(sizes.reduce((total, size) => total + size, 0));
        for (const { file, position, end } of splits) {
          expect(position).toBeLessThanOrEqual(end);
          expect(end).toBeLessThanOrEqual(sizes[file] ?? 0);
        }
      }),
    );
  });

  it('leaves a source with an empty split when there is nothing for it', () => {
    expect(splitsOf([{ name: 'tiny', sizeBytes: 1 }], 2, 0)).toEqual([{ file: 0, position: 0, end: 0 }]);
  });
});
