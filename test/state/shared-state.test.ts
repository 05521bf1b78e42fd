import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numbersOf, runsOf, SharedStateRegistry, type SharedFile } from '../../src/state/shared-state.ts';
import { NaiveSharedState } from './shared-state-model.ts';

const file = (name: string, place: SharedFile['place'] = 'shared'): SharedFile => ({
  path: `file:/job/shared/${name}`,
  sizeBytes: 10,
  place,
});

const numberOf = (registry: SharedStateRegistry, name: string): number =>
  registry.find(file(name).path)?.number ?? -1;

const use = (registry: SharedStateRegistry, id: number, ...names: readonly string[]): void => {
  const known = names.filter((name) => registry.find(file(name).path) !== undefined);
  const numbers = known.map((name) => numberOf(registry, name));
  registry.add(
    names.filter((name) => !known.includes(name)).map((name) => file(name)),
    id,
  );
  registry.use(runsOf(numbers.toSorted((a, b) => a - b)), id);
};

const namesOf = (entries: Iterable<{ readonly path: string }>): string[] =>
  Array.from(entries, ({ path }) => path.slice('file:/job/shared/'.length));

/** What Flink calls unregistering what is unused below an id. */
const release = (registry: SharedStateRegistry, needed: readonly number[], through: number): string[] => {
  const unused = registry.unused(needed, through);
  registry.release(runsOf(unused.map((entry) => entry.number)));
  registry.leave(unused.filter((entry) => registry.isDeletedAlone(entry)).map((entry) => entry.path));
  return namesOf(unused);
};

describe('the registry of shared state', () => {
  it('knows of each file the first and the last checkpoint that named it (C-196)', () => {
    const registry = new SharedStateRegistry();
    use(registry, 3, 'a');
    use(registry, 5, 'a', 'b');
    expect(registry.find(file('a').path)).toEqual({ ...file('a'), number: 0, firstUsedBy: 3, lastUsedBy: 5 });
    expect(registry.find(file('b').path)).toEqual({ ...file('b'), number: 1, firstUsedBy: 5, lastUsedBy: 5 });
  });

  it('takes acknowledgements in any order, so that an older checkpoint widens the range (C-197)', () => {
    const registry = new SharedStateRegistry();
    use(registry, 6, 'a');
    use(registry, 5, 'a');
    expect(registry.find(file('a').path)).toMatchObject({ firstUsedBy: 5, lastUsedBy: 6 });
    expect(release(registry, [5, 7], 7)).toEqual([]);
  });

  it('keeps one entry for one file, however often it is named (C-197, T-255)', () => {
    const registry = new SharedStateRegistry();
    use(registry, 1, 'a', 'b');
    use(registry, 1, 'a', 'b');
    expect(registry.size).toBe(2);
    expect(release(registry, [2], 2)).toEqual(['a', 'b']);
    expect(registry.size).toBe(0);
  });

  it('drops what was last used below the lowest retained checkpoint, at once (C-199, T-258)', () => {
    const registry = new SharedStateRegistry();
    use(registry, 1, 'a', 'b');
    use(registry, 2, 'b', 'c');
    expect(release(registry, [2], 2)).toEqual(['a']);
    expect(registry.isLeaving(file('a').path)).toBe(true);
    registry.gone([file('a').path]);
    expect(registry.isLeaving(file('a').path)).toBe(false);
    expect(namesOf(registry.entries())).toEqual(['b', 'c']);
  });

  it('finds nothing to drop twice, and nothing in an empty registry (T-260)', () => {
    const registry = new SharedStateRegistry();
    expect(registry.unused([], Number.POSITIVE_INFINITY)).toEqual([]);
    use(registry, 1, 'a');
    expect(release(registry, [], 2)).toEqual(['a']);
    expect(release(registry, [], 2)).toEqual([]);
  });

  it('keeps what an aborted checkpoint brought until a newer one completes without it (C-201)', () => {
    const registry = new SharedStateRegistry();
    use(registry, 1, 'a');
    use(registry, 2, 'a', 'of the aborted');
    expect(release(registry, [1], 1)).toEqual([]);
    use(registry, 3, 'a');
    expect(release(registry, [1, 3], 3)).toEqual(['of the aborted']);
  });

  it('keeps what a checkpoint in flight uses although a newer one completed', () => {
    const registry = new SharedStateRegistry();
    use(registry, 2, 'a');
    use(registry, 3, 'b');
    expect(release(registry, [2, 3], 3)).toEqual([]);
  });

  it('forgets what a checkpoint brought that is not ours, and never deletes it (C-199, C-200)', () => {
    const registry = new SharedStateRegistry();
    use(registry, 7, 'of the user');
    registry.keepThrough(7);
    use(registry, 8, 'of the user', 'ours');
    use(registry, 9, 'new');
    expect(release(registry, [9], 9)).toEqual(['of the user', 'ours']);
    expect(registry.isLeaving(file('of the user').path)).toBe(false);
    expect(registry.isLeaving(file('ours').path)).toBe(true);
  });

  it('never deletes a file in a place that is not ours', () => {
    const registry = new SharedStateRegistry();
    registry.add([file('far away', 'elsewhere')], 1);
    expect(release(registry, [2], 2)).toEqual(['far away']);
    expect(registry.isLeaving(file('far away').path)).toBe(false);
  });

  it('names the checkpoints whose own directories hold files in use (C-199, C-131, T-257)', () => {
    const registry = new SharedStateRegistry();
    registry.add([file('first', 1), file('second', 2), file('shared')], 2);
    expect([...registry.heldBy()]).toEqual([1, 2]);
    const [first] = registry.entries();
    expect([...registry.heldBy(first === undefined ? [] : [first])]).toEqual([2]);
  });

  it('is refused a file that is known already, and a number that nobody has', () => {
    const registry = new SharedStateRegistry();
    registry.add([file('a')], 1);
    expect(() => registry.add([file('a')], 2)).toThrow('is registered twice');
    expect(() => registry.use([4, 4], 2)).toThrow('shared file 4, which is not registered');
  });

  it('comes back from its plain form, and a copy leaves the first as it is', () => {
    const registry = new SharedStateRegistry();
    use(registry, 1, 'a', 'b');
    use(registry, 2, 'b');
    registry.keepThrough(1);
    release(registry, [2], 2);
    const copy = SharedStateRegistry.from(JSON.parse(JSON.stringify(registry.plain())));
    expect(copy.plain()).toEqual(registry.plain());
    use(registry.fork(), 3, 'c');
    expect(registry.plain()).toEqual(copy.plain());
  });

  it('writes ascending numbers as runs', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(40)), (numbers) => {
        const ascending = numbers.toSorted((a, b) => a - b);
        expect([...numbersOf(runsOf(ascending))]).toEqual(ascending);
      }),
    );
  });
});

