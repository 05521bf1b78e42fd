/** Who waits for a checkpoint to end: promises of the embedder, settled by durable facts. */
import { TidemarkError } from '../errors.ts';
import type { Fact } from '../core/facts/fact.ts';
import type { CheckpointId } from '../state/ids.ts';
import type { FinalizedCheckpoint } from './options.ts';

interface Waiter {
  readonly resolve: (finalized: FinalizedCheckpoint) => void;
  readonly reject: (error: unknown) => void;
}

export class Requests {
  readonly #waiting = new Map<CheckpointId, Waiter[]>();
  #next: (() => void)[] = [];

  /** Settles when the checkpoint has ended: CHECKPOINT_ABORTED says why it was given up. */
  ended(checkpointId: CheckpointId): Promise<FinalizedCheckpoint> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(checkpointId, [...(this.#waiting.get(checkpointId) ?? []), { resolve, reject }]);
    });
  }

  /** Resolves when any checkpoint ends next. */
  anyEnded(): Promise<void> {
    return new Promise((resolve) => this.#next.push(resolve));
  }

  settle(facts: readonly Fact[]): void {
    for (const fact of facts) {
      if (fact.type === 'checkpoint.completed') {
        const { checkpointId, externalPointer } = fact;
        for (const waiter of this.#take(checkpointId)) waiter.resolve({ checkpointId, externalPointer });
      }
      if (fact.type === 'checkpoint.aborted') {
        const error = new TidemarkError(
          'CHECKPOINT_ABORTED',
          `checkpoint ${fact.checkpointId}: ${fact.message}`,
          {
            checkpointId: fact.checkpointId,
            reason: fact.reason,
          },
        );
        for (const waiter of this.#take(fact.checkpointId)) waiter.reject(error);
      }
    }
  }

  /** Nothing will end any more. */
  rejectAll(error: TidemarkError): void {
    for (const waiter of [...this.#waiting.values()].flat()) waiter.reject(error);
    this.#waiting.clear();
    this.#wake();
  }

  #take(checkpointId: CheckpointId): readonly Waiter[] {
    const waiters = this.#waiting.get(checkpointId) ?? [];
    this.#waiting.delete(checkpointId);
    this.#wake();
    return waiters;
  }

  #wake(): void {
    const next = this.#next;
    this.#next = [];
    for (const resolve of next) resolve();
  }
}
