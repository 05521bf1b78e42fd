/** The failures that a user ordered with `--fail-task` and `--crash-coordinator`. */
import {
  concatMap,
  filter,
  from,
  map,
  mergeMap,
  race,
  Subscription,
  take,
  timer,
  type Observable,
} from 'rxjs';
import type { WordCountJob } from '../../examples/word-count/word-count-job.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { CheckpointStatistics } from '../../stats/statistics.ts';
import type { JobSession } from './job-session.ts';
import type { RunPlan, TaskFailurePlan } from './run-plan.ts';

/** A task that is just being restored cannot fail; it is tried again this often. */
const RETRY_MS = 50;
/**
 * A crash waits this long for a checkpoint that is partly acknowledged, for that is what it is to show; then it happens
 * without one.
 */
const CRASH_PATIENCE_MS = 5_000;

const { scheduler } = systemClock;

/** Milliseconds left until that many have passed since the process started. */
const leftOf = (afterMs: number): number => Math.max(0, afterMs - systemClock.monotonic());

const isPartlyAcknowledged = ({ inFlight }: CheckpointStatistics): boolean =>
  inFlight.some(({ acknowledged, tasks }) => acknowledged > 0 && acknowledged < tasks);

const taskFailure = (job: WordCountJob, plan: TaskFailurePlan): Observable<unknown> =>
  timer(leftOf(plan.afterMs), RETRY_MS, scheduler).pipe(
    map(() => job.failTask(plan.vertex, plan.subtask, 'failed on request (--fail-task)')),
    filter((hasFailed) => hasFailed),
    take(1),
  );

const coordinatorCrash = (session: JobSession, afterMs: number): Observable<unknown> => {
  const partly$ = session.statistics$.pipe(filter(isPartlyAcknowledged));
  return timer(leftOf(afterMs), scheduler).pipe(
    mergeMap(() => race(partly$, timer(CRASH_PATIENCE_MS, scheduler)).pipe(take(1))),
    concatMap(() => from(session.crashCoordinator())),
  );
};

/** Makes everything go wrong that was ordered, at its time; unsubscribing calls off what has not happened yet. */
export const disturb = (plan: RunPlan, session: JobSession, job: WordCountJob): Subscription => {
  const subscription = new Subscription();
  for (const failure of plan.taskFailures) subscription.add(taskFailure(job, failure).subscribe());
  for (const afterMs of plan.coordinatorCrashesMs) {
    subscription.add(coordinatorCrash(session, afterMs).subscribe());
  }
  return subscription;
};
