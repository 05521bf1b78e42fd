/** Spans and events about a checkpoint that has ended (C-232, C-233), as plain data by Flink's names. */
import type { SpanDetailLevel } from '../core/configuration/record.ts';
import { MetricSummary } from './metric-summary.ts';
import type { CheckpointRecord } from './history.ts';
import type { CheckpointDetail, SubtaskRecord, TaskMetric, TaskRecord } from './tasks.ts';

export type SpanAttribute = string | number | readonly number[];

/** What took from one wall-clock millisecond to another, with what happened inside it. */
export interface Span {
  readonly type: 'span';
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Readonly<Record<string, SpanAttribute>>;
  readonly children: readonly Span[];
}

/** What happened at one wall-clock millisecond. */
export interface TraceEvent {
  readonly type: 'event';
  readonly name: string;
  readonly severity: 'INFO';
  readonly observedAt: number;
  readonly attributes: Readonly<Record<string, SpanAttribute>>;
}

/** Which number stands under which name in an attribute, behind `max`, `sum`, `perTaskMax` and `perTaskSum`. */
const spanMetrics = {
  StateSizeBytes: 'stateSizeBytes',
  CheckpointedSizeBytes: 'checkpointedSizeBytes',
  CheckpointStartDelayMs: 'startDelayMs',
  AlignmentDurationMs: 'alignmentDurationMs',
  SyncCheckpointDurationMs: 'syncDurationMs',
  AsyncCheckpointDurationMs: 'asyncDurationMs',
  ProcessedDataBytes: 'processedBytes',
  PersistedDataBytes: 'persistedBytes',
} as const satisfies Readonly<Record<string, TaskMetric>>;

/** Their sums stand in the span already, as `fullSize` and `checkpointedSize`. */
const withoutSum: readonly string[] = ['StateSizeBytes', 'CheckpointedSizeBytes'];

type Attributes = Record<string, SpanAttribute>;

/** The kind's name, as in the properties of a metadata file. */
const typeName = ({ kind }: CheckpointRecord): string => (kind === 'savepoint' ? 'Savepoint' : 'Checkpoint');

const commonAttributes = (record: CheckpointRecord): Attributes => ({
  checkpointId: record.checkpointId,
  fullSize: record.stateSizeBytes,
  checkpointedSize: record.checkpointedSizeBytes,
  metadataSize: record.metadataSizeBytes ?? -1,
  checkpointStatus: record.status,
  isUnaligned: String(record.isUnaligned),
  checkpointType: typeName(record),
});

const entries = Object.entries(spanMetrics);

type Part = Pick<TaskRecord, 'metrics'>;

const greatest = (parts: readonly Part[], metric: TaskMetric): number =>
  parts.reduce((most, { metrics }) => Math.max(most, metrics[metric].maximum), 0);

const total = (parts: readonly Part[], metric: TaskMetric): number =>
  parts.reduce((sum, { metrics }) => sum + metrics[metric].sum, 0);

const aggregates = (parts: readonly Part[]): Attributes =>
  Object.fromEntries(
    entries.flatMap(([name, metric]): [string, number][] => [
      [`max${name}`, greatest(parts, metric)],
      ...(withoutSum.includes(name) ? [] : [[`sum${name}`, total(parts, metric)] as [string, number]]),
    ]),
  );

const perTask = (tasks: readonly TaskRecord[]): Attributes =>
  Object.fromEntries(
    entries.flatMap(([name, metric]): [string, number[]][] => [
      [`perTaskMax${name}`, tasks.map(({ metrics }) => metrics[metric].maximum)],
      [`perTaskSum${name}`, tasks.map(({ metrics }) => metrics[metric].sum)],
    ]),
  );

/** Tasks that the barriers reached first come first. */
const byStartDelay = (tasks: readonly TaskRecord[]): readonly TaskRecord[] =>
  tasks.toSorted((a, b) => a.metrics.startDelayMs.minimum - b.metrics.startDelayMs.minimum);

/** A span of nothing that was acknowledged ends when the checkpoint did. */
const endOf = (record: CheckpointRecord): number =>
  record.acknowledgedAt ?? record.endedAt ?? record.triggeredAt;

const subtaskPart = (subtask: SubtaskRecord): Part => ({
  metrics: Object.fromEntries(
    Object.values(spanMetrics).map((metric) => [metric, MetricSummary.of([subtask[metric]])]),
  ) as TaskRecord['metrics'],
});

const subtaskSpan = (record: CheckpointRecord, task: TaskRecord, subtask: SubtaskRecord): Span => ({
  type: 'span',
  name: 'Checkpoint_Subtask',
  startedAt: record.triggeredAt + subtask.startDelayMs,
  endedAt: subtask.acknowledgedAt,
  attributes: {
    checkpointId: record.checkpointId,
    jobVertexId: task.vertexId,
    subtaskId: subtask.subtask,
    ...aggregates([subtaskPart(subtask)]),
  },
  children: [],
});

const taskSpan = (detail: CheckpointDetail, task: TaskRecord, level: SpanDetailLevel): Span => {
  const { record } = detail;
  const subtasks = level === 'CHILDREN_SPANS_PER_SUBTASK' ? (detail.subtasksOf(task.vertexId) ?? []) : [];
  return {
    type: 'span',
    name: 'Checkpoint_Task',
    startedAt: record.triggeredAt + task.metrics.startDelayMs.minimum,
    endedAt: task.acknowledgedAt,
    attributes: {
      checkpointId: record.checkpointId,
      jobVertexId: task.vertexId,
      ...aggregates([task]),
    },
    children: subtasks
      .filter((subtask) => subtask !== undefined)
      .map((subtask) => subtaskSpan(record, task, subtask)),
  };
};

const hasChildren = (level: SpanDetailLevel): boolean => level.startsWith('CHILDREN_SPANS');

/**
 * The span of a checkpoint that has ended, as detailed as configured (C-233). Tasks of which nobody has acknowledged
 * have no span of their own.
 */
export const checkpointSpan = (detail: CheckpointDetail, level: SpanDetailLevel): Span => {
  const { record } = detail;
  const tasks = byStartDelay(detail.tasks.filter((task) => task.acknowledged > 0));
  return {
    type: 'span',
    name: 'Checkpoint',
    startedAt: record.triggeredAt,
    endedAt: endOf(record),
    attributes: {
      ...commonAttributes(record),
      ...aggregates(tasks),
      ...(level === 'SPAN_PER_CHECKPOINT_WITH_TASKS' ? perTask(tasks) : {}),
    },
    children: hasChildren(level) ? tasks.map((task) => taskSpan(detail, task, level)) : [],
  };
};

/** The event beside the span. */
export const checkpointEvent = (record: CheckpointRecord): TraceEvent => ({
  type: 'event',
  name: 'CheckpointEvent',
  severity: 'INFO',
  observedAt: endOf(record),
  attributes: commonAttributes(record),
});
