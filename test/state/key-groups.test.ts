import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTidemarkError } from '../../src/errors.ts';
import {
  javaStringHash,
  keyGroupOf,
  keyGroupRange,
  operatorIndexOfKeyGroup,
} from '../../src/state/key-groups.ts';

const parallelisms = fc.integer({ min: 1, max: 32768 }).chain((maxParallelism) =>
  fc.record({
    maxParallelism: fc.constant(maxParallelism),
    parallelism: fc.integer({ min: 1, max: maxParallelism }),
  }),
);

describe('the key group of a string key', () => {
  // What Flink 2.3.0 assigns for maximum parallelisms of 128, 32768 and 7.
  it.each([
    ['', 94, 31198, 0],
    ['a', 81, 19409, 2],
    ['user-42', 20, 20116, 1],
    ['Flink', 127, 22143, 5],
    ['ключ', 67, 18115, 2],
    ['😀', 54, 7350, 6],
    ['the quick brown fox', 80, 19920, 1],
    ['0', 86, 11222, 1],
    ['key-0001', 126, 20094, 4],
  ])('is the one Flink gives: %j', (key, of128, of32768, of7) => {
    const hash = javaStringHash(key);
    expect([128, 32768, 7].map((maxParallelism) => keyGroupOf(hash, maxParallelism))).toEqual([
      of128,
      of32768,
      of7,
    ]);
  });

  it('lies within the key groups, whatever the hash', () => {
    const keys = fc.record({ hash: fc.integer(), maxParallelism: fc.integer({ min: 1, max: 32768 }) });
    fc.assert(
      fc.property(keys, ({ hash, maxParallelism }) => {
        const keyGroup = keyGroupOf(hash, maxParallelism);
        expect(keyGroup >= 0 && keyGroup < maxParallelism).toBe(true);
      }),
    );
  });
});

describe('the key groups of a subtask', () => {
  it('are spread as Flink spreads them', () => {
    expect([0, 1, 2].map((subtask) => keyGroupRange(10, 3, subtask))).toEqual([
      { start: 0, end: 3 },
      { start: 4, end: 6 },
      { start: 7, end: 9 },
    ]);
  });

  it('cover every key group once, each owned by the subtask that its number leads to (C-184, T-016, T-392)', () => {
    fc.assert(
      fc.property(parallelisms, ({ maxParallelism, parallelism }) => {
        let next = 0;
        for (let subtask = 0; subtask < parallelism; subtask += 1) {
          const { start, end } = keyGroupRange(maxParallelism, parallelism, subtask);
          expect(start).toBe(next);
          expect(operatorIndexOfKeyGroup(maxParallelism, parallelism, start)).toBe(subtask);
          expect(operatorIndexOfKeyGroup(maxParallelism, parallelism, end)).toBe(subtask);
          next = end + 1;
        }
        expect(next).toBe(maxParallelism);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['a parallelism above its maximum', () => keyGroupRange(4, 5, 0)],
    ['a maximum above 32768', () => keyGroupRange(32769, 5, 0)],
    ['a subtask outside the parallelism', () => keyGroupRange(4, 2, 2)],
    ['a key group outside the maximum', () => operatorIndexOfKeyGroup(4, 2, 4)],
    ['no key groups', () => keyGroupOf(1, 0)],
  ])('are refused for %s', (_what, run) => {
    expect(run).toThrow(
      expect.toSatisfy((error: unknown) => isTidemarkError(error) && error.code === 'ARGUMENT_INVALID'),
    );
  });
});
