/** Stops a run whose checkpoints cannot be written any more: without them it would go on and never end. */
import { filter, map, scan, type Observable } from 'rxjs';
import { TidemarkError } from '../../errors.ts';
import type { FailureReason } from '../../core/failures.ts';
import type { Fact } from '../../core/facts/fact.ts';

/** A disk may be full for a moment, but not for this many checkpoints in a row. */
const STORAGE_FAILURES_MAX = 3;

/** What a storage that refuses its work looks like to the coordinator. */
const storageReasons: ReadonlySet<FailureReason> = new Set<FailureReason>([
  'IO_EXCEPTION',
  'CHECKPOINT_ASYNC_EXCEPTION',
  'FINALIZE_CHECKPOINT_FAILURE',
]);

interface Streak {
  readonly failures: number;
  readonly message: string;
}

const follow = (streak: Streak, fact: Fact): Streak => {
  if (fact.type === 'checkpoint.completed') return { failures: 0, message: '' };
  if (fact.type !== 'checkpoint.aborted' || !storageReasons.has(fact.reason)) return streak;
  return { failures: streak.failures + 1, message: fact.message };
};

/** Emits STORAGE_UNAVAILABLE when too many checkpoints in a row could not be written. */
export const storageFailures = (facts$: Observable<readonly Fact[]>): Observable<TidemarkError> =>
  facts$.pipe(
    scan((streak, facts) => facts.reduce(follow, streak), { failures: 0, message: '' }),
    filter(({ failures }) => failures >= STORAGE_FAILURES_MAX),
    map(({ failures, message }) => {
      const text = `${failures} checkpoints in a row could not be written; the last one: ${message}`;
      return new TidemarkError('STORAGE_UNAVAILABLE', text, { failures });
    }),
  );
