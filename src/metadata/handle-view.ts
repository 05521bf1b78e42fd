/** Handles as plain JSON, in the shape of the project's dumps of what Flink loads. */
import { assertNever } from '../errors.ts';
import type {
  ChannelStateHandle,
  KeyedStateHandle,
  LocalFileHandle,
  OperatorStateHandle,
  StoredKeyGroupRange,
  StreamStateHandle,
} from '../state/handles.ts';
import { keyedSizes } from '../state/sizes.ts';
import { flinkBackendId } from './backend-id.ts';
import { flinkPath, flinkRelativePath } from './flink-path.ts';
import { flinkStateNameOrder } from './flink-order.ts';
import { packedChannelsView } from './packed-channels.ts';

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Gives the SHA-256 of bytes in lower-case hex. Handed in, because this folder is pure and uses no Node module. */
export type Sha256Hex = (bytes: Uint8Array) => string;

export type Digest = Sha256Hex | undefined;

/** Bytes up to this length are shown, longer ones only as their digest. */
const SHOWN_BYTES_MAX = 64;

/** Stands for an id that Flink draws anew on every load. */
const RANDOM = '<random>';

const hexOf = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
};

export const bytesView = (bytes: Uint8Array, sha256Hex: Digest): Json => {
  const { length } = bytes;
  if (length <= SHOWN_BYTES_MAX) return { length, hex: hexOf(bytes) };
  return sha256Hex === undefined ? { length } : { length, sha256: sha256Hex(bytes) };
};

const EXCLUSIVE_DIRECTORY = `\${exclusiveDir}`;

/** Below the directory of the file, or beside it. */
const resolvedPath = (relativePath: string): string => {
  const { path, isAbsolute } = flinkRelativePath(relativePath);
  if (isAbsolute) return path.startsWith('//') ? `file:${path}` : path;
  if (path === '') return EXCLUSIVE_DIRECTORY;
  const isBeside = path.startsWith('../') && !path.startsWith('../../');
  return isBeside ? `file:\${parentOfExclusiveDir}/${path.slice(3)}` : `\${exclusiveDir}/${path}`;
};

/** An empty range starts at 0, whatever the file says. */
const rangeView = ({ firstKeyGroup, keyGroupCount }: StoredKeyGroupRange): Json =>
  keyGroupCount > 0 ? { start: firstKeyGroup, count: keyGroupCount } : { start: 0, count: 0 };

const offsetRangeView = (handle: {
  readonly firstKeyGroup: number;
  readonly offsets: readonly bigint[];
}): Json => rangeView({ firstKeyGroup: handle.firstKeyGroup, keyGroupCount: handle.offsets.length });

export const streamView = (handle: StreamStateHandle | undefined, sha256Hex: Digest): Json => {
  if (handle === undefined) return null;
  switch (handle.kind) {
    case 'byteStream':
      return { type: 'ByteStreamStateHandle', name: handle.name, data: bytesView(handle.data, sha256Hex) };
    case 'file':
      return { type: 'FileStateHandle', size: `${handle.sizeBytes}`, path: flinkPath(handle.path) };
    case 'relativeFile':
      return {
        type: 'RelativeFileStateHandle',
        relativePath: handle.relativePath,
        size: `${handle.sizeBytes}`,
        path: resolvedPath(handle.relativePath),
      };
    case 'keyGroupsStream':
      return {
        type: 'stream:KeyGroupsStateHandle',
        keyGroups: offsetRangeView(handle),
        offsets: handle.offsets.map(String),
        delegate: streamView(handle.stream, sha256Hex),
      };
    case 'segmentFile':
      return {
        type: 'SegmentFileStateHandle',
        startPos: `${handle.startPosition}`,
        size: `${handle.sizeBytes}`,
        scope: handle.scope,
        path: flinkPath(handle.path),
        logicalFileId: handle.logicalFileId,
      };
    case 'emptySegment':
      return { type: 'EmptySegmentFileStateHandle' };
    default:
      return assertNever(handle);
  }
};

const operatorClass = (handle: OperatorStateHandle): string => {
  if (handle.kind === 'operatorStream') return 'OperatorStreamStateHandle';
  return `${handle.isEmpty ? 'Empty' : ''}FileMergingOperatorStreamStateHandle`;
};

export const operatorHandleView = (handle: OperatorStateHandle | undefined, sha256Hex: Digest): Json => {
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
  const isMerged = handle.kind === 'fileMerging';
  return {
    type: operatorClass(handle),
    states,
    ...(isSorted ? {} : { stateWriteOrder: writeOrder }),
    ...(isMerged ? { taskOwnedDir: flinkPath(handle.taskOwnedDirectory) } : {}),
    ...(isMerged ? { sharedDir: flinkPath(handle.sharedDirectory) } : {}),
    delegate: streamView(handle.stream, sha256Hex),
  };
};

const localFilesView = (files: readonly LocalFileHandle[], sha256Hex: Digest): Json =>
  files.map(({ localPath, stream }) => ({ localPath, handle: streamView(stream, sha256Hex) }));

type Kind<Name extends KeyedStateHandle['kind']> = Extract<KeyedStateHandle, { readonly kind: Name }>;

