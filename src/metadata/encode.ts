/** Writes a whole metadata file from its model. */
import { metadataChunks } from './assemble.ts';
import type { AssembledOperator } from './assemble.ts';
import { unwritable } from './faults.ts';
import type { CheckpointMetadata, OperatorState } from './model.ts';
import { encodeSubtaskEntry } from './subtask-entry.ts';

const concatenate = (chunks: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
};

/** The order of entries is part of the model: breaking it is the caller's mistake, not a broken invariant. */
const checkSubtasks = ({ operatorId, parallelism, subtasks }: OperatorState): void => {
  let previous = -1;
  for (const { subtaskIndex } of subtasks) {
    if (subtaskIndex <= previous || subtaskIndex >= parallelism) {
      const problem = `stands after ${previous} in an operator of parallelism ${parallelism}`;
      throw unwritable(`operator ${operatorId} › subtask ${subtaskIndex}`, problem);
    }
    previous = subtaskIndex;
  }
};

const encodeOperator = (operator: OperatorState): AssembledOperator => {
  checkSubtasks(operator);
  const entries = operator.subtasks.map(({ subtaskIndex, state }) => encodeSubtaskEntry(subtaskIndex, state));
  return { ...operator, entries, entryCount: entries.length };
};

/**
 * Writes a file of format version 6, as Flink's own writer does: operators in the order of the model, so that a
 * loaded file keeps its order; state names inside a handle in Flink's hash order. For a new checkpoint order the
 * operators with `flinkOperatorOrder`, or use `assembleMetadata`, which does.
 *
 * @throws ARGUMENT_INVALID naming what the format cannot hold.
 */
export const encodeMetadata = (model: CheckpointMetadata): Uint8Array =>
  concatenate([...metadataChunks({ ...model, operators: model.operators.map(encodeOperator) })]);
