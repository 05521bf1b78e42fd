/**
 * Which request is begun next. Nothing is begun while another one is on its way to the tasks; otherwise the first of
 * the queue that nothing stands in the way of, also behind others that are blocked (C-040, C-304).
 */
import type { Time } from '../commands.ts';
import type { Fact, RequestQueued, RequestRejected, TriggerCause } from '../facts/fact.ts';
import type { FailureReason } from '../failures.ts';
import {
  CHECKPOINTS_IN_FLIGHT_MAX,
  hasInactive,
  isTerminated,
  isTriggering,
  unfinished,
  type JobState,
  type JobTable,
} from '../job-state.ts';
import { refusalReasons, type RefusalType } from '../outcomes.ts';
import { isScheduling } from '../schedule.ts';
import { triggeredFact } from './decision.ts';

/** What a request is judged by. */
export type Asked = Pick<RequestQueued, 'kind' | 'cause' | 'isForced'>;

/** `blocked` waits; `tooSoon` is refused, because the timer comes again. */
export type Verdict =
  | { readonly type: 'free' | 'blocked' }
  | { readonly type: 'tooSoon'; readonly waitMs: number };

/** Snapshots whose files are about to go; what could not be deleted at once is left out, it may take for ever. */
const beingCleaned = ({ discards, postponedDiscards }: JobTable): number => {
  const ids = Object.values(discards)
    .filter(({ target }) => target.kind !== 'files' && target.kind !== 'shared')
    .filter(({ discardId }) => postponedDiscards[discardId] === undefined)
    .map(({ checkpointId }) => checkpointId);
  return new Set(ids).size;
};

/** What is left of the pause after the last completion, whatever completed; none in a new reign (C-042, C-286). */
const pauseLeftMs = ({ lastCompletedMs, configuration }: JobTable, now: Time): number =>
  lastCompletedMs === undefined ? 0 : lastCompletedMs + configuration.minPauseMs - now.monotonicMs;

/** Whether a request can be begun now (C-040); savepoints do not wait for clean-up (C-302). */
export const verdictOn = (table: JobTable, asked: Asked, now: Time): Verdict => {
  const { maxConcurrent } = table.configuration;
  const inFlight = unfinished(table);
  if (inFlight.some(isTriggering) || inFlight.length >= CHECKPOINTS_IN_FLIGHT_MAX) return { type: 'blocked' };
  if (!asked.isForced && inFlight.length >= maxConcurrent) return { type: 'blocked' };
  if (asked.kind !== 'savepoint' && beingCleaned(table) > maxConcurrent) return { type: 'blocked' };
  const waitMs = asked.cause === 'periodic' ? pauseLeftMs(table, now) : 0;
  return waitMs > 0 ? { type: 'tooSoon', waitMs } : { type: 'free' };
};

/** Why nothing of this kind can be triggered now, or undefined (C-058). */
export const triggerRefusal = ({ table }: JobState, cause: TriggerCause): RefusalType | undefined => {
  if (isTerminated(table)) return 'terminated';
  if (cause === 'periodic' && !isScheduling(table)) return 'schedulerStopped';
  if (table.jobPhase !== 'running') return 'notRunning';
  if (!table.roster.isComplete(table.graph) || hasInactive(table)) return 'tasksMissing';
  return undefined;
};

export const rejectedFact = (
  requestId: number,
  at: number,
  reason: FailureReason,
  waitMs?: number,
): RequestRejected => ({
  type: 'request.rejected',
  at,
  requestId,
  reason,
  ...(waitMs === undefined ? {} : { waitMs }),
});

/** Refuses all that waits, savepoints too (C-046), or what is chosen of it. */
export const rejectQueue = (
  { table }: JobState,
  at: number,
  reason: FailureReason,
  which: (request: RequestQueued) => boolean = () => true,
): Fact[] => table.queue.filter(which).map(({ requestId }) => rejectedFact(requestId, at, reason));

/** Begins the request that is next, and refuses those that were to be begun but cannot be. */
export const chooseFacts = (state: JobState, time: Time): Fact[] => {
  const { table } = state;
  const facts: Fact[] = [];
  for (const request of table.queue) {
    const { requestId } = request;
    const verdict = verdictOn(table, request, time);
    if (verdict.type === 'blocked') continue;
    const refusal = triggerRefusal(state, request.cause);
    if (verdict.type === 'tooSoon') {
      facts.push(rejectedFact(requestId, time.at, 'MINIMUM_TIME_BETWEEN_CHECKPOINTS', verdict.waitMs));
    } else if (refusal === undefined) return [...facts, triggeredFact(state, time, request, request)];
    else facts.push(rejectedFact(requestId, time.at, refusalReasons[refusal]));
  }
  return facts;
};