const incrementalView = (handle: Kind<'incremental'>, sha256Hex: Digest): Json => {
  const sizes = keyedSizes(handle);
  return {
    type: 'keyed:IncrementalRemoteKeyedStateHandle',
    checkpointId: `${handle.checkpointId}`,
    backendIdentifier: flinkBackendId(handle.backendId),
    keyGroups: rangeView(handle),
    checkpointedSize: `${sizes.checkpointedSizeBytes}`,
    stateSize: `${sizes.stateSizeBytes}`,
    metaState: streamView(handle.metadata, sha256Hex),
    sharedState: localFilesView(handle.sharedFiles, sha256Hex),
    privateState: localFilesView(handle.privateFiles, sha256Hex),
    stateHandleId: handle.stateHandleId ?? RANDOM,
  };
};

const changelogView = (handle: Kind<'changelog'>, sha256Hex: Digest): Json => {
  const sizes = keyedSizes(handle);
  const materialized = handle.materialized.filter((inner) => inner !== undefined);
  return {
    type: 'keyed:ChangelogStateBackendHandle',
    keyGroups: rangeView(handle),
    checkpointedSize: `${sizes.checkpointedSizeBytes}`,
    stateSize: `${sizes.stateSizeBytes}`,
    materialized: materialized.map((inner) => keyedView(inner, sha256Hex)),
    nonMaterialized: handle.nonMaterialized.map((inner) => keyedView(inner, sha256Hex)),
    materializationId: `${handle.materializationId}`,
    checkpointId: `${handle.checkpointId ?? handle.materializationId}`,
    stateHandleId: handle.stateHandleId,
  };
};

const inMemoryView = (handle: Kind<'changelogInMemory'>, sha256Hex: Digest): Json => ({
  type: 'keyed:InMemoryChangelogStateHandle',
  keyGroups: rangeView(handle),
  from: `${handle.from}`,
  to: `${handle.to}`,
  changes: handle.changes.map(({ keyGroup, data }) => ({ keyGroup, bytes: bytesView(data, sha256Hex) })),
  stateHandleId: handle.stateHandleId,
});

const inFilesView = (handle: Kind<'changelogInFiles'>, sha256Hex: Digest): Json => ({
  type: 'keyed:ChangelogStateHandleStreamImpl',
  keyGroups: rangeView(handle),
  handles: handle.files.map(({ offset, stream }) => ({
    offset: `${offset}`,
    handle: streamView(stream, sha256Hex),
  })),
  stateSize: `${handle.sizeBytes}`,
  checkpointedSize: `${handle.checkpointedSizeBytes}`,
  stateHandleId: handle.stateHandleId,
  storageIdentifier: handle.storageIdentifier ?? 'filesystem',
});

const keyGroupsView = (handle: Kind<'keyGroups'> | Kind<'savepointKeyGroups'>, sha256Hex: Digest): Json => {
  const isSavepoint = handle.kind === 'savepointKeyGroups';
  return {
    type: `keyed:KeyGroups${isSavepoint ? 'Savepoint' : ''}StateHandle`,
    keyGroups: offsetRangeView(handle),
    offsets: handle.offsets.map(String),
    delegate: streamView(handle.stream, sha256Hex),
    ...(isSavepoint ? {} : { stateHandleId: handle.stateHandleId ?? RANDOM }),
  };
};

export const keyedView = (handle: KeyedStateHandle | undefined, sha256Hex: Digest): Json => {
  if (handle === undefined) return null;
  switch (handle.kind) {
    case 'keyGroups':
    case 'savepointKeyGroups':
      return keyGroupsView(handle, sha256Hex);
    case 'incremental':
      return incrementalView(handle, sha256Hex);
    case 'changelog':
      return changelogView(handle, sha256Hex);
    case 'changelogInMemory':
      return inMemoryView(handle, sha256Hex);
    case 'changelogInFiles':
      return inFilesView(handle, sha256Hex);
    default:
      return assertNever(handle);
  }
};

export const channelView = (handle: ChannelStateHandle, sha256Hex: Digest): Json => {
  const { subtaskIndex } = handle;
  const sized = { size: `${handle.sizeBytes}`, delegate: streamView(handle.stream, sha256Hex) };
  switch (handle.kind) {
    case 'input': {
      const { gateIndex, channelIndex } = handle;
      const offsets = handle.offsets.map(String);
      return { type: 'InputChannelStateHandle', subtaskIndex, gateIndex, channelIndex, offsets, ...sized };
    }
    case 'output': {
      const { partitionIndex, subpartitionIndex } = handle;
      const place = { subtaskIndex, partitionIndex, subpartitionIndex, offsets: handle.offsets.map(String) };
      return { type: 'ResultSubpartitionStateHandle', ...place, ...sized };
    }
    case 'mergedInput':
    case 'mergedOutput': {
      const isInput = handle.kind === 'mergedInput';
      const names = isInput ? (['gateIndex', 'channelIndex'] as const) : outputNames;
      return {
        type: isInput ? 'MergedInputChannelStateHandle' : 'MergedResultSubpartitionStateHandle',
        subtaskIndex,
        ...sized,
        serializedChannelOffsets: bytesView(handle.packedChannels, sha256Hex),
        ...packedChannelsView(handle.packedChannels, names),
      };
    }
    default:
      return assertNever(handle);
  }
};

const outputNames = ['partitionIndex', 'subpartitionIndex'] as const;
