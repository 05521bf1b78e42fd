/** Small models for the tests of what is told about files. */
import type { CheckpointMetadata, OperatorState, SubtaskEntry } from '../../src/metadata/model.ts';
import type {
  ByteStreamStateHandle,
  KeyGroupsStateHandle,
  OperatorStreamStateHandle,
  StreamStateHandle,
} from '../../src/state/handles.ts';
import { parseOperatorId } from '../../src/state/ids.ts';

export const firstId = parseOperatorId('0'.repeat(31) + '1');
export const secondId = parseOperatorId('0'.repeat(31) + '2');

export const inline: ByteStreamStateHandle = { kind: 'byteStream', name: 'inline', data: new Uint8Array(3) };
export const absoluteFile = (path: string, sizeBytes = 10n): StreamStateHandle => ({
  kind: 'file',
  path,
  sizeBytes,
});
export const relativeFile = (relativePath: string, sizeBytes = 10n): StreamStateHandle => ({
  kind: 'relativeFile',
  relativePath,
  sizeBytes,
});

/** Keyed state of `start` to `end`, both included. */
export const keyed = (
  start: number,
  end: number,
  stream: StreamStateHandle = inline,
): KeyGroupsStateHandle => ({
  kind: 'keyGroups',
  firstKeyGroup: start,
  offsets: Array.from({ length: end - start + 1 }, () => 0n),
  stream,
  stateHandleId: 'an id',
});

export const operatorStream = (stream: StreamStateHandle): OperatorStreamStateHandle => ({
  kind: 'operatorStream',
  states: [],
  stream,
});

/** Subtasks with this operator state in one stream each. */
export const streaming = (...streams: readonly StreamStateHandle[]): readonly SubtaskEntry[] =>
  streams.map((stream, subtaskIndex) => ({
    subtaskIndex,
    state: { managedOperatorState: operatorStream(stream) },
  }));

/** Parallelism 2 with four key groups, unless said otherwise. */
export const operatorOf = (
  subtasks: readonly SubtaskEntry[],
  other: Partial<OperatorState> = {},
): OperatorState => ({
  operatorId: firstId,
  name: undefined,
  uid: undefined,
  parallelism: 2,
  maxParallelism: 4,
  subtasks,
  ...other,
});

export const modelOf = (...operators: readonly OperatorState[]): CheckpointMetadata => ({
  checkpointId: 7n,
  operators,
  properties: undefined,
  masterStates: [],
});
