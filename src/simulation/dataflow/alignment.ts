/**
 * Barrier alignment over the inputs of a task: an input whose barrier has come is not read until the barriers of all
 * inputs have, so that no record after the barrier gets into the snapshot.
 */
import type { CheckpointId } from '../../state/ids.ts';
import type { Barrier } from './elements.ts';

/** Cancelled ids remembered because their barriers may still come. */
const CANCELLED_IDS_MAX = 1_024;

/** What the coming of a barrier means. */
export interface AlignmentStep {
  /** All inputs have it: take the snapshot. */
  readonly aligned?: Barrier;
  /** An older one was being aligned and cannot complete any more. */
  readonly abandoned?: CheckpointId;
}

interface Alignment {
  readonly barrier: Barrier;
  readonly startedAt: number;
  readonly arrived: Set<number>;
}

export interface BarrierAlignmentOptions {
  readonly inputs: number;
  /**
   * Breaks exactly-once on purpose, for a test that shows what alignment is for: inputs are read on after their
   * barrier,
   * so their records get into the snapshot and are replayed as well.
   */
  readonly releaseAlignmentEarly?: boolean | undefined;
}

export class BarrierAlignment {
  readonly #options: BarrierAlignmentOptions;
  readonly #cancelled = new Set<CheckpointId>();
  #current: Alignment | undefined;
  /** Barriers up to this id are of the past. */
  #passed = 0;

  constructor(options: BarrierAlignmentOptions) {
    this.#options = options;
  }

  /** The checkpoint whose barriers are being gathered. */
  get current(): CheckpointId | undefined {
    return this.#current?.barrier.checkpointId;
  }

  /** Monotonic time of the first barrier of the current alignment. */
  get startedAt(): number | undefined {
    return this.#current?.startedAt;
  }

  isBlocked(input: number): boolean {
    return this.#options.releaseAlignmentEarly !== true && this.#current?.arrived.has(input) === true;
  }

  /** A barrier has come over an input; `now` is monotonic time. */
  arrive(input: number, barrier: Barrier, now: number): AlignmentStep {
    const id = barrier.checkpointId;
    if (id <= this.#passed || this.#cancelled.has(id) || id < (this.current ?? 0)) return {};
    const abandoned = this.current !== undefined && this.current < id ? this.current : undefined;
    if (this.current !== id) this.#current = { barrier, startedAt: now, arrived: new Set() };
    this.#current?.arrived.add(input);
    const aligned = this.#current?.arrived.size === this.#options.inputs ? { aligned: barrier } : {};
    return abandoned === undefined ? aligned : { ...aligned, abandoned };
  }

  /** The snapshot has been taken: all inputs are read again. */
  pass(): void {
    this.#passed = this.#current?.barrier.checkpointId ?? this.#passed;
    this.#current = undefined;
    for (const id of this.#cancelled) if (id <= this.#passed) this.#cancelled.delete(id);
  }

  /** A checkpoint was aborted: its barriers, those to come too, mean nothing any more. */
  cancel(id: CheckpointId): void {
    if (id <= this.#passed) return;
    if (this.current === id) this.#current = undefined;
    this.#cancelled.add(id);
    const [oldest] = this.#cancelled;
    if (this.#cancelled.size > CANCELLED_IDS_MAX && oldest !== undefined) this.#cancelled.delete(oldest);
  }
}
