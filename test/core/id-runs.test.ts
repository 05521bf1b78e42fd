import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasId, withId, type IdRuns } from '../../src/core/id-runs.ts';

const runsOf = (ids: readonly number[], runsMax = 1_000): IdRuns =>
  ids.reduce<IdRuns>((runs, id) => withId(runs, id, runsMax), []);

describe('ids in runs', () => {
  it('are the ids that were added, in whatever order, in as few runs as there can be', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40)), (ids) => {
        const runs = runsOf(ids);
        const all = Array.from({ length: 42 }, (_, id) => id);
        expect(all.filter((id) => hasId(runs, id))).toEqual(all.filter((id) => ids.includes(id)));
        for (const [index, [first]] of runs.entries())
          expect(first).toBeGreaterThan((runs[index - 1]?.[1] ?? -2) + 1);
      }),
    );
  });

  it('beyond the limit forget the lowest', () => {
    expect(runsOf([1, 3, 5, 4, 7, 9], 2)).toEqual([
      [7, 7],
      [9, 9],
    ]);
  });
});
