/**
 * What lasts as long as a state of a checkpoint's chart: its deadline, the preparation of its location, the snapshots
 * of operator coordinators and master hooks, and the writing of its metadata. Each is callback logic that never throws,
 * and posts its answer to the inbox itself, also after it was asked to stop.
 */
import { fromCallback } from 'xstate';
import { checkpointMachine } from '../../machines/checkpoint.ts';
import { messageOf } from '../errors.ts';
import type { JobState, UnfinishedCheckpoint } from '../core/job-state.ts';
import type { CheckpointId } from '../state/ids.ts';
import type { CheckpointStorage } from '../storage/storage.ts';
import type { Clock } from './clock.ts';
import type { Posted } from './inbox.ts';
import type { Locations } from './locations.ts';
import type { MasterHooks } from './master-hooks.ts';
import { metadataInput, writeMetadata } from './metadata-writer.ts';
import type { OperatorCoordinators } from './operator-coordinators.ts';
import { triggerFailure } from './trigger-failure.ts';

/** What the children of a checkpoint's actor need. */
export interface CheckpointWork {
  readonly clock: Clock;
  readonly storage: CheckpointStorage;
  readonly locations: Locations;
  readonly operatorCoordinators: OperatorCoordinators;
  readonly masterHooks: MasterHooks;
  readonly state: () => JobState;
  readonly post: (command: Posted) => void;
  /** What runs for a checkpoint: its directory is discarded only after this has answered. */
  readonly running: Map<CheckpointId, Promise<void>>;
}

/** Keeps note of work that must have answered before its checkpoint's files are discarded. */
const track = (work: CheckpointWork, checkpointId: CheckpointId, task: Promise<void>): void => {
  const before = work.running.get(checkpointId) ?? Promise.resolve();
  const all: Promise<void> = before.then(() => task);
  work.running.set(checkpointId, all);
  void all.then(() => {
    if (work.running.get(checkpointId) === all) work.running.delete(checkpointId);
  });
};

const locate = async (work: CheckpointWork, checkpoint: UnfinishedCheckpoint): Promise<void> => {
  const { checkpointId, savepoint } = checkpoint;
  try {
    const location = await work.locations.prepare(checkpointId, savepoint);
    work.post({ type: 'locate', checkpointId, location: location.reference });
  } catch (error) {
    work.post({ type: 'failLocation', checkpointId, ...triggerFailure(error) });
  }
};

/** Those who have not answered are asked; what they say after the checkpoint has ended comes to nothing. */
const askCoordinators = async (
  work: CheckpointWork,
  { checkpointId }: UnfinishedCheckpoint,
): Promise<void> => {
  const left = work.state().ledgers.get(checkpointId)?.coordinators.left ?? [];
  const { states, error, failsJob } = await work.operatorCoordinators.snapshot(checkpointId, left);
  if (states !== undefined) work.post({ type: 'acknowledgeCoordinators', checkpointId, states });
  else work.post({ type: 'failTrigger', checkpointId, ...triggerFailure(error), failsJob });
};

const askHooks = async (work: CheckpointWork, checkpoint: UnfinishedCheckpoint): Promise<void> => {
  const { checkpointId, triggeredAt } = checkpoint;
  const left = work.state().ledgers.get(checkpointId)?.hooks.left ?? [];
  try {
    const states = await work.masterHooks.trigger(checkpointId, triggeredAt, left);
    work.post({ type: 'acknowledgeHooks', checkpointId, states });
  } catch (error) {
    work.post({ type: 'failTrigger', checkpointId, ...triggerFailure(error) });
  }
};

const write = async (
  work: CheckpointWork,
  checkpoint: UnfinishedCheckpoint,
  signal: AbortSignal,
): Promise<void> => {
  const { checkpointId } = checkpoint;
  const state = work.state();
  const ledger = state.ledgers.get(checkpointId);
  // Decided to be given up while the block that started this writer was on its way to the disk.
  if (ledger === undefined) return;
  try {
    const completed = await writeMetadata(
      work.storage,
      checkpoint,
      metadataInput(state, checkpoint, ledger),
      signal,
    );
    const { externalPointer, metadataSizeBytes } = completed;
    work.post({ type: 'recordMetadata', checkpointId, externalPointer, metadataSizeBytes });
  } catch (error) {
    work.post({ type: 'failMetadata', checkpointId, message: messageOf(error) });
  }
};

/** What is left of the deadline: its duration less the wall time that passed, clamped (design, law 12). */
const remainingMs = (checkpoint: UnfinishedCheckpoint, now: number): number =>
  Math.min(Math.max(checkpoint.timeoutMs - (now - checkpoint.triggeredAt), 0), checkpoint.timeoutMs);

/** The chart of one checkpoint with its real children. */
export const checkpointLogic = (work: CheckpointWork, checkpointId: CheckpointId) => {
  const current = (): UnfinishedCheckpoint | undefined => work.state().table.checkpoints[checkpointId];
  return checkpointMachine.provide({
    actors: {
      deadline: fromCallback(() => {
        const checkpoint = current();
        if (checkpoint === undefined) return () => {};
        const expire = (): void => work.post({ type: 'expire', checkpointId });
        const timer = work.clock.scheduler.schedule(expire, remainingMs(checkpoint, work.clock.now()));
        return () => timer.unsubscribe();
      }),
      locationProvider: fromCallback(() => {
        const checkpoint = current();
        if (checkpoint !== undefined) track(work, checkpointId, locate(work, checkpoint));
      }),
      coordinatorSnapshots: fromCallback(() => {
        const checkpoint = current();
        if (checkpoint !== undefined) void askCoordinators(work, checkpoint);
      }),
      masterHooks: fromCallback(() => {
        const checkpoint = current();
        if (checkpoint !== undefined) void askHooks(work, checkpoint);
      }),
      metadataWriter: fromCallback(() => {
        const checkpoint = current();
        const abort = new AbortController();
        if (checkpoint !== undefined) track(work, checkpointId, write(work, checkpoint, abort.signal));
        return () => abort.abort();
      }),
    },
  });
};
