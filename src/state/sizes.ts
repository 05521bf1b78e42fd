/**
 * State sizes as Flink derives them from handles (metadata format, section 16): sums wrap at 64 bits, and a file of
 * unknown size counts as -1, as it does in Flink. Sizes are not stored, so both sides must derive the same.
 */
import { assertNever } from '../errors.ts';
import type {
  KeyedStateHandle,
  OperatorStateHandle,
  OperatorSubtaskState,
  StreamStateHandle,
} from './handles.ts';

/** The two sizes that Flink reports of state. */
export interface StateSizes {
  /** All that the handle refers to. */
  readonly stateSizeBytes: bigint;
  /** What this checkpoint itself had to write. */
  readonly checkpointedSizeBytes: bigint;
}

export const noSizes: StateSizes = { stateSizeBytes: 0n, checkpointedSizeBytes: 0n };

/** The bytes of one stream; -1 for a file of unknown size. */
export const streamSizeBytes = (handle: StreamStateHandle): bigint => {
  switch (handle.kind) {
    case 'byteStream':
      return BigInt(handle.data.length);
    case 'file':
    case 'relativeFile':
      return handle.sizeBytes;
    default:
      return assertNever(handle);
  }
};

/** The sum of two sizes, in Flink's wrapping 64-bit arithmetic. */
export const addSizes = (left: StateSizes, right: StateSizes): StateSizes => ({
  stateSizeBytes: BigInt.asIntN(64, left.stateSizeBytes + right.stateSizeBytes),
  checkpointedSizeBytes: BigInt.asIntN(64, left.checkpointedSizeBytes + right.checkpointedSizeBytes),
});

/** Every kind so far was written as a whole by its own checkpoint, so that both sizes are its stream's. */
const handleSizes = (handle: OperatorStateHandle | KeyedStateHandle | undefined): StateSizes => {
  if (handle === undefined) return noSizes;
  const sizeBytes = streamSizeBytes(handle.stream);
  return { stateSizeBytes: sizeBytes, checkpointedSizeBytes: sizeBytes };
};

/** The sum over all that one subtask holds. */
export const subtaskSizes = (state: OperatorSubtaskState): StateSizes =>
  [state.managedOperatorState, state.rawOperatorState, state.managedKeyedState, state.rawKeyedState]
    .map(handleSizes)
    .reduce(addSizes, noSizes);
