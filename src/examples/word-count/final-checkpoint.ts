/** Finds out when everything has been committed: the checkpoint behind the end of all data, confirmed by the sink. */
import type { CheckpointId } from '../../state/ids.ts';
import type { JobFact } from './job-coordinator.ts';

interface CompletedFact extends JobFact {
  readonly type: 'checkpoint.completed';
  readonly checkpointId: CheckpointId;
  readonly cause: string;
}

const isCompleted = (fact: JobFact): fact is CompletedFact =>
  fact.type === 'checkpoint.completed' && 'checkpointId' in fact && 'cause' in fact;

/** For one attempt of the job. */
export class FinalCheckpoint {
  /** Resolves with the id once the sink has committed. */
  readonly committed: Promise<CheckpointId>;
  readonly #commit: (id: CheckpointId) => void;
  #sufficient = Number.POSITIVE_INFINITY;
  #confirmed = 0;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<CheckpointId>();
    this.committed = promise;
    this.#commit = resolve;
  }

  hearFacts(facts: readonly JobFact[]): void {
    for (const fact of facts)
      if (isCompleted(fact) && fact.cause === 'endOfData') this.#accept(fact.checkpointId);
  }

  /** The sink has committed everything up to this checkpoint. */
  confirmed(id: CheckpointId): void {
    this.#confirmed = Math.max(this.#confirmed, id);
    this.#check();
  }

  /**
   * The fact of a completion that became durable just before a crash is shown by nobody: the next coordinator says when
   * it opens whether the last checkpoint is complete.
   */
  coordinatorReplaced(endOfData: CheckpointId | undefined): void {
    if (endOfData !== undefined) this.#accept(endOfData);
  }

  #accept(id: CheckpointId): void {
    this.#sufficient = Math.min(this.#sufficient, id);
    this.#check();
  }

  #check(): void {
    if (this.#confirmed >= this.#sufficient) this.#commit(this.#confirmed as CheckpointId);
  }
}
