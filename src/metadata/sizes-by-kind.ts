/** What an operator of a metadata file holds, in numbers. */
import type { OperatorSubtaskState } from '../state/handles.ts';
import { streamSizeBytes, subtaskSizes } from '../state/sizes.ts';
import type { OperatorState } from './model.ts';
import { streamHandlesIn } from './walk.ts';

/** Bytes by kind of state, as Flink derives them. */
export interface SizesByKind {
  readonly keyedBytes: bigint;
  readonly operatorBytes: bigint;
  readonly channelBytes: bigint;
  readonly coordinatorBytes: bigint;
  /** What only formats 1 and 2 have: state of whole chains, and from before Flink 1.2. */
  readonly legacyBytes: bigint;
}

const sizeOf = (state: OperatorSubtaskState): bigint => subtaskSizes(state).stateSizeBytes;

const sumOf = (
  operator: OperatorState,
  part: (state: OperatorSubtaskState) => OperatorSubtaskState,
): bigint =>
  operator.subtasks.reduce((total, { state }) => BigInt.asIntN(64, total + sizeOf(part(state))), 0n);

/** The sizes of one operator over all its subtasks. */
export const sizesByKind = (operator: OperatorState): SizesByKind => ({
  keyedBytes: sumOf(operator, ({ managedKeyedState, rawKeyedState }) => ({
    managedKeyedState,
    rawKeyedState,
  })),
  operatorBytes: sumOf(operator, ({ managedOperatorState, rawOperatorState }) => ({
    managedOperatorState,
    rawOperatorState,
  })),
  channelBytes: sumOf(operator, ({ inputChannelState, resultSubpartitionState }) => ({
    inputChannelState,
    resultSubpartitionState,
  })),
  coordinatorBytes: operator.coordinatorState === undefined ? 0n : streamSizeBytes(operator.coordinatorState),
  legacyBytes: sumOf(operator, ({ legacy }) => ({ legacy })),
});

/** The sum over all kinds. */
export const totalSizeBytes = (sizes: SizesByKind): bigint =>
  BigInt.asIntN(
    64,
    sizes.keyedBytes + sizes.operatorBytes + sizes.channelBytes + sizes.coordinatorBytes + sizes.legacyBytes,
  );

/** True if there is nothing to restore: no handle in any subtask, and nothing of a coordinator. */
export const hasNoState = ({ coordinatorState, subtasks }: OperatorState): boolean =>
  coordinatorState === undefined &&
  subtasks.every(({ state }) => streamHandlesIn(state).length === 0 && !hasKeyedState(state));

/** A keyed handle is state even without a stream: changes in memory have none. */
const hasKeyedState = ({ managedKeyedState, rawKeyedState }: OperatorSubtaskState): boolean =>
  managedKeyedState !== undefined || rawKeyedState !== undefined;
