/** Who waits for a checkpoint to end: promises of the embedder, settled by durable facts. */
import { TidemarkError } from '../errors.ts';
import { failureReasons } from '../core/failures.ts';
import type { CheckpointAborted, Fact, RequestRejected } from '../core/facts/fact.ts';
import type { CheckpointId } from '../state/ids.ts';
import type { FinalizedCheckpoint } from './options.ts';

interface Waiter {
  readonly resolve: (finalized: FinalizedCheckpoint) => void;
  readonly reject: (error: unknown) => void;
}

const abortedError = ({ checkpointId, message, reason }: CheckpointAborted): TidemarkError =>
  new TidemarkError('CHECKPOINT_ABORTED', `checkpoint ${checkpointId}: ${message}`, { checkpointId, reason });

const rejectedError = ({ requestId, reason }: RequestRejected): TidemarkError =>
  new TidemarkError('CHECKPOINT_REFUSED', failureReasons[reason], { requestId, reason });

export class Requests {
  /** By the id of the checkpoint, once there is one; by the id of the request before. */
  readonly #ofCheckpoint = new Map<CheckpointId, readonly Waiter[]>();
  readonly #ofRequest = new Map<number, readonly Waiter[]>();

  /** Settles when the checkpoint has ended: CHECKPOINT_ABORTED says why it was given up. */
  ended(checkpointId: CheckpointId): Promise<FinalizedCheckpoint> {
    return wait(this.#ofCheckpoint, checkpointId);
  }

  /** The same for a request that waits: CHECKPOINT_REFUSED says why it was never begun. */
  carriedOut(requestId: number): Promise<FinalizedCheckpoint> {
    return wait(this.#ofRequest, requestId);
  }

  settle(facts: readonly Fact[]): void {
    for (const fact of facts) this.#settle(fact);
  }

  /** Nothing will end any more. */
  rejectAll(error: TidemarkError): void {
    for (const waiting of [this.#ofCheckpoint, this.#ofRequest]) {
      for (const waiter of [...waiting.values()].flat()) waiter.reject(error);
      waiting.clear();
    }
  }

  #settle(fact: Fact): void {
    switch (fact.type) {
      case 'checkpoint.triggered':
        return this.#begin(fact.requestId, fact.checkpointId);
      case 'request.rejected': {
        const error = rejectedError(fact);
        return take(this.#ofRequest, fact.requestId).forEach((waiter) => waiter.reject(error));
      }
      case 'checkpoint.completed': {
        const { checkpointId, externalPointer } = fact;
        const finalized = { checkpointId, externalPointer };
        return take(this.#ofCheckpoint, checkpointId).forEach((waiter) => waiter.resolve(finalized));
      }
      case 'checkpoint.aborted': {
        const error = abortedError(fact);
        return take(this.#ofCheckpoint, fact.checkpointId).forEach((waiter) => waiter.reject(error));
      }
      default:
        return undefined;
    }
  }

  #begin(requestId: number | undefined, checkpointId: CheckpointId): void {
    const waiters = requestId === undefined ? [] : take(this.#ofRequest, requestId);
    if (waiters.length > 0) this.#ofCheckpoint.set(checkpointId, waiters);
  }
}

const wait = <Id>(waiting: Map<Id, readonly Waiter[]>, id: Id): Promise<FinalizedCheckpoint> =>
  new Promise((resolve, reject) => {
    waiting.set(id, [...(waiting.get(id) ?? []), { resolve, reject }]);
  });

const take = <Id>(waiting: Map<Id, readonly Waiter[]>, id: Id): readonly Waiter[] => {
  const waiters = waiting.get(id) ?? [];
  waiting.delete(id);
  return waiters;
};
