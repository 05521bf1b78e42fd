/** One vertex of a checkpoint with its subtasks, as Flink's REST interface tells it (C-237). */
import type { MetricSummary } from './metric-summary.ts';
import { taskView, type TaskView } from './rest-view.ts';
import { noAlignment, summaryView, type SummaryView } from './summary-view.ts';
import type { CheckpointDetail, SubtaskRecord } from './tasks.ts';

interface AlignmentView<Value> {
  readonly buffered: Value;
  readonly processed: Value;
  readonly persisted: Value;
  readonly duration: Value;
}

interface PhasesView<Value> {
  readonly checkpointed_size: Value;
  readonly state_size: Value;
  readonly end_to_end_duration: Value;
  readonly alignment: AlignmentView<Value>;
  readonly start_delay: Value;
}

/** A subtask that has acknowledged, or one that has not. */
export type SubtaskView =
  | (PhasesView<number> & {
      readonly className: 'completed';
      readonly index: number;
      readonly status: 'completed';
      readonly ack_timestamp: number;
      readonly checkpoint: { readonly sync: number; readonly async: number };
      readonly unaligned_checkpoint: boolean;
      readonly aborted: boolean;
    })
  | { readonly className: 'pending'; readonly index: number; readonly status: 'pending_or_failed' };

export interface TaskDetailView extends TaskView {
  readonly summary: PhasesView<SummaryView> & {
    readonly checkpoint_duration: { readonly sync: SummaryView; readonly async: SummaryView };
  };
  readonly subtasks: readonly SubtaskView[];
}

const subtaskView = (subtask: SubtaskRecord | undefined, index: number): SubtaskView =>
  subtask === undefined
    ? { className: 'pending', index, status: 'pending_or_failed' }
    : {
        className: 'completed',
        index,
        status: 'completed',
        ack_timestamp: subtask.acknowledgedAt,
        end_to_end_duration: subtask.durationMs,
        checkpointed_size: subtask.checkpointedSizeBytes,
        state_size: subtask.stateSizeBytes,
        checkpoint: { sync: subtask.syncDurationMs, async: subtask.asyncDurationMs },
        alignment: {
          buffered: 0,
          processed: subtask.processedBytes,
          persisted: subtask.persistedBytes,
          duration: subtask.alignmentDurationMs,
        },
        start_delay: subtask.startDelayMs,
        unaligned_checkpoint: subtask.isUnaligned,
        aborted: false,
      };

/** One vertex with its subtasks; undefined for a vertex that the job does not have. */
export const taskDetailView = (detail: CheckpointDetail, vertexId: string): TaskDetailView | undefined => {
  const task = detail.tasks.find((each) => each.vertexId === vertexId);
  const subtasks = detail.subtasksOf(vertexId);
  if (task === undefined || subtasks === undefined) return undefined;
  // Flink has percentiles of completed checkpoints only.
  const isCompleted = detail.record.status === 'COMPLETED';
  const view = (summary: MetricSummary): SummaryView => summaryView(summary, isCompleted);
  const { metrics } = task;
  return {
    ...taskView(task, detail.record),
    summary: {
      checkpointed_size: view(metrics.checkpointedSizeBytes),
      state_size: view(metrics.stateSizeBytes),
      end_to_end_duration: view(metrics.durationMs),
      checkpoint_duration: { sync: view(metrics.syncDurationMs), async: view(metrics.asyncDurationMs) },
      alignment: {
        buffered: noAlignment,
        processed: view(metrics.processedBytes),
        persisted: view(metrics.persistedBytes),
        duration: view(metrics.alignmentDurationMs),
      },
      start_delay: view(metrics.startDelayMs),
    },
    subtasks: subtasks.map(subtaskView),
  };
};
