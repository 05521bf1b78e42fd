/**
 * A metadata file as plain JSON, for people and for comparison with Flink: 64-bit numbers are decimal strings, ids are
 * hex, and what Flink derives (sizes, the order in which it would write state names) is derived the same way.
 */
import { assertNever } from '../errors.ts';
import type { KeyedStateHandle, OperatorStateHandle, StreamStateHandle } from '../state/handles.ts';
import { addSizes, noSizes, streamSizeBytes, subtaskSizes } from '../state/sizes.ts';
import type { StateSizes } from '../state/sizes.ts';
import { flinkStateNameOrder } from './flink-order.ts';
import { METADATA_VERSION } from './layout.ts';
import type { CheckpointMetadata, OperatorState, SubtaskEntry } from './model.ts';
import type { CheckpointProperties, SnapshotType } from './properties.ts';

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Gives the SHA-256 of bytes in lower-case hex. Handed in, because this folder is pure and uses no Node module. */
export type Sha256Hex = (bytes: Uint8Array) => string;

type Digest = Sha256Hex | undefined;

/** Bytes up to this length are shown, longer ones only as their digest. */
const SHOWN_BYTES_MAX = 64;

const hexOf = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
};

const bytesView = (bytes: Uint8Array, sha256Hex: Digest): Json => {
  const { length } = bytes;
  if (length <= SHOWN_BYTES_MAX) return { length, hex: hexOf(bytes) };
  return sha256Hex === undefined ? { length } : { length, sha256: sha256Hex(bytes) };
};

const streamView = (handle: StreamStateHandle | undefined, sha256Hex: Digest): Json => {
  if (handle === undefined) return null;
  switch (handle.kind) {
    case 'byteStream':
      return { type: 'ByteStreamStateHandle', name: handle.name, data: bytesView(handle.data, sha256Hex) };
    case 'file':
      return { type: 'FileStateHandle', size: `${handle.sizeBytes}`, path: handle.path };
    case 'relativeFile':
      return {
        type: 'RelativeFileStateHandle',
        relativePath: handle.relativePath,
        size: `${handle.sizeBytes}`,
        path: `\${exclusiveDir}/${handle.relativePath}`,
      };
    default:
      return assertNever(handle);
  }
};

const operatorHandleView = (handle: OperatorStateHandle | undefined, sha256Hex: Digest): Json => {
  if (handle === undefined) return null;
  const byName = new Map(handle.states.map((meta) => [meta.name, meta]));
  const names = [...byName.keys()];
  // Java compares strings by UTF-16 units, as the default comparison here does.
  const sorted = names.toSorted();
  const writeOrder = flinkStateNameOrder(names);
  const isSorted = writeOrder.every((name, index) => name === sorted[index]);
  const states = sorted.map((name) => {
    const { mode, offsets = [] } = byName.get(name) ?? {};
    return { name, mode: mode ?? null, offsets: offsets.map(String) };
  });
  return {
    type: 'OperatorStreamStateHandle',
    states,
    ...(isSorted ? {} : { stateWriteOrder: writeOrder }),
    delegate: streamView(handle.stream, sha256Hex),
  };
};

const keyedView = (handle: KeyedStateHandle | undefined, sha256Hex: Digest): Json =>
  handle === undefined
    ? null
    : {
        type: 'keyed:KeyGroupsStateHandle',
        keyGroups: { start: handle.firstKeyGroup, count: handle.offsets.length },
        offsets: handle.offsets.map(String),
        delegate: streamView(handle.stream, sha256Hex),
        stateHandleId: handle.stateHandleId,
      };

const sizesView = (sizes: StateSizes): { readonly stateSize: string; readonly checkpointedSize: string } => ({
  stateSize: `${sizes.stateSizeBytes}`,
  checkpointedSize: `${sizes.checkpointedSizeBytes}`,
});

const subtaskView = ({ subtaskIndex, state }: SubtaskEntry, sha256Hex: Digest): Json => ({
  index: subtaskIndex,
  finished: false,
  managedOperatorState: operatorHandleView(state.managedOperatorState, sha256Hex),
  rawOperatorState: operatorHandleView(state.rawOperatorState, sha256Hex),
  managedKeyedState: keyedView(state.managedKeyedState, sha256Hex),
  rawKeyedState: keyedView(state.rawKeyedState, sha256Hex),
  inputChannelState: [],
  resultSubpartitionState: [],
  ...sizesView(subtaskSizes(state)),
});

const operatorSizes = (operator: OperatorState): StateSizes => {
  const { coordinatorState } = operator;
  const sizeBytes = coordinatorState === undefined ? 0n : streamSizeBytes(coordinatorState);
  return operator.subtasks
    .map(({ state }) => subtaskSizes(state))
    .reduce(addSizes, addSizes(noSizes, { stateSizeBytes: sizeBytes, checkpointedSizeBytes: sizeBytes }));
};

const operatorView = (operator: OperatorState, sha256Hex: Digest): Json => ({
  operatorId: operator.operatorId,
  name: operator.name ?? null,
  uid: operator.uid ?? null,
  parallelism: operator.parallelism,
  maxParallelism: operator.maxParallelism,
  fullyFinished: false,
  coordinatorState: streamView(operator.coordinatorState, sha256Hex),
  ...sizesView(operatorSizes(operator)),
  subtasks: operator.subtasks.map((entry) => subtaskView(entry, sha256Hex)),
});

const snapshotView = (snapshot: SnapshotType): Json =>
  snapshot.kind === 'checkpoint'
    ? { class: 'CheckpointType', name: snapshot.name, sharingFilesStrategy: snapshot.sharingFilesStrategy }
    : {
        class: 'SavepointType',
        name: snapshot.name,
        postCheckpointAction: snapshot.postCheckpointAction,
        formatType: snapshot.formatType ?? null,
      };

const propertiesView = (properties: CheckpointProperties | undefined): Json => {
  if (properties === undefined) return null;
  return {
    checkpointType: snapshotView(properties.snapshot),
    forced: properties.forced,
    discardSubsumed: properties.discardSubsumed,
    discardFinished: properties.discardFinished,
    discardCancelled: properties.discardCancelled,
    discardFailed: properties.discardFailed,
    discardSuspended: properties.discardSuspended,
    unclaimed: properties.unclaimed,
  };
};

/**
 * The file as JSON, in the shape of the project's dumps of what Flink loads. `${exclusiveDir}` stands for the directory
 * of the file, which relative handles are resolved against.
 *
 * @param sha256Hex digests bytes longer than 64; without it only their length is shown.
 */
export const metadataView = (
  model: CheckpointMetadata,
  sha256Hex?: Sha256Hex,
): { readonly [key: string]: Json } => ({
  formatVersion: METADATA_VERSION,
  checkpointId: `${model.checkpointId}`,
  masterStates: model.masterStates.map(({ name, version, data }) => ({
    name,
    version,
    bytes: bytesView(data, sha256Hex),
  })),
  operatorStates: model.operators.map((operator) => operatorView(operator, sha256Hex)),
  properties: propertiesView(model.properties),
  trailingBytes: model.trailingBytes ?? 0,
});
