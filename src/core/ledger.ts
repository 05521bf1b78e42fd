/**
 * The one mutable thing of the core: which attempts of a checkpoint's plan have acknowledged, and the state bytes they
 * sent; beside them the answers of operator coordinators and master hooks. It is owned by the job's state and changed
 * only in `evolve`; `fork` copies it for search and what-if.
 */
import { invariant } from '../errors.ts';
import { Answers } from './answers.ts';
import type { AcknowledgedColumns } from './columns.ts';
import type { Roster } from './roster.ts';

/** Sums and maxima over the acknowledgements of one checkpoint. Durations in ms, sizes in bytes. */
export interface AcknowledgementTotals {
  readonly stateSizeBytes: number;
  readonly checkpointedSizeBytes: number;
  readonly processedBytes: number;
  readonly persistedBytes: number;
  readonly syncDurationMsMax: number;
  readonly asyncDurationMsMax: number;
  readonly alignmentDurationMsMax: number;
  readonly startDelayMsMax: number;
}

export const noTotals: AcknowledgementTotals = {
  stateSizeBytes: 0,
  checkpointedSizeBytes: 0,
  processedBytes: 0,
  persistedBytes: 0,
  syncDurationMsMax: 0,
  asyncDurationMsMax: 0,
  alignmentDurationMsMax: 0,
  startDelayMsMax: 0,
};

/** Unknown (negative) values are left out of a sum (C-227). */
const known = (value: number): number => (value > 0 ? value : 0);

/** The length prefix of a slice. */
const lengthAt = (chunk: Uint8Array, at: number): number =>
  ((chunk[at]! << 24) | (chunk[at + 1]! << 16) | (chunk[at + 2]! << 8) | chunk[at + 3]!) >>> 0;

export class Ledger {
  readonly plan: Roster;
  /** Attempts that have not acknowledged. */
  left: number;
  totals: AcknowledgementTotals = noTotals;
  /** By operator. */
  readonly coordinators: Answers;
  /** By identifier. */
  readonly hooks: Answers;
  readonly #acknowledged: Uint32Array;
  readonly #chunks: Uint8Array[] = [];
  /** When each chunk was recorded. */
  readonly #chunkAt: number[] = [];
  readonly #chunkOf: Int32Array;
  readonly #offsetOf: Uint32Array;
  readonly #lengthOf: Uint32Array;

  constructor(
    plan: Roster,
    operatorCoordinators: readonly string[] = [],
    masterHooks: readonly string[] = [],
  ) {
    this.plan = plan;
    this.coordinators = new Answers(operatorCoordinators);
    this.hooks = new Answers(masterHooks);
    this.left = plan.size;
    this.#acknowledged = new Uint32Array((plan.size + 31) >>> 5);
    this.#chunkOf = new Int32Array(plan.size).fill(-1);
    this.#offsetOf = new Uint32Array(plan.size);
    this.#lengthOf = new Uint32Array(plan.size);
  }

