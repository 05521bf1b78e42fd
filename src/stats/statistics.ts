/** Facts → what people want to know of checkpoints: counts, a history and the latest ones. */
import { castDraft, produce, type Draft } from 'immer';
import type { Fact } from '../core/facts/fact.ts';

/** Records kept, newest last: enough for a page and a small terminal. */
export const HISTORY_MAX = 100;

export type CheckpointStatus = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';

/** One checkpoint or savepoint as people see it. Times are wall-clock milliseconds, durations ms, sizes bytes. */
export interface CheckpointRecord {
  readonly checkpointId: number;
  readonly kind: 'checkpoint' | 'savepoint';
  readonly cause: 'periodic' | 'manual' | 'endOfData';
  readonly status: CheckpointStatus;
  readonly triggeredAt: number;
  readonly endedAt: number | undefined;
  readonly durationMs: number | undefined;
  readonly tasks: number;
  readonly acknowledged: number;
  readonly stateSizeBytes: number;
  readonly checkpointedSizeBytes: number;
  readonly metadataSizeBytes: number | undefined;
  readonly externalPointer: string | undefined;
  readonly failure: string | undefined;
  /** Why its files went or are about to go; undefined while they stay. */
  readonly discarded: string | undefined;
}

/** Counts as Flink reports them (C-221), for all facts that were folded. */
export interface CheckpointCounts {
  readonly restored: number;
  readonly total: number;
  readonly inProgress: number;
  readonly completed: number;
  readonly failed: number;
}

export interface CheckpointStatistics {
  readonly counts: CheckpointCounts;
  /** Newest last. */
  readonly history: readonly CheckpointRecord[];
  readonly latestCompleted: CheckpointRecord | undefined;
  readonly latestSavepoint: CheckpointRecord | undefined;
  readonly latestFailed: CheckpointRecord | undefined;
  /** How the job is, in the words of its facts: `running`, `restarting`, `finished` … */
  readonly jobStatus: string;
  readonly jobMessage: string;
  readonly restarts: number;
  /** Reigns over this job: one more with every start and every crash. */
  readonly term: number;
  readonly restoredFrom: number | undefined;
  /** At the end: what retention kept, and the clause that decided. */
  readonly kept: readonly { readonly checkpointId: number; readonly clause: string }[];
  readonly discardsOwed: number;
}

export const noStatistics: CheckpointStatistics = {
  counts: { restored: 0, total: 0, inProgress: 0, completed: 0, failed: 0 },
  history: [],
  latestCompleted: undefined,
  latestSavepoint: undefined,
  latestFailed: undefined,
  jobStatus: 'created',
  jobMessage: '',
  restarts: 0,
  term: 0,
  restoredFrom: undefined,
  kept: [],
  discardsOwed: 0,
};

type Statistics = Draft<CheckpointStatistics>;

const recordOf = (statistics: Statistics, checkpointId: number): Draft<CheckpointRecord> | undefined =>
  statistics.history.findLast((record) => record.checkpointId === checkpointId);

const begin = (statistics: Statistics, fact: Fact & { type: 'checkpoint.triggered' }): void => {
  const { checkpointId, kind, cause, at, tasks } = fact;
  statistics.history.push({
    checkpointId,
    kind,
    cause,
    status: 'IN_PROGRESS',
    triggeredAt: at,
    endedAt: undefined,
    durationMs: undefined,
    tasks,
    acknowledged: 0,
    stateSizeBytes: 0,
    checkpointedSizeBytes: 0,
    metadataSizeBytes: undefined,
    externalPointer: undefined,
    failure: undefined,
    discarded: undefined,
  });
  statistics.counts.total += 1;
  statistics.counts.inProgress += 1;
  // What is in flight stays in the history however many came after it (C-223).
  const oldest = statistics.history.findIndex((record) => record.status !== 'IN_PROGRESS');
  if (statistics.history.length > HISTORY_MAX && oldest >= 0) statistics.history.splice(oldest, 1);
};

