/** What a decision is, and the facts that several commands decide alike. */
import { invariant } from '../../errors.ts';
import type { CheckpointId, OperatorId } from '../../state/ids.ts';
import type { Time } from '../commands.ts';
import type {
  CheckpointAborted,
  Fact,
  CheckpointTriggered,
  DiscardCause,
  DiscardTarget,
  RequestQueued,
} from '../facts/fact.ts';
import { MISSING_NAMED_MAX } from '../facts/fact.ts';
import { failureReasons, type FailureReason } from '../failures.ts';
import {
  canAbort,
  elapsedMs,
  lastedMs,
  operatorName,
  taskName,
  unfinished,
  type JobState,
  type UnfinishedCheckpoint,
} from '../job-state.ts';
import type { Outcome, OutcomeType } from '../outcomes.ts';
import type { Progress } from './progress.ts';
import { sentOptions } from '../snapshot-options.ts';

/** `decide` may refuse and never changes: it gives facts and an outcome. */
export interface Decision {
  readonly facts: readonly Fact[];
  readonly outcome: Outcome;
}

/** Nothing happens, for a named reason. */
export const nothing = (type: OutcomeType, more: Omit<Outcome, 'type'> = {}): Decision => ({
  facts: [],
  outcome: { type, ...more },
});

export const decided = (facts: readonly Fact[], outcome: Outcome): Decision => ({ facts, outcome });

/** Numbers the discards of one decision. */
export class DiscardPlanner {
  #next: number;
  readonly #at: number;

  constructor(state: JobState, at: number) {
    this.#next = state.table.nextDiscardId;
    this.#at = at;
  }

  plan(checkpointId: CheckpointId, cause: DiscardCause, clause: string, target: DiscardTarget): Fact {
    return {
      type: 'discard.planned',
      at: this.#at,
      discardId: this.#next++,
      checkpointId,
      cause,
      clause,
      target,
    };
  }
}

const directoryOf = (checkpoint: UnfinishedCheckpoint): DiscardTarget =>
  checkpoint.location === undefined
    ? { kind: 'unlocated', checkpointId: checkpoint.checkpointId, savepoint: checkpoint.savepoint }
    : { kind: 'directory', location: checkpoint.location };

const missingText = (
  state: JobState,
  checkpoint: UnfinishedCheckpoint,
  missing: readonly number[],
): string => {
  const ledger = state.ledgers.get(checkpoint.checkpointId);
  if (ledger === undefined) return '';
  const names = [
    ...ledger.coordinators.left.map((id) => `the coordinator of ${operatorName(state.table, id)}`),
    ...ledger.hooks.left.map((id) => `hook ${id}`),
    ...missing.map((slot) => taskName(state.table, checkpoint.plan, slot)),
  ];
  if (names.length === 0) return '';
  const more = ledger.left > missing.length ? ` and ${ledger.left - missing.length} more` : '';
  return ` Not acknowledged by ${names.join(', ')}${more}.`;
};

/** What Flink says to whoever would subsume a savepoint (C-080). */
const savepointSubsumed =
  'Bug: savepoints must never be subsumed, the abort reason is : ' + failureReasons.CHECKPOINT_SUBSUMED;

/** Why a checkpoint is given up, and when. */
export interface AbortCause {
  readonly reason: FailureReason;
  readonly message: string;
  readonly time: Time;
  /** How far the tasks had come, where that matters. */
  readonly progress?: Progress | undefined;
  /** The attempt that refused. */
  readonly declinedBy?: CheckpointAborted['declinedBy'];
}

/** A checkpoint given up: the fact says what was missing (C-307), and its directory is planned to go. */
export const abortFacts = (
  state: JobState,
  checkpoint: UnfinishedCheckpoint,
  why: AbortCause,
  planner: DiscardPlanner,
): Fact[] => {
  const { checkpointId, phase, plan } = checkpoint;
  const { at, monotonicMs } = why.time;
  const isSubsumed = why.reason === 'CHECKPOINT_SUBSUMED';
  invariant(!isSubsumed || checkpoint.kind === 'checkpoint', savepointSubsumed);
  const missing = state.ledgers.get(checkpointId)?.missing(MISSING_NAMED_MAX) ?? [];
  const left = state.ledgers.get(checkpointId)?.left ?? 0;
  const text = failureReasons[why.reason] + (why.message === '' ? '' : ` ${why.message}`);
  return [
    {
      type: 'checkpoint.aborted',
      at,
      monotonicMs,
      checkpointId,
      reason: why.reason,
      message: text + missingText(state, checkpoint, missing) + (why.progress?.text ?? ''),
      phase,
      acknowledged: plan.size - left,
      missing,
      durationMs: lastedMs(state.table, checkpoint, why.time),
      ...(why.progress === undefined ? {} : { slowest: why.progress.slowest }),
      ...(why.declinedBy === undefined ? {} : { declinedBy: why.declinedBy }),
    },
    planner.plan(checkpointId, 'aborted', why.reason, directoryOf(checkpoint)),
  ];
};

/** Gives up every checkpoint in flight that an abort still reaches, in the order they were triggered (C-104). */
export const abortAll = (
  state: JobState,
  why: AbortCause,
  planner: DiscardPlanner,
  which: (checkpoint: UnfinishedCheckpoint) => boolean = () => true,
): Fact[] =>
  unfinished(state.table)
    .filter((checkpoint) => canAbort(checkpoint) && which(checkpoint))
    .flatMap((checkpoint) => abortFacts(state, checkpoint, why, planner));

/** Who is asked before the tasks, as facts name them: not at all when there is nobody. */
export const askedBefore = (
  operatorCoordinators: readonly OperatorId[],
  masterHooks: readonly string[],
): Pick<CheckpointTriggered, 'operatorCoordinators' | 'masterHooks'> => ({
  ...(operatorCoordinators.length === 0 ? {} : { operatorCoordinators }),
  ...(masterHooks.length === 0 ? {} : { masterHooks }),
});

/**
 * The fact that begins a checkpoint or savepoint. Ids start at 1 and are never used twice (C-060). `waited` is the
 * request as it was queued, where it was.
 */
export const triggeredFact = (
  { table }: JobState,
  { at, monotonicMs }: Time,
  request: RequestQueued,
  waited: RequestQueued | undefined,
): CheckpointTriggered => {
  const { kind, snapshot, cause, isForced, savepoint, droppedTicks } = request;
  const { term, configuration, roster, operatorCoordinators, masterHooks, forceFull } = table;
  return {
    type: 'checkpoint.triggered',
    at,
    checkpointId: table.nextCheckpointId as CheckpointId,
    kind,
    snapshot,
    options: sentOptions(snapshot, configuration, forceFull),
    cause,
    term,
    monotonicMs,
    isForced,
    timeoutMs: configuration.timeoutMs,
    retention: configuration.retention,
    tasks: roster.size,
    plan: roster.runs(),
    ...askedBefore(operatorCoordinators, masterHooks),
    ...(savepoint === undefined ? {} : { savepoint }),
    ...(waited === undefined
      ? droppedTicks === undefined
        ? {}
        : { droppedTicks }
      : { requestId: waited.requestId, waitedMs: elapsedMs(table, waited, { at, monotonicMs }) }),
  };
};
