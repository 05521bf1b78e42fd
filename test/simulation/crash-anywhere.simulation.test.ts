import { describe, expect, it } from 'vitest';
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
): Promise<{ readonly visited: number; readonly failures: readonly string[] }> => {
  const failures: string[] = [];
  let visited = 0;
  for (let crashAt = 0; ; crashAt += stride) {
    const { run, violations } = await runWithCrash({ ...options, disk: newDisk() }, casualty, crashAt);
    if (run.points.length <= crashAt) return { visited, failures };
    visited++;
    if (violations.length > 0) failures.push(`${describeRun(run)}: ${violations.join('; ')}`);
  }
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

  it('costs nothing when the next coordinator opens a byte copy of the SQLite file', async () => {
    const { visited, failures } = await visitAll({ seed: FIRST_SEED }, sqliteDisk, 'coordinator', 3);
    expect(failures).toEqual([]);
    expect(visited).toBeGreaterThan(10);
  });
});
