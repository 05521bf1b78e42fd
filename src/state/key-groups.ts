/**
 * Flink's key-group arithmetic: which key belongs to which key group, and which subtask owns it. State is written per
 * key group, so a job can only be rescaled from Flink's files if every number here is Flink's.
 */
import { TidemarkError } from '../errors.ts';

/** Flink's upper bound of the maximum parallelism, and so of the number of key groups. */
const KEY_GROUPS_MAX = 1 << 15;

/** Key groups `start` to `end`, both included. */
export interface KeyGroupRange {
  readonly start: number;
  readonly end: number;
}

const checked = (name: string, value: number, least: number, most: number): number => {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new TidemarkError('ARGUMENT_INVALID', `${name} ${value} is not an integer from ${least} to ${most}`, {
    name,
    value,
  });
};

const checkParallelism = (maxParallelism: number, parallelism: number): void => {
  checked('max parallelism', maxParallelism, 1, KEY_GROUPS_MAX);
  checked('parallelism', parallelism, 1, maxParallelism);
};

/**
 * The key groups that a subtask owns. The ranges of all subtasks cover every key group exactly once.
 *
 * @throws ARGUMENT_INVALID unless 1 ≤ parallelism ≤ maxParallelism ≤ 32768 and 0 ≤ subtask < parallelism.
 */
export const keyGroupRange = (
  maxParallelism: number,
  parallelism: number,
  subtask: number,
): KeyGroupRange => {
  checkParallelism(maxParallelism, parallelism);
  checked('subtask', subtask, 0, parallelism - 1);
  return {
    start: Math.ceil((subtask * maxParallelism) / parallelism),
    end: Math.ceil(((subtask + 1) * maxParallelism) / parallelism) - 1,
  };
};

/**
 * The subtask that owns a key group: the inverse of {@link keyGroupRange}.
 *
 * @throws ARGUMENT_INVALID unless 1 ≤ parallelism ≤ maxParallelism ≤ 32768 and 0 ≤ keyGroup < maxParallelism.
 */
export const operatorIndexOfKeyGroup = (
  maxParallelism: number,
  parallelism: number,
  keyGroup: number,
): number => {
  checkParallelism(maxParallelism, parallelism);
  checked('key group', keyGroup, 0, maxParallelism - 1);
  return Math.floor((keyGroup * parallelism) / maxParallelism);
};

const rotateLeft = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/** Flink's murmur hash of one 32-bit value: never negative, at most 2^31-1. */
const murmurHash = (code: number): number => {
  let hash = Math.imul(rotateLeft(Math.imul(code, 0xcc9e2d51), 15), 0x1b873593);
  hash = (Math.imul(rotateLeft(hash, 13), 5) + 0xe6546b64) ^ 4;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  // -2^31 has no positive counterpart in 32 bits; Flink maps it to 0.
  return hash === -0x8000_0000 ? 0 : Math.abs(hash);
};

/**
 * The key group of a key, given the key's own 32-bit hash (for a string key {@link javaStringHash}).
 *
 * @throws ARGUMENT_INVALID unless 1 ≤ maxParallelism ≤ 32768.
 */
export const keyGroupOf = (keyHash: number, maxParallelism: number): number =>
  murmurHash(keyHash | 0) % checked('max parallelism', maxParallelism, 1, KEY_GROUPS_MAX);

/** Java's `String.hashCode`: over UTF-16 units, as a signed 32-bit integer. */
export const javaStringHash = (text: string): number => {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1)
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash;
};
