/** What a message about a checkpoint that is not in flight comes to. */
import type { CheckpointId } from '../../state/ids.ts';
import { hasId } from '../id-runs.ts';
import type { JobState } from '../job-state.ts';
import { nothing, type Decision } from './decision.ts';

/**
 * Given up, complete, or never known. Ids are given in ascending order and each checkpoint ends in one of two ways, so
 * whatever is remembered as neither in flight nor given up is complete: to be wrong there deletes nothing.
 */
export const absenceOf = (
  { table }: JobState,
  checkpointId: number,
): 'late' | 'afterCompletion' | 'unknownCheckpoint' => {
  const isDisposed = table.disposed.some((disposed) => disposed.checkpointId === checkpointId);
  if (isDisposed || hasId(table.abortedIds, checkpointId)) return 'late';
  const wasGiven = Number.isSafeInteger(checkpointId) && checkpointId > 0;
  return wasGiven && checkpointId < table.nextCheckpointId ? 'afterCompletion' : 'unknownCheckpoint';
};

export const absent = (state: JobState, checkpointId: CheckpointId): Decision =>
  nothing(absenceOf(state, checkpointId));
