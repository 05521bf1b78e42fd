/**
 * State sizes as Flink derives them from handles (metadata format, section 16): sums wrap at 64 bits, and a file of
 * unknown size counts as -1, as it does in Flink. Sizes are not stored, so both sides must derive the same.
 */
import { assertNever } from '../errors.ts';
import type {
  ChangelogStateHandle,
  IncrementalStateHandle,
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
    case 'segmentFile':
      return handle.sizeBytes;
    case 'keyGroupsStream':
      return streamSizeBytes(handle.stream);
    case 'emptySegment':
      return 0n;
    default:
      return assertNever(handle);
  }
};

/** The sum of two sizes, in Flink's wrapping 64-bit arithmetic. */
export const addSizes = (left: StateSizes, right: StateSizes): StateSizes => ({
  stateSizeBytes: BigInt.asIntN(64, left.stateSizeBytes + right.stateSizeBytes),
  checkpointedSizeBytes: BigInt.asIntN(64, left.checkpointedSizeBytes + right.checkpointedSizeBytes),
});

const sum = (sizes: readonly bigint[]): bigint =>
  BigInt.asIntN(
    64,
    sizes.reduce((total, size) => total + size, 0n),
  );

const both = (sizeBytes: bigint): StateSizes => ({
  stateSizeBytes: sizeBytes,
  checkpointedSizeBytes: sizeBytes,
});

const optionalStreamSize = (stream: StreamStateHandle | undefined): bigint =>
  stream === undefined ? 0n : streamSizeBytes(stream);

const incrementalSizes = (handle: IncrementalStateHandle): StateSizes => {
  const files = [...handle.sharedFiles, ...handle.privateFiles].map(({ stream }) => streamSizeBytes(stream));
  const stateSizeBytes = sum([optionalStreamSize(handle.metadata), ...files]);
  const { checkpointedSizeBytes = -1n } = handle;
  const isUnknown = checkpointedSizeBytes === -1n;
  return { stateSizeBytes, checkpointedSizeBytes: isUnknown ? stateSizeBytes : checkpointedSizeBytes };
};

const changelogSizes = (handle: ChangelogStateHandle): StateSizes => ({
  stateSizeBytes: sum(
    [...handle.materialized, ...handle.nonMaterialized].map((inner) =>
      inner === undefined ? 0n : keyedSizes(inner).stateSizeBytes,
    ),
  ),
  checkpointedSizeBytes: handle.checkpointedSizeBytes,
});

/** The sizes of a keyed handle. */
export const keyedSizes = (handle: KeyedStateHandle): StateSizes => {
  switch (handle.kind) {
    case 'keyGroups':
    case 'savepointKeyGroups':
      return both(streamSizeBytes(handle.stream));
    case 'incremental':
      return incrementalSizes(handle);
    case 'changelog':
      return changelogSizes(handle);
    case 'changelogInMemory':
      return both(sum(handle.changes.map(({ data }) => BigInt(data.length))));
    case 'changelogInFiles':
      return {
        stateSizeBytes: handle.sizeBytes,
        checkpointedSizeBytes: handle.checkpointedSizeBytes,
      };
    default:
      return assertNever(handle);
  }
};

const operatorHandleSizes = (handle: OperatorStateHandle | undefined): StateSizes =>
  handle === undefined ? noSizes : both(streamSizeBytes(handle.stream));

const optionalKeyedSizes = (handle: KeyedStateHandle | undefined): StateSizes =>
  handle === undefined ? noSizes : keyedSizes(handle);

/** Formats 1 and 2 hold what no Flink of today weighs; it is weighed as any other stream is. */
const legacySizes = ({ legacy }: OperatorSubtaskState): StateSizes => {
  if (legacy === undefined) return noSizes;
  const chained = [...(legacy.chain?.managed ?? []), ...(legacy.chain?.raw ?? [])];
  const legacyBytes = sum(legacy.legacyStates.map(optionalStreamSize));
  return chained.map(operatorHandleSizes).reduce(addSizes, both(legacyBytes));
};

/** The sum over all that one subtask holds. */
export const subtaskSizes = (state: OperatorSubtaskState): StateSizes => {
  const channels = [...(state.inputChannelState ?? []), ...(state.resultSubpartitionState ?? [])];
  return [
    operatorHandleSizes(state.managedOperatorState),
    operatorHandleSizes(state.rawOperatorState),
    optionalKeyedSizes(state.managedKeyedState),
    optionalKeyedSizes(state.rawKeyedState),
    both(sum(channels.map(({ sizeBytes }) => sizeBytes))),
  ].reduce(addSizes, legacySizes(state));
};
