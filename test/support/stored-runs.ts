/**
 * Runs whose journals are kept as fixtures: every later version must fold them to the same state. One is written once,
 * with `UPDATE_JOURNALS=1`, by the version that changed the journal on purpose; those of older versions stay.
 */
import type { Journal } from '../../src/journal/journal.ts';
import { RuntimeJob } from './runtime-job.ts';

export interface StoredRun {
  readonly name: string;
  /** Absent: it stays as it is. */
  readonly run?: (journal: Journal) => Promise<void>;
}

const ignore = (): void => {};
const journalRetention = { snapshotBlocks: 12, detailCheckpoints: 2 };

/**
 * Two checkpoints at once and savepoints beside them. The coordinator dies twice, at the end with two in flight and
 * requests that wait.
 */
const overlap = async (journal: Journal): Promise<void> => {
  const job = new RuntimeJob({ journal });
  const configuration = {
    timeout: '1 min',
    retained: 2,
    maxConcurrent: 2,
    minPause: '1 s',
  };
  const first = await job.start({ configuration, journalRetention });
  for (let n = 0; n < 3; n++) await job.settle(first.triggerCheckpoint());
  job.tasks.held.add(1).add(2);
  for (let n = 0; n < 4; n++) first.triggerCheckpoint().catch(ignore);
  await job.clock.runFor(500);
  first.triggerSavepoint({ target: 'memory:/backups', key: 'release-42' }).catch(ignore);
  await job.clock.runFor(500);
  first.abandon();

  const second = await job.open({ configuration, journalRetention });
  job.tasks.release();
  await job.clock.runUntil(() => second.statistics.latestSavepoint !== undefined);
  await job.clock.runFor(2_000);
  job.tasks.held.add(0);
  for (let n = 0; n < 3; n++) second.triggerCheckpoint().catch(ignore);
  second.triggerSavepoint({ target: 'memory:/others', key: 'release-43' }).catch(ignore);
  await job.clock.runFor(500);
  second.abandon();
};

/** The first two were written by the first version of the journal, which nothing writes any more. */
export const storedRuns: readonly StoredRun[] = [
  { name: 'crash' },
  { name: 'abort' },
  { name: 'overlap', run: overlap },
];
