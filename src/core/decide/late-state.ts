/** What is done with an acknowledgement that no checkpoint waits for. */
import type { CheckpointId } from '../../state/ids.ts';
import type { LocationReference } from '../../state/location.ts';
import type { FrameBatch } from '../columns.ts';
import type { DiscardCause, Fact } from '../facts/fact.ts';
import type { ReportedMetrics } from '../facts/reported-metrics.ts';
import { unfinished, type JobState } from '../job-state.ts';
import type { FrameOutcome } from '../outcomes.ts';

/** Outcomes whose state is discarded (C-087, C-089), and as what. A complete checkpoint's files are its own. */
export const lateCauses: Partial<Record<FrameOutcome, DiscardCause>> = {
  late: 'lateState',
  unknownAttempt: 'unknownAttempt',
  unknownCheckpoint: 'unknownCheckpoint',
};

interface Located {
  readonly checkpointId: number;
  readonly location: LocationReference | undefined;
}

/** The directory of another checkpoint of this job, if it is named as Flink names them (C-245). */
const siblingOf = ({ checkpointId, location }: Located, wanted: number): LocationReference | undefined => {
  const name = `/chk-${checkpointId}`;
  if (location === undefined || !location.exclusive.endsWith(name)) return undefined;
  return { ...location, exclusive: `${location.exclusive.slice(0, -name.length)}/chk-${wanted}` };
};

/**
 * Where the files of a checkpoint are, also of one that is long forgotten or never was: beside those of others. Where
 * nothing of the job has a place yet, there is nothing to say of any file.
 */
export const locationOf = (state: JobState, checkpointId: number): LocationReference | undefined => {
  const { checkpoints, disposed, completed } = state.table;
  const own = checkpoints[checkpointId] ?? disposed.find((each) => each.checkpointId === checkpointId);
  if (own !== undefined) return own.location;
  if (!Number.isSafeInteger(checkpointId) || checkpointId <= 0) return undefined;
  for (const other of [...completed, ...disposed, ...unfinished(state.table)]) {
    const sibling = siblingOf(other, checkpointId);
    if (sibling !== undefined) return sibling;
  }
  return undefined;
};

const metricsOf = (batch: FrameBatch, row: number): ReportedMetrics => ({
  slot: batch.slots[row]!,
  attempt: batch.attempts[row]!,
  syncDurationMs: batch.syncDurationMs[row]!,
  asyncDurationMs: batch.asyncDurationMs[row]!,
  alignmentDurationMs: batch.alignmentDurationMs[row]!,
  startDelayMs: batch.startDelayMs[row]!,
  processedBytes: batch.processedBytes[row]!,
  persistedBytes: batch.persistedBytes[row]!,
  isUnaligned: (batch.flags[row]! & 1) === 1,
  stateSizeBytes: batch.stateSizeBytes[row]!,
  checkpointedSizeBytes: batch.checkpointedSizeBytes[row]!,
});

/** What the statistics learn from acknowledgements of checkpoints that were given up: one fact for each (C-089). */
export const reportedFacts = (batch: FrameBatch, lateRows: readonly number[], at: number): Fact[] => {
  const byCheckpoint = new Map<number, ReportedMetrics[]>();
  for (const row of lateRows) {
    const id = batch.checkpointIds[row]!;
    const rows = byCheckpoint.get(id) ?? [];
    byCheckpoint.set(id, rows);
    rows.push(metricsOf(batch, row));
  }
  return Array.from(byCheckpoint, ([id, rows]) => {
    return { type: 'tasks.reported', at, checkpointId: id as CheckpointId, rows };
  });
};
