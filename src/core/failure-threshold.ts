/**
 * How many failures in a row a job tolerates (C-152 to C-156, C-161, C-162). Part of the fold, so the count survives
 * the coordinator, and the ids behind it are known when the job has to fail (C-305).
 */
import { failureReasons, failureRule, type FailureReason } from './failures.ts';

/** A failure that was counted; the id is undefined when the checkpoint never had one. */
export interface CountedFailure {
  readonly checkpointId: number | undefined;
  readonly reason: FailureReason;
}

/** Failures since the last success that is newer than all before. */
export interface FailureStreak {
  /** In the order they were counted; at most one for an id. */
  readonly counted: readonly CountedFailure[];
  /** The newest checkpoint that succeeded; failures of it and of older ones are ignored. 0 before the first. */
  readonly lastSucceededId: number;
}

export const noFailures: FailureStreak = { counted: [], lastSucceededId: 0 };

/** What happened to a checkpoint, as far as the job is concerned. */
export interface CheckpointFailure extends CountedFailure {
  readonly kind: 'checkpoint' | 'savepoint';
  /** Stop-with-savepoint: its tasks hold still until it succeeds, so the job cannot go on without it (C-153). */
  readonly isSynchronous?: boolean | undefined;
  /** Whose failure it was; undefined when the job manager itself failed. */
  readonly attempt?: number | undefined;
}

/** What a failure leads to. */
export interface FailureVerdict {
  readonly streak: FailureStreak;
  /** The job has to fail, in these words; nothing when it goes on. */
  readonly jobFailure?:
    | {
        readonly message: string;
        /** Only if this attempt is still running; undefined: whatever runs. */
        readonly attempt: number | undefined;
      }
    | undefined;
}

/** Failures of the job manager come before the checkpoint begins, or name no attempt (C-151). */
const isTaskFailure = ({ reason, attempt }: CheckpointFailure): boolean =>
  attempt !== undefined && failureRule(reason).isPreFlight !== true;

const describe = ({ checkpointId, reason }: CountedFailure): string =>
  `${checkpointId === undefined ? 'before it had an id' : `checkpoint ${checkpointId}`}: ${reason}`;

/** Flink's sentence, and what it leaves out: which failures were counted (C-305). */
const exceeded = (counted: readonly CountedFailure[], reason: FailureReason): string =>
  'Exceeded checkpoint tolerable failure threshold. The latest checkpoint failed due to ' +
  `${failureReasons[reason]}, view the Checkpoint History tab or the Job Manager log to find out why continuous ` +
  `checkpoints failed. Counted: ${counted.map(describe).join('; ')}.`;

const withFailure = ({ counted }: FailureStreak, failure: CheckpointFailure): readonly CountedFailure[] => {
  const { checkpointId, reason } = failure;
  if (failureRule(reason).counts !== true) return counted;
  const isCounted = checkpointId !== undefined && counted.some((one) => one.checkpointId === checkpointId);
  return isCounted ? counted : [...counted, { checkpointId, reason }];
};

const count = (streak: FailureStreak, failure: CheckpointFailure, tolerable: number): FailureVerdict => {
  const { checkpointId = Number.POSITIVE_INFINITY, reason } = failure;
  if (checkpointId <= streak.lastSucceededId || tolerable === Number.POSITIVE_INFINITY) return { streak };
  const counted = withFailure(streak, failure);
  if (counted.length <= tolerable) return { streak: { ...streak, counted } };
  const attempt = isTaskFailure(failure) ? failure.attempt : undefined;
  return { streak: { ...streak, counted: [] }, jobFailure: { message: exceeded(counted, reason), attempt } };
};

/**
 * Counts a failure and says whether the job has to fail.
 *
 * @param tolerable failures in a row that the job survives, a whole number from 0, or Infinity for all of them.
 */
export const afterFailure = (
  streak: FailureStreak,
  failure: CheckpointFailure,
  tolerable: number,
): FailureVerdict => {
  if (isTaskFailure(failure) && failure.isSynchronous === true) {
    return { streak, jobFailure: { message: failureReasons[failure.reason], attempt: undefined } };
  }
  // A savepoint that the job manager could not take is the business of who asked for it (C-152).
  if (!isTaskFailure(failure) && failure.kind === 'savepoint') return { streak };
  return count(streak, failure, tolerable);
};

/** A checkpoint or savepoint succeeded; an older one that is late ends no streak (C-156). */
export const afterSuccess = (streak: FailureStreak, checkpointId: number): FailureStreak =>
  checkpointId > streak.lastSucceededId ? { counted: [], lastSucceededId: checkpointId } : streak;
