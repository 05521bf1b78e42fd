/**
 * The fold: `evolve` may not refuse, never chooses and reads no clock. What policy decided is in the fact, so that a
 * replay under another configuration gives the same state.
 */
import { castDraft, isDraft, original, produce, type Draft } from 'immer';
import { assertNever, invariant } from '../errors.ts';
import type { CheckpointId } from '../state/ids.ts';
import { inserted } from '../retention/plan.ts';
import {
  isAnswering,
  type CheckpointCompleted,
  type CheckpointTriggered,
  type Fact,
  type RequestQueued,
  type RequestRejected,
  type TasksReported,
} from './facts/fact.ts';
import {
  ABORTED_RUNS_MAX,
  DISPOSED_REMEMBERED_MAX,
  isCommitted,
  KEYED_SAVEPOINTS_MAX,
  savepointEntry,
  taskEntry,
  type JobState,
  type JobTable,
  type UnfinishedCheckpoint,
} from './job-state.ts';
import { recordAnswers } from './answers.ts';
import { withId, type IdRuns } from './id-runs.ts';
import { Ledger } from './ledger.ts';
import { tolerableOf, verdictOnAbort } from './job-failure.ts';
import { afterSuccess } from './failure-threshold.ts';
import { dequeued, enqueued } from './queue.ts';
import { checkpointPhases, jobPhases } from './phase.ts';
import {
  changeActivity,
  moveScheduler,
  moveTask,
  removeAttempts,
  resetScheduler,
  vacate,
} from './evolve-tasks.ts';
import { confirmDiscard, planDiscard, subsume, type Shared } from './evolve-discards.ts';
import { fromRuns, Roster, type AttemptRun, type RosterEntry } from './roster.ts';

type Table = Draft<JobTable>;
type Ledgers = Map<number, Ledger>;

const unfinishedOf = (table: Table, id: CheckpointId): Draft<UnfinishedCheckpoint> => {
  const checkpoint = table.checkpoints[id];
  invariant(checkpoint, `a fact speaks of checkpoint ${id}, which is not in flight`);
  return checkpoint;
};

const advance = (
  table: Table,
  fact: Fact & { readonly checkpointId: CheckpointId },
): Draft<UnfinishedCheckpoint> => {
  const checkpoint = unfinishedOf(table, fact.checkpointId);
  checkpoint.phase = checkpointPhases.next(checkpoint.phase, fact.type);
  checkpoint.facts.push(castDraft(fact));
  return checkpoint;
};

/** The plan of a trigger: a roster that is known already, where there is one, instead of one more of the same. */
const planOf = (table: Table, runs: readonly AttemptRun[] | undefined): Roster => {
  const living = table.roster as Roster;
  if (runs === undefined || living.isOf(runs)) return living;
  const plans = Object.values(table.checkpoints).map((checkpoint) => checkpoint.plan as Roster);
  return plans.find((plan) => plan.isOf(runs)) ?? new Roster(fromRuns(runs));
};

/** The queue as it is. A new one is put in its place; its entries never become drafts. */
const queueOf = ({ queue }: Table): readonly RequestQueued[] =>
  (isDraft(queue) ? original(queue) : undefined) ?? queue;

const abortedIdsOf = ({ abortedIds }: Table): IdRuns =>
  (isDraft(abortedIds) ? original(abortedIds) : undefined) ?? abortedIds;

const enqueue = (table: Table, fact: RequestQueued): void => {
  table.queue = castDraft(enqueued(queueOf(table), fact));
  table.nextRequestId = fact.requestId + 1;
  table.droppedTicks += fact.droppedTicks ?? 0;
  if (fact.cause === 'endOfData') table.endTriggered = true;
};

const reject = (table: Table, { requestId }: RequestRejected): void => {
  const queue = queueOf(table);
  const rejected = queue.find((request) => request.requestId === requestId);
  if (rejected?.cause === 'endOfData') table.endTriggered = false;
  table.queue = castDraft(dequeued(queue, requestId));
};

