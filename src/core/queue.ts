/** Requests that wait for their turn, in the order in which they are begun. */
import type { RequestQueued } from './facts/fact.ts';

/** Requests that may wait; Flink's own limit (C-039). */
export const QUEUED_REQUESTS_MAX = 1_000;

/** Savepoints before checkpoints, forced before others, what was asked for before what a timer wants (C-038). */
const rankOf = ({ kind, isForced, cause }: RequestQueued): number =>
  (kind === 'savepoint' ? 0 : 4) + (isForced ? 0 : 2) + (cause === 'periodic' ? 1 : 0);

/** Negative when `one` is begun first: by rank, then the older one, then the one that was queued first. */
const compareRequests = (one: RequestQueued, other: RequestQueued): number =>
  rankOf(one) - rankOf(other) || one.at - other.at || one.requestId - other.requestId;

/** The queue with one request more, in its place. */
export const enqueued = (queue: readonly RequestQueued[], request: RequestQueued): RequestQueued[] => {
  let [low, high] = [0, queue.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareRequests(queue[middle]!, request) < 0) low = middle + 1;
    else high = middle;
  }
  return queue.toSpliced(low, 0, request);
};

export const dequeued = (queue: readonly RequestQueued[], requestId: number): RequestQueued[] =>
  queue.filter((request) => request.requestId !== requestId);
