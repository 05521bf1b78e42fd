/** Random models, valid by construction. */
import * as fc from 'fast-check';
import { flinkOperatorOrder, flinkStateNameOrder } from '../../src/metadata/flink-order.ts';
import { distributionModes } from '../../src/metadata/layout.ts';
import type {
  CheckpointMetadata,
  MasterState,
  OperatorState,
  SubtaskEntry,
} from '../../src/metadata/model.ts';
import {
  checkpointPropertiesByPolicy,
  fullCheckpointSnapshot,
  savepointProperties,
} from '../../src/metadata/properties.ts';
import type { CheckpointProperties } from '../../src/metadata/properties.ts';
import type {
  KeyedStateHandle,
  OperatorStateHandle,
  OperatorSubtaskState,
  StreamStateHandle,
} from '../../src/state/handles.ts';
import { parseOperatorId } from '../../src/state/ids.ts';

/** Any UTF-16 units: NUL, lone surrogates and all. */
const wildText = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0x7ff }), fc.integer({ min: 0, max: 0xffff })), {
    maxLength: 12,
  })
  .map((units) => String.fromCharCode(...units));
export const text = fc.oneof(fc.string({ maxLength: 20 }), fc.uuid(), wildText);
const filledText = text.filter((value) => value !== '');
const data = fc.uint8Array({ maxLength: 80 }).map((bytes) => Uint8Array.from(bytes));
const anyLong = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const size = (most: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: -1n, max: most });

const stream = (sizeMost: bigint): fc.Arbitrary<StreamStateHandle> =>
  fc.oneof(
    fc.record({ kind: fc.constant('byteStream' as const), name: text, data }),
    fc.record({ kind: fc.constant('file' as const), path: filledText, sizeBytes: size(sizeMost) }),
    fc.record({
      kind: fc.constant('relativeFile' as const),
      relativePath: filledText,
      sizeBytes: size(sizeMost),
    }),
  );

const keyed = (sizeMost: bigint): fc.Arbitrary<KeyedStateHandle> =>
  fc
    .record({
      kind: fc.constant('keyGroups' as const),
      firstKeyGroup: fc.nat(200),
      offsets: fc.array(anyLong, { maxLength: 6 }),
      stream: stream(sizeMost),
      stateHandleId: text,
    })
    .map((handle) => (handle.offsets.length === 0 ? { ...handle, firstKeyGroup: 0 } : handle));

const operatorHandle = (sizeMost: bigint): fc.Arbitrary<OperatorStateHandle> =>
  fc
    .record({
      states: fc.uniqueArray(
        fc.record({
          name: text,
          mode: fc.constantFrom(...distributionModes),
          offsets: fc.array(anyLong, { maxLength: 5 }),
        }),
        { selector: ({ name }) => name, maxLength: 14 },
      ),
      stream: stream(sizeMost),
    })
    .map(({ states, stream: delegate }) => {
      const names = flinkStateNameOrder(states.map(({ name }) => name));
      const ordered = names.flatMap((name) => states.filter((meta) => meta.name === name));
      return { kind: 'operatorStream', states: ordered, stream: delegate };
    });

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

/** @param sizeMost the largest size of a file. */
export const subtaskState = (sizeMost: bigint): fc.Arbitrary<OperatorSubtaskState> =>
  fc.record({
    managedOperatorState: optional(operatorHandle(sizeMost)),
    rawOperatorState: optional(operatorHandle(sizeMost)),
    managedKeyedState: optional(keyed(sizeMost)),
    rawKeyedState: optional(keyed(sizeMost)),
  });

export const operatorId = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => parseOperatorId(Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')));

const subtasks = (sizeMost: bigint): fc.Arbitrary<SubtaskEntry[]> =>
  fc
    .uniqueArray(fc.record({ subtaskIndex: fc.nat(7), state: subtaskState(sizeMost) }), {
      selector: ({ subtaskIndex }) => subtaskIndex,
      maxLength: 5,
    })
    .map((entries) => entries.toSorted((left, right) => left.subtaskIndex - right.subtaskIndex));

const operator = (sizeMost: bigint): fc.Arbitrary<OperatorState> =>
  fc
    .record({
      operatorId,
      name: optional(filledText),
      uid: optional(filledText),
      parallelism: fc.integer({ min: 8, max: 20 }),
      spare: fc.nat(100),
      coordinatorState: optional(fc.record({ kind: fc.constant('byteStream' as const), name: text, data })),
      subtasks: subtasks(sizeMost),
    })
    .map(({ spare, ...rest }) => ({ ...rest, maxParallelism: rest.parallelism + spare }));

const snapshotProperties: readonly CheckpointProperties[] = [
  ...Object.values(checkpointPropertiesByPolicy),
  { ...checkpointPropertiesByPolicy.RETAIN_ON_FAILURE, snapshot: fullCheckpointSnapshot },
  savepointProperties({ forced: false }),
  savepointProperties({ forced: true, formatType: 'NATIVE', postCheckpointAction: 'TERMINATE' }),
  savepointProperties({ forced: false, postCheckpointAction: 'SUSPEND' }),
];

const masterState: fc.Arbitrary<MasterState> = fc.record({ name: text, version: fc.integer(), data });

/** Models in the form a loaded file has: operators in Flink's order, `trailingBytes` 0. */
export const checkpointMetadata = (sizeMost = 2n ** 63n - 1n): fc.Arbitrary<CheckpointMetadata> =>
  fc
    .record({
      checkpointId: fc.maxSafeNat(),
      operators: fc.uniqueArray(operator(sizeMost), { selector: (one) => one.operatorId, maxLength: 20 }),
      properties: optional(fc.constantFrom(...snapshotProperties)),
      masterStates: fc.array(masterState, { maxLength: 2 }),
      trailingBytes: fc.constant(0),
    })
    .map((model) => {
      const ids = flinkOperatorOrder(model.operators.map((one) => one.operatorId));
      const operators = ids.flatMap((id) => model.operators.filter((one) => one.operatorId === id));
      return { ...model, operators };
    });