/** A task's files over time: each is in use from one checkpoint to another, as compaction has it. */
interface Life {
  readonly from: number;
  readonly to: number;
}

interface Programme {
  readonly lives: readonly Life[];
  /** By checkpoint: whether it completes, how many behind it are retained, and how many in flight complete before. */
  readonly fates: readonly {
    readonly completes: boolean;
    readonly retained: number;
    readonly late: boolean;
  }[];
}

const programme: fc.Arbitrary<Programme> = fc.record({
  lives: fc.array(
    fc.tuple(fc.integer({ min: 1, max: 12 }), fc.nat(6)).map(([from, lasts]) => ({ from, to: from + lasts })),
    { maxLength: 12 },
  ),
  fates: fc.array(
    fc.record({ completes: fc.boolean(), retained: fc.integer({ min: 1, max: 3 }), late: fc.boolean() }),
    { minLength: 1, maxLength: 12 },
  ),
});

const filesOf = (lives: readonly Life[], id: number): string[] =>
  lives.flatMap(({ from, to }, index) => (from <= id && id <= to ? [`${index}`] : []));

describe('after any history', () => {
  it('the files present are those of retained checkpoints, of one in flight and of younger ones', () => {
    fc.assert(
      fc.property(programme, ({ lives, fates }) => {
        const registry = new SharedStateRegistry();
        const naive = new NaiveSharedState();
        const name = (id: number): void => {
          use(registry, id, ...filesOf(lives, id));
          for (const each of filesOf(lives, id)) naive.use(each, id);
        };
        const retained: number[] = [];
        let inFlight: number | undefined;
        fates.forEach(({ completes, retained: limit, late }, index) => {
          const id = index + 1;
          name(id);
          if (!completes && late) inFlight = id;
          if (!completes) return;
          retained.push(id);
          retained.splice(0, Math.max(0, retained.length - limit));
          const needed = [...retained, ...(inFlight === undefined ? [] : [inFlight])];
          const dropped = release(registry, needed, id);
          naive.complete(id, new Set(needed));
          expect(namesOf(registry.entries()).toSorted()).toEqual(naive.present);
          for (const path of dropped) expect(naive.deleted).toContain(path);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('no file is dropped that a needed checkpoint names, whatever tasks do', () => {
    const happening = fc.record({
      id: fc.integer({ min: 1, max: 8 }),
      names: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')),
      needed: fc.uniqueArray(fc.integer({ min: 1, max: 8 })),
      sweeps: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 20 }), (happenings) => {
        const registry = new SharedStateRegistry();
        const naive = new NaiveSharedState();
        for (const { id, names, needed, sweeps } of happenings) {
          const fresh = names.filter((name) => !naive.deleted.has(name));
          use(registry, id, ...fresh);
          for (const each of fresh) naive.use(each, id);
          if (!sweeps) continue;
          for (const path of release(registry, needed, id)) {
            const users = naive.usersOf.get(path) ?? new Set();
            expect(needed.some((each) => users.has(each))).toBe(false);
            naive.usersOf.delete(path);
            naive.deleted.add(path);
          }
        }
      }),
    );
  });
});
