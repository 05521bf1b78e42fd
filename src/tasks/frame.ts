/**
 * The acknowledgement frame: how a task's acknowledgement travels. Big-endian, like the metadata format whose subtask
 * entries it carries.
 *
 *      0 u32  length of the whole frame
 *      4 16 B job id
 *     20 i64  checkpoint id
 *     28 u32  slot            32 u32  attempt
 *     36 u32  synchronous ms  40 u32  asynchronous ms  44 u32 alignment ms  48 u32 start delay ms
 *     52 i64  processed bytes 60 i64  persisted bytes  (-1 = unknown)
 *     68 i64  claimed state size
 *     76 u8   flags (1 = unaligned)
 *     77 u8   format, 1
 *     78 u16  number of slices
 *     80 …    slices: u32 length, then that many bytes: `i32 subtask index · SubtaskState` of one operator
 *
 * Slices stand in the order of the operators of the vertex.
 */
import { TidemarkError } from '../errors.ts';
import type { CheckpointId, JobId, Slot } from '../state/ids.ts';

export const FRAME_HEADER_BYTES = 80;
export const FRAME_FORMAT = 1;
/** The largest frame accepted: one subtask's handles, not its state; Flink's own RPC limit is 10 MiB. */
export const FRAME_BYTES_MAX = 8 * 1024 * 1024;

/** What a task measured while it snapshotted (C-224). */
export interface AcknowledgementMetrics {
  readonly syncDurationMs: number;
  readonly asyncDurationMs: number;
  readonly alignmentDurationMs: number;
  readonly startDelayMs: number;
  /** -1 when unknown. */
  readonly processedBytes: number;
  /** -1 when unknown. */
  readonly persistedBytes: number;
  readonly isUnaligned: boolean;
}

export const noMetrics: AcknowledgementMetrics = {
  syncDurationMs: 0,
  asyncDurationMs: 0,
  alignmentDurationMs: 0,
  startDelayMs: 0,
  processedBytes: -1,
  persistedBytes: -1,
  isUnaligned: false,
};

export interface Acknowledgement {
  readonly jobId: JobId;
  readonly checkpointId: CheckpointId;
  readonly slot: Slot;
  readonly attempt: number;
  readonly metrics: AcknowledgementMetrics;
  /** What the task believes its state weighs; the edge computes it anew. */
  readonly claimedStateSizeBytes: number;
  /**
   * One subtask entry per operator of the vertex (`encodeSubtaskEntry`), or none for a task without state. All are of a
   * finished subtask or none is.
   */
  readonly slices: readonly Uint8Array[];
}

/** What whoever meets too large a frame says of it. */
export const tooLargeText = (sizeBytes: number): string =>
  `an acknowledgement of ${sizeBytes} bytes exceeds the limit of ${FRAME_BYTES_MAX} bytes`;

const frameLength = (slices: readonly Uint8Array[]): number =>
  slices.reduce((total, slice) => total + 4 + slice.length, FRAME_HEADER_BYTES);

/**
 * Writes one frame. What the caller owes: every slice is one whole subtask entry.
 * @throws ACKNOWLEDGEMENT_TOO_LARGE beyond {@link FRAME_BYTES_MAX}: the task declines instead.
 */
export const encodeFrame = (acknowledgement: Acknowledgement): Uint8Array => {
  const { metrics, slices } = acknowledgement;
  const sizeBytes = frameLength(slices);
  if (sizeBytes > FRAME_BYTES_MAX) {
    const { checkpointId, slot } = acknowledgement;
    const detail = { sizeBytes, limitBytes: FRAME_BYTES_MAX, checkpointId, slot };
    throw new TidemarkError('ACKNOWLEDGEMENT_TOO_LARGE', tooLargeText(sizeBytes), detail);
  }
  const frame = Buffer.alloc(sizeBytes);
  frame.writeUInt32BE(frame.length, 0);
  frame.write(acknowledgement.jobId, 4, 'hex');
  frame.writeBigInt64BE(BigInt(acknowledgement.checkpointId), 20);
  frame.writeUInt32BE(acknowledgement.slot, 28);
  frame.writeUInt32BE(acknowledgement.attempt, 32);
  frame.writeUInt32BE(metrics.syncDurationMs, 36);
  frame.writeUInt32BE(metrics.asyncDurationMs, 40);
  frame.writeUInt32BE(metrics.alignmentDurationMs, 44);
  frame.writeUInt32BE(metrics.startDelayMs, 48);
  frame.writeBigInt64BE(BigInt(metrics.processedBytes), 52);
  frame.writeBigInt64BE(BigInt(metrics.persistedBytes), 60);
  frame.writeBigInt64BE(BigInt(acknowledgement.claimedStateSizeBytes), 68);
  frame.writeUInt8(metrics.isUnaligned ? 1 : 0, 76);
  frame.writeUInt8(FRAME_FORMAT, 77);
  frame.writeUInt16BE(slices.length, 78);
  let at = FRAME_HEADER_BYTES;
  for (const slice of slices) {
    frame.writeUInt32BE(slice.length, at);
    frame.set(slice, at + 4);
    at += 4 + slice.length;
  }
  return frame;
};
