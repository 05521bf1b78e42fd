/** A request for a checkpoint or savepoint: begun at once, queued, or refused. */
import type { Time } from '../commands.ts';
import type { CheckpointTriggered, Fact, RequestQueued, TriggerCause } from '../facts/fact.ts';
import { needsLastCheckpoint, type JobState } from '../job-state.ts';
import { QUEUED_REQUESTS_MAX } from '../queue.ts';
import { plainCheckpoint, plainSavepoint, type SnapshotProperties } from '../snapshot-properties.ts';
import { rejectedFact, triggerRefusal, verdictOn } from './choose.ts';
import { decided, nothing, triggeredFact, type Decision } from './decision.ts';

/** What is asked for. */
export interface Submission {
  readonly cause: TriggerCause;
  readonly savepoint?: CheckpointTriggered['savepoint'];
  /** A plain checkpoint or savepoint unless said otherwise. */
  readonly snapshot?: SnapshotProperties | undefined;
  /** Ticks that were dropped since the last one that was not. */
  readonly droppedTicks?: number | undefined;
}

const requestOf = (state: JobState, { at, monotonicMs }: Time, submission: Submission): RequestQueued => {
  const { cause, savepoint, droppedTicks = 0 } = submission;
  const { configuration, nextRequestId, term } = state.table;
  return {
    type: 'request.queued',
    at,
    monotonicMs,
    term,
    requestId: nextRequestId,
    kind: savepoint === undefined ? 'checkpoint' : 'savepoint',
    snapshot: submission.snapshot ?? (savepoint === undefined ? plainCheckpoint : plainSavepoint),
    cause,
    // With unaligned checkpoints a savepoint obeys the limits as well (C-035).
    isForced: savepoint !== undefined && !configuration.unaligned,
    ...(savepoint === undefined ? {} : { savepoint }),
    ...(droppedTicks === 0 ? {} : { droppedTicks }),
  };
};

/** In its place in the queue; when that is full, the last one goes, unless somebody asked for it (C-039). */
const queueUp = (state: JobState, request: RequestQueued): Decision => {
  const { queue } = state.table;
  const last = queue.at(-1);
  const outcome = { type: 'queued', requestId: request.requestId } as const;
  if (last === undefined || queue.length < QUEUED_REQUESTS_MAX) return decided([request], outcome);
  if (last.cause !== 'periodic') return nothing('tooManyRequests');
  const evicted = rejectedFact(last.requestId, request.at, 'TOO_MANY_CHECKPOINT_REQUESTS');
  return decided([request, evicted], outcome);
};

/** Judges a request as it comes in. A tick while another one waits is dropped (C-045). */
export const submit = (state: JobState, time: Time, submission: Submission): Decision => {
  const refusal = triggerRefusal(state, submission.cause);
  if (refusal !== undefined) return nothing(refusal);
  if (submission.cause === 'periodic' && state.table.queue.at(-1)?.cause === 'periodic') {
    return nothing('tickDropped');
  }
  const request = requestOf(state, time, submission);
  const verdict = verdictOn(state.table, request, time);
  if (verdict.type === 'blocked') return queueUp(state, request);
  if (verdict.type === 'tooSoon') return nothing('tooSoon', { waitMs: verdict.waitMs });
  const fact = triggeredFact(state, time, request, undefined);
  return decided([fact], { type: 'triggered', checkpointId: fact.checkpointId });
};

/** The last checkpoint of a job whose input is read is asked for at once (C-057). */
export const endOfDataFacts = (state: JobState, time: Time): readonly Fact[] =>
  needsLastCheckpoint(state.table) && !state.table.endTriggered
    ? submit(state, time, { cause: 'endOfData' }).facts
    : [];
