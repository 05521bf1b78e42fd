/** Facts by hand, for statistics of checkpoints that overlap, and jobs whose tasks say what they measured. */
import type { Fact } from '../../src/core/facts/fact.ts';
import { noTotals } from '../../src/core/ledger.ts';
import { checkpointId } from '../../src/state/ids.ts';
import { foldStatistics, noStatisticsState, type StatisticsState } from '../../src/stats/statistics.ts';
import type { AcknowledgementMetrics } from '../../src/tasks/frame.ts';
import { plainCheckpoint, plainSavepoint } from '../../src/core/snapshot-properties.ts';
import type { CoreRun } from './core-run.ts';
import { plainOptions } from './snapshot-options.ts';

export const triggered = (
  id: number,
  kind: 'checkpoint' | 'savepoint' = 'checkpoint',
  at = id * 100,
): Fact => ({
  type: 'checkpoint.triggered',
  at,
  checkpointId: checkpointId(id),
  kind,
  snapshot: kind === 'savepoint' ? plainSavepoint : plainCheckpoint,
  options: plainOptions,
  cause: 'manual',
  term: 1,
  monotonicMs: at,
  isForced: kind === 'savepoint',
  timeoutMs: 60_000,
  retention: 'NEVER_RETAIN_AFTER_TERMINATION',
  tasks: 4,
  plan: undefined,
});

export const completed = (
  id: number,
  kind: 'checkpoint' | 'savepoint' = 'checkpoint',
  at = id * 100 + 50,
): Fact => ({
  type: 'checkpoint.completed',
  at,
  checkpointId: checkpointId(id),
  kind,
  cause: 'manual',
  externalPointer: `memory:/job/chk-${id}`,
  metadataSizeBytes: 7,
  monotonicMs: at,
  durationMs: 50,
  totals: { ...noTotals, stateSizeBytes: id * 10, checkpointedSizeBytes: id },
});

export const aborted = (id: number, at = id * 100 + 50): Fact => ({
  type: 'checkpoint.aborted',
  at,
  checkpointId: checkpointId(id),
  reason: 'CHECKPOINT_EXPIRED',
  message: 'too slow',
  phase: 'pending.collecting',
  acknowledged: 0,
  missing: [],
  monotonicMs: at,
  durationMs: 50,
});

export const folded = (facts: readonly Fact[], from: StatisticsState = noStatisticsState): StatisticsState =>
  foldStatistics(from, facts);

/** What each of the four tasks measures: no two numbers are the same. */
export const metricsOf = (slot: number): Partial<AcknowledgementMetrics> => ({
  syncDurationMs: slot + 1,
  asyncDurationMs: 10 * (slot + 1),
  alignmentDurationMs: 100 * (slot + 1),
  startDelayMs: 2 * (4 - slot),
  processedBytes: slot === 3 ? -1 : 1_000 * (slot + 1),
  persistedBytes: 10_000 * (slot + 1),
  isUnaligned: slot === 2,
});

/** Slots 0 and 1 (sources) acknowledge 20 ms after the trigger, 2 and 3 (sinks) 30 ms later. */
export const measuredCheckpoint = (run: CoreRun, id = run.trigger()): void => {
  run.locate(id);
  for (const pair of [
    [0, 1],
    [2, 3],
  ]) {
    run.pass(pair[0] === 0 ? 20 : 30);
    run.acknowledge(...pair.map((slot) => ({ checkpointId: id, slot, metrics: metricsOf(slot) })));
  }
};
