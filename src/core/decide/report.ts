/** A task reports what it measured of a checkpoint that it does not acknowledge (C-091). */
import type { ReportMetrics } from '../commands.ts';
import type { Fact } from '../facts/fact.ts';
import type { JobState, UnfinishedCheckpoint } from '../job-state.ts';
import { absenceOf } from './absent.ts';
import { decided, nothing, type Decision } from './decision.ts';

const hasSpoken = (state: JobState, checkpoint: UnfinishedCheckpoint, slot: number): boolean => {
  const ledger = state.ledgers.get(checkpoint.checkpointId);
  return checkpoint.reported[slot] !== undefined || ledger?.has(checkpoint.plan.positionOf(slot)) === true;
};

/** The first word of a task counts; after the checkpoint was given up the statistics still take it (C-089). */
export const decideReportMetrics = (state: JobState, command: ReportMetrics): Decision => {
  const { checkpointId, metrics, at } = command;
  const { slot, attempt } = metrics;
  const fact: Fact = { type: 'tasks.reported', at, checkpointId, rows: [metrics] };
  const checkpoint = state.table.checkpoints[checkpointId];
  if (checkpoint === undefined) {
    const absence = absenceOf(state, checkpointId);
    return absence === 'late' ? decided([fact], { type: 'late' }) : nothing(absence);
  }
  if (!checkpoint.plan.has(slot, attempt)) return nothing('unknownAttempt');
  if (hasSpoken(state, checkpoint, slot)) return nothing('duplicate');
  return decided([fact], { type: 'reported' });
};
