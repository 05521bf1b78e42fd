/**
 * The edge of the acknowledgement path: walks a buffer of frames once, checks each and lays it out as columns. What a
 * task claims is not believed: sizes are computed from its slices.
 */
import { invariant, messageOf } from '../errors.ts';
import type { JobId } from '../state/ids.ts';
import { readModifiedUtf8 } from '../metadata/modified-utf8.ts';
import { walkedEntry, type SharedVisitor, type WalkedEntry } from '../metadata/walk-cursor.ts';
import { walkSubtaskEntry } from '../metadata/walk.ts';
import { allocateColumns, type FrameBatch, type FrameRefusal, type SharedHandles } from '../core/columns.ts';
import { FRAME_BYTES_MAX, FRAME_FORMAT, FRAME_HEADER_BYTES, tooLargeText } from './frame.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A job id as the four words a frame carries it in. */
const jobWords = (jobId: JobId): readonly number[] =>
  [0, 8, 16, 24].map((at) => Number.parseInt(jobId.slice(at, at + 8), 16));

/** How many frames stand in the buffer; bytes that are no whole frame count as one, to be refused. */
const countFrames = (view: DataView): number => {
  let count = 0;
  for (let at = 0; at < view.byteLength; count++) {
    const length = view.byteLength - at >= 4 ? view.getUint32(at) : 0;
    at = isFrameLength(length, view.byteLength - at) ? at + length : view.byteLength;
  }
  return count;
};

const isFrameLength = (length: number, left: number): boolean =>
  length >= FRAME_HEADER_BYTES && length <= left;

/** A signed 64-bit field as a number: exact up to 2^53, and -1 for everything negative. */
const wideNumber = (view: DataView, at: number): number => {
  const high = view.getInt32(at);
  return high < 0 ? -1 : high * 0x1_0000_0000 + view.getUint32(at + 4);
};

interface Walk {
  readonly frames: Uint8Array;
  readonly view: DataView;
  readonly jobWords: readonly number[];
  readonly batch: Mutable<FrameBatch>;
  readonly refused: Map<number, FrameRefusal>;
  readonly entry: WalkedEntry;
  /** The frame that is being walked. */
  row: number;
  readonly onShared: SharedVisitor;
}

const refuse = (walk: Walk, row: number, outcome: FrameRefusal['outcome'], message: string): void => {
  walk.refused.set(row, { outcome, message });
};

const isOwnJob = ({ view, jobWords: words }: Walk, at: number): boolean =>
  view.getUint32(at + 4) === words[0] &&
  view.getUint32(at + 8) === words[1] &&
  view.getUint32(at + 12) === words[2] &&
  view.getUint32(at + 16) === words[3];

const readHeader = ({ view, batch }: Walk, row: number, at: number): void => {
  batch.checkpointIds[row] = wideNumber(view, at + 20);
  batch.slots[row] = view.getUint32(at + 28);
  batch.attempts[row] = view.getUint32(at + 32);
  batch.syncDurationMs[row] = view.getUint32(at + 36);
  batch.asyncDurationMs[row] = view.getUint32(at + 40);
  batch.alignmentDurationMs[row] = view.getUint32(at + 44);
  batch.startDelayMs[row] = view.getUint32(at + 48);
  batch.processedBytes[row] = wideNumber(view, at + 52);
  batch.persistedBytes[row] = wideNumber(view, at + 60);
  batch.flags[row] = view.getUint8(at + 76);
  batch.sliceCounts[row] = view.getUint16(at + 78);
  batch.starts[row] = at + FRAME_HEADER_BYTES;
  batch.subtasks[row] = -1;
};

/**
 * Walks the slices of one frame; answers what is wrong with them, or nothing. The operators of a task end together, so
 * its slices are all of a finished subtask or none is (C-190).
 */
