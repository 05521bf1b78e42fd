/**
 * Facts → what people want to know of checkpoints (C-310): a projection, so that a replay of the journal gives the very
 * same statistics as the run did. Every value is frozen and a change makes a new one: readers never wait (C-229).
 */
import { addColumns, noTotals } from '../core/ledger.ts';
import type { CheckpointConfiguration } from '../core/configuration.ts';
import type { Fact } from '../core/facts/fact.ts';
import type { AcknowledgedRows } from './acknowledged-rows.ts';
import { countEnded, countRestored, countTriggered, noCounts, type CheckpointCounts } from './counts.ts';
import {
  beginRecord,
  emptyRecord,
  endRecord,
  HISTORY_SIZE,
  newest,
  noHistory,
  recordOf,
  replaceRecord,
  type CheckpointHistory,
  type CheckpointRecord,
} from './history.ts';
import { emptySummary, summarize, type CompletedSummary } from './summary.ts';
import { foldTaskDetails, noTaskDetails, rowsOf, type TaskDetails } from './task-details.ts';
import { UNALIGNED_FLAG } from './tasks.ts';

/** The checkpoint or savepoint the newest attempts were started from. */
export interface RestoredRecord {
  readonly checkpointId: number;
  readonly restoredAt: number;
  readonly isSavepoint: boolean;
  /** Undefined when its record was forgotten before it was restored. */
  readonly externalPointer: string | undefined;
  readonly stateSizeBytes: number | undefined;
}

export interface CheckpointStatistics extends CheckpointHistory {
  readonly counts: CheckpointCounts;
  /** Over all that completed, savepoints too. */
  readonly summary: CompletedSummary;
  /** How the job is, in the words of its facts: `running`, `restarting`, `finished` … */
  readonly jobStatus: string;
  readonly jobMessage: string;
  readonly restarts: number;
  /** Reigns over this job: one more with every start and every crash. */
  readonly term: number;
  /** In force; undefined before the first reign. */
  readonly configuration: CheckpointConfiguration | undefined;
  /** When attempts were last handed their state, even if there was none; undefined before. */
  readonly initializedAt: number | undefined;
  readonly restored: RestoredRecord | undefined;
  readonly restoredFrom: number | undefined;
  /** At the end: what retention kept, and the clause that decided. */
  readonly kept: readonly { readonly checkpointId: number; readonly clause: string }[];
  readonly discardsOwed: number;
}

export const noStatistics: CheckpointStatistics = Object.freeze({
  ...noHistory,
  counts: noCounts,
  summary: emptySummary,
  jobStatus: 'created',
  jobMessage: '',
  restarts: 0,
  term: 0,
  configuration: undefined,
  initializedAt: undefined,
  restored: undefined,
  restoredFrom: undefined,
  kept: [],
  discardsOwed: 0,
});

/** What is folded: the statistics, and beside them what they say task by task. */
export interface StatisticsState {
  readonly statistics: CheckpointStatistics;
  readonly details: TaskDetails;
  /** What the facts folded last have ended, for those who are told; it is no part of the statistics. */
  readonly justEnded: readonly EndedCheckpoint[];
}

/** One that has ended, whether the history keeps it or not; its rows when all of them are known. */
export interface EndedCheckpoint {
  readonly record: CheckpointRecord;
  readonly rows: AcknowledgedRows | undefined;
}

export const noStatisticsState: StatisticsState = {
  statistics: noStatistics,
  details: noTaskDetails,
  justEnded: [],
};

type Of<Type extends Fact['type']> = Fact & { readonly type: Type };

const takeOver = (
  statistics: CheckpointStatistics,
  fact: Of<'coordinator.tookOver'>,
): CheckpointStatistics => ({
  ...statistics,
  term: fact.term,
  configuration: fact.configuration,
  history: newest(statistics.history, fact.configuration.historySize),
});

