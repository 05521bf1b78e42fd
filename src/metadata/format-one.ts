/**
 * Format 1, of Flink 1.2, which no Flink of today reads (metadata format, section 15): one element for each chain of
 * operators, with lists where later formats have slots. It is read, and written again as it was; nothing else can be
 * written in it, and it cannot be written in another format, because it does not name the operators of a chain.
 */
import type { OperatorStateHandle, StreamStateHandle } from '../state/handles.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { unwritable } from './faults.ts';
import { readKeyed } from './keyed-handles.ts';
import { writeKeyed } from './keyed-writing.ts';
import { leastBytes, operatorTag, slotNames } from './layout.ts';
import type { SubtaskEntry } from './model.ts';
import { readOptionalOperatorHandle, writeOperatorHandle } from './operator-handles.ts';
import { readStream, writeStream } from './stream-handles.ts';

const readOperatorStates = (reader: ByteReader, slot: string): (OperatorStateHandle | undefined)[] =>
  reader.within(slot, () => reader.list(slot, leastBytes.handle, () => readOptionalOperatorHandle(reader)));

/** @throws METADATA_CORRUPT */
export const readChainEntry = (reader: ByteReader): SubtaskEntry => {
  const subtaskIndex = reader.i32('subtask index');
  return reader.within(
    'subtask',
    () => {
      const durationMs = reader.i64('duration');
      const legacyStates = reader.list('legacy states', leastBytes.handle, () => readStream(reader));
      const managed = readOperatorStates(reader, slotNames.managedOperator);
      const raw = readOperatorStates(reader, slotNames.rawOperator);
      const managedKeyedState = reader.within(slotNames.managedKeyed, () => readKeyed(reader));
      const rawKeyedState = reader.within(slotNames.rawKeyed, () => readKeyed(reader));
      const legacy = { durationMs, legacyStates, chain: { managed, raw } };
      return { subtaskIndex, state: { managedKeyedState, rawKeyedState, legacy } };
    },
    subtaskIndex,
  );
};

const writeStreams = (writer: ByteWriter, streams: readonly (StreamStateHandle | undefined)[]): void => {
  writer.i32(streams.length);
  for (const stream of streams) writeStream(writer, stream);
};

const writeOperatorStates = (
  writer: ByteWriter,
  handles: readonly (OperatorStateHandle | undefined)[],
): void => {
  writer.i32(handles.length);
  for (const handle of handles) {
    if (handle === undefined) writer.u8(operatorTag.none);
    else writeOperatorHandle(writer, handle);
  }
};

/** @throws ARGUMENT_INVALID for an entry that is not of format 1. */
export const writeChainEntry = (writer: ByteWriter, { subtaskIndex, state }: SubtaskEntry): void => {
  const { legacy } = state;
  if (legacy?.chain === undefined) throw unwritable(`subtask ${subtaskIndex}`, 'is not of format 1');
  writer.exactI32(subtaskIndex, 'subtask index');
  writer.i64(legacy.durationMs, 'duration');
  writeStreams(writer, legacy.legacyStates);
  writeOperatorStates(writer, legacy.chain.managed);
  writeOperatorStates(writer, legacy.chain.raw);
  writeKeyed(writer, state.managedKeyedState);
  writeKeyed(writer, state.rawKeyedState);
};
