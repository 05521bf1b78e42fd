import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newWorld, startProcess, sumOf, type Process, type RunOptions } from './word-count-run.ts';

type Mishap =
  | { readonly type: 'failTask'; readonly vertex: string; readonly subtask: number; readonly afterMs: number }
  | { readonly type: 'crashCoordinator'; readonly downMs: number; readonly afterMs: number }
  | { readonly type: 'killProcess'; readonly afterMs: number };

const afterMs = fc.nat(40);
const mishap: fc.Arbitrary<Mishap> = fc.oneof(
  fc.record({
    type: fc.constant('failTask' as const),
    vertex: fc.constantFrom('source', 'counter', 'sink'),
    subtask: fc.nat(1),
    afterMs,
  }),
  fc.record({ type: fc.constant('crashCoordinator' as const), downMs: fc.nat(10), afterMs }),
  fc.record({ type: fc.constant('killProcess' as const), afterMs }),
);

const programme = fc.array(mishap, { maxLength: 5 }).map((mishaps) => ({
  mishaps,
  toString: () => mishaps.map(describeMishap).join('; ') || 'no mishap',
}));

const describeMishap = (each: Mishap): string => {
  if (each.type === 'failTask') return `after ${each.afterMs} ms fail ${each.vertex}#${each.subtask}`;
  if (each.type === 'killProcess') return `after ${each.afterMs} ms kill the process`;
  return `after ${each.afterMs} ms crash the coordinator for ${each.downMs} ms`;
};

/** A run with mishaps, to the end. */
const live = async (options: RunOptions, mishaps: readonly Mishap[]): Promise<Process> => {
  const world = newWorld({ restarts: 100, ...options });
  let process = await startProcess(world);
  let state = begin(process);
  for (const each of mishaps) {
    await world.clock.runFor(each.afterMs);
    if (state.end !== undefined) break;
    if (each.type === 'failTask') process.job.failTask(each.vertex, each.subtask);
    if (each.type === 'crashCoordinator') await replaceCoordinator(process, each.downMs);
    if (each.type === 'killProcess') {
      process.job.halt(new Error('killed'));
      abandonAll(process);
      process = await startProcess(world);
      state = begin(process);
    }
  }
  await world.clock.runUntil(() => state.end !== undefined, {
    what: 'the end of the job',
    actionsMax: 50_000,
  });
  expect(state.end).toBe('FINISHED');
  return process;
};

const begin = (process: Process) => {
  const state: { end: string | undefined } = { end: undefined };
  process.job.run().then(
    ({ status }) => (state.end = status),
    (error: unknown) => (state.end = String(error)),
  );
  return state;
};

const abandonAll = (process: Process): void =>
  process.coordinators.forEach((coordinator) => coordinator.abandon());

const replaceCoordinator = async (process: Process, downMs: number): Promise<void> => {
  abandonAll(process);
  await process.world.clock.runFor(downMs);
  process.job.replaceCoordinator(await process.openCoordinator(process.world.record));
};

describe('word count under mishaps', () => {
  it('commits every word once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1_000_000), programme, async (seed, { mishaps }) => {
        const { world } = await live({ seed }, mishaps);
        expect(sumOf(world.memory)).toEqual(world.expected);
        expect(await world.memory.pending()).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same run for the same seed', async () => {
    const lines = async (): Promise<unknown> => {
      const mishaps: Mishap[] = [{ type: 'failTask', vertex: 'counter', subtask: 1, afterMs: 33 }];
      const process = await live({ seed: 77 }, mishaps);
      const { memory, record, clock } = process.world;
      return [[...memory.committed], record.facts, process.events, clock.now()];
    };
    expect(await lines()).toEqual(await lines());
  });

  it('commits some words twice or never when alignment is released early', async () => {
    let wrong = 0;
    for (let seed = 0; seed < 20; seed++) {
      const mishaps: Mishap[] = [{ type: 'failTask', vertex: 'counter', subtask: 1, afterMs: 45 }];
      const { world } = await live({ seed, releaseAlignmentEarly: true, channelDelayMsMax: 15 }, mishaps);
      if (JSON.stringify(sorted(sumOf(world.memory))) !== JSON.stringify(sorted(world.expected))) wrong += 1;
    }
    expect(wrong).toBeGreaterThan(0);
  });
});

const sorted = (counts: Readonly<Record<string, number>>): unknown =>
  Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1));
