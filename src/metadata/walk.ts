/**
 * The hot path over subtask entries: every acknowledged slice is walked once, checked structurally and weighed, without
 * building handles or texts (a coordinator of a large job does this millions of times a minute). Strings are only
 * checked for bytes that cannot be decoded, offsets are skipped by arithmetic. What passes here can be decoded.
 */
import type {
  ChannelStateHandle,
  KeyedStateHandle,
  OperatorStateHandle,
  OperatorSubtaskState,
  StreamStateHandle,
} from '../state/handles.ts';
import { assertNever } from '../errors.ts';
import { since, slotNames } from './layout.ts';
import { decodeSubtaskEntry } from './subtask-entry.ts';
import { corruptAt, entryCursor, skip } from './walk-cursor.ts';
import type { EntryCursor, SharedVisitor, WalkedEntry } from './walk-cursor.ts';
import { skipChannels, skipKeyedSlot, skipLegacy, skipOperatorSlot } from './walk-handles.ts';

const startEntry = (cursor: EntryCursor, start: number): number => {
  const { into } = cursor;
  into.stateSizeBytes = 0;
  into.checkpointedSizeBytes = 0;
  into.subtaskIndex = 0;
  into.isFinished = false;
  cursor.isInexact = false;
  const next = skip(cursor, start, 4, 'index');
  const index = cursor.view.getInt32(start);
  into.isFinished = index < 0 && cursor.version >= since.channelState;
  into.subtaskIndex = into.isFinished ? -index - 1 : index;
  return next;
};

/**
 * Walks the entry at `start`, of format 2 or later, to wherever it ends, at most to the cursor's limit, and returns
 * that offset.
 *
 * @throws METADATA_CORRUPT
 */
export const scanEntry = (cursor: EntryCursor, start: number): number => {
  let at = startEntry(cursor, start);
  if (!cursor.into.isFinished) {
    if (cursor.version < since.channelState) at = skipLegacy(cursor, at, 'legacy state');
    at = skipOperatorSlot(cursor, at, slotNames.managedOperator);
    at = skipOperatorSlot(cursor, at, slotNames.rawOperator);
    at = skipKeyedSlot(cursor, at, slotNames.managedKeyed);
    at = skipKeyedSlot(cursor, at, slotNames.rawKeyed);
    if (cursor.version >= since.channelState) {
      at = skipChannels(cursor, at, slotNames.inputChannels);
      at = skipChannels(cursor, at, slotNames.outputChannels);
    }
  }
  cursor.into.end = at;
  return at;
};

/**
 * Checks that `bytes[start..end)` is exactly one subtask entry of format 6, and weighs it. A finished subtask is its
 * index alone and weighs nothing. Allocates one small object.
 *
 * @param view over the same bytes: offset 0 of one is offset 0 of the other.
 * @param into overwritten; not to be read after an error.
 * @param onShared is told every file that the state may share with other checkpoints; where there is none, nothing is
 *   called and nothing is built.
 * @throws METADATA_CORRUPT also when the entry ends before `end`, or its sizes exceed 2^53-1.
 */
export const walkSubtaskEntry = (
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  into: WalkedEntry,
  onShared?: SharedVisitor,
): void => {
  const cursor = entryCursor({ view, limit: Math.min(end, bytes.length), into, onShared });
  const reached = scanEntry(cursor, start);
  if (reached !== end) corruptAt(cursor, reached, '', 'the end of the entry', `${end - reached} more bytes`);
};

/** Key groups used as a stream lead to the stream that holds them. */
const innermost = (stream: StreamStateHandle): StreamStateHandle =>
  stream.kind === 'keyGroupsStream' ? innermost(stream.stream) : stream;

const keyedStreams = (handle: KeyedStateHandle | undefined): (StreamStateHandle | undefined)[] => {
  if (handle === undefined) return [];
  switch (handle.kind) {
    case 'keyGroups':
    case 'savepointKeyGroups':
      return [handle.stream];
    case 'incremental':
      return [
        handle.metadata,
        ...[...handle.sharedFiles, ...handle.privateFiles].map(({ stream }) => stream),
      ];
    case 'changelog':
      return [...handle.materialized, ...handle.nonMaterialized].flatMap(keyedStreams);
    case 'changelogInMemory':
      return [];
    case 'changelogInFiles':
      return handle.files.map(({ stream }) => stream);
    default:
      return assertNever(handle);
  }
};

const streamOf = (
  handle: OperatorStateHandle | ChannelStateHandle | undefined,
): (StreamStateHandle | undefined)[] => (handle === undefined ? [] : [handle.stream]);

/** Every stream that one subtask's state refers to, in file order; a stream may come several times. */
export const streamHandlesIn = (state: OperatorSubtaskState): StreamStateHandle[] => {
  const { legacy } = state;
  const chained = [...(legacy?.chain?.managed ?? []), ...(legacy?.chain?.raw ?? [])];
  const channels = [...(state.inputChannelState ?? []), ...(state.resultSubpartitionState ?? [])];
  return [
    ...(legacy?.legacyStates ?? []),
    ...chained.flatMap(streamOf),
    ...streamOf(state.managedOperatorState),
    ...streamOf(state.rawOperatorState),
    ...keyedStreams(state.managedKeyedState),
    ...keyedStreams(state.rawKeyedState),
    ...channels.flatMap(streamOf),
  ]
    .filter((stream) => stream !== undefined)
    .map(innermost);
};

/**
 * Every stream handle inside one slice, in file order: what must be discarded when the state comes too late. Not for
 * the hot path.
 *
 * @throws METADATA_CORRUPT
 */
export const streamHandlesOf = (slice: Uint8Array): StreamStateHandle[] =>
  streamHandlesIn(decodeSubtaskEntry(slice).state);
