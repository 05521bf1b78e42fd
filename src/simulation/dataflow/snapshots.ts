/** The asynchronous part of a task's snapshots: write the captured state, then acknowledge, decline, or discard it. */
import { messageOf } from '../../errors.ts';
import { encodeSubtaskEntry } from '../../metadata/subtask-entry.ts';
import type { OperatorSubtaskState } from '../../state/handles.ts';
import type { CheckpointId } from '../../state/ids.ts';
import { subtaskSizes } from '../../state/sizes.ts';
import { noMetrics } from '../../tasks/frame.ts';
import type { Barrier } from './elements.ts';
import { StateWriter } from './state-writer.ts';
import type { TaskContext } from './task.ts';

/** State as it was at the barrier; later changes of the task do not reach it. */
export interface CapturedState {
  /** Writes it and says what was written. Rejects when it cannot: the task then declines the checkpoint. */
  write(writer: StateWriter): Promise<OperatorSubtaskState>;
}

export interface SnapshotTimes {
  readonly alignmentDurationMs: number;
  readonly syncDurationMs: number;
  readonly startDelayMs: number;
}

interface Upload {
  readonly writer: StateWriter;
  isAborted: boolean;
}

export class Snapshots {
  readonly #context: TaskContext;
  readonly #uploads = new Map<CheckpointId, Upload>();

  constructor(context: TaskContext) {
    this.#context = context;
  }

  /** Starts the upload; its end is an acknowledgement or a refusal, or nothing when it was aborted before. */
  start(barrier: Barrier, captured: CapturedState, times: SnapshotTimes): void {
    const writer = new StateWriter(this.#context.storage, barrier.location);
    const upload: Upload = { writer, isAborted: false };
    this.#uploads.set(barrier.checkpointId, upload);
    const startedAt = this.#context.clock.monotonic();
    void captured
      .write(writer)
      .then(
        async (state) => await this.#written(barrier, upload, state, times, startedAt),
        async (error: unknown) => await this.#failed(barrier, upload, error),
      )
      .finally(() => this.#uploads.delete(barrier.checkpointId));
  }

  /** The checkpoint was aborted: what is not acknowledged yet is discarded. */
  abort(checkpointId: CheckpointId): void {
    const upload = this.#uploads.get(checkpointId);
    if (upload !== undefined) upload.isAborted = true;
  }

  /** A new coordinator said what is in flight; older ids that it did not name were aborted while it was away. */
  keepOnly(inFlight: readonly CheckpointId[], latestCompletedId: CheckpointId | undefined): void {
    for (const id of lostIds(this.#uploads.keys(), inFlight, latestCompletedId)) this.abort(id);
  }

  /** The attempt has ended. */
  abortAll(): void {
    for (const upload of this.#uploads.values()) upload.isAborted = true;
  }

  async #written(
    barrier: Barrier,
    upload: Upload,
    state: OperatorSubtaskState,
    times: SnapshotTimes,
    startedAt: number,
  ): Promise<void> {
    if (upload.isAborted) return await this.#discard(upload);
    const { endpoint, subtask, clock } = this.#context;
    const isHeard = endpoint.acknowledge({
      checkpointId: barrier.checkpointId,
      metrics: { ...noMetrics, ...wholeMs({ ...times, asyncDurationMs: clock.monotonic() - startedAt }) },
      claimedStateSizeBytes: Number(subtaskSizes(state).stateSizeBytes),
      slices: [encodeSubtaskEntry(subtask, state)],
    });
    if (!isHeard) await this.#discard(upload);
  }

  async #failed(barrier: Barrier, upload: Upload, error: unknown): Promise<void> {
    if (!upload.isAborted) {
      this.#context.endpoint.decline(barrier.checkpointId, 'CHECKPOINT_ASYNC_EXCEPTION', messageOf(error));
    }
    await this.#discard(upload);
  }

  async #discard(upload: Upload): Promise<void> {
    await upload.writer.discard().catch(this.#context.onDiscardFailed);
  }
}

/**
 * Of the ids a task knows, those that a new coordinator would have named if they were alive. An id beyond all that it
 * named may have been triggered after it spoke.
 */
export const lostIds = (
  known: Iterable<CheckpointId>,
  inFlight: readonly CheckpointId[],
  latestCompletedId: CheckpointId | undefined,
): readonly CheckpointId[] => {
  const newest = Math.max(latestCompletedId ?? 0, ...inFlight);
  return [...known].filter((id) => id < newest && !inFlight.includes(id));
};

const wholeMs = <Name extends string>(durations: Readonly<Record<Name, number>>): Record<Name, number> =>
  Object.fromEntries(
    Object.entries<number>(durations).map(([name, value]) => [name, Math.max(0, Math.round(value))]),
  ) as Record<Name, number>;