const trigger = (table: Table, ledgers: Ledgers, fact: CheckpointTriggered): void => {
  const plan = planOf(table, fact.plan);
  table.checkpoints[fact.checkpointId] = castDraft({
    checkpointId: fact.checkpointId,
    kind: fact.kind,
    snapshot: fact.snapshot,
    options: fact.options,
    cause: fact.cause,
    triggeredAt: fact.at,
    term: fact.term,
    monotonicMs: fact.monotonicMs,
    isForced: fact.isForced,
    timeoutMs: fact.timeoutMs,
    retention: fact.retention,
    plan,
    phase: checkpointPhases.initial,
    location: undefined,
    savepoint: fact.savepoint,
    reported: {},
    facts: [{ ...fact, plan: plan.runs() }],
  });
  table.bases[fact.checkpointId] = table.latestCompletedId;
  ledgers.set(fact.checkpointId, new Ledger(plan, fact.operatorCoordinators, fact.masterHooks));
  table.nextCheckpointId = Math.max(table.nextCheckpointId, fact.checkpointId + 1);
  if (fact.requestId !== undefined) table.queue = castDraft(dequeued(queueOf(table), fact.requestId));
  table.droppedTicks += fact.droppedTicks ?? 0;
  if (fact.cause === 'endOfData') table.endTriggered = true;
  if (fact.savepoint?.key !== undefined) {
    table.savepoints[savepointEntry(fact.savepoint.key)] = {
      checkpointId: fact.checkpointId,
      externalPointer: undefined,
    };
    const oldest = Object.keys(table.savepoints)[0];
    if (Object.keys(table.savepoints).length > KEYED_SAVEPOINTS_MAX && oldest !== undefined) {
      delete table.savepoints[oldest];
    }
  }
};

const forget = (table: Table, ledgers: Ledgers, id: CheckpointId): void => {
  delete table.checkpoints[id];
  delete table.bases[id];
  ledgers.delete(id);
};

/** What tasks are told, now and when they are announced to. */
const noteCompletion = (table: Table, checkpointId: CheckpointId, triggeredAt: number): void => {
  if (checkpointId <= table.latestCommittedId) return;
  table.latestCommittedId = checkpointId;
  table.latestTimestamp = triggeredAt;
  table.lastSubsumedId = undefined;
};

const complete = (table: Table, ledgers: Ledgers, fact: CheckpointCompleted): void => {
  const checkpoint = advance(table, fact);
  const { location, retention, triggeredAt, savepoint } = checkpoint;
  invariant(location, `checkpoint ${fact.checkpointId} completed without a location`);
  const { checkpointId, externalPointer } = fact;
  if (fact.kind === 'checkpoint') {
    const { stateSizeBytes } = fact.totals;
    const completed = { checkpointId, triggeredAt, externalPointer, location, retention, stateSizeBytes };
    table.completed = inserted(table.completed, completed);
    table.latestCompletedId = Math.max(table.latestCompletedId, checkpointId);
    table.forceFull = false;
  }
  if (isCommitted(checkpoint)) noteCompletion(table, checkpointId, triggeredAt);
  table.lastCompletedMs = fact.monotonicMs;
  table.failures = castDraft(afterSuccess(table.failures, checkpointId));
  if (fact.cause === 'endOfData') table.endCompletedId = checkpointId;
  if (savepoint?.key !== undefined)
    table.savepoints[savepointEntry(savepoint.key)] = { checkpointId, externalPointer };
  forget(table, ledgers, checkpointId);
};

