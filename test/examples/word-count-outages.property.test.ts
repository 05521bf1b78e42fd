import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newWorld, startProcess, sumOf, type Process, type RunOptions } from './word-count-run.ts';

/** The coordinator is away for a while; tasks go on meanwhile, or one of them fails. */
interface Outage {
  readonly afterMs: number;
  readonly downMs: number;
  readonly failing: { readonly vertex: string; readonly subtask: number } | undefined;
}

const outage: fc.Arbitrary<Outage> = fc.record({
  afterMs: fc.nat(40),
  downMs: fc.nat(60),
  failing: fc.option(
    fc.record({ vertex: fc.constantFrom('source', 'counter', 'sink'), subtask: fc.nat(1) }),
    { nil: undefined },
  ),
});

const describeOutage = ({ afterMs, downMs, failing }: Outage): string => {
  const failure = failing === undefined ? '' : `, when ${failing.vertex}#${failing.subtask} fails`;
  return `after ${afterMs} ms no coordinator for ${downMs} ms${failure}`;
};

const programme = fc.array(outage, { maxLength: 5 }).map((outages) => ({
  outages,
  toString: () => outages.map(describeOutage).join('; ') || 'no outage',
}));

const suffer = async (process: Process, { downMs, failing }: Outage): Promise<void> => {
  const { clock } = process.world;
  process.crashCoordinator();
  await clock.runFor(downMs / 2);
  if (failing !== undefined) process.job.failTask(failing.vertex, failing.subtask);
  await clock.runFor(downMs / 2);
  await process.replaceCoordinator();
};

/** A run with outages, to the end. */
const live = async (options: RunOptions, outages: readonly Outage[]): Promise<Process> => {
  const process = await startProcess(newWorld({ restarts: 100, ...options }));
  process.begin();
  for (const each of outages) {
    await process.world.clock.runFor(each.afterMs);
    if (process.end !== undefined) break;
    await suffer(process, each);
  }
  expect(await process.untilEnd()).toBe('FINISHED');
  return process;
};

describe('word count whose coordinator is away at times', () => {
  it('commits every word once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1_000_000), programme, async (seed, { outages }) => {
        const { world } = await live({ seed }, outages);
        expect(sumOf(world.memory)).toEqual(world.expected);
        expect(await world.memory.pending()).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same run for the same seed', async () => {
    const traces = async (): Promise<unknown> => {
      const failing = { vertex: 'counter', subtask: 1 };
      const { world, events } = await live({ seed: 77 }, [{ afterMs: 33, downMs: 8, failing }]);
      expect(events).toContainEqual(expect.objectContaining({ type: 'taskFailed' }));
      return [[...world.memory.committed], world.facts, events, world.clock.now()];
    };
    expect(await traces()).toEqual(await traces());
  });
});
