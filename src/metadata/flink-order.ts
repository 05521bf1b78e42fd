/**
 * The orders in which Flink writes what it keeps in Java hash maps (metadata format, section 13). Rebuilding them makes
 * our files equal to Flink's byte for byte.
 *
 * A bucket that collects eight keys turns into a tree in Java and may then differ; no real file has one.
 */
import { javaStringHash } from '../state/key-groups.ts';
import type { OperatorId } from '../state/ids.ts';

/** A `HashMap` made without a size starts here. */
const DEFAULT_CAPACITY = 16;
const LOAD_FACTOR = 0.75;

/** Iteration order of a Java `HashMap`: by bucket, within a bucket as inserted. */
const hashOrder = <T>(keys: readonly T[], capacity: number, hashOf: (key: T) => number): T[] =>
  keys
    .map((key) => {
      const hash = hashOf(key);
      return { key, bucket: (hash ^ (hash >>> 16)) & (capacity - 1) };
    })
    .toSorted((left, right) => left.bucket - right.bucket)
    .map(({ key }) => key);

/** The hash of Flink's operator id: its four 32-bit words, exclusive-or'ed. */
const operatorIdHash = (id: OperatorId): number =>
  [0, 8, 16, 24].reduce((hash, start) => hash ^ Number.parseInt(id.slice(start, start + 8), 16), 0);

const powerOfTwoFrom = (least: number, start: number): number => {
  let capacity = start;
  while (capacity < least) capacity *= 2;
  return capacity;
};

/**
 * The order of operator states in a new checkpoint: that of a hash map that grew from its default size. Ids that share
 * a bucket keep the order in which they are given. An id must not be given twice.
 */
export const flinkOperatorOrder = (ids: readonly OperatorId[]): OperatorId[] => {
  let capacity = DEFAULT_CAPACITY;
  while (ids.length > capacity * LOAD_FACTOR) capacity *= 2;
  return hashOrder(ids, capacity, operatorIdHash);
};

/**
 * The order of state names in an operator-state handle: that of a hash map made for their number. Names that share a
 * bucket keep the order in which they are given. A name must not be given twice.
 */
export const flinkStateNameOrder = (names: readonly string[]): string[] => {
  const expected = names.length;
  const capacity = powerOfTwoFrom(expected <= 2 ? expected + 1 : Math.ceil(expected / LOAD_FACTOR), 1);
  return hashOrder(names, capacity, javaStringHash);
};

/** The order of the subtasks of an operator: that of a hash map made for its parallelism. */
export const flinkSubtaskOrder = (indexes: readonly number[], parallelism: number): number[] => {
  // Up to here a number is its own bucket, or the number of buckets is larger than any of them.
  if (parallelism <= 0x1_0000) return [...indexes];
  const capacity = powerOfTwoFrom(Math.ceil(parallelism / LOAD_FACTOR), 1);
  return hashOrder(indexes, Math.min(capacity, 0x4000_0000), (index) => index);
};
