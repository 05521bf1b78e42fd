/**
 * Effects: orders to the runtime that outlive a state of the chart, as values in one closed union. Each is idempotent;
 * after a crash {@link owedEffects} orders again what the fold says is owed.
 */
import type { CheckpointId, Slot } from '../state/ids.ts';
import type { LocationReference } from '../state/location.ts';
import type {
  CheckpointAborted,
  CheckpointCompleted,
  DiscardPlanned,
  Fact,
  JobFailureRequired,
} from './facts/fact.ts';
import {
  isCollecting,
  isCommitted,
  sourcePositions,
  unfinished,
  type JobState,
  type JobTable,
  type UnfinishedCheckpoint,
} from './job-state.ts';
import type { Roster } from './roster.ts';
import { currentIntervalMs, isScheduling } from './schedule.ts';
import type { SnapshotOptions } from './snapshot-options.ts';

/** Ask the tasks that start the barriers for their state. */
export interface TriggerTasks {
  readonly type: 'triggerTasks';
  readonly checkpointId: CheckpointId;
  readonly timestamp: number;
  readonly location: LocationReference;
  readonly options: SnapshotOptions;
  readonly slots: readonly Slot[];
}

/** Tell the tasks of a plan that the checkpoint is complete, until each has confirmed it. */
export interface NotifyCompleted {
  readonly type: 'notifyCompleted';
  readonly checkpointId: CheckpointId;
  /** Of the trigger. */
  readonly timestamp: number;
  /** The newest checkpoint that is not kept any more since this one is; undefined: all are (C-111). */
  readonly lastSubsumedId: CheckpointId | undefined;
  readonly slots: readonly Slot[];
}

/** Tell the tasks of a plan that the checkpoint is given up, until each has confirmed it (C-297). */
export interface NotifyAborted {
  readonly type: 'notifyAborted';
  readonly checkpointId: CheckpointId;
  /** Of the trigger. */
  readonly timestamp: number;
  readonly slots: readonly Slot[];
}

/** Delete what was planned, until it is gone. */
export interface Discard {
  readonly type: 'discard';
  readonly planned: DiscardPlanned;
}

/** Have the job manager fail the job, until it restarts or ends it (C-154). */
export interface FailJob {
  readonly type: 'failJob';
  readonly failure: JobFailureRequired;
}

/** The timer came inside the pause: it is to come again when that is over (C-040). */
export interface RearmPeriodicTrigger {
  readonly type: 'rearmPeriodicTrigger';
  readonly waitMs: number;
}

/** Another interval is in force: the timer comes after it, if it would come later (C-053). */
export interface AdvancePeriodicTrigger {
  readonly type: 'advancePeriodicTrigger';
  readonly intervalMs: number;
}

export type Effect =
  | TriggerTasks
  | NotifyCompleted
  | NotifyAborted
  | Discard
  | FailJob
  | RearmPeriodicTrigger
  | AdvancePeriodicTrigger;

const allSlots = (plan: Roster): Slot[] => Array.from(plan.slots) as Slot[];

/** A source that has acknowledged is not asked again. */
const unansweredSources = (state: JobState, checkpoint: UnfinishedCheckpoint): Slot[] => {
  const ledger = state.ledgers.get(checkpoint.checkpointId);
  return sourcePositions(state.table, checkpoint.plan)
    .filter((position) => !(ledger?.has(position) ?? false))
    .map((position) => checkpoint.plan.slots[position]! as Slot);
};

const triggerTasks = (
  state: JobState,
  checkpoint: UnfinishedCheckpoint,
  location: LocationReference,
): Effect[] => {
  const { checkpointId, triggeredAt, options } = checkpoint;
  const slots = unansweredSources(state, checkpoint);
  return slots.length === 0
    ? []
    : [{ type: 'triggerTasks', checkpointId, timestamp: triggeredAt, location, options, slots }];
};

const onAsked = (after: JobState, { checkpointId }: { readonly checkpointId: CheckpointId }): Effect[] => {
  const checkpoint = after.table.checkpoints[checkpointId];
  return checkpoint?.location === undefined ? [] : triggerTasks(after, checkpoint, checkpoint.location);
};

/**
 * A plain savepoint is no promise to tasks: nothing is committed on it (C-110). Nor is a checkpoint that completed
 * after a newer one (C-107): what the tasks committed on that holds this one too.
 */
const onCompleted = (before: JobTable, after: JobTable, fact: CheckpointCompleted): Effect[] => {
  const { checkpointId } = fact;
  const checkpoint = before.checkpoints[checkpointId];
  const isOutdated = checkpointId < after.latestCommittedId;
  if (checkpoint === undefined || !isCommitted(checkpoint) || isOutdated) return [];
  const { plan, triggeredAt: timestamp } = checkpoint;
  const { lastSubsumedId } = after;
  return [{ type: 'notifyCompleted', checkpointId, timestamp, lastSubsumedId, slots: allSlots(plan) }];
};

const onAborted = (before: JobTable, fact: CheckpointAborted): Effect[] => {
  const { checkpointId } = fact;
  const checkpoint = before.checkpoints[checkpointId];
  if (checkpoint === undefined) return [];
  const { plan, triggeredAt: timestamp } = checkpoint;
  return [{ type: 'notifyAborted', checkpointId, timestamp, slots: allSlots(plan) }];
};

/** What a fact orders, given the states before and after its command. */
export const effectsOf = (before: JobState, after: JobState, fact: Fact): Effect[] => {
  switch (fact.type) {
    case 'checkpoint.located':
    case 'tasks.asked':
      return onAsked(after, fact);
    case 'checkpoint.completed':
      return onCompleted(before.table, after.table, fact);
    case 'checkpoint.aborted':
      return onAborted(before.table, fact);
    case 'request.rejected':
      return fact.waitMs === undefined ? [] : [{ type: 'rearmPeriodicTrigger', waitMs: fact.waitMs }];
    case 'source.backlogChanged':
      return onBacklogChanged(after);
    case 'job.failureRequired':
      return [{ type: 'failJob', failure: fact }];
    case 'discard.planned':
      return [{ type: 'discard', planned: fact }];
    default:
      return [];
  }
};

/** A backlog that is reported while no schedule is kept does not begin one (C-054). */
const onBacklogChanged = ({ table }: JobState): Effect[] => {
  const intervalMs = currentIntervalMs(table);
  if (!isScheduling(table) || intervalMs === undefined) return [];
  return [{ type: 'advancePeriodicTrigger', intervalMs }];
};

const owedTriggers = (state: JobState, checkpoint: UnfinishedCheckpoint): Effect[] => {
  const { location } = checkpoint;
  return isCollecting(checkpoint) && location !== undefined ? triggerTasks(state, checkpoint, location) : [];
};

const owedFailure = ({ table }: JobState): Effect[] =>
  table.failureRequired === undefined ? [] : [{ type: 'failJob', failure: table.failureRequired }];

/** What is owed after a crash: triggers without an answer, a failure not acted on, discards not confirmed. */
export const owedEffects = (state: JobState): Effect[] => [
  ...owedFailure(state),
  ...unfinished(state.table).flatMap((checkpoint) => owedTriggers(state, checkpoint)),
  ...Object.values(state.table.discards).map((planned): Effect => ({ type: 'discard', planned })),
];
