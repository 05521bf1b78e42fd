/** Random models, valid by construction, of every handle kind. */
import * as fc from 'fast-check';
import { flinkOperatorOrder } from '../../src/metadata/flink-order.ts';
import type { FormatVersion } from '../../src/metadata/layout.ts';
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
import type { OperatorSubtaskState } from '../../src/state/handles.ts';
import { parseOperatorId } from '../../src/state/ids.ts';
import { inputChannel, keyed, operatorHandle, outputChannel } from './handle-arbitraries.ts';
import { data, filledText, optional, text } from './value-arbitraries.ts';

const channels = <T>(handle: fc.Arbitrary<T>): fc.Arbitrary<T[] | undefined> =>
  fc.option(fc.array(handle, { minLength: 1, maxLength: 3 }), { nil: undefined, freq: 3 });

/** @param sizeMost the largest size of a file. */
export const subtaskState = (
  sizeMost: bigint,
  version: FormatVersion = 6,
): fc.Arbitrary<OperatorSubtaskState> =>
  fc
    .record({
      managedOperatorState: optional(operatorHandle(sizeMost)),
      rawOperatorState: optional(operatorHandle(sizeMost)),
      managedKeyedState: optional(keyed(sizeMost)),
      rawKeyedState: optional(keyed(sizeMost)),
      inputs: channels(inputChannel(sizeMost, version)),
      outputs: channels(outputChannel(sizeMost, version)),
    })
    .map(({ inputs, outputs, ...state }) => ({
      ...state,
      ...(inputs === undefined || version < 3 ? {} : { inputChannelState: inputs }),
      ...(outputs === undefined || version < 3 ? {} : { resultSubpartitionState: outputs }),
    }));

export const operatorId = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => parseOperatorId(Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')));

const entry = (sizeMost: bigint, version: FormatVersion): fc.Arbitrary<SubtaskEntry> => {
  const living = fc.record({ subtaskIndex: fc.nat(7), state: subtaskState(sizeMost, version) });
  if (version < 3) return living;
  const finished = fc.record({
    subtaskIndex: fc.nat(7),
    isFinished: fc.constant(true),
    state: fc.constant({}),
  });
  return fc.oneof({ weight: 5, arbitrary: living }, { weight: 1, arbitrary: finished });
};

const subtasks = (sizeMost: bigint, version: FormatVersion): fc.Arbitrary<SubtaskEntry[]> =>
  fc
    .uniqueArray(entry(sizeMost, version), { selector: ({ subtaskIndex }) => subtaskIndex, maxLength: 5 })
    .map((entries) => entries.toSorted((left, right) => left.subtaskIndex - right.subtaskIndex));

const operator = (sizeMost: bigint, version: FormatVersion): fc.Arbitrary<OperatorState> =>
  fc
    .record({
      operatorId,
      name: version >= 5 ? optional(filledText) : fc.constant(undefined),
      uid: version >= 5 ? optional(filledText) : fc.constant(undefined),
      parallelism: fc.integer({ min: 8, max: 20 }),
      spare: fc.nat(100),
      coordinatorState:
        version >= 3
          ? optional(fc.record({ kind: fc.constant('byteStream' as const), name: text, data }))
          : fc.constant(undefined),
      subtasks: subtasks(sizeMost, version),
      isFinished: fc.nat(9).map((number) => version >= 3 && number === 0),
    })
    .map(({ spare, isFinished, ...rest }) => {
      const sized = { ...rest, maxParallelism: rest.parallelism + spare };
      if (!isFinished) return sized;
      return { ...sized, coordinatorState: undefined, subtasks: [], isFullyFinished: true };
    });

const snapshotProperties: readonly CheckpointProperties[] = [
  ...Object.values(checkpointPropertiesByPolicy),
  { ...checkpointPropertiesByPolicy.RETAIN_ON_FAILURE, snapshot: fullCheckpointSnapshot },
  savepointProperties({ forced: false }),
  savepointProperties({ forced: true, formatType: 'NATIVE', postCheckpointAction: 'TERMINATE' }),
  savepointProperties({ forced: false, postCheckpointAction: 'SUSPEND' }),
];

const masterState: fc.Arbitrary<MasterState> = fc.record({ name: text, version: fc.integer(), data });

/** Models in the form a loaded file of the version has: operators in Flink's order. */
export const checkpointMetadata = (
  sizeMost = 2n ** 63n - 1n,
  version: FormatVersion = 6,
): fc.Arbitrary<CheckpointMetadata> =>
  fc
    .record({
      formatVersion: fc.constant(version),
      checkpointId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      operators: fc.uniqueArray(operator(sizeMost, version), {
        selector: (one) => one.operatorId,
        maxLength: 12,
      }),
      properties: version >= 4 ? optional(fc.constantFrom(...snapshotProperties)) : fc.constant(undefined),
      masterStates: fc.array(masterState, { maxLength: 2 }),
    })
    .map((model) => {
      const ids = flinkOperatorOrder(model.operators.map((one) => one.operatorId));
      const operators = ids.flatMap((id) => model.operators.filter((one) => one.operatorId === id));
      return { ...model, operators };
    });
