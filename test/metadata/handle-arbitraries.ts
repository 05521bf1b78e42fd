/** Random handles of every kind, valid by construction. */
import * as fc from 'fast-check';
import { flinkPathProblem, flinkRelativePathProblem } from '../../src/metadata/flink-path.ts';
import { flinkStateNameOrder } from '../../src/metadata/flink-order.ts';
import { checkpointedScopes, distributionModes } from '../../src/metadata/layout.ts';
import type { FormatVersion } from '../../src/metadata/layout.ts';
import type {
  ChangelogIncrement,
  InputChannelStateHandle,
  KeyedStateHandle,
  LocalFileHandle,
  OperatorStateHandle,
  OutputChannelStateHandle,
  SegmentFileStateHandle,
  StoredKeyGroupRange,
  StreamStateHandle,
} from '../../src/state/handles.ts';
import { anyLong, data, fileSize, filledText, optional, text } from './value-arbitraries.ts';

const is = <T extends string>(kind: T): fc.Arbitrary<T> => fc.constant(kind);

const path = fc
  .oneof(
    filledText,
    filledText.map((name) => `hdfs://namenode:8020/${name}`),
    filledText.map((name) => `file:/state/${name}`),
    filledText.map((name) => `s3://${name}/state`),
    fc.ipV6().map((address) => `hdfs://[${address}]:8020/state`),
  )
  .filter((one) => flinkPathProblem(one) === undefined);

const relativePath = fc
  .oneof(
    { weight: 5, arbitrary: filledText },
    filledText.map((name) => `//${name}`),
  )
  .filter((one) => flinkRelativePathProblem(one) === undefined);

/** Sizes that nothing checks are as large as those of files, so that sums stay where the caller wants them. */
const size = (most: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: most });

const segment = (sizeMost: bigint): fc.Arbitrary<SegmentFileStateHandle> =>
  fc.record({
    kind: is('segmentFile'),
    startPosition: anyLong,
    sizeBytes: size(sizeMost),
    scope: fc.constantFrom(...checkpointedScopes),
    path,
    logicalFileId: text,
  });

const emptySegment = fc.record({ kind: is('emptySegment') });
const offsets = fc.array(anyLong, { maxLength: 6 });
/** The number of an empty range is kept too. */
const firstKeyGroup = fc.nat(200);

const stream = (sizeMost: bigint, depth = 1): fc.Arbitrary<StreamStateHandle> => {
  const plain = fc.oneof<fc.Arbitrary<StreamStateHandle>[]>(
    fc.record({ kind: is('byteStream'), name: text, data }),
    fc.record({ kind: is('file'), path, sizeBytes: fileSize(sizeMost) }),
    fc.record({ kind: is('relativeFile'), relativePath, sizeBytes: fileSize(sizeMost) }),
    segment(sizeMost),
    emptySegment,
  );
  if (depth === 0) return plain;
  const keyGroups = fc.record({
    kind: is('keyGroupsStream'),
    firstKeyGroup,
    offsets,
    stream: stream(sizeMost, depth - 1),
  });
  return fc.oneof({ weight: 8, arbitrary: plain }, { weight: 1, arbitrary: keyGroups });
};

const range: fc.Arbitrary<StoredKeyGroupRange> = fc.record({
  firstKeyGroup,
  keyGroupCount: fc.integer({ min: -2, max: 300 }),
});
const filledRange = range.map((any) => ({ ...any, keyGroupCount: Math.abs(any.keyGroupCount) + 1 }));

const localFiles = (sizeMost: bigint): fc.Arbitrary<LocalFileHandle[]> =>
  fc.array(fc.record({ localPath: text, stream: stream(sizeMost, 0) }), { maxLength: 3 });

const keyGroups = (sizeMost: bigint): fc.Arbitrary<KeyedStateHandle> =>
  fc.oneof(
    fc.record({
      kind: is('keyGroups'),
      firstKeyGroup,
      offsets,
      stream: stream(sizeMost),
      stateHandleId: optional(text),
    }),
    fc.record({ kind: is('savepointKeyGroups'), firstKeyGroup, offsets, stream: stream(sizeMost) }),
  );

const incremental = (sizeMost: bigint): fc.Arbitrary<KeyedStateHandle> =>
  fc
    .record({
      kind: is('incremental'),
      checkpointId: anyLong,
      backendId: fc.oneof(fc.uuid(), text),
      range,
      checkpointedSizeBytes: fc.bigInt({ min: -1n, max: sizeMost }),
      metadata: optional(stream(sizeMost, 0)),
      sharedFiles: localFiles(sizeMost),
      privateFiles: localFiles(sizeMost),
      stateHandleId: text,
      isFirstForm: fc.boolean(),
    })
    .map(({ range: keyGroupRange, isFirstForm, ...handle }) => {
      const whole = { ...handle, ...keyGroupRange };
      return isFirstForm ? { ...whole, checkpointedSizeBytes: undefined, stateHandleId: undefined } : whole;
    });

