/**
 * Puts a metadata file together from slices that are already encoded, in chunks that a storage stream can take: the
 * state of a large job is never encoded twice and never in memory as a second copy.
 */
import { invariant } from '../errors.ts';
import type { ByteStreamStateHandle } from '../state/handles.ts';
import type { OperatorId } from '../state/ids.ts';
import { ByteWriter } from './byte-writer.ts';
import { ChunkWriter } from './chunk-writer.ts';
import type { ChunkOptions } from './chunk-writer.ts';
import { writeHeader, writeMasterState, writeOperatorHead } from './file-parts.ts';
import { flinkOperatorOrder } from './flink-order.ts';
import type { MasterState } from './model.ts';
import { writeProperties } from './properties.ts';
import type { CheckpointProperties } from './properties.ts';

/** An operator whose entries are already encoded. */
export interface AssembledOperator {
  readonly operatorId: OperatorId;
  /** Absent rather than empty. */
  readonly name?: string | undefined;
  /** Absent rather than empty. */
  readonly uid?: string | undefined;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly coordinatorState?: ByteStreamStateHandle | undefined;
  /** All its subtasks have come to their end; then there are no entries. */
  readonly isFullyFinished?: boolean | undefined;
  /** Slices in ascending order of their subtasks, as `encodeSubtaskEntry` makes them. */
  readonly entries: Iterable<Uint8Array>;
  /** How many slices `entries` yields: it stands in the file before them. */
  readonly entryCount: number;
}

/** All that goes into a file. */
export interface AssembledCheckpoint {
  readonly checkpointId: number | bigint;
  readonly properties: CheckpointProperties | undefined;
  readonly masterStates?: readonly MasterState[] | undefined;
  readonly operators: readonly AssembledOperator[];
}

/** The index of a finished subtask is written as a negative number. */
const unfinished = (index: number): number => (index < 0 ? -index - 1 : index);

const subtaskIndexOf = (slice: Uint8Array): number =>
  slice.length < 4 ? -1 : unfinished(new DataView(slice.buffer, slice.byteOffset, 4).getInt32(0));

/** Entries are copied as they are; only their order is checked: a wrong one could not be told from the file. */
function* operatorChunks(
  writer: ChunkWriter,
  scratch: ByteWriter,
  operator: AssembledOperator,
): Generator<Uint8Array> {
  writeOperatorHead(scratch, operator);
  yield* writer.append(scratch.take());
  let count = 0;
  let previous = -1;
  for (const slice of operator.entries) {
    const index = subtaskIndexOf(slice);
    const isInOrder = index > previous && index < operator.parallelism;
    invariant(isInOrder, `slice of subtask ${index} after ${previous} of operator ${operator.operatorId}`);
    previous = index;
    count += 1;
    yield* writer.append(slice);
  }
  invariant(
    count === operator.entryCount,
    `${count} slices of operator ${operator.operatorId} instead of entryCount`,
  );
}

/** The file with its operators in the order given. */
function* metadataChunks(input: AssembledCheckpoint, options: ChunkOptions): Generator<Uint8Array> {
  const writer = new ChunkWriter(options);
  const scratch = new ByteWriter();
  const masterStates = input.masterStates ?? [];
  writeHeader(writer, input.checkpointId);
  writer.i32(masterStates.length);
  for (const state of masterStates) {
    const part = new ByteWriter();
    writeMasterState(part, scratch, state);
    yield* writer.append(part.take());
  }
  writer.i32(input.operators.length);
  for (const operator of input.operators) yield* operatorChunks(writer, scratch, operator);
  writeProperties(scratch, input.properties);
  yield* writer.append(scratch.take());
  yield* writer.flush();
}

/**
 * Yields the file of a new checkpoint, chunk by chunk, its operators in Flink's order. The bytes depend on the input
 * alone, so a writer that comes back after a crash makes the same file; `entries` are iterated once, while they are
 * written.
 *
 * @throws ARGUMENT_INVALID for what the format cannot hold; INVARIANT_BROKEN when an operator is given twice, or slices
 *   are out of order, outside the parallelism or not as many as announced. What was yielded before is then no file.
 */
export function* assembleMetadata(
  input: AssembledCheckpoint,
  options: ChunkOptions = {},
): Generator<Uint8Array> {
  const byId = new Map(input.operators.map((operator) => [operator.operatorId, operator]));
  invariant(byId.size === input.operators.length, 'an operator is given twice');
  const operators = flinkOperatorOrder([...byId.keys()]).map((id) => byId.get(id) as AssembledOperator);
  yield* metadataChunks({ ...input, operators }, options);
}
