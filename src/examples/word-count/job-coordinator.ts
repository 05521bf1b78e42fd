/** What the job driver needs of a coordinator, and how it keeps on asking when one coordinator follows another. */
import type { Observable, Subscription } from 'rxjs';
import { isTidemarkError } from '../../errors.ts';
import type { RestoredJob } from '../../simulation/dataflow/task-set.ts';
import type { CheckpointId } from '../../state/ids.ts';
import type { LivingAttempt } from '../../tasks/gateway.ts';

export type EndStatus = 'FINISHED' | 'FAILED' | 'CANCELLED' | 'SUSPENDED';

/** A fact, as far as the driver looks at it. */
export interface JobFact {
  readonly type: string;
}

export interface JobCoordinator {
  /** Greater than the number of any attempt before, in the whole life of the job. */
  readonly nextAttempt: number;
  /** Restarts after task failures, in the whole life of the job. */
  readonly restarts: number;
  readonly facts$: Observable<readonly JobFact[]>;
  /** What opening found. */
  readonly recovery: {
    /** The checkpoint at the end of all input, if it is complete already. */
    readonly endOfData: CheckpointId | undefined;
  };
  restore(attempts: readonly LivingAttempt[]): Promise<RestoredJob>;
  /** The same status again changes nothing. */
  jobStatus(status: 'RUNNING' | 'RESTARTING' | EndStatus, message?: string): Promise<unknown>;
  /** The same key again gives the same savepoint. */
  triggerSavepoint(request: { readonly target: string; readonly key?: string }): Promise<unknown>;
}

export interface CoordinatorLinkOptions {
  readonly onFacts: (facts: readonly JobFact[]) => void;
  /** The coordinator is gone for good: it was fenced, or its journal failed. */
  readonly onLost: (error: unknown) => void;
}

/** It is gone, and another may follow; whoever knows that none will, halts the job. */
const isGone = (error: unknown): boolean =>
  isTidemarkError(error) && (error.code === 'COORDINATOR_CLOSED' || error.code === 'COORDINATOR_FENCED');

type Answer<T> =
  | { readonly type: 'value'; readonly value: T }
  | { readonly type: 'error'; readonly error: unknown }
  | { readonly type: 'replaced' };

export class CoordinatorLink {
  readonly #options: CoordinatorLinkOptions;
  #current: JobCoordinator;
  #facts: Subscription;
  #replaced = Promise.withResolvers<void>();

  constructor(first: JobCoordinator, options: CoordinatorLinkOptions) {
    this.#options = options;
    this.#current = first;
    this.#facts = this.#follow(first);
  }

  get current(): JobCoordinator {
    return this.#current;
  }

  /** From now on this one is asked, also what the one before has not answered. */
  replace(next: JobCoordinator): void {
    this.#facts.unsubscribe();
    this.#current = next;
    this.#facts = this.#follow(next);
    const replaced = this.#replaced;
    this.#replaced = Promise.withResolvers();
    replaced.resolve();
  }

  /**
   * Asks until there is an answer: a coordinator that died may never give one, then its successor is asked the same.
   * What
   * the caller owes: asking twice does no harm.
   */
  async ask<T>(question: (coordinator: JobCoordinator) => Promise<T>): Promise<T> {
    for (;;) {
      const replaced = this.#replaced.promise;
      const answer = await Promise.race([
        answerOf(question(this.#current)),
        replaced.then((): Answer<T> => ({ type: 'replaced' })),
      ]);
      if (answer.type === 'value') return answer.value;
      if (answer.type === 'error' && !isGone(answer.error)) throw answer.error;
      await replaced;
    }
  }

  close(): void {
    this.#facts.unsubscribe();
  }

  #follow(coordinator: JobCoordinator): Subscription {
    return coordinator.facts$.subscribe({
      next: (facts) => this.#options.onFacts(facts),
      error: (error: unknown) => {
        if (!isGone(error)) this.#options.onLost(error);
      },
    });
  }
}

const answerOf = async <T>(asked: Promise<T>): Promise<Answer<T>> =>
  await asked.then(
    (value): Answer<T> => ({ type: 'value', value }),
    (error: unknown): Answer<T> => ({ type: 'error', error }),
  );
