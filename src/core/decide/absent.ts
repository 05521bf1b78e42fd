/** What a message about a checkpoint that is not in flight comes to. */
import type { CheckpointId } from '../../state/ids.ts';
import type { JobState } from '../job-state.ts';
import { nothing, type Decision } from './decision.ts';

/** Disposed lately, complete, or not known. */
export const absenceOf = (
  state: JobState,
  checkpointId: number,
): 'late' | 'afterCompletion' | 'unknownCheckpoint' => {
  const { table } = state;
  if (table.disposed.some((disposed) => disposed.checkpointId === checkpointId)) return 'late';
  if (table.completed.some((completed) => completed.checkpointId === checkpointId)) return 'afterCompletion';
  if (checkpointId > 0 && checkpointId <= table.latestCompletedId) return 'afterCompletion';
  return 'unknownCheckpoint';
};

export const absent = (state: JobState, checkpointId: CheckpointId): Decision =>
  nothing(absenceOf(state, checkpointId));