const abort = (
  table: Table,
  ledgers: Ledgers,
  fact: Fact & { readonly type: 'checkpoint.aborted' },
): void => {
  const { location, savepoint, cause, snapshot } = advance(table, fact);
  const tolerable = tolerableOf(table.configuration);
  table.failures = castDraft(verdictOnAbort(table.failures, fact, snapshot, tolerable).streak);
  table.disposed.push({ checkpointId: fact.checkpointId, location });
  if (table.disposed.length > DISPOSED_REMEMBERED_MAX) table.disposed.shift();
  table.abortedIds = castDraft(withId(abortedIdsOf(table), fact.checkpointId, ABORTED_RUNS_MAX));
  if (savepoint?.key !== undefined) delete table.savepoints[savepointEntry(savepoint.key)];
  if (cause === 'endOfData') table.endTriggered = false;
  forget(table, ledgers, fact.checkpointId);
};

/** Of a checkpoint that has ended only the statistics take notice. */
const report = (table: Table, fact: TasksReported): void => {
  const checkpoint = table.checkpoints[fact.checkpointId];
  if (checkpoint === undefined) return;
  checkpoint.facts.push(castDraft(fact));
  for (const { slot } of fact.rows) checkpoint.reported[slot] = fact.at;
};

const deploy = (table: Table, entries: readonly RosterEntry[]): void => {
  const before = table.roster as Roster;
  const after = before.with(entries);
  for (const slot of before.slots) if (after.positionOf(slot) < 0) delete table.taskPhases[slot];
  table.roster = castDraft(after);
  for (const { vertex, subtask, slot, attempt } of entries) {
    delete table.vacantTasks[taskEntry({ vertex, subtask })];
    table.nextSlot = Math.max(table.nextSlot, slot + 1);
    table.nextAttempt = Math.max(table.nextAttempt, attempt + 1);
  }
  table.endTriggered = queueOf(table).some((request) => request.cause === 'endOfData');
  table.endCompletedId = undefined;
};

const moveJob = (table: Table, factType: Fact['type']): void => {
  table.jobPhase = jobPhases.next(table.jobPhase, factType);
  table.failureRequired = undefined;
  table.jobFact = factType;
};

