/**
 * Two runs whose journals are kept as fixtures: every later version must fold them to the same state. They are written
 * once, with `UPDATE_JOURNALS=1`, by the version that changed the journal on purpose.
 */
import type { CheckpointId } from '../../src/state/ids.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { RuntimeJob } from './runtime-job.ts';

export interface StoredRun {
  readonly name: string;
  readonly run: (journal: Journal) => Promise<void>;
}

const ignore = (): void => {};
const journalRetention = { snapshotBlocks: 12, detailCheckpoints: 2 };

/** The coordinator dies with a checkpoint in flight, then the whole process; at the end one is in flight again. */
const crash = async (journal: Journal): Promise<void> => {
  const job = new RuntimeJob({ journal });
  const configuration = { timeout: '1 min', retained: 2, retention: 'RETAIN_ON_FAILURE' };
  const first = await job.start({ configuration, journalRetention });
  for (let n = 0; n < 3; n++) await job.settle(first.triggerCheckpoint());
  job.tasks.held.add(1).add(2);
  first.triggerCheckpoint().catch(ignore);
  await job.clock.runFor(500);
  first.abandon();

  const second = await job.open({ configuration, journalRetention });
  job.tasks.release();
  await job.clock.runUntil(() => second.statistics.counts.completed === 4);
  await job.settle(second.triggerSavepoint({ target: 'memory:/backups', key: 'release-42' }));
  job.tasks.held.add(0);
  second.triggerCheckpoint().catch(ignore);
  await job.clock.runFor(500);
  second.abandon();

  for (const endpoint of job.tasks.endpoints) endpoint.ended('failed', 'the process is gone');
  await job.clock.runFor(500);
  const third = await job.start({ configuration: { ...configuration, retained: 1 }, journalRetention });
  job.tasks.release();
  await job.settle(third.triggerCheckpoint());
  job.tasks.endpoints[0]?.endOfData();
  job.tasks.held.add(3);
  third.triggerCheckpoint().catch(ignore);
  await job.clock.runFor(500);
  third.abandon();
};

/** Checkpoints expire, are declined and lose a task; state comes late; the job restarts and is suspended. */
const abort = async (journal: Journal): Promise<void> => {
  const job = new RuntimeJob({ journal });
  const coordinator = await job.start({ configuration: { timeout: '10 s' }, journalRetention });
  await job.settle(coordinator.triggerCheckpoint());
  job.tasks.held.add(2);
  await job.settle(coordinator.triggerCheckpoint().catch(ignore));
  job.tasks.release();
  await job.clock.runFor(100);
  job.tasks.held.add(3);
  const declined = coordinator.triggerSavepoint({ target: 'memory:/backups', key: 'never' }).catch(ignore);
  await job.clock.runFor(100);
  job.tasks.endpoints[3]?.decline(3 as CheckpointId, 'CHECKPOINT_DECLINED', 'not now');
  await job.settle(declined);
  const lost = coordinator.triggerCheckpoint().catch(ignore);
  await job.clock.runFor(100);
  job.tasks.endpoints[3]?.ended('failed', 'out of memory');
  await job.settle(lost);
  await coordinator.jobStatus('RESTARTING', 'sink#1 failed');
  await coordinator.restore(job.tasks.deploy(coordinator.nextAttempt));
  await coordinator.jobStatus('RUNNING');
  job.tasks.held.clear();
  await job.settle(coordinator.triggerCheckpoint());
  await coordinator.jobStatus('SUSPENDED', 'for the night');
  coordinator.abandon();
};

export const storedRuns: readonly StoredRun[] = [
  { name: 'crash', run: crash },
  { name: 'abort', run: abort },
];
