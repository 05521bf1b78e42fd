/**
 * A metadata file as plain JSON, for people and for comparison with Flink: 64-bit numbers are decimal strings, ids are
 * hex, and what Flink derives (sizes, the order in which it would write state names) is derived the same way.
 */
import type { OperatorSubtaskState } from '../state/handles.ts';
import { addSizes, noSizes, streamSizeBytes, subtaskSizes } from '../state/sizes.ts';
import type { StateSizes } from '../state/sizes.ts';
import { flinkSubtaskOrder } from './flink-order.ts';
import { bytesView, channelView, keyedView, operatorHandleView, streamView } from './handle-view.ts';
import type { Digest, Json, Sha256Hex } from './handle-view.ts';
import { flinkWords, METADATA_VERSION, since } from './layout.ts';
import type { CheckpointMetadata, OperatorState, SubtaskEntry } from './model.ts';
import type { CheckpointProperties, SnapshotType } from './properties.ts';

const sizesView = (sizes: StateSizes): { readonly stateSize: string; readonly checkpointedSize: string } => ({
  stateSize: `${sizes.stateSizeBytes}`,
  checkpointedSize: `${sizes.checkpointedSizeBytes}`,
});

/** What only formats 1 and 2 have, shown where it is not what every known file has. */
const legacyView = (
  { legacy }: OperatorSubtaskState,
  sha256Hex: Digest,
): { readonly [key: string]: Json } => {
  if (legacy === undefined || (legacy.legacyStates.length === 0 && legacy.chain === undefined)) return {};
  const legacyState = legacy.legacyStates.map((stream) => streamView(stream, sha256Hex));
  const { chain } = legacy;
  if (chain === undefined) return { legacyState };
  const managed = chain.managed.map((handle) => operatorHandleView(handle, sha256Hex));
  const raw = chain.raw.map((handle) => operatorHandleView(handle, sha256Hex));
  return { legacyState, managedOperatorStates: managed, rawOperatorStates: raw };
};

const subtaskView = ({ subtaskIndex, isFinished, state }: SubtaskEntry, sha256Hex: Digest): Json => {
  if (isFinished === true) return { index: subtaskIndex, finished: true };
  return {
    index: subtaskIndex,
    finished: false,
    managedOperatorState: operatorHandleView(state.managedOperatorState, sha256Hex),
    rawOperatorState: operatorHandleView(state.rawOperatorState, sha256Hex),
    managedKeyedState: keyedView(state.managedKeyedState, sha256Hex),
    rawKeyedState: keyedView(state.rawKeyedState, sha256Hex),
    inputChannelState: (state.inputChannelState ?? []).map((handle) => channelView(handle, sha256Hex)),
    resultSubpartitionState: (state.resultSubpartitionState ?? []).map((handle) =>
      channelView(handle, sha256Hex),
    ),
    ...sizesView(subtaskSizes(state)),
    ...legacyView(state, sha256Hex),
  };
};

const operatorSizes = (operator: OperatorState): StateSizes => {
  const { coordinatorState } = operator;
  const sizeBytes = coordinatorState === undefined ? 0n : streamSizeBytes(coordinatorState);
  return operator.subtasks
    .map(({ state }) => subtaskSizes(state))
    .reduce(addSizes, addSizes(noSizes, { stateSizeBytes: sizeBytes, checkpointedSizeBytes: sizeBytes }));
};

/** Flink keeps the subtasks in a hash map, which is in order as long as there are at most 65536. */
const writeOrderView = ({ parallelism, subtasks }: OperatorState): { readonly [key: string]: Json } => {
  const indexes = subtasks.map(({ subtaskIndex }) => subtaskIndex);
  const order = flinkSubtaskOrder(indexes, parallelism);
  return order.every((index, at) => index === indexes[at]) ? {} : { subtaskWriteOrder: order };
};

const operatorView = (operator: OperatorState, sha256Hex: Digest): Json => ({
  operatorId: operator.operatorId,
  name: operator.name ?? null,
  uid: operator.uid ?? null,
  parallelism: operator.parallelism,
  maxParallelism: operator.maxParallelism,
  fullyFinished: operator.isFullyFinished === true,
  coordinatorState: streamView(operator.coordinatorState, sha256Hex),
  ...sizesView(operatorSizes(operator)),
  subtasks: operator.subtasks.map((entry) => subtaskView(entry, sha256Hex)),
  ...writeOrderView(operator),
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

/** What Flink 2.3.0 says of a file that it refuses though it is whole, or undefined. */
export const flinkRefusal = (model: CheckpointMetadata): string | undefined => {
  const { formatVersion = METADATA_VERSION, operators } = model;
  if (formatVersion < since.singleOperators) return flinkWords.versionOne;
  const isLegacy = operators.some(({ subtasks }) =>
    subtasks.some(({ state }) => (state.legacy?.legacyStates ?? []).length > 0),
  );
  return isLegacy ? flinkWords.legacyState : undefined;
};

/**
 * The file as JSON, in the shape of the project's dumps of what Flink loads. `${exclusiveDir}` stands for the directory
 * of the file, which relative handles are resolved against. A file that no Flink of today reads, because it is of
 * format 1 or holds state from before Flink 1.2, says so in `flinkRefusal`.
 *
 * @param sha256Hex digests bytes longer than 64; without it only their length is shown.
 */
export const metadataView = (
  model: CheckpointMetadata,
  sha256Hex?: Sha256Hex,
): { readonly [key: string]: Json } => {
  const refusal = flinkRefusal(model);
  return {
    formatVersion: model.formatVersion ?? METADATA_VERSION,
    checkpointId: `${model.checkpointId}`,
    masterStates: model.masterStates.map(({ name, version, data }) => ({
      name,
      version,
      bytes: bytesView(data, sha256Hex),
    })),
    operatorStates: model.operators.map((operator) => operatorView(operator, sha256Hex)),
    properties: propertiesView(model.properties),
    trailingBytes: model.trailingBytes?.length ?? 0,
    ...(refusal === undefined ? {} : { flinkRefusal: refusal }),
  };
};
