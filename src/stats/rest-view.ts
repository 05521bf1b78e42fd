/**
 * Statistics as Flink's REST interface tells them (C-237), to the name of every field: times and durations in ms, sizes
 * in bytes, -1 for what is not there. A quantile of nothing is the text NaN, as Flink writes it into JSON.
 */
import {
  checkpointConfigurationView,
  type CheckpointConfigurationView,
  type ShownNames,
} from './configuration-view.ts';
import type { CheckpointCounts } from './counts.ts';
import { endToEndDurationMs, type CheckpointRecord } from './history.ts';
import type { CheckpointStatistics, RestoredRecord } from './statistics.ts';
import { noAlignment, summaryView, type SummaryView } from './summary-view.ts';
import type { TaskRecord } from './tasks.ts';

export interface CountsView {
  readonly restored: number;
  readonly total: number;
  readonly in_progress: number;
  readonly completed: number;
  readonly failed: number;
}

const countsView = ({ inProgress, ...counts }: CheckpointCounts): CountsView => ({
  ...counts,
  in_progress: inProgress,
});

/** What a checkpoint and each of its tasks tell alike. */
interface ProgressView {
  readonly latest_ack_timestamp: number;
  readonly checkpointed_size: number;
  readonly state_size: number;
  readonly end_to_end_duration: number;
  /** Always 0: nothing is buffered for alignment since Flink 1.11. */
  readonly alignment_buffered: number;
  readonly processed_data: number;
  readonly persisted_data: number;
  readonly num_subtasks: number;
  readonly num_acknowledged_subtasks: number;
}

export interface TaskView extends ProgressView {
  readonly id: string;
  /** Of the whole checkpoint. */
  readonly status: CheckpointRecord['status'];
}

export interface CheckpointView extends ProgressView {
  readonly className: 'in_progress' | 'completed' | 'failed';
  readonly id: number;
  readonly status: CheckpointRecord['status'];
  readonly is_savepoint: boolean;
  readonly savepointFormat: 'CANONICAL' | 'NATIVE' | null;
  readonly trigger_timestamp: number;
  readonly checkpoint_type: 'CHECKPOINT' | 'UNALIGNED_CHECKPOINT' | 'SAVEPOINT' | 'SYNC_SAVEPOINT';
  /** Empty but in the view of one checkpoint. */
  readonly tasks: Readonly<Record<string, TaskView>>;
  /** Of a completed one. */
  readonly external_path?: string | null;
  /** Of a completed one: its files are gone or about to go (C-238). */
  readonly discarded?: boolean;
  /** Of a failed one. */
  readonly failure_timestamp?: number;
  /** Of a failed one. */
  readonly failure_message?: string | null;
}

const classNames = {
  IN_PROGRESS: 'in_progress',
  COMPLETED: 'completed',
  FAILED: 'failed',
} as const satisfies Record<CheckpointRecord['status'], CheckpointView['className']>;

const checkpointType = ({ kind, isUnaligned }: CheckpointRecord): CheckpointView['checkpoint_type'] => {
  if (kind === 'savepoint') return 'SAVEPOINT';
  return isUnaligned ? 'UNALIGNED_CHECKPOINT' : 'CHECKPOINT';
};

const endView = (record: CheckpointRecord): Partial<CheckpointView> => {
  const { status, externalPointer, discarded, endedAt, failure } = record;
  if (status === 'COMPLETED') {
    return { external_path: externalPointer ?? null, discarded: discarded !== undefined };
  }
  return status === 'FAILED' ? { failure_timestamp: endedAt ?? -1, failure_message: failure ?? null } : {};
};

/** A vertex in one checkpoint. */
export const taskView = (task: TaskRecord, { status }: CheckpointRecord): TaskView => ({
  id: task.vertexId,
  status,
  latest_ack_timestamp: task.acknowledgedAt,
  checkpointed_size: task.metrics.checkpointedSizeBytes.sum,
  state_size: task.metrics.stateSizeBytes.sum,
  end_to_end_duration: task.durationMs,
  alignment_buffered: 0,
  processed_data: task.metrics.processedBytes.sum,
  persisted_data: task.metrics.persistedBytes.sum,
  num_subtasks: task.subtasks,
  num_acknowledged_subtasks: task.acknowledged,
});

/** An entry of the history; with its tasks when they are given. */
export const checkpointView = (
  record: CheckpointRecord,
  tasks: readonly TaskRecord[] = [],
): CheckpointView => ({
  className: classNames[record.status],
  id: record.checkpointId,
  status: record.status,
  is_savepoint: record.kind === 'savepoint',
  savepointFormat: record.kind === 'savepoint' ? 'CANONICAL' : null,
  trigger_timestamp: record.triggeredAt,
  latest_ack_timestamp: record.acknowledgedAt ?? -1,
  checkpointed_size: record.checkpointedSizeBytes,
  state_size: record.stateSizeBytes,
  end_to_end_duration: endToEndDurationMs(record),
  alignment_buffered: 0,
  processed_data: record.processedBytes,
  persisted_data: record.persistedBytes,
  num_subtasks: record.tasks,
  num_acknowledged_subtasks: record.acknowledged,
  checkpoint_type: checkpointType(record),
  tasks: Object.fromEntries(tasks.map((task) => [task.vertexId, taskView(task, record)])),
  ...endView(record),
});

export interface RestoredView {
  readonly id: number;
  readonly restore_timestamp: number;
  readonly is_savepoint: boolean;
  readonly external_path: string | null;
}

const restoredView = (restored: RestoredRecord): RestoredView => ({
  id: restored.checkpointId,
  restore_timestamp: restored.restoredAt,
  is_savepoint: restored.isSavepoint,
  external_path: restored.externalPointer ?? null,
});

export interface CheckpointingStatisticsView {
  readonly counts: CountsView;
  readonly summary: Readonly<
    Record<
      | 'checkpointed_size'
      | 'state_size'
      | 'end_to_end_duration'
      | 'alignment_buffered'
      | 'processed_data'
      | 'persisted_data',
      SummaryView
    >
  >;
  readonly latest: {
    readonly completed: CheckpointView | null;
    readonly savepoint: CheckpointView | null;
    readonly failed: CheckpointView | null;
    readonly restored: RestoredView | null;
  };
  /** Newest first. */
  readonly history: readonly CheckpointView[];
  /** Null before the first reign. */
  readonly config: CheckpointConfigurationView | null;
}

const orNull = (record: CheckpointRecord | undefined): CheckpointView | null =>
  record === undefined ? null : checkpointView(record);

/** All statistics of a job but those of single tasks. */
export const checkpointingStatistics = (
  statistics: CheckpointStatistics,
  names: ShownNames = {},
): CheckpointingStatisticsView => {
  const { counts, summary, history, configuration, restored } = statistics;
  const { latestCompleted, latestSavepoint, latestFailed } = statistics;
  return {
    counts: countsView(counts),
    summary: {
      checkpointed_size: summaryView(summary.checkpointedSizeBytes),
      state_size: summaryView(summary.stateSizeBytes),
      end_to_end_duration: summaryView(summary.durationMs),
      alignment_buffered: noAlignment,
      processed_data: summaryView(summary.processedBytes),
      persisted_data: summaryView(summary.persistedBytes),
    },
    latest: {
      completed: orNull(latestCompleted),
      savepoint: orNull(latestSavepoint),
      failed: orNull(latestFailed),
      restored: restored === undefined ? null : restoredView(restored),
    },
    history: history.toReversed().map((record) => checkpointView(record)),
    config: configuration === undefined ? null : checkpointConfigurationView(configuration, names),
  };
};
