/** A checkpoint, vertex by vertex and subtask by subtask (C-224 … C-226): made of its rows when somebody asks. */
import type { AcknowledgedColumns } from '../core/columns.ts';
import type { JobGraph } from '../core/job-graph.ts';
import type { AcknowledgedRows } from './acknowledged-rows.ts';
import { endToEndDurationMs, type CheckpointRecord } from './history.ts';
import { MetricSummary } from './metric-summary.ts';

const columnMetrics = [
  'stateSizeBytes',
  'checkpointedSizeBytes',
  'syncDurationMs',
  'asyncDurationMs',
  'processedBytes',
  'persistedBytes',
  'alignmentDurationMs',
  'startDelayMs',
] as const satisfies readonly (keyof AcknowledgedColumns)[];

/** What is known of every subtask that has acknowledged; `durationMs` is from the trigger to its acknowledgement. */
export const taskMetrics = [...columnMetrics, 'durationMs'] as const;

export type TaskMetric = (typeof taskMetrics)[number];

/** A subtask that has acknowledged. Sizes and bytes of -1 are not known; durations are whole milliseconds. */
export interface SubtaskRecord extends Readonly<Record<TaskMetric, number>> {
  readonly subtask: number;
  readonly acknowledgedAt: number;
  readonly isUnaligned: boolean;
}

/** A vertex of the job in one checkpoint. */
export interface TaskRecord {
  readonly vertexId: string;
  readonly name: string;
  /** How many there are: its parallelism. */
  readonly subtasks: number;
  readonly acknowledged: number;
  /** -1 before the first acknowledgement. */
  readonly acknowledgedAt: number;
  /** To its newest acknowledgement, -1 before the first; of a failed checkpoint to the failure (C-225). */
  readonly durationMs: number;
  readonly isUnaligned: boolean;
  /** Least, greatest, average and sum over the subtasks that have acknowledged and know the number. */
  readonly metrics: Readonly<Record<TaskMetric, MetricSummary>>;
}

/** The bit of a row's flags that says so. */
export const UNALIGNED_FLAG = 1;

/** A vertex as columns by subtask; -1 where nothing was acknowledged. */
interface VertexColumns extends Readonly<Record<TaskMetric, Float64Array>> {
  readonly acknowledgedAt: Float64Array;
  readonly unaligned: Uint8Array;
}

const allocate = (subtasks: number): VertexColumns => {
  const column = (): Float64Array => new Float64Array(subtasks).fill(-1);
  const metrics = Object.fromEntries(taskMetrics.map((metric) => [metric, column()]));
  return {
    ...(metrics as Record<TaskMetric, Float64Array>),
    acknowledgedAt: column(),
    unaligned: new Uint8Array(subtasks),
  };
};

/** Sorts all rows into one set of columns a vertex. The first row of a subtask counts (C-091). */
const columnsOf = (
  rows: AcknowledgedRows,
  graph: JobGraph,
  triggeredAt: number,
): readonly VertexColumns[] => {
  const vertices = graph.vertices.map((vertex) => allocate(vertex.parallelism));
  const { attempts } = rows;
  for (const { at, columns } of rows.batches()) {
    for (let row = 0; row < columns.count; row++) {
      const position = attempts.positionOf(columns.slots[row]!);
      // A journal from before there were statistics in it may have forgotten the deployment.
      if (position < 0) continue;
      const vertex = vertices[attempts.vertices[position]!]!;
      const subtask = attempts.subtasks[position]!;
      if (vertex.acknowledgedAt[subtask]! >= 0) continue;
      vertex.acknowledgedAt[subtask] = at;
      vertex.durationMs[subtask] = Math.max(0, at - triggeredAt);
      vertex.unaligned[subtask] = columns.flags[row]! & UNALIGNED_FLAG;
      for (const metric of columnMetrics) vertex[metric][subtask] = columns[metric][row]!;
    }
  }
  return vertices;
};

const taskOf = (
  columns: VertexColumns,
  vertex: JobGraph['vertices'][number],
  record: CheckpointRecord,
): TaskRecord => {
  const acknowledged = columns.acknowledgedAt.filter((at) => at >= 0);
  const acknowledgedAt = acknowledged.reduce((newest, at) => Math.max(newest, at), -1);
  const ownRecord = { ...record, acknowledgedAt: acknowledgedAt < 0 ? undefined : acknowledgedAt };
  return {
    vertexId: vertex.id,
    name: vertex.name,
    subtasks: vertex.parallelism,
    acknowledged: acknowledged.length,
    acknowledgedAt,
    durationMs: endToEndDurationMs(ownRecord),
    isUnaligned: columns.unaligned.includes(UNALIGNED_FLAG),
    metrics: Object.fromEntries(
      taskMetrics.map((metric) => [metric, MetricSummary.of(columns[metric])]),
    ) as Record<TaskMetric, MetricSummary>,
  };
};

const subtaskOf = (columns: VertexColumns, subtask: number): SubtaskRecord | undefined => {
  const acknowledgedAt = columns.acknowledgedAt[subtask]!;
  if (acknowledgedAt < 0) return undefined;
  const metrics = Object.fromEntries(taskMetrics.map((metric) => [metric, columns[metric][subtask]!]));
  const isUnaligned = columns.unaligned[subtask] === UNALIGNED_FLAG;
  return { subtask, acknowledgedAt, isUnaligned, ...(metrics as Record<TaskMetric, number>) };
};

/** A checkpoint with its tasks; subtasks are made one vertex at a time. */
export interface CheckpointDetail {
  readonly record: CheckpointRecord;
  /** Every vertex of the job, in its order (C-226). */
  readonly tasks: readonly TaskRecord[];
  /** By subtask index; undefined where one has not acknowledged. Undefined as a whole for an unknown vertex. */
  subtasksOf(vertexId: string): readonly (SubtaskRecord | undefined)[] | undefined;
}

/** Makes the entries of a checkpoint's tasks: one pass over its rows. */
export const checkpointDetail = (
  record: CheckpointRecord,
  rows: AcknowledgedRows,
  graph: JobGraph,
): CheckpointDetail => {
  const columns = columnsOf(rows, graph, record.triggeredAt);
  return {
    record,
    tasks: graph.vertices.map((vertex, index) => taskOf(columns[index]!, vertex, record)),
    subtasksOf: (vertexId) => {
      const index = graph.vertices.findIndex((vertex) => vertex.id === vertexId);
      const own = columns[index];
      if (own === undefined) return undefined;
      return Array.from(own.acknowledgedAt, (_, subtask) => subtaskOf(own, subtask));
    },
  };
};
