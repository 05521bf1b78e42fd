/** May a checkpoint start, and with which id. */
import type { Tick, TriggerCheckpoint, TriggerSavepoint } from '../commands.ts';
import { isInputEnded, savepointEntry, type JobState } from '../job-state.ts';
import { decided, nothing, triggerRefusal, triggeredFact, type Decision } from './decision.ts';

const triggered = (fact: ReturnType<typeof triggeredFact>): Decision =>
  decided([fact], { type: 'triggered', checkpointId: fact.checkpointId });

/** The periodic timer fired: a checkpoint, unless one is in flight or all input is saved. */
export const decideTick = (state: JobState, command: Tick): Decision => {
  const refusal = triggerRefusal(state);
  if (refusal !== undefined) return nothing(refusal);
  if (!isInputEnded(state.table)) return triggered(triggeredFact(state, command, 'periodic'));
  if (state.table.endTriggered) return nothing('inputEnded');
  return triggered(triggeredFact(state, command, 'endOfData'));
};

/** A checkpoint asked for by hand. */
export const decideTriggerCheckpoint = (state: JobState, command: TriggerCheckpoint): Decision => {
  const refusal = triggerRefusal(state);
  return refusal === undefined ? triggered(triggeredFact(state, command, 'manual')) : nothing(refusal);
};

/** A savepoint; under a key that was used before it is that savepoint. */
export const decideTriggerSavepoint = (state: JobState, command: TriggerSavepoint): Decision => {
  const before = command.key === undefined ? undefined : state.table.savepoints[savepointEntry(command.key)];
  if (before?.externalPointer !== undefined) {
    const { checkpointId, externalPointer } = before;
    return nothing('completed', { checkpointId, externalPointer });
  }
  if (before !== undefined) return nothing('inFlight', { checkpointId: before.checkpointId });
  const refusal = triggerRefusal(state);
  if (refusal !== undefined) return nothing(refusal);
  return triggered(triggeredFact(state, command, 'manual', { ...command.target, key: command.key }));
};
