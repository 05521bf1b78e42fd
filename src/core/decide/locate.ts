/** The storage has prepared a checkpoint's place, or could not. */
import { invariant } from '../../errors.ts';
import type { FailLocation, Locate } from '../commands.ts';
import { isLocating, type JobState } from '../job-state.ts';
import { abortFacts, decided, DiscardPlanner, nothing, type Decision } from './decision.ts';
import { absent } from './absent.ts';
import { afterLocation } from './next-step.ts';

export const decideLocate = (state: JobState, command: Locate): Decision => {
  const { checkpointId, at, location } = command;
  const checkpoint = state.table.checkpoints[checkpointId];
  if (checkpoint === undefined) return absent(state, checkpointId);
  if (!isLocating(checkpoint)) return nothing('duplicate');
  const ledger = state.ledgers.get(checkpointId);
  invariant(ledger, `checkpoint ${checkpointId} has no ledger`);
  return decided(afterLocation(ledger, checkpointId, at, location), { type: 'located', checkpointId });
};

export const decideFailLocation = (state: JobState, command: FailLocation): Decision => {
  const { checkpointId, at, message, reason = 'IO_EXCEPTION' } = command;
  const checkpoint = state.table.checkpoints[checkpointId];
  if (checkpoint === undefined) return absent(state, checkpointId);
  if (!isLocating(checkpoint)) return nothing('duplicate');
  const facts = abortFacts(
    state,
    checkpoint,
    { reason, message, time: command },
    new DiscardPlanner(state, at),
  );
  return decided(facts, { type: 'aborted', checkpointId });
};