  has(position: number): boolean {
    return ((this.#acknowledged[position >>> 5]! >>> (position & 31)) & 1) === 1;
  }

  /** A copy of the bits, for a decision that must see its own effects before they are folded. */
  bits(): Uint32Array {
    return this.#acknowledged.slice();
  }

  /** Folds one batch. `bytes` holds the slices of each acknowledgement one after the other and must not change. */
  record(columns: AcknowledgedColumns, bytes: Uint8Array, at: number): void {
    const chunk = this.#chunks.push(bytes) - 1;
    this.#chunkAt.push(at);
    let offset = 0;
    for (let i = 0; i < columns.count; i++) {
      const position = this.plan.positionOf(columns.slots[i]!);
      invariant(
        position >= 0 && !this.has(position),
        `slot ${columns.slots[i]} acknowledged twice or not in the plan`,
      );
      this.#acknowledged[position >>> 5]! |= 1 << (position & 31);
      this.#chunkOf[position] = chunk;
      this.#offsetOf[position] = offset;
      this.#lengthOf[position] = columns.lengths[i]!;
      offset += columns.lengths[i]!;
    }
    this.left -= columns.count;
    this.totals = addColumns(this.totals, columns);
  }

  /** True when the attempt sent state; a task without state acknowledges with no slices. */
  hasSlices(position: number): boolean {
    return this.#lengthOf[position]! > 0;
  }

  /** The slice an attempt sent for one operator of its vertex, by place in the chain. */
  sliceAt(position: number, operator: number): Uint8Array {
    const chunk = this.#chunks[this.#chunkOf[position]!];
    invariant(chunk && this.hasSlices(position), `position ${position} has no slices`);
    let at = this.#offsetOf[position]!;
    for (let skipped = 0; skipped < operator; skipped++) at += 4 + lengthAt(chunk, at);
    return chunk.subarray(at + 4, at + 4 + lengthAt(chunk, at));
  }

  /** Slots of the plan that have not acknowledged, in plan order, at most `limit`. */
  missing(limit = Number.POSITIVE_INFINITY): number[] {
    const slots: number[] = [];
    for (let position = 0; position < this.plan.size && slots.length < limit; position++) {
      if (!this.has(position)) slots.push(this.plan.slots[position]!);
    }
    return slots;
  }

  /** Who acknowledged last and when, the last one first, at most `limit`: batches are kept in the order they came. */
  slowest(limit: number): { readonly slot: number; readonly at: number }[] {
    const chunkOf = (position: number): number => this.#chunkOf[position]!;
    return Array.from(this.plan.slots.keys())
      .filter((position) => this.has(position))
      .toSorted((a, b) => chunkOf(b) - chunkOf(a))
      .slice(0, limit)
      .map((position) => ({ slot: this.plan.slots[position]!, at: this.#chunkAt[chunkOf(position)]! }));
  }

  fork(): Ledger {
    const copy = new Ledger(this.plan, this.coordinators.ids, this.hooks.ids);
    copy.coordinators.copyFrom(this.coordinators);
    copy.hooks.copyFrom(this.hooks);
    copy.left = this.left;
    copy.totals = this.totals;
    copy.#acknowledged.set(this.#acknowledged);
    copy.#chunks.push(...this.#chunks);
    copy.#chunkAt.push(...this.#chunkAt);
    copy.#chunkOf.set(this.#chunkOf);
    copy.#offsetOf.set(this.#offsetOf);
    copy.#lengthOf.set(this.#lengthOf);
    return copy;
  }
}

export const addColumns = (
  totals: AcknowledgementTotals,
  columns: AcknowledgedColumns,
): AcknowledgementTotals => {
  let { stateSizeBytes, checkpointedSizeBytes, processedBytes, persistedBytes } = totals;
  let { syncDurationMsMax, asyncDurationMsMax, alignmentDurationMsMax, startDelayMsMax } = totals;
  for (let i = 0; i < columns.count; i++) {
    stateSizeBytes += columns.stateSizeBytes[i]!;
    checkpointedSizeBytes += columns.checkpointedSizeBytes[i]!;
    processedBytes += known(columns.processedBytes[i]!);
    persistedBytes += known(columns.persistedBytes[i]!);
    syncDurationMsMax = Math.max(syncDurationMsMax, columns.syncDurationMs[i]!);
    asyncDurationMsMax = Math.max(asyncDurationMsMax, columns.asyncDurationMs[i]!);
    alignmentDurationMsMax = Math.max(alignmentDurationMsMax, columns.alignmentDurationMs[i]!);
    startDelayMsMax = Math.max(startDelayMsMax, columns.startDelayMs[i]!);
  }
  return {
    stateSizeBytes,
    checkpointedSizeBytes,
    processedBytes,
    persistedBytes,
    syncDurationMsMax,
    asyncDurationMsMax,
    alignmentDurationMsMax,
    startDelayMsMax,
  };
};