const endJob = (
  statistics: CheckpointStatistics,
  { type, message, kept }: Of<'job.finished' | 'job.failed' | 'job.cancelled' | 'job.suspended'>,
): CheckpointStatistics => ({
  ...statistics,
  jobStatus: type.slice('job.'.length),
  jobMessage: message,
  kept,
});

/** The start of a restore is its fact: there is no restore without one (C-234). */
const restore = (statistics: CheckpointStatistics, fact: Of<'job.restored'>): CheckpointStatistics => {
  const { checkpointId, at } = fact;
  const initialized = { ...statistics, initializedAt: at, restoredFrom: checkpointId };
  if (checkpointId === undefined) return initialized;
  const record = recordOf(statistics, checkpointId);
  const { externalPointer, stateSizeBytes } = record ?? {};
  const isSavepoint = record?.kind === 'savepoint';
  return {
    ...initialized,
    counts: countRestored(statistics.counts),
    restored: { checkpointId, restoredAt: at, isSavepoint, externalPointer, stateSizeBytes },
  };
};

const change = (record: CheckpointRecord, changes: Partial<CheckpointRecord>): CheckpointRecord =>
  Object.freeze({ ...record, ...changes });

const begin = (statistics: CheckpointStatistics, fact: Of<'checkpoint.triggered'>): CheckpointStatistics => {
  const { checkpointId, kind, cause, at, tasks } = fact;
  const record = change(emptyRecord, { checkpointId, kind, cause, triggeredAt: at, tasks });
  const size = statistics.configuration?.historySize ?? HISTORY_SIZE;
  const begun = beginRecord(statistics, record, size);
  return { ...begun, counts: countTriggered(statistics.counts) };
};

const inFlightOf = ({ inFlight }: CheckpointStatistics, id: number): CheckpointRecord | undefined =>
  inFlight.find((record) => record.checkpointId === id);

const acknowledge = (
  statistics: CheckpointStatistics,
  fact: Of<'tasks.acknowledged'>,
): CheckpointStatistics => {
  const record = inFlightOf(statistics, fact.checkpointId);
  if (record === undefined) return statistics;
  const { columns, count, at } = fact;
  const counted = { acknowledged: record.acknowledged + count, acknowledgedAt: at };
  if (columns === undefined) return replaceRecord(statistics, change(record, counted));
  const { stateSizeBytes, checkpointedSizeBytes, processedBytes, persistedBytes } = addColumns(
    { ...noTotals, ...record },
    columns,
  );
  const isUnaligned = record.isUnaligned || columns.flags.some((flags) => (flags & UNALIGNED_FLAG) !== 0);
  const sums = { stateSizeBytes, checkpointedSizeBytes, processedBytes, persistedBytes, isUnaligned };
  return replaceRecord(statistics, change(record, { ...counted, ...sums }));
};

type Ending = Of<'checkpoint.completed' | 'checkpoint.aborted'>;

const changeOf = (record: CheckpointRecord, fact: Ending): Partial<CheckpointRecord> => {
  if (fact.type === 'checkpoint.aborted') {
    const { reason, message, acknowledged } = fact;
    const durationMs = fact.durationMs ?? Math.max(0, fact.at - record.triggeredAt);
    return { status: 'FAILED', durationMs, acknowledged, failureReason: reason, failure: message };
  }
  const { totals, metadataSizeBytes, externalPointer, durationMs } = fact;
  const { stateSizeBytes, checkpointedSizeBytes, processedBytes, persistedBytes } = totals;
  const sizes = { stateSizeBytes, checkpointedSizeBytes, processedBytes, persistedBytes, metadataSizeBytes };
  return { status: 'COMPLETED', durationMs, externalPointer, ...sizes };
};

/** The last state of a checkpoint's record; undefined when it was not known to be in flight. */
const endedRecord = (statistics: CheckpointStatistics, fact: Ending): CheckpointRecord | undefined => {
  const record = inFlightOf(statistics, fact.checkpointId);
  return record && change(record, { endedAt: fact.at, ...changeOf(record, fact) });
};

