/** A checkpoint fails: a task refuses, or its deadline passes. */
import type { Decline, Expire } from '../commands.ts';
import { canAbort, taskName, type JobState, type UnfinishedCheckpoint } from '../job-state.ts';
import { checkpointPhases } from '../phase.ts';
import { absent } from './absent.ts';
import { abortFacts, decided, DiscardPlanner, nothing, type AbortCause, type Decision } from './decision.ts';

const giveUp = (state: JobState, checkpoint: UnfinishedCheckpoint, why: AbortCause): Decision => {
  const facts = abortFacts(state, checkpoint, why, new DiscardPlanner(state, why.time.at));
  return decided(facts, { type: 'aborted', checkpointId: checkpoint.checkpointId });
};

/** One decline aborts the whole checkpoint at once (C-097). */
export const decideDecline = (state: JobState, command: Decline): Decision => {
  const { checkpointId, slot, attempt, reason, message } = command;
  const checkpoint = state.table.checkpoints[checkpointId];
  if (checkpoint === undefined) return absent(state, checkpointId);
  if (!checkpoint.plan.has(slot, attempt)) return nothing('unknownAttempt');
  // Every task has acknowledged: a task that takes its word back is too late.
  const isCollecting = checkpointPhases.accepts(checkpoint.phase, 'checkpoint.fullyAcknowledged');
  const isLocating = checkpointPhases.accepts(checkpoint.phase, 'checkpoint.located');
  if (!isCollecting && !isLocating) return nothing('duplicate');
  const name = taskName(state.table, checkpoint.plan, slot);
  const declinedBy = { slot, attempt };
  return giveUp(state, checkpoint, { reason, message: `${name}: ${message}`, time: command, declinedBy });
};

/** The deadline counts until the metadata writer has answered (C-099); after that only the append counts. */
export const decideExpire = (state: JobState, command: Expire): Decision => {
  const { checkpointId } = command;
  const checkpoint = state.table.checkpoints[checkpointId];
  if (checkpoint === undefined) return absent(state, checkpointId);
  if (!canAbort(checkpoint)) return nothing('duplicate');
  const message = `Given up after ${checkpoint.timeoutMs} ms in phase ${checkpoint.phase}.`;
  return giveUp(state, checkpoint, { reason: 'CHECKPOINT_EXPIRED', message, time: command });
};
