/** What is due when: a binary heap by (time, order of adding), with cancellation. */

export interface DueEntry {
  readonly at: number;
  readonly ticket: number;
  readonly run: () => void;
}

/** Below this many cancelled entries a clean-up is not worth its walk. */
const CANCELLED_KEPT_MAX = 1024;

const isBefore = (a: DueEntry, b: DueEntry): boolean => a.at < b.at || (a.at === b.at && a.ticket < b.ticket);

export class DueQueue {
  #heap: DueEntry[] = [];
  readonly #live = new Set<number>();
  #lastTicket = 0;

  /** Entries that have neither run nor been cancelled. */
  get size(): number {
    return this.#live.size;
  }

  /** Adds work that is due at a time; the ticket cancels it. */
  add(at: number, run: () => void): number {
    const ticket = ++this.#lastTicket;
    this.#live.add(ticket);
    this.#heap.push({ at, ticket, run });
    this.#rise(this.#heap.length - 1);
    return ticket;
  }

  /** Idempotent; a ticket whose work has run is no longer known. */
  cancel(ticket: number): void {
    this.#live.delete(ticket);
    const cancelled = this.#heap.length - this.#live.size;
    if (cancelled > CANCELLED_KEPT_MAX && cancelled * 2 > this.#heap.length) this.#compact();
  }

  /** The time of the next live entry. */
  nextAt(): number | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.at;
  }

  /** Takes the next live entry out. */
  take(): DueEntry | undefined {
    this.#dropCancelled();
    const next = this.#heap[0];
    if (next === undefined) return undefined;
    this.#live.delete(next.ticket);
    this.#removeTop();
    return next;
  }

  #dropCancelled(): void {
    for (let top = this.#heap[0]; top !== undefined && !this.#live.has(top.ticket); top = this.#heap[0]) {
      this.#removeTop();
    }
  }

  // A sorted array is a heap: the smallest stands in front of all its descendants.
  #compact(): void {
    this.#heap = this.#heap.filter((entry) => this.#live.has(entry.ticket));
    this.#heap.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  #removeTop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink();
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const entry = heap[from] as DueEntry;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent] as DueEntry)) break;
      heap[at] = heap[parent] as DueEntry;
      at = parent;
    }
    heap[at] = entry;
  }

  #sink(): void {
    const heap = this.#heap;
    const entry = heap[0] as DueEntry;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child =
        right < heap.length && isBefore(heap[right] as DueEntry, heap[left] as DueEntry) ? right : left;
      if (!isBefore(heap[child] as DueEntry, entry)) break;
      heap[at] = heap[child] as DueEntry;
      at = child;
    }
    heap[at] = entry;
  }
}