/** It leaves the store; where its directory is planned to go, it leaves the list of those that wait, too. */
/** Folds one fact into the draft, the ledgers and the registry. */
const evolve = (table: Table, ledgers: Ledgers, shared: Shared, fact: Fact): void => {
  switch (fact.type) {
    case 'job.opened':
      table.jobId = fact.jobId;
      table.graph = castDraft(fact.graph);
      return;
    case 'coordinator.tookOver':
      table.term = fact.term;
      table.isJournalDurable = fact.isJournalDurable !== false;
      table.configuration = fact.configuration;
      table.operatorCoordinators = [...(fact.operatorCoordinators ?? [])];
      table.masterHooks = [...(fact.masterHooks ?? [])];
      table.lastCompletedMs = undefined;
      resetScheduler(table, fact.initialDelayMs);
      return;
    case 'tasks.deployed':
      deploy(table, fromRuns(fact.runs));
      return;
    case 'tasks.lost': {
      const slots = new Set(fromRuns(fact.runs).map((entry) => entry.slot));
      vacate(table, slots);
      removeAttempts(table, slots);
      return;
    }
    case 'tasks.inactive':
    case 'tasks.active':
      changeActivity(table, fact);
      return;
    case 'source.backlogChanged':
      if (fact.isBacklog) table.backlog[fact.operatorId] = true;
      else delete table.backlog[fact.operatorId];
      return;
    case 'scheduler.started':
    case 'scheduler.stopped':
      moveScheduler(table, fact);
      return;
    case 'task.finished':
    case 'task.failed':
    case 'task.cancelled':
    case 'task.dataEnded':
      moveTask(table, fact.slot, fact.type);
      return;
    case 'job.running':
      moveJob(table, fact.type);
      return;
    case 'job.restarting':
      moveJob(table, fact.type);
      if (fact.cause === 'taskFailure') table.restarts += 1;
      return;
    case 'job.finished':
    case 'job.failed':
    case 'job.cancelled':
    case 'job.suspended': {
      moveJob(table, fact.type);
      table.jobEnd = castDraft(fact);
      const kept = new Set<number>(fact.kept.map((fate) => fate.checkpointId));
      table.completed = table.completed.filter((completed) => kept.has(completed.checkpointId));
      return;
    }
    case 'job.failureRequired':
      table.failureRequired = castDraft(fact);
      return;
    case 'job.restored':
      table.restoredFrom = fact.checkpointId;
      table.forceFull = fact.isUnclaimed ?? false;
      return;
    case 'request.queued':
      enqueue(table, fact);
      return;
    case 'request.rejected':
      reject(table, fact);
      return;
    case 'checkpoint.triggered':
      trigger(table, ledgers, fact);
      return;
    case 'hook.registered':
      table.masterHooks.push(fact.hookId);
      return;
    case 'checkpoint.located':
    case 'coordinators.asked':
      advance(table, fact).location = fact.location;
      return;
    case 'hooks.asked': {
      const checkpoint = advance(table, fact);
      checkpoint.location = fact.location ?? checkpoint.location;
      return;
    }
    case 'coordinators.snapshotted':
      recordAnswers(
        ledgers.get(fact.checkpointId)?.coordinators,
        fact.states.map((state) => ({ ...state, id: state.operatorId, version: 0 })),
        fact.bytes,
      );
      return;
    case 'hooks.snapshotted':
      recordAnswers(
        ledgers.get(fact.checkpointId)?.hooks,
        fact.states.map((state) => ({ ...state, id: state.hookId })),
        fact.bytes,
      );
      return;
    case 'tasks.asked':
      advance(table, fact);
      return;
    case 'tasks.acknowledged': {
      // Bulk of a checkpoint that is final by now may be trimmed: nothing that follows reads its ledger.
      const ledger = ledgers.get(fact.checkpointId);
      if (fact.columns !== undefined && fact.bytes !== undefined)
        ledger?.record(fact.columns, fact.bytes, fact.at);
      return;
    }
    case 'tasks.reported':
      report(table, fact);
      return;
    case 'checkpoint.fullyAcknowledged':
    case 'metadata.written':
      advance(table, fact);
      return;
    case 'checkpoint.completed':
      complete(table, ledgers, fact);
      return;
    case 'checkpoint.aborted':
      abort(table, ledgers, fact);
      return;
    case 'checkpoint.subsumed':
      subsume(table, fact.checkpointId);
      return;
    case 'shared.registered':
      shared?.add(fact.files, fact.checkpointId);
      shared?.use(fact.used, fact.checkpointId);
      return;
    case 'shared.released':
      shared?.release(fact.released);
      return;
    case 'discard.planned':
      planDiscard(table, shared, fact);
      return;
    case 'discard.postponed':
      table.postponedDiscards[fact.discardId] = true;
      return;
    case 'discard.confirmed':
      confirmDiscard(table, shared, fact.discardId);
      return;
    default:
      assertNever(fact);
  }
};

const folded = (state: JobState, ledgers: Ledgers, shared: Shared, facts: readonly Fact[]): JobState => {
  const table = produce(state.table, (draft) => {
    for (const fact of facts) evolve(draft, ledgers, shared, fact);
  });
  return { table, ledgers, shared: state.shared };
};

/** Folds facts in order: one produce for all of them. Ledgers and registry are changed in place. */
export const fold = (state: JobState, facts: readonly Fact[]): JobState =>
  facts.length === 0 ? state : folded(state, state.ledgers, state.shared, facts);

/**
 * The state as it would be after these facts: for decisions that look one step ahead. Ledgers and registry are those
 * of before, for an answer is recorded once; only the set of ledgers is copied.
 */
export const peek = (state: JobState, facts: readonly Fact[]): JobState =>
  folded(
    state,
    new Map(state.ledgers),
    undefined,
    facts.filter((fact) => !isAnswering(fact)),
  );
