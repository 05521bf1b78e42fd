/**
 * Subtask entries: `i32 subtask index · SubtaskState` (metadata format, sections 4 and 5). The bytes of one entry are a
 * *slice*: what a task sends with its acknowledgement, what the journal keeps and what ends up in the file, unchanged.
 */
import type { OperatorStateHandle, OperatorSubtaskState } from '../state/handles.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { unwritable } from './faults.ts';
import { readKeyed, writeKeyed } from './keyed-handles.ts';
import { slotNames } from './layout.ts';
import type { SubtaskEntry } from './model.ts';
import { readOperatorHandle, writeOperatorHandle } from './operator-handles.ts';

/** A count of channel handles; a negative one reads as none, as Flink does. */
const readNoChannels = (reader: ByteReader): void => {
  const offset = reader.position;
  const count = reader.i32('number of channel handles');
  if (count > 0) throw reader.unsupported(offset, 'no channel state', `${count} channel handles`);
};

const readOptionalOperatorHandle = (reader: ByteReader): OperatorStateHandle | undefined =>
  reader.i32('flag of an operator-state handle') === 0 ? undefined : readOperatorHandle(reader);

const readSubtaskState = (reader: ByteReader): OperatorSubtaskState => {
  const managedOperatorState = reader.within(slotNames.managedOperator, () =>
    readOptionalOperatorHandle(reader),
  );
  const rawOperatorState = reader.within(slotNames.rawOperator, () => readOptionalOperatorHandle(reader));
  const managedKeyedState = reader.within(slotNames.managedKeyed, () => readKeyed(reader));
  const rawKeyedState = reader.within(slotNames.rawKeyed, () => readKeyed(reader));
  reader.within(slotNames.inputChannels, () => readNoChannels(reader));
  reader.within(slotNames.outputChannels, () => readNoChannels(reader));
  return { managedOperatorState, rawOperatorState, managedKeyedState, rawKeyedState };
};

/**
 * Reads the entry at the reader's position.
 *
 * @throws METADATA_CORRUPT, METADATA_UNSUPPORTED (also for a finished subtask, written as a negative index)
 */
export const readSubtaskEntry = (reader: ByteReader): SubtaskEntry => {
  const offset = reader.position;
  const subtaskIndex = reader.i32('subtask index');
  if (subtaskIndex < 0) {
    throw reader.unsupported(offset, 'subtask index of at least 0', `${subtaskIndex}, a finished subtask`);
  }
  return { subtaskIndex, state: reader.within(`subtask ${subtaskIndex}`, () => readSubtaskState(reader)) };
};

const writeOptionalOperatorHandle = (writer: ByteWriter, handle: OperatorStateHandle | undefined): void => {
  writer.i32(handle === undefined ? 0 : 1);
  if (handle !== undefined) writeOperatorHandle(writer, handle);
};

/**
 * Makes a slice: the bytes of one subtask entry.
 *
 * @param subtaskIndex at least 0 and below the operator's parallelism, which the writer of the file checks.
 * @throws ARGUMENT_INVALID for what the format cannot hold: an empty path, a repeated state name, a text over
 *   65535 bytes.
 */
export const encodeSubtaskEntry = (subtaskIndex: number, state: OperatorSubtaskState): Uint8Array => {
  if (!Number.isInteger(subtaskIndex) || subtaskIndex < 0 || subtaskIndex > 0x7fff_ffff) {
    throw unwritable('subtask index', `${subtaskIndex} is not an integer from 0 to 2^31-1`);
  }
  const writer = new ByteWriter();
  writer.i32(subtaskIndex);
  writeOptionalOperatorHandle(writer, state.managedOperatorState);
  writeOptionalOperatorHandle(writer, state.rawOperatorState);
  writeKeyed(writer, state.managedKeyedState);
  writeKeyed(writer, state.rawKeyedState);
  writer.i32(0);
  writer.i32(0);
  return writer.take().slice();
};

/**
 * Reads a slice back. The handles do not share memory with the slice.
 *
 * @throws METADATA_CORRUPT, also for bytes after the entry; METADATA_UNSUPPORTED
 */
export const decodeSubtaskEntry = (bytes: Uint8Array): SubtaskEntry => {
  const reader = new ByteReader(bytes);
  const entry = readSubtaskEntry(reader);
  if (reader.remaining === 0) return entry;
  throw reader.corrupt(reader.position, 'the end of the entry', `${reader.remaining} more bytes`);
};
