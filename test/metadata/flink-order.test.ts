import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flinkOperatorOrder, flinkStateNameOrder } from '../../src/metadata/flink-order.ts';
import { parseOperatorId } from '../../src/state/ids.ts';
import { operatorId } from './arbitraries.ts';

describe('the order of operators', () => {
  it('is that of the buckets of a hash map that doubled when three quarters full', () => {
    const ids = Array.from({ length: 13 }, (_unused, index) =>
      parseOperatorId((12 - index + (index === 0 ? 16 : 0)).toString(16).padStart(32, '0')),
    );
    // Thirteen ids need 32 buckets, so that 28 comes last; twelve fit 16, where it shares the bucket of 12.
    const numbers = (given: typeof ids): number[] =>
      flinkOperatorOrder(given).map((id) => Number.parseInt(id, 16));
    expect(numbers(ids)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 28]);
    expect(numbers(ids.slice(0, 12))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 28]);
  });

  it('holds every id once and does not change when it is taken again', () => {
    fc.assert(
      fc.property(fc.uniqueArray(operatorId, { maxLength: 40 }), (ids) => {
        const once = flinkOperatorOrder(ids);
        expect(flinkOperatorOrder(once)).toEqual(once);
        expect(once.toSorted()).toEqual(ids.toSorted());
      }),
    );
  });
});

describe('the order of state names', () => {
  it('is that of a hash map made for their number', () => {
    expect(flinkStateNameOrder(['c', 'b', 'a'])).toEqual(['a', 'b', 'c']);
    // Four buckets for three names: 100 and 104 share one and keep the order given.
    expect(flinkStateNameOrder(['h', 'd', 'a'])).toEqual(['h', 'd', 'a']);
    expect(flinkStateNameOrder(['d', 'h', 'a'])).toEqual(['d', 'h', 'a']);
  });

  it('keeps every name', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), (names) => {
        expect(flinkStateNameOrder(names).toSorted()).toEqual(names.toSorted());
      }),
    );
  });
});