const walkSlices = (walk: Walk, row: number, end: number): string | undefined => {
  const { frames, view, batch, entry } = walk;
  let at = batch.starts[row]!;
  let isFinished = false;
  for (let slice = 0; slice < batch.sliceCounts[row]!; slice++) {
    const length = end - at >= 4 ? view.getUint32(at) : -1;
    if (length < 0 || length > end - at - 4) return `slice ${slice} does not end inside the frame`;
    walkSubtaskEntry(frames, view, at + 4, at + 4 + length, entry, walk.onShared);
    if (slice > 0 && entry.subtaskIndex !== batch.subtasks[row]) return `slices name several subtasks`;
    if (slice > 0 && entry.isFinished !== isFinished)
      return 'slices name a subtask finished and not finished';
    batch.subtasks[row] = entry.subtaskIndex;
    isFinished = entry.isFinished;
    batch.stateSizeBytes[row]! += entry.stateSizeBytes;
    batch.checkpointedSizeBytes[row]! += entry.checkpointedSizeBytes;
    at += 4 + length;
  }
  return at === end ? undefined : `${end - at} bytes after the last slice`;
};

const walkFrame = (walk: Walk, row: number, at: number, end: number): void => {
  readHeader(walk, row, at);
  const { view, batch } = walk;
  batch.lengths[row] = end - at - FRAME_HEADER_BYTES;
  if (!isOwnJob(walk, at)) return refuse(walk, row, 'wrongJob', 'the frame names another job');
  if (end - at > FRAME_BYTES_MAX) {
    return refuse(walk, row, 'tooLarge', `ACKNOWLEDGEMENT_TOO_LARGE: ${tooLargeText(end - at)}`);
  }
  if (view.getUint8(at + 77) !== FRAME_FORMAT) {
    return refuse(walk, row, 'malformed', `frame format ${view.getUint8(at + 77)}, known is ${FRAME_FORMAT}`);
  }
  try {
    const trouble = walkSlices(walk, row, end);
    if (trouble !== undefined) refuse(walk, row, 'malformed', trouble);
  } catch (error) {
    refuse(walk, row, 'malformed', messageOf(error));
  }
};

const allocateBatch = (
  frames: Uint8Array,
  count: number,
  refused: Map<number, FrameRefusal>,
): Mutable<FrameBatch> => ({
  ...allocateColumns(count),
  frames,
  checkpointIds: new Float64Array(count),
  attempts: new Uint32Array(count),
  subtasks: new Int32Array(count),
  sliceCounts: new Uint16Array(count),
  starts: new Uint32Array(count),
  refused,
  slicesBytes: 0,
  shared: undefined,
});

const noHandles = (): SharedHandles => ({ rows: [], paths: [], isRelative: [], sizesBytes: [], sizesAt: [] });

/** Notes a file that other checkpoints may refer to as well. */
const noteShared = (walk: Walk, pathAt: number, sizeAt: number, isRelative: boolean): void => {
  const { batch, view, frames, row } = walk;
  const start = pathAt + 2;
  const path = readModifiedUtf8(frames, start, start + view.getUint16(pathAt));
  invariant(typeof path === 'string', `a path that was walked at ${pathAt} cannot be read`);
  const handles = (batch.shared ??= noHandles());
  handles.rows.push(row);
  handles.paths.push(path);
  handles.isRelative.push(isRelative);
  handles.sizesBytes.push(wideNumber(view, sizeAt));
  handles.sizesAt.push(sizeAt);
};

/** Lays out all frames of a buffer. Never throws: what is wrong with a frame is a refusal of its row. */
export const walkFrames = (jobId: JobId, frames: Uint8Array): FrameBatch => {
  const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength);
  const refused = new Map<number, FrameRefusal>();
  const batch = allocateBatch(frames, countFrames(view), refused);
  const walk: Walk = {
    frames,
    view,
    jobWords: jobWords(jobId),
    batch,
    refused,
    entry: walkedEntry(),
    row: 0,
    onShared: (pathAt, sizeAt, isRelative) => noteShared(walk, pathAt, sizeAt, isRelative),
  };
  let at = 0;
  for (let row = 0; row < batch.count; row++) {
    const left = frames.length - at;
    const length = left >= 4 ? view.getUint32(at) : 0;
    walk.row = row;
    if (isFrameLength(length, left)) walkFrame(walk, row, at, at + length);
    else refuse(walk, row, 'malformed', `${left} bytes are no whole frame`);
    batch.slicesBytes += batch.lengths[row]!;
    at += length;
  }
  return batch;
};
