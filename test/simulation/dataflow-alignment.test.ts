import { describe, expect, it } from 'vitest';
import { BarrierAlignment } from '../../src/simulation/dataflow/alignment.ts';
import type { Barrier } from '../../src/simulation/dataflow/elements.ts';
import { lostIds } from '../../src/simulation/dataflow/snapshots.ts';
import { checkpointId } from '../../src/state/ids.ts';
import { plainOptions } from '../support/snapshot-options.ts';

const barrier = (id: number): Barrier => ({
  kind: 'barrier',
  checkpointId: checkpointId(id),
  timestamp: 0,
  location: { exclusive: 'memory:/chk', shared: 'memory:/shared' },
  options: plainOptions,
});

const blocked = (alignment: BarrierAlignment): readonly boolean[] =>
  [0, 1, 2].map((n) => alignment.isBlocked(n));

describe('barrier alignment', () => {
  it('blocks an input from its barrier until the barriers of all inputs are there', () => {
    const alignment = new BarrierAlignment({ inputs: 3 });
    expect(alignment.arrive(1, barrier(1), 10)).toEqual({});
    expect(blocked(alignment)).toEqual([false, true, false]);
    expect(alignment.arrive(0, barrier(1), 12)).toEqual({});
    expect(blocked(alignment)).toEqual([true, true, false]);
    expect(alignment.startedAt).toBe(10);
    expect(alignment.arrive(2, barrier(1), 15)).toEqual({ aligned: barrier(1) });
    alignment.pass();
    expect(blocked(alignment)).toEqual([false, false, false]);
  });

  it('aligns at once over one input', () => {
    const alignment = new BarrierAlignment({ inputs: 1 });
    expect(alignment.arrive(0, barrier(4), 0)).toEqual({ aligned: barrier(4) });
  });

  it('gives up an older checkpoint when a newer barrier comes', () => {
    const alignment = new BarrierAlignment({ inputs: 3 });
    alignment.arrive(0, barrier(1), 0);
    expect(alignment.arrive(1, barrier(2), 1)).toEqual({ abandoned: 1 });
    expect(blocked(alignment)).toEqual([false, true, false]);
  });

  it('ignores a barrier of the past', () => {
    const alignment = new BarrierAlignment({ inputs: 3 });
    alignment.arrive(0, barrier(2), 0);
    expect(alignment.arrive(1, barrier(1), 1)).toEqual({});
    expect(blocked(alignment)).toEqual([true, false, false]);
  });

  it('is not blocked by a cancelled checkpoint, neither by the barriers that came nor by those to come', () => {
    const alignment = new BarrierAlignment({ inputs: 3 });
    alignment.arrive(0, barrier(1), 0);
    alignment.cancel(checkpointId(1));
    expect(blocked(alignment)).toEqual([false, false, false]);
    expect(alignment.arrive(1, barrier(1), 1)).toEqual({});
    expect(blocked(alignment)).toEqual([false, false, false]);
  });

  it('goes on with an older checkpoint when a newer one is cancelled', () => {
    const alignment = new BarrierAlignment({ inputs: 2 });
    alignment.arrive(0, barrier(1), 0);
    alignment.cancel(checkpointId(2));
    expect(alignment.arrive(1, barrier(1), 1)).toEqual({ aligned: barrier(1) });
  });

  it('never blocks when it is released early', () => {
    const alignment = new BarrierAlignment({ inputs: 3, releaseAlignmentEarly: true });
    alignment.arrive(0, barrier(1), 0);
    expect(blocked(alignment)).toEqual([false, false, false]);
  });
});

describe('ids lost while a coordinator was away', () => {
  const ids = (...values: number[]) => values.map(checkpointId);

  it('are those that an announcement would name if they were alive (C-297)', () => {
    expect(lostIds(ids(3, 4, 5), ids(5), checkpointId(3))).toEqual([3, 4]);
  });

  it('are not those beyond what it names, which may have been triggered later', () => {
    expect(lostIds(ids(6), ids(5), undefined)).toEqual([]);
    expect(lostIds(ids(1), ids(), undefined)).toEqual([]);
  });
});
