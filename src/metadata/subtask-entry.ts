/**
 * Subtask entries: `i32 subtask index · SubtaskState` (metadata format, sections 4 and 5). The bytes of one entry are a
 * *slice*: what a task sends with its acknowledgement, what the journal keeps and what ends up in the file, unchanged.
 */
import type {
  KeyedStateHandle,
  LegacySubtaskState,
  OperatorStateHandle,
  OperatorSubtaskState,
  StoredSubtaskNumbers,
} from '../state/handles.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { readInputChannels, readOutputChannels, writeChannels } from './channel-handles.ts';
import { unsayable, unwritable } from './faults.ts';
import { readKeyed } from './keyed-handles.ts';
import { writeKeyed } from './keyed-writing.ts';
import { leastBytes, METADATA_VERSION, since, slotNames } from './layout.ts';
import type { FormatVersion } from './layout.ts';
import type { SubtaskEntry } from './model.ts';
import { readOperatorHandle, writeOperatorHandle } from './operator-handles.ts';
import { readStream, writeStream } from './stream-handles.ts';

/** The numbers of an entry that a file may have otherwise than our writer would. */
type MutableNumbers = { -readonly [Key in keyof StoredSubtaskNumbers]: StoredSubtaskNumbers[Key] };

/** Present handles have the flag 1; a file may have another. */
const readFlagged = (
  reader: ByteReader,
  slot: string,
  numbers: MutableNumbers,
  numberName: 'managedOperatorFlag' | 'rawOperatorFlag',
): OperatorStateHandle | undefined => {
  reader.enter(slot);
  const flag = reader.i32('flag of an operator-state handle');
  const handle = flag === 0 ? undefined : readOperatorHandle(reader);
  if (flag !== 0 && flag !== 1) numbers[numberName] = flag;
  reader.leave();
  return handle;
};

const readKeyedIn = (reader: ByteReader, slot: string): KeyedStateHandle | undefined => {
  reader.enter(slot);
  const handle = readKeyed(reader);
  reader.leave();
  return handle;
};

/** What format 2 has instead of channels: nothing at all where it is what every known file has. */
const readLegacy = (reader: ByteReader): LegacySubtaskState | undefined => {
  const durationMs = reader.i64('duration');
  const offset = reader.position;
  const count = reader.i32('number of legacy states');
  if (count <= 0) {
    if (durationMs === -1n && count === 0) return undefined;
    return { durationMs, legacyStates: [], ...(count < 0 ? { storedLegacyCount: count } : {}) };
  }
  reader.position = offset;
  const legacyStates = reader.list('legacy states', leastBytes.handle, () => readStream(reader));
  return { durationMs, legacyStates };
};

const readSlots = (reader: ByteReader, numbers: MutableNumbers): OperatorSubtaskState => ({
  managedOperatorState: readFlagged(reader, slotNames.managedOperator, numbers, 'managedOperatorFlag'),
  rawOperatorState: readFlagged(reader, slotNames.rawOperator, numbers, 'rawOperatorFlag'),
  managedKeyedState: readKeyedIn(reader, slotNames.managedKeyed),
  rawKeyedState: readKeyedIn(reader, slotNames.rawKeyed),
});

/** The lists of channels that are not empty, and the numbers of those that are so in an unusual way. */
const readChannels = (
  reader: ByteReader,
  version: FormatVersion,
  numbers: MutableNumbers,
): Pick<OperatorSubtaskState, 'inputChannelState' | 'resultSubpartitionState'> | undefined => {
  reader.enter(slotNames.inputChannels);
  const inputs = readInputChannels(reader, version);
  reader.leave();
  reader.enter(slotNames.outputChannels);
  const outputs = readOutputChannels(reader, version);
  reader.leave();
  if (inputs.storedCount !== undefined) numbers.inputChannelCount = inputs.storedCount;
  if (outputs.storedCount !== undefined) numbers.resultSubpartitionCount = outputs.storedCount;
  if (inputs.handles.length === 0 && outputs.handles.length === 0) return undefined;
  return {
    ...(inputs.handles.length === 0 ? {} : { inputChannelState: inputs.handles }),
    ...(outputs.handles.length === 0 ? {} : { resultSubpartitionState: outputs.handles }),
  };
};

const readSubtaskState = (reader: ByteReader, version: FormatVersion): OperatorSubtaskState => {
  const numbers: MutableNumbers = {};
  const isLegacy = version < since.channelState;
  const legacy = isLegacy ? readLegacy(reader) : undefined;
  const slots = readSlots(reader, numbers);
  const channels = isLegacy ? undefined : readChannels(reader, version, numbers);
  const isUsual = Object.keys(numbers).length === 0;
  // Most entries have nothing but the four slots; a copy for each would be felt.
  if (isUsual && legacy === undefined && channels === undefined) return slots;
  return {
    ...slots,
    ...(legacy === undefined ? {} : { legacy }),
    ...channels,
    ...(isUsual ? {} : { stored: numbers }),
  };
};

/**
 * Reads the entry at the reader's position, of format 2 or later.
 *
 * @throws METADATA_CORRUPT
 */
