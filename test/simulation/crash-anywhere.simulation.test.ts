import { describe, expect, it } from 'vitest';
import type { Fact } from '../../src/core/facts/fact.ts';
import { describeRun, runWithCrash, type Casualty } from './crash-runs.ts';
import { memoryDisk, sqliteDisk } from './journal-disks.ts';
import type { JournalDisk, SimulationOptions } from './simulated-job.ts';

const SEEDS = Number(process.env['TIDEMARK_SEEDS'] ?? 2);
const FIRST_SEED = Number(process.env['TIDEMARK_FIRST_SEED'] ?? 1);

/** Visits every crash point of a run once. */
const visitAll = async (
  options: Omit<SimulationOptions, 'disk'>,
  newDisk: () => JournalDisk,
  casualty: Casualty,
  stride = 1,
): Promise<{
  readonly visited: number;
  readonly failures: readonly string[];
  /** Checkpoints in flight at once, at most. */
  readonly overlapped: number;
}> => {
  const failures: string[] = [];
  let visited = 0;
  let overlapped = 0;
  for (let crashAt = 0; ; crashAt += stride) {
    const { run, violations } = await runWithCrash({ ...options, disk: newDisk() }, casualty, crashAt);
    if (run.points.length <= crashAt) return { visited, failures, overlapped };
    visited++;
    overlapped = Math.max(overlapped, inFlightMax(run.simulation.record.shown));
    if (violations.length > 0) failures.push(`${describeRun(run)}: ${violations.join('; ')}`);
  }
};

const inFlightMax = (facts: readonly Fact[]): number => {
  const inFlight = new Set<number>();
  let most = 0;
  for (const fact of facts) {
    if (fact.type === 'checkpoint.triggered') inFlight.add(fact.checkpointId);
    if (fact.type === 'checkpoint.completed' || fact.type === 'checkpoint.aborted') {
      inFlight.delete(fact.checkpointId);
    }
    most = Math.max(most, inFlight.size);
  }
  return most;
};

const seeds = Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index);

describe('a crash at any point (C-316)', () => {
  for (const seed of seeds) {
    for (const casualty of ['coordinator', 'process', 'zombie'] as const) {
      for (const blockCommandsMax of [1, 4096]) {
        it(`of the ${casualty} costs nothing (seed ${seed}, ${blockCommandsMax} commands a block)`, async () => {
          const { visited, failures } = await visitAll({ seed, blockCommandsMax }, memoryDisk, casualty);
          expect(failures).toEqual([]);
          expect(visited).toBeGreaterThan(30);
        });
      }
    }
  }

  it.each(['coordinator', 'process', 'zombie'] as const)(
    'of the %s costs nothing while several checkpoints are in flight and one waits (C-003, C-045, C-291)',
    async (casualty) => {
      const options = { seed: FIRST_SEED, intervalMs: 10, maxConcurrent: 3 };
      const { visited, failures, overlapped } = await visitAll(options, memoryDisk, casualty, 2);
      expect(failures).toEqual([]);
      expect(visited).toBeGreaterThan(30);
      expect(overlapped).toBeGreaterThan(1);
    },
  );

  it.each(['coordinator', 'process', 'zombie'] as const)(
    'of the %s costs nothing while operator coordinators and master hooks are asked (C-063, C-064, C-291)',
    async (casualty) => {
      const options = { seed: FIRST_SEED, asksFirst: true };
      const { visited, failures } = await visitAll(options, memoryDisk, casualty, 4);
      expect(failures).toEqual([]);
      expect(visited).toBeGreaterThan(15);
    },
  );

  it('costs nothing when the next coordinator opens a byte copy of the SQLite file', async () => {
    const { visited, failures } = await visitAll({ seed: FIRST_SEED }, sqliteDisk, 'coordinator', 3);
    expect(failures).toEqual([]);
    expect(visited).toBeGreaterThan(10);
  });
});
