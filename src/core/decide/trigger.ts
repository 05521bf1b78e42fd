/** Somebody, or the timer, wants a checkpoint. */
import type { Tick, TriggerCheckpoint, TriggerSavepoint } from '../commands.ts';
import { hasBlockingOutput } from '../job-graph.ts';
import { needsLastCheckpoint, savepointEntry, type JobState } from '../job-state.ts';
import { isScheduling } from '../schedule.ts';
import { fullCheckpoint } from '../snapshot-properties.ts';
import { triggerRefusal } from './choose.ts';
import { nothing, type Decision } from './decision.ts';
import { submit } from './submit.ts';

/** The periodic timer fired; once all input is read, the last checkpoint is all that is left to save. */
export const decideTick = (state: JobState, command: Tick): Decision => {
  const { droppedTicks, start } = command;
  const { schedulerStarts } = state.table;
  if (start !== undefined && isScheduling(state.table) && start !== schedulerStarts)
    return nothing('staleTick');
  const isAtEnd = triggerRefusal(state, 'periodic') === undefined && needsLastCheckpoint(state.table);
  if (!isAtEnd) return submit(state, command, { cause: 'periodic', droppedTicks });
  return state.table.endTriggered
    ? nothing('inputEnded')
    : submit(state, command, { cause: 'endOfData', droppedTicks });
};

/** A checkpoint asked for by hand. */
export const decideTriggerCheckpoint = (state: JobState, command: TriggerCheckpoint): Decision =>
  submit(state, command, { cause: 'manual', snapshot: command.isFull === true ? fullCheckpoint : undefined });

/** A savepoint; under a key that was used before it is that savepoint. */
export const decideTriggerSavepoint = (state: JobState, command: TriggerSavepoint): Decision => {
  const { key, target, snapshot } = command;
  if (hasBlockingOutput(state.table.graph)) return nothing('blockingOutput');
  const before = key === undefined ? undefined : state.table.savepoints[savepointEntry(key)];
  if (before?.externalPointer !== undefined) {
    const { checkpointId, externalPointer } = before;
    return nothing('completed', { checkpointId, externalPointer });
  }
  if (before !== undefined) return nothing('inFlight', { checkpointId: before.checkpointId });
  const waiting = state.table.queue.find(({ savepoint }) => key !== undefined && savepoint?.key === key);
  if (waiting !== undefined) return nothing('queued', { requestId: waiting.requestId });
  return submit(state, command, { cause: 'manual', savepoint: { ...target, key }, snapshot });
};
