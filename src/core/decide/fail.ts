/** A checkpoint fails: a task refuses, or its deadline passes. */
import type { Decline, Expire, FailTrigger } from '../commands.ts';
import {
  canAbort,
  isCollecting,
  isTriggering,
  taskName,
  type JobState,
  type UnfinishedCheckpoint,
} from '../job-state.ts';
import type { Fact } from '../facts/fact.ts';
import { absent } from './absent.ts';
import { abortFacts, decided, DiscardPlanner, nothing, type AbortCause, type Decision } from './decision.ts';
import { progressOf } from './progress.ts';

const giveUp = (state: JobState, checkpoint: UnfinishedCheckpoint, why: AbortCause): Decision => {
  const facts = abortFacts(state, checkpoint, why, new DiscardPlanner(state, why.time.at));
  return decided(facts, { type: 'aborted', checkpointId: checkpoint.checkpointId });
};

/** One decline aborts the whole checkpoint at once (C-097). */
export const decideDecline = (state: JobState, command: Decline): Decision => {
  const { checkpointId, slot, attempt, reason, message, jobId = state.table.jobId } = command;
  if (jobId !== state.table.jobId) return nothing('wrongJob');
  const checkpoint = state.table.checkpoints[checkpointId];
  if (checkpoint === undefined) return absent(state, checkpointId);
  if (!checkpoint.plan.has(slot, attempt)) return nothing('unknownAttempt');
  // Every task has acknowledged: a task that takes its word back is too late.
  if (!isCollecting(checkpoint) && !isTriggering(checkpoint)) return nothing('duplicate');
  const name = taskName(state.table, checkpoint.plan, slot);
  const declinedBy = { slot, attempt };
  return giveUp(state, checkpoint, { reason, message: `${name}: ${message}`, time: command, declinedBy });
};

/**
 * Somebody who is asked before the tasks failed, or the tasks could not be told: the checkpoint is given up, for the
 * reason that the edge found in the error (C-067).
 */
export const decideFailTrigger = (state: JobState, command: FailTrigger): Decision => {
  const { checkpointId, reason, message, failsJob = false } = command;
  const checkpoint = state.table.checkpoints[checkpointId];
  if (checkpoint === undefined) return absent(state, checkpointId);
  if (!isCollecting(checkpoint) && !isTriggering(checkpoint)) return nothing('duplicate');
  const decision = giveUp(state, checkpoint, { reason, message, time: command });
  if (!failsJob || state.table.jobPhase !== 'running') return decision;
  const required: Fact = { type: 'job.failureRequired', at: command.at, checkpointId, reason, message };
  return { ...decision, facts: [...decision.facts, required] };
};

/** The deadline counts until the metadata writer has answered (C-099); after that only the append counts. */
export const decideExpire = (state: JobState, command: Expire): Decision => {
  const { checkpointId } = command;
  const checkpoint = state.table.checkpoints[checkpointId];
  if (checkpoint === undefined) return absent(state, checkpointId);
  if (!canAbort(checkpoint)) return nothing('duplicate');
  const message = `Given up after ${checkpoint.timeoutMs} ms in phase ${checkpoint.phase}.`;
  const progress = progressOf(state, checkpoint, command.at);
  return giveUp(state, checkpoint, { reason: 'CHECKPOINT_EXPIRED', message, time: command, progress });
};
