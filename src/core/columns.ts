/** Acknowledgements as columns: how a batch travels from the edge to the fold without an object per acknowledgement. */

/** What the journal keeps as detail of recorded acknowledgements; `count` rows in every column. */
export interface AcknowledgedColumns {
  readonly count: number;
  readonly slots: Uint32Array;
  /** Bytes of each acknowledgement's slices, length prefixes included. */
  readonly lengths: Uint32Array;
  readonly stateSizeBytes: Float64Array;
  readonly checkpointedSizeBytes: Float64Array;
  readonly processedBytes: Float64Array;
  readonly persistedBytes: Float64Array;
  readonly syncDurationMs: Uint32Array;
  readonly asyncDurationMs: Uint32Array;
  readonly alignmentDurationMs: Uint32Array;
  readonly startDelayMs: Uint32Array;
  /** 1 = unaligned. */
  readonly flags: Uint8Array;
}

/** A batch of frames as the edge has walked it: the columns, and where each frame's slices stand in `frames`. */
export interface FrameBatch extends AcknowledgedColumns {
  readonly frames: Uint8Array;
  readonly checkpointIds: Float64Array;
  readonly attempts: Uint32Array;
  /** The subtask index all slices of the frame name; -1 when the frame has no slices. */
  readonly subtasks: Int32Array;
  readonly sliceCounts: Uint16Array;
  /** Where the slices of the frame begin in `frames`. */
  readonly starts: Uint32Array;
  /** What was wrong with frames that the edge refused, by row; such rows are never recorded. */
  readonly refused: ReadonlyMap<number, FrameRefusal>;
  /** Bytes of all slices: what recording the whole batch takes. */
  readonly slicesBytes: number;
  /** The files that the state of any frame may share with other checkpoints; undefined where no frame has one. */
  readonly shared: SharedHandles | undefined;
}

/** Handles of shared files, one row each, in the order of the frames. */
export interface SharedHandles {
  /** The row of the frame it stands in; ascending. */
  readonly rows: number[];
  /** As the handle has it: relative to the checkpoint's own directory, or absolute. */
  readonly paths: string[];
  readonly isRelative: boolean[];
  /** -1 for a file that the task only refers to: it must be registered already. */
  readonly sizesBytes: number[];
  /** Where in the frames the eight bytes of the size stand. */
  readonly sizesAt: number[];
}

/** Why the edge refuses a frame before any decision. */
export interface FrameRefusal {
  readonly outcome: 'malformed' | 'wrongJob' | 'tooLarge';
  readonly message: string;
}

/** Columns for `count` rows, all zero. */
export const allocateColumns = (count: number): AcknowledgedColumns => ({
  count,
  slots: new Uint32Array(count),
  lengths: new Uint32Array(count),
  stateSizeBytes: new Float64Array(count),
  checkpointedSizeBytes: new Float64Array(count),
  processedBytes: new Float64Array(count),
  persistedBytes: new Float64Array(count),
  syncDurationMs: new Uint32Array(count),
  asyncDurationMs: new Uint32Array(count),
  alignmentDurationMs: new Uint32Array(count),
  startDelayMs: new Uint32Array(count),
  flags: new Uint8Array(count),
});

const columnNames = [
  'slots',
  'lengths',
  'stateSizeBytes',
  'checkpointedSizeBytes',
  'processedBytes',
  'persistedBytes',
  'syncDurationMs',
  'asyncDurationMs',
  'alignmentDurationMs',
  'startDelayMs',
  'flags',
] as const satisfies readonly (keyof AcknowledgedColumns)[];

/** The rows `rows` of `from`, as columns of their own. */
export const pickRows = (from: AcknowledgedColumns, rows: readonly number[]): AcknowledgedColumns => {
  const picked = allocateColumns(rows.length);
  for (const name of columnNames) {
    const source = from[name];
    const target = picked[name];
    for (let i = 0; i < rows.length; i++) target[i] = source[rows[i]!]!;
  }
  return picked;
};

/** Bytes of `count` rows as {@link encodeColumns} writes them, the count included. */
const encodedLength = (count: number): number => 4 + count * (4 * 6 + 8 * 4 + 1);

/** Little-endian, column after column, so that reading back is a copy. */
export const encodeColumns = (columns: AcknowledgedColumns): Uint8Array => {
  const bytes = new Uint8Array(encodedLength(columns.count));
  new DataView(bytes.buffer).setUint32(0, columns.count, true);
  let at = 4;
  for (const name of columnNames) {
    const column = columns[name];
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  }
  return bytes;
};

/** Reads what {@link encodeColumns} wrote; `end` is where the next columns begin. */
export const decodeColumns = (
  bytes: Uint8Array,
  start: number,
): { columns: AcknowledgedColumns; end: number } => {
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(start, true);
  const columns = allocateColumns(count);
  let at = start + 4;
  for (const name of columnNames) {
    const column = columns[name];
    const length = column.byteLength;
    new Uint8Array(column.buffer, column.byteOffset, length).set(bytes.subarray(at, at + length));
    at += length;
  }
  return { columns, end: at };
};