export const readSubtaskEntry = (reader: ByteReader, version: FormatVersion): SubtaskEntry => {
  const index = reader.i32('subtask index');
  if (index < 0 && version >= since.channelState) {
    return { subtaskIndex: -index - 1, isFinished: true, state: {} };
  }
  reader.enter('subtask', index);
  const state = readSubtaskState(reader, version);
  reader.leave();
  return { subtaskIndex: index, state };
};

const writeFlagged = (
  writer: ByteWriter,
  handle: OperatorStateHandle | undefined,
  storedFlag: number | undefined,
): void => {
  if (handle === undefined) return writer.i32(0);
  writer.i32(storedFlag === undefined || storedFlag === 0 ? 1 : storedFlag);
  writeOperatorHandle(writer, handle);
};

const writeLegacy = (writer: ByteWriter, legacy: LegacySubtaskState | undefined): void => {
  const { durationMs = -1n, legacyStates = [], storedLegacyCount = 0 } = legacy ?? {};
  writer.i64(durationMs, 'duration');
  writer.i32(legacyStates.length === 0 && storedLegacyCount < 0 ? storedLegacyCount : legacyStates.length);
  for (const state of legacyStates) writeStream(writer, state);
};

/** Durations are left out where the format has none: nothing depends on them. State is not. */
const checkLegacy = (version: FormatVersion, { legacy }: OperatorSubtaskState): void => {
  if (legacy?.chain !== undefined) throw unsayable(version, '', 'state of a chain of operators (format 1)');
  if (version < since.channelState || legacy === undefined || legacy.legacyStates.length === 0) return;
  throw unsayable(version, '', 'legacy state (formats 1 and 2)');
};

const checkChannels = (version: FormatVersion, state: OperatorSubtaskState): void => {
  if (version >= since.channelState) return;
  if ((state.inputChannelState ?? []).length > 0) throw unsayable(version, '', slotNames.inputChannels);
  if ((state.resultSubpartitionState ?? []).length > 0)
    throw unsayable(version, '', slotNames.outputChannels);
};

const none: readonly never[] = [];

const writeSubtaskState = (writer: ByteWriter, state: OperatorSubtaskState, version: FormatVersion): void => {
  const { stored } = state;
  checkLegacy(version, state);
  checkChannels(version, state);
  if (version < since.channelState) writeLegacy(writer, state.legacy);
  writeFlagged(writer, state.managedOperatorState, stored?.managedOperatorFlag);
  writeFlagged(writer, state.rawOperatorState, stored?.rawOperatorFlag);
  writeKeyed(writer, state.managedKeyedState);
  writeKeyed(writer, state.rawKeyedState);
  if (version < since.channelState) return;
  writeChannels(writer, state.inputChannelState ?? none, version, stored?.inputChannelCount);
  writeChannels(writer, state.resultSubpartitionState ?? none, version, stored?.resultSubpartitionCount);
};

const isWithoutState = (state: OperatorSubtaskState): boolean =>
  Object.values(state).every((value) => value === undefined || (Array.isArray(value) && value.length === 0));

/**
 * Writes one entry, of format 2 or later.
 *
 * @throws METADATA_UNSUPPORTED for what the format has no words for; ARGUMENT_INVALID as `encodeSubtaskEntry` does.
 */
export const writeSubtaskEntry = (writer: ByteWriter, entry: SubtaskEntry, version: FormatVersion): void => {
  const { subtaskIndex, isFinished = false, state } = entry;
  if (!Number.isInteger(subtaskIndex) || subtaskIndex < 0 || subtaskIndex > 0x7fff_ffff) {
    throw unwritable('subtask index', `${subtaskIndex} is not an integer from 0 to 2^31-1`);
  }
  if (!isFinished) {
    writer.i32(subtaskIndex);
    return writeSubtaskState(writer, state, version);
  }
  if (version < since.channelState) throw unsayable(version, '', 'finished subtask');
  if (!isWithoutState(state)) throw unwritable(`finished subtask ${subtaskIndex}`, 'has state');
  writer.i32(-subtaskIndex - 1);
};

/**
 * Makes a slice: the bytes of one subtask entry of format 6, or of one that says the subtask had come to its end.
 *
 * @param subtaskIndex at least 0 and below the operator's parallelism, which the writer of the file checks.
 * @throws ARGUMENT_INVALID for what the format cannot hold: an empty path, a repeated state name, a text over
 *   65535 bytes; METADATA_UNSUPPORTED for legacy state.
 */
export const encodeSubtaskEntry = (
  subtaskIndex: number,
  state: OperatorSubtaskState | 'finished',
): Uint8Array => {
  const writer = new ByteWriter();
  const isFinished = state === 'finished';
  writeSubtaskEntry(writer, { subtaskIndex, isFinished, state: isFinished ? {} : state }, METADATA_VERSION);
  return writer.take().slice();
};

/**
 * Reads a slice back. The handles do not share memory with the slice.
 *
 * @throws METADATA_CORRUPT, also for bytes after the entry
 */
export const decodeSubtaskEntry = (bytes: Uint8Array): SubtaskEntry => {
  const reader = new ByteReader(bytes);
  const entry = readSubtaskEntry(reader, METADATA_VERSION);
  if (reader.remaining === 0) return entry;
  throw reader.corrupt(reader.position, 'the end of the entry', `${reader.remaining} more bytes`);
};