const sequenceNumber = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });

const increment = (sizeMost: bigint): fc.Arbitrary<ChangelogIncrement> => {
  const inMemory = fc.record({
    kind: is('changelogInMemory'),
    range,
    from: sequenceNumber,
    to: sequenceNumber,
    changes: fc.array(fc.record({ keyGroup: fc.integer({ min: -1, max: 300 }), data }), { maxLength: 3 }),
    stateHandleId: text,
  });
  const inFiles = fc.record({
    kind: is('changelogInFiles'),
    range,
    files: fc.array(fc.record({ offset: anyLong, stream: optional(stream(sizeMost, 0)) }), { maxLength: 3 }),
    sizeBytes: size(sizeMost),
    checkpointedSizeBytes: size(sizeMost),
    stateHandleId: text,
    storageIdentifier: optional(text),
  });
  return fc.oneof<fc.Arbitrary<ChangelogIncrement>[]>(
    inMemory.map(({ range: keyGroupRange, ...handle }) => ({ ...handle, ...keyGroupRange })),
    inFiles.map(({ range: keyGroupRange, ...handle }) => ({ ...handle, ...keyGroupRange })),
  );
};

const changelog = (sizeMost: bigint, depth: number): fc.Arbitrary<KeyedStateHandle> =>
  fc
    .record({
      kind: is('changelog'),
      range: filledRange,
      checkpointedSizeBytes: size(sizeMost),
      materialized: fc.array(optional(keyed(sizeMost, depth - 1)), { maxLength: 2 }),
      nonMaterialized: fc.array(increment(sizeMost), { maxLength: 2 }),
      materializationId: anyLong,
      checkpointId: optional(anyLong),
      stateHandleId: text,
    })
    .map(({ range: keyGroupRange, ...handle }) => ({ ...handle, ...keyGroupRange }));

export const keyed = (sizeMost: bigint, depth = 2): fc.Arbitrary<KeyedStateHandle> => {
  const flat = [keyGroups(sizeMost), incremental(sizeMost), increment(sizeMost)];
  return fc.oneof<fc.Arbitrary<KeyedStateHandle>[]>(
    ...flat,
    ...(depth === 0 ? [] : [changelog(sizeMost, depth)]),
  );
};

const states = fc
  .uniqueArray(
    fc.record({
      name: text,
      mode: fc.constantFrom(...distributionModes),
      offsets: fc.array(anyLong, { maxLength: 5 }),
    }),
    { selector: ({ name }) => name, maxLength: 14 },
  )
  .map((listed) => {
    const names = flinkStateNameOrder(listed.map(({ name }) => name));
    return names.flatMap((name) => listed.filter((meta) => meta.name === name));
  });

export const operatorHandle = (sizeMost: bigint): fc.Arbitrary<OperatorStateHandle> =>
  fc.oneof<fc.Arbitrary<OperatorStateHandle>[]>(
    fc.record({ kind: is('operatorStream'), states, stream: stream(sizeMost) }),
    fc.record({
      kind: is('fileMerging'),
      states,
      taskOwnedDirectory: path,
      sharedDirectory: path,
      isEmpty: fc.boolean(),
      stream: fc.oneof<[fc.Arbitrary<SegmentFileStateHandle>, typeof emptySegment]>(
        segment(sizeMost),
        emptySegment,
      ),
    }),
  );

const channel = (sizeMost: bigint) => ({
  subtaskIndex: fc.integer(),
  sizeBytes: size(sizeMost),
  stream: stream(sizeMost, 0),
});

/** Merged ones since format 6. */
export const inputChannel = (
  sizeMost: bigint,
  version: FormatVersion,
): fc.Arbitrary<InputChannelStateHandle> => {
  const one = { ...channel(sizeMost), gateIndex: fc.integer(), channelIndex: fc.integer(), offsets };
  const single = fc.record({ kind: is('input'), ...one });
  if (version < 6) return single;
  return fc.oneof<fc.Arbitrary<InputChannelStateHandle>[]>(
    single,
    fc.record({ kind: is('mergedInput'), ...channel(sizeMost), packedChannels: data }),
  );
};

/** Merged ones since format 6. */
export const outputChannel = (
  sizeMost: bigint,
  version: FormatVersion,
): fc.Arbitrary<OutputChannelStateHandle> => {
  const one = {
    ...channel(sizeMost),
    partitionIndex: fc.integer(),
    subpartitionIndex: fc.integer(),
    offsets,
  };
  const single = fc.record({ kind: is('output'), ...one });
  if (version < 6) return single;
  return fc.oneof<fc.Arbitrary<OutputChannelStateHandle>[]>(
    single,
    fc.record({ kind: is('mergedOutput'), ...channel(sizeMost), packedChannels: data }),
  );
};
