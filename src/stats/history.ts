/**
 * The checkpoints that can be looked at: all in flight, the newest of the rest, and the latest of each kind. A record
 * is one frozen object wherever it stands; a change puts a new one in all its places.
 */
import type { CheckpointKind, TriggerCause } from '../core/facts/fact.ts';
import type { FailureReason } from '../core/failures.ts';

export type CheckpointStatus = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';

/** One checkpoint or savepoint as people see it. Times are wall-clock milliseconds, durations ms, sizes bytes. */
export interface CheckpointRecord {
  readonly checkpointId: number;
  readonly kind: CheckpointKind;
  readonly cause: TriggerCause;
  readonly status: CheckpointStatus;
  readonly triggeredAt: number;
  /** When the newest acknowledgement was recorded; all of one turn have one time. */
  readonly acknowledgedAt: number | undefined;
  readonly endedAt: number | undefined;
  /** From the trigger to the end, metadata and its journaling included; {@link endToEndDurationMs} is Flink's. */
  readonly durationMs: number | undefined;
  readonly tasks: number;
  readonly acknowledged: number;
  /** Sizes add up while acknowledgements arrive (C-227). */
  readonly stateSizeBytes: number;
  readonly checkpointedSizeBytes: number;
  /** Without what tasks do not know. */
  readonly processedBytes: number;
  readonly persistedBytes: number;
  /** At least one task took part unaligned. */
  readonly isUnaligned: boolean;
  readonly metadataSizeBytes: number | undefined;
  readonly externalPointer: string | undefined;
  readonly failureReason: FailureReason | undefined;
  readonly failure: string | undefined;
  /** Why its files went or are about to go (C-238); undefined while they stay. */
  readonly discarded: string | undefined;
}

/** A record that says nothing yet. */
export const emptyRecord: CheckpointRecord = {
  checkpointId: 0,
  kind: 'checkpoint',
  cause: 'manual',
  status: 'IN_PROGRESS',
  triggeredAt: 0,
  acknowledgedAt: undefined,
  endedAt: undefined,
  durationMs: undefined,
  tasks: 0,
  acknowledged: 0,
  stateSizeBytes: 0,
  checkpointedSizeBytes: 0,
  processedBytes: 0,
  persistedBytes: 0,
  isUnaligned: false,
  metadataSizeBytes: undefined,
  externalPointer: undefined,
  failureReason: undefined,
  failure: undefined,
  discarded: undefined,
};

/** Records listed before the first reign has said how many are configured (C-222). */
export const HISTORY_SIZE = 10;

export interface CheckpointHistory {
  /** The newest by their trigger, in flight ones among them, newest last; as many as are configured. */
  readonly history: readonly CheckpointRecord[];
  /** All in flight, however many newer ones there are (C-223), ascending. */
  readonly inFlight: readonly CheckpointRecord[];
  /** Of the latest the highest id counts, not the last end; a savepoint is never the latest checkpoint (C-223). */
  readonly latestCompleted: CheckpointRecord | undefined;
  readonly latestSavepoint: CheckpointRecord | undefined;
  /** The latest failed one of either kind. */
  readonly latestFailed: CheckpointRecord | undefined;
  /** What completed last, of either kind and whatever its id: the gauges speak of it (C-230). */
  readonly lastReported: CheckpointRecord | undefined;
}

export const noHistory: CheckpointHistory = {
  history: [],
  inFlight: [],
  latestCompleted: undefined,
  latestSavepoint: undefined,
  latestFailed: undefined,
  lastReported: undefined,
};

/** Where a record is kept beyond the history. */
export const latestNames = ['latestCompleted', 'latestSavepoint', 'latestFailed', 'lastReported'] as const;

/**
 * From the trigger to the newest acknowledgement, -1 before the first; of a failed one to its failure (C-225). Both
 * times are those of the wall clock: once the checkpoint has completed, no step of the clock makes it longer than that
 * took by the monotonic one (C-313).
 */
export const endToEndDurationMs = (record: CheckpointRecord): number => {
  const { status, triggeredAt, acknowledgedAt, durationMs } = record;
  if (status === 'FAILED') return durationMs ?? 0;
  if (acknowledgedAt === undefined) return -1;
  return Math.min(Math.max(0, acknowledgedAt - triggeredAt), durationMs ?? Number.POSITIVE_INFINITY);
};

/** The record of a checkpoint that is in flight, in the history or a latest one. */
export const recordOf = (history: CheckpointHistory, checkpointId: number): CheckpointRecord | undefined =>
  [history.inFlight, history.history, latestNames.map((name) => history[name])]
    .flat()
    .find((record) => record?.checkpointId === checkpointId);

const withRecord = (
  records: readonly CheckpointRecord[],
  record: CheckpointRecord,
): readonly CheckpointRecord[] => {
  const index = records.findLastIndex((each) => each.checkpointId === record.checkpointId);
  return index < 0 ? records : records.with(index, record);
};

/** Puts a record that has changed wherever it stands. */
export const replaceRecord = <Model extends CheckpointHistory>(
  model: Model,
  record: CheckpointRecord,
): Model => {
  const latest = latestNames.filter((name) => model[name]?.checkpointId === record.checkpointId);
  return {
    ...model,
    history: withRecord(model.history, record),
    inFlight: withRecord(model.inFlight, record),
    ...Object.fromEntries(latest.map((name) => [name, record])),
  };
};

/** The newest records of a history that may hold so many. */
export const newest = (records: readonly CheckpointRecord[], size: number): readonly CheckpointRecord[] =>
  records.length <= size ? records : records.slice(records.length - size);

/** Adds one that has begun. Ids are given in order, so it is the newest. */
export const beginRecord = <Model extends CheckpointHistory>(
  model: Model,
  record: CheckpointRecord,
  size: number,
): Model => ({
  ...model,
  history: newest([...model.history, record], size),
  inFlight: [...model.inFlight, record],
});

const later = (latest: CheckpointRecord | undefined, record: CheckpointRecord): CheckpointRecord =>
  latest !== undefined && latest.checkpointId > record.checkpointId ? latest : record;

/** One has ended: it is in flight no more, and may be the latest of its class. */
export const endRecord = <Model extends CheckpointHistory>(model: Model, record: CheckpointRecord): Model => {
  const ended: Model = {
    ...replaceRecord(model, record),
    inFlight: model.inFlight.filter((each) => each.checkpointId !== record.checkpointId),
  };
  if (record.status === 'FAILED') return { ...ended, latestFailed: later(model.latestFailed, record) };
  const lastReported = record;
  return record.kind === 'savepoint'
    ? { ...ended, lastReported, latestSavepoint: later(model.latestSavepoint, record) }
    : { ...ended, lastReported, latestCompleted: later(model.latestCompleted, record) };
};
