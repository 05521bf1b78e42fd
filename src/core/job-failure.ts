/** What failed checkpoints mean for the job: one fact more, behind those that say why (C-152 to C-156). */
import { FAILURES_UNLIMITED, type CheckpointConfiguration } from './configuration/record.ts';
import { afterFailure, afterSuccess, type FailureStreak, type FailureVerdict } from './failure-threshold.ts';
import type { CheckpointAborted, Fact, JobFailureRequired } from './facts/fact.ts';
import type { JobState } from './job-state.ts';
import {
  isSavepoint,
  isSynchronous,
  plainCheckpoint,
  type SnapshotProperties,
} from './snapshot-properties.ts';

/** How many failures in a row the job bears, as the rules take it. */
export const tolerableOf = ({ tolerableFailed }: CheckpointConfiguration): number =>
  tolerableFailed >= FAILURES_UNLIMITED ? Number.POSITIVE_INFINITY : tolerableFailed;

/** The streak after a checkpoint was given up. */
export const verdictOnAbort = (
  streak: FailureStreak,
  { checkpointId, reason, declinedBy }: CheckpointAborted,
  snapshot: SnapshotProperties,
  tolerable: number,
): FailureVerdict => {
  const kind = isSavepoint(snapshot) ? 'savepoint' : 'checkpoint';
  const failure = { checkpointId, reason, kind, attempt: declinedBy?.attempt } as const;
  return afterFailure(streak, { ...failure, isSynchronous: isSynchronous(snapshot) }, tolerable);
};

/** A task's failure is the job's only while that very attempt still runs (C-153). */
const isStillDue = (
  { table }: JobState,
  { declinedBy }: CheckpointAborted,
  verdict: FailureVerdict,
): boolean =>
  verdict.jobFailure?.attempt === undefined ||
  (declinedBy !== undefined && table.roster.has(declinedBy.slot, declinedBy.attempt));

const requiredFact = (fact: CheckpointAborted, message: string): JobFailureRequired => ({
  type: 'job.failureRequired',
  at: fact.at,
  checkpointId: fact.checkpointId,
  reason: fact.reason,
  message,
});

/**
 * Counts the failures and successes among the facts of a decision. The job has to fail at most once for them, and only
 * while it runs: what restarts or has ended needs no telling.
 */
export const jobFailureFacts = (state: JobState, facts: readonly Fact[]): Fact[] => {
  const { table } = state;
  if (table.jobPhase !== 'running') return [];
  const tolerable = tolerableOf(table.configuration);
  const required: Fact[] = [];
  let streak = table.failures;
  for (const fact of facts) {
    if (fact.type === 'checkpoint.completed') streak = afterSuccess(streak, fact.checkpointId);
    if (fact.type !== 'checkpoint.aborted') continue;
    const snapshot = table.checkpoints[fact.checkpointId]?.snapshot ?? plainCheckpoint;
    const verdict = verdictOnAbort(streak, fact, snapshot, tolerable);
    ({ streak } = verdict);
    const { jobFailure } = verdict;
    if (jobFailure !== undefined && required.length === 0 && isStillDue(state, fact, verdict)) {
      required.push(requiredFact(fact, jobFailure.message));
    }
  }
  return required;
};
