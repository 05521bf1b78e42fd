/** Writes a whole metadata file from its model. */
import { ByteWriter } from './byte-writer.ts';
import { ChunkWriter } from './chunk-writer.ts';
import type { ChunkOptions } from './chunk-writer.ts';
import { unsayable, unwritable } from './faults.ts';
import { inSubtaskOrder, writeHeader, writeMasterState, writeOperatorHead } from './file-parts.ts';
import { writeChainEntry } from './format-one.ts';
import { METADATA_VERSION, since } from './layout.ts';
import type { FormatVersion } from './layout.ts';
import type { CheckpointMetadata, OperatorState, SubtaskEntry } from './model.ts';
import { writeProperties } from './properties.ts';
import { writeSubtaskEntry } from './subtask-entry.ts';

/** How a file is to be written. */
export interface EncodeOptions {
  /** The format; 6 unless said otherwise. 1 only for what was read in format 1, and nothing else for that. */
  readonly version?: FormatVersion | undefined;
}

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

/** The entries of a file as it lists them, if they still come to the subtasks of the model. */
const entriesToWrite = ({ subtasks, storedSubtasks }: OperatorState): readonly SubtaskEntry[] => {
  if (storedSubtasks === undefined) return subtasks;
  const ordered = inSubtaskOrder(storedSubtasks);
  const isSame = ordered.length === subtasks.length && ordered.every((entry, at) => entry === subtasks[at]);
  return isSame ? storedSubtasks : subtasks;
};

function* operatorChunks(
  writer: ChunkWriter,
  operator: OperatorState,
  version: FormatVersion,
): Generator<Uint8Array> {
  checkSubtasks(operator);
  const entries = entriesToWrite(operator);
  writeOperatorHead(writer, { ...operator, entryCount: entries.length }, version);
  for (const entry of entries) {
    if (version < since.singleOperators) writeChainEntry(writer, entry);
    else writeSubtaskEntry(writer, entry, version);
    if (writer.isFull) yield* writer.flush();
  }
}

/** What stands around the operators and has no place in the older formats. */
const checkSayable = (model: CheckpointMetadata, version: FormatVersion): void => {
  if (version < since.singleOperators && model.formatVersion !== version) {
    throw unsayable(version, '', 'all that was not read from format 1');
  }
  if (version < since.singleOperators && model.masterStates.length > 0) {
    throw unsayable(version, '', 'master states');
  }
  if (version < since.properties && model.properties !== undefined) {
    throw unsayable(version, '', 'checkpoint properties');
  }
};

const writeMasterStates = (writer: ByteWriter, model: CheckpointMetadata): void => {
  const scratch = new ByteWriter();
  writer.i32(model.masterStates.length);
  for (const state of model.masterStates) writeMasterState(writer, scratch, state);
};

/**
 * Yields a file chunk by chunk, as {@link encodeMetadata} would write it: a file of any size takes the memory of a few
 * chunks. The model is checked while it is written, so what was yielded before an error is no file.
 *
 * @throws as `encodeMetadata` does
 */
export function* encodeMetadataChunks(
  model: CheckpointMetadata,
  { version = METADATA_VERSION, ...chunking }: EncodeOptions & ChunkOptions = {},
): Generator<Uint8Array> {
  checkSayable(model, version);
  const writer = new ChunkWriter(chunking);
  writeHeader(writer, model.checkpointId, version);
  if (version >= since.singleOperators) writeMasterStates(writer, model);
  writer.i32(model.operators.length);
  for (const operator of model.operators) yield* operatorChunks(writer, operator, version);
  if (version >= since.properties) writeProperties(writer, model.properties);
  if (model.trailingBytes !== undefined) writer.raw(model.trailingBytes);
  yield* writer.flush();
}

/**
 * Writes a file, as Flink's own writer does: operators in the order of the model, so that a loaded file keeps its
 * order; state names inside a handle in Flink's hash order. For a new checkpoint order the operators with
 * `flinkOperatorOrder`, or use `assembleMetadata`, which does. A model that was read and is written in its own version
 * gives the bytes it was read from.
 *
 * @throws ARGUMENT_INVALID naming what no format can hold; METADATA_UNSUPPORTED naming what the chosen version has no
 *   words for. Durations and chain lengths of formats 1 and 2, which nothing depends on, are left out silently.
 */
export const encodeMetadata = (model: CheckpointMetadata, options: EncodeOptions = {}): Uint8Array => {
  const bytes = new ByteWriter();
  for (const chunk of encodeMetadataChunks(model, { ...options, reusesBuffers: true })) bytes.raw(chunk);
  return bytes.take();
};