const end = (statistics: CheckpointStatistics, fact: Ending): CheckpointStatistics => {
  const isCompleted = fact.type === 'checkpoint.completed';
  const record = endedRecord(statistics, fact);
  const how = isCompleted ? 'completed' : 'failed';
  const counts = countEnded(statistics.counts, how, record !== undefined);
  if (record === undefined) return { ...statistics, counts };
  const summary = isCompleted ? summarize(statistics.summary, record) : statistics.summary;
  return { ...endRecord(statistics, record), counts, summary };
};

const planDiscard = (statistics: CheckpointStatistics, fact: Of<'discard.planned'>): CheckpointStatistics => {
  const owed = { ...statistics, discardsOwed: statistics.discardsOwed + 1 };
  const record =
    fact.target.kind === 'files' || fact.target.kind === 'shared'
      ? undefined
      : recordOf(statistics, fact.checkpointId);
  if (record === undefined) return owed;
  return replaceRecord(owed, change(record, { discarded: `${fact.cause}: ${fact.clause}` }));
};

const foldOne = (statistics: CheckpointStatistics, fact: Fact): CheckpointStatistics => {
  switch (fact.type) {
    case 'coordinator.tookOver':
      return takeOver(statistics, fact);
    case 'job.running':
      return { ...statistics, jobStatus: 'running', jobMessage: '' };
    case 'job.restarting': {
      const restarts = statistics.restarts + (fact.cause === 'taskFailure' ? 1 : 0);
      return { ...statistics, jobStatus: 'restarting', jobMessage: fact.message, restarts };
    }
    case 'job.finished':
    case 'job.failed':
    case 'job.cancelled':
    case 'job.suspended':
      return endJob(statistics, fact);
    case 'job.restored':
      return restore(statistics, fact);
    case 'checkpoint.triggered':
      return begin(statistics, fact);
    case 'tasks.acknowledged':
      return acknowledge(statistics, fact);
    case 'checkpoint.completed':
    case 'checkpoint.aborted':
      return end(statistics, fact);
    case 'discard.planned':
      return planDiscard(statistics, fact);
    case 'discard.confirmed':
      return { ...statistics, discardsOwed: Math.max(0, statistics.discardsOwed - 1) };
    case 'job.opened':
    case 'tasks.deployed':
    case 'tasks.lost':
    case 'tasks.inactive':
    case 'tasks.active':
    case 'source.backlogChanged':
    case 'scheduler.started':
    case 'scheduler.stopped':
    case 'task.finished':
    case 'task.failed':
    case 'task.cancelled':
    case 'task.dataEnded':
    case 'hook.registered':
    case 'checkpoint.located':
    case 'coordinators.asked':
    case 'coordinators.snapshotted':
    case 'hooks.asked':
    case 'hooks.snapshotted':
    case 'tasks.asked':
    case 'tasks.reported':
    case 'checkpoint.fullyAcknowledged':
    case 'metadata.written':
    case 'checkpoint.subsumed':
    case 'shared.registered':
    case 'shared.released':
    case 'request.queued':
    case 'request.rejected':
    case 'job.failureRequired':
    case 'discard.postponed':
      return statistics;
  }
};

const frozen = (statistics: CheckpointStatistics): CheckpointStatistics => {
  for (const part of [statistics.counts, statistics.history, statistics.inFlight]) Object.freeze(part);
  return Object.freeze(statistics);
};

/** Folds facts in order. What they do not change stays the same value. */
export const foldStatistics = (state: StatisticsState, facts: readonly Fact[]): StatisticsState => {
  let { statistics, details } = state;
  const justEnded: EndedCheckpoint[] = [];
  for (const fact of facts) {
    if (fact.type === 'checkpoint.completed' || fact.type === 'checkpoint.aborted') {
      const record = endedRecord(statistics, fact);
      if (record !== undefined) justEnded.push({ record, rows: rowsOf(details, fact.checkpointId) });
    }
    statistics = foldOne(statistics, fact);
    details = foldTaskDetails(details, fact);
  }
  return { statistics: frozen(statistics), details, justEnded };
};