const end = (
  statistics: Statistics,
  fact: Fact & { readonly checkpointId: number },
  change: Partial<CheckpointRecord> & { readonly status: CheckpointStatus },
): Draft<CheckpointRecord> | undefined => {
  const record = recordOf(statistics, fact.checkpointId);
  statistics.counts.inProgress = Math.max(0, statistics.counts.inProgress - 1);
  if (record === undefined) return undefined;
  return Object.assign(
    record,
    { endedAt: fact.at, durationMs: Math.max(0, fact.at - record.triggeredAt) },
    change,
  );
};

const complete = (statistics: Statistics, fact: Fact & { type: 'checkpoint.completed' }): void => {
  const { totals, metadataSizeBytes, externalPointer, durationMs } = fact;
  const { stateSizeBytes, checkpointedSizeBytes } = totals;
  const change = { durationMs, stateSizeBytes, checkpointedSizeBytes, metadataSizeBytes, externalPointer };
  const record = end(statistics, fact, { ...change, status: 'COMPLETED' });
  statistics.counts.completed += 1;
  if (record === undefined) return;
  if (fact.kind === 'savepoint') statistics.latestSavepoint = { ...record };
  else statistics.latestCompleted = { ...record };
};

const fail = (statistics: Statistics, fact: Fact & { type: 'checkpoint.aborted' }): void => {
  const { message, acknowledged } = fact;
  const record = end(statistics, fact, { status: 'FAILED', failure: message, acknowledged });
  statistics.counts.failed += 1;
  if (record !== undefined) statistics.latestFailed = { ...record };
};

const planDiscard = (statistics: Statistics, fact: Fact & { type: 'discard.planned' }): void => {
  statistics.discardsOwed += 1;
  if (fact.target.kind === 'files' || fact.target.kind === 'shared') return;
  const record = recordOf(statistics, fact.checkpointId);
  if (record !== undefined) record.discarded = `${fact.cause}: ${fact.clause}`;
};

const fold = (statistics: Statistics, fact: Fact): void => {
  switch (fact.type) {
    case 'coordinator.tookOver':
      statistics.term = fact.term;
      return;
    case 'job.running':
      statistics.jobStatus = 'running';
      statistics.jobMessage = '';
      return;
    case 'job.restarting':
      statistics.jobStatus = 'restarting';
      statistics.jobMessage = fact.message;
      if (fact.cause === 'taskFailure') statistics.restarts += 1;
      return;
    case 'job.finished':
    case 'job.failed':
    case 'job.cancelled':
    case 'job.suspended':
      statistics.jobStatus = fact.type.slice('job.'.length);
      statistics.jobMessage = fact.message;
      statistics.kept = castDraft(fact.kept);
      return;
    case 'job.restored':
      statistics.restoredFrom = fact.checkpointId;
      if (fact.checkpointId !== undefined) statistics.counts.restored += 1;
      return;
    case 'checkpoint.triggered':
      begin(statistics, fact);
      return;
    case 'tasks.acknowledged': {
      const record = recordOf(statistics, fact.checkpointId);
      if (record !== undefined) record.acknowledged += fact.count;
      return;
    }
    case 'checkpoint.completed':
      complete(statistics, fact);
      return;
    case 'checkpoint.aborted':
      fail(statistics, fact);
      return;
    case 'discard.planned':
      planDiscard(statistics, fact);
      return;
    case 'discard.confirmed':
      statistics.discardsOwed = Math.max(0, statistics.discardsOwed - 1);
      return;
    case 'job.opened':
    case 'tasks.deployed':
    case 'tasks.lost':
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
    case 'checkpoint.fullyAcknowledged':
    case 'metadata.written':
    case 'checkpoint.subsumed':
    case 'shared.registered':
    case 'shared.released':
    case 'request.queued':
    case 'request.rejected':
    case 'job.failureRequired':
    case 'discard.postponed':
      return;
  }
};

/** Folds the facts of one or more blocks: one produce for all of them. */
export const foldStatistics = (
  statistics: CheckpointStatistics,
  facts: readonly Fact[],
): CheckpointStatistics =>
  produce(statistics, (draft) => {
    for (const fact of facts) fold(draft, fact);
  });
