/** What the metadata bench writes and reads: checkpoints of a large job, as models and as files. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { AssembledCheckpoint } from '../../src/metadata/assemble.ts';
import type { CheckpointMetadata, SubtaskEntry } from '../../src/metadata/model.ts';
import { checkpointPropertiesByPolicy } from '../../src/metadata/properties.ts';
import { sliceMetadata } from '../../src/metadata/slices.ts';
import type { KeyedStateHandle, OperatorStateHandle, StreamStateHandle } from '../../src/state/handles.ts';
import { parseOperatorId } from '../../src/state/ids.ts';
import { keyGroupRange } from '../../src/state/key-groups.ts';

const VERTICES = 4;
const SHARED_FILES = 8;
/** What Flink derives for a parallelism of 2 500. */
const MAX_PARALLELISM = 4096;
const directory = 'file:/data/flink-checkpoints/0123456789abcdef0123456789abcdef';

/** `files`: a keyed and an operator handle a task, in one file each. `incremental`: as RocksDB leaves it. */
export const contents = ['files', 'incremental'] as const;
export type Content = (typeof contents)[number];

const file = (sizeBytes: bigint, folder = 'chk-42'): StreamStateHandle => ({
  kind: 'file',
  path: `${directory}/${folder}/${randomUUID()}`,
  sizeBytes,
});

type Range = { readonly firstKeyGroup: number; readonly keyGroupCount: number };

const keyGroups = ({ firstKeyGroup, keyGroupCount }: Range): KeyedStateHandle => ({
  kind: 'keyGroups',
  firstKeyGroup,
  offsets: Array.from({ length: keyGroupCount }, (_, index) => BigInt(100 * index + 7)),
  stream: file(123_456n),
  stateHandleId: randomUUID(),
});

const incremental = (range: Range): KeyedStateHandle => ({
  kind: 'incremental',
  checkpointId: 42n,
  backendId: randomUUID(),
  ...range,
  checkpointedSizeBytes: 1_048_576n,
  metadata: file(900n),
  sharedFiles: Array.from({ length: SHARED_FILES }, (_, index) => ({
    localPath: `${String(index).padStart(6, '0')}.sst`,
    stream: file(1_048_576n, 'shared'),
  })),
  privateFiles: ['MANIFEST-000005', 'CURRENT'].map((localPath) => ({ localPath, stream: file(4096n) })),
  stateHandleId: randomUUID(),
});

const operatorState = (): OperatorStateHandle => ({
  kind: 'operatorStream',
  states: [{ name: 'source-reader-state', mode: 'SPLIT_DISTRIBUTE', offsets: [0n, 64n, 128n] }],
  stream: file(4096n),
});

const entriesOf = (content: Content, parallelism: number, maxParallelism: number): SubtaskEntry[] =>
  Array.from({ length: parallelism }, (_, subtaskIndex) => {
    const { start, end } = keyGroupRange(maxParallelism, parallelism, subtaskIndex);
    const range = { firstKeyGroup: start, keyGroupCount: end - start + 1 };
    const managedKeyedState = content === 'files' ? keyGroups(range) : incremental(range);
    return { subtaskIndex, state: { managedKeyedState, managedOperatorState: operatorState() } };
  });

/** A checkpoint of so many tasks in four operators. */
export const checkpointOf = (content: Content, tasks: number): CheckpointMetadata => {
  const parallelism = tasks / VERTICES;
  const maxParallelism = MAX_PARALLELISM;
  return {
    checkpointId: 42n,
    masterStates: [],
    properties: checkpointPropertiesByPolicy.RETAIN_ON_CANCELLATION,
    operators: Array.from({ length: VERTICES }, (_, vertex) => ({
      operatorId: parseOperatorId(randomBytes(16).toString('hex')),
      name: `operator ${vertex}`,
      uid: `uid-${vertex}`,
      parallelism,
      maxParallelism,
      coordinatorState: undefined,
      subtasks: entriesOf(content, parallelism, maxParallelism),
    })),
  };
};

/** The checkpoint of a file as its tasks acknowledged it: what the coordinator puts a file together from. */
export const acknowledgedSlices = (bytes: Uint8Array): AssembledCheckpoint => {
  const { operators, ...rest } = sliceMetadata(bytes);
  const withEntries = operators.map(({ slices, ...operator }) => ({
    ...operator,
    entries: slices.map((slice) => slice.bytes),
    entryCount: slices.length,
  }));
  return { ...rest, operators: withEntries };
};
