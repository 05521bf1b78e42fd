/** Walks handles of every kind: structure, tags, texts and counts are checked, sizes are summed, nothing is built. */
import {
  channelTag,
  checkpointedScopes,
  distributionModes,
  flinkWords,
  KEY_GROUP_LIMIT,
  keyedTag,
  leastBytes,
  operatorTag,
  since,
  slotNames,
  streamTag,
} from './layout.ts';
import {
  corruptAt,
  countAt,
  descend,
  longAt,
  skip,
  skipData,
  skipFileSize,
  skipOffsets,
  skipPath,
  skipSize,
  skipText,
  weigh,
  weighCheckpointed,
} from './walk-cursor.ts';
import type { EntryCursor } from './walk-cursor.ts';

const checkKeyGroups = (cursor: EntryCursor, at: number, count: number, slot: string): void => {
  const first = cursor.view.getInt32(at);
  if (count <= 0 || (first >= 0 && first + count <= KEY_GROUP_LIMIT)) return;
  corruptAt(cursor, at, slot, 'a range of key groups from 0 to 2^31-1', `${count} from ${first}`);
};

const skipKeyGroupOffsets = (cursor: EntryCursor, at: number, slot: string): number => {
  const offsets = skip(cursor, at, 8, slot);
  const count = countAt(cursor, at + 4, leastBytes.offset, slot);
  checkKeyGroups(cursor, at, count, slot);
  return offsets + leastBytes.offset * count;
};

const skipSegment = (cursor: EntryCursor, at: number, slot: string): number => {
  const size = skip(cursor, at, 8, slot);
  const scope = skipSize(cursor, size, slot);
  const path = skip(cursor, scope, 4, slot);
  const number = cursor.view.getInt32(scope);
  if (checkpointedScopes[number] === undefined) {
    const words = flinkWords.outOfBounds(number, checkpointedScopes.length);
    corruptAt(cursor, scope, slot, 'scope 0 or 1', `${number}`, words);
  }
  const fileId = skipPath(cursor, path, slot);
  cursor.onFile?.('segmentFile', path, size);
  return skipText(cursor, fileId, slot);
};

const skipFile = (cursor: EntryCursor, at: number, slot: string): number => {
  const path = skipFileSize(cursor, at, slot);
  const end = skipPath(cursor, path, slot);
  cursor.onFile?.('file', path, at);
  if (cursor.sharing > 0) cursor.onShared?.(path, at, false);
  return end;
};

const skipRelativeFile = (cursor: EntryCursor, at: number, slot: string): number => {
  const size = skipPath(cursor, at, slot, true);
  const end = skipFileSize(cursor, size, slot);
  cursor.onFile?.('relativeFile', at, size);
  if (cursor.sharing > 0) cursor.onShared?.(at, size, true);
  return end;
};

const skipKeyGroupsStream = (cursor: EntryCursor, at: number, slot: string): number => {
  const delegate = skipKeyGroupOffsets(cursor, at, slot);
  descend(cursor, at, slot);
  const end = skipDelegate(cursor, delegate, slot);
  cursor.depth -= 1;
  return end;
};

/** A stream handle, or the null handle. */
const skipStream = (cursor: EntryCursor, at: number, slot: string): number => {
  const body = skip(cursor, at, 1, slot);
  const tag = cursor.view.getUint8(at);
  switch (tag) {
    case streamTag.none:
    case streamTag.emptySegment:
      return body;
    case streamTag.byteStream:
      return skipData(cursor, skipText(cursor, body, slot), slot);
    case streamTag.file:
      return skipFile(cursor, body, slot);
    case streamTag.relativeFile:
      return skipRelativeFile(cursor, body, slot);
    case streamTag.keyGroups:
      return skipKeyGroupsStream(cursor, body, slot);
    case streamTag.segmentFile:
      return skipSegment(cursor, body, slot);
    default: {
      const expected = 'stream handle of tag 0, 1, 2, 3, 6, 15 or 16';
      return corruptAt(cursor, at, slot, expected, `tag ${tag}`, flinkWords.streamTag(tag));
    }
  }
};

/** A stream handle where the null handle cannot stand. */
const skipDelegate = (cursor: EntryCursor, at: number, slot: string): number => {
  const end = skipStream(cursor, at, slot);
  if (cursor.view.getUint8(at) === streamTag.none) {
    corruptAt(cursor, at, slot, 'a stream handle', 'the null handle');
  }
  return end;
};

const skipState = (cursor: EntryCursor, at: number, slot: string): number => {
  const mode = skipText(cursor, at, slot);
  const offsets = skip(cursor, mode, 1, slot);
  const number = cursor.view.getUint8(mode);
  if (number >= distributionModes.length) {
    const words = flinkWords.outOfBounds((number << 24) >> 24, distributionModes.length);
    corruptAt(cursor, mode, slot, 'distribution mode 0, 1 or 2', `${number}`, words);
  }
  return skipOffsets(cursor, offsets, slot);
};

const skipStates = (cursor: EntryCursor, at: number, slot: string): number => {
  let next = skip(cursor, at, 4, slot);
  let left = countAt(cursor, at, leastBytes.operatorStateMeta, slot);
  for (; left > 0; left -= 1) next = skipState(cursor, next, slot);
  return next;
};

const skipFileMerging = (cursor: EntryCursor, at: number, slot: string): number => {
  const directories = skipStates(cursor, at, slot);
  const mark = skipPath(cursor, skipPath(cursor, directories, slot), slot);
  const delegate = skip(cursor, mark, 1, slot);
  const end = skipDelegate(cursor, delegate, slot);
  const tag = cursor.view.getUint8(delegate);
  if (tag !== streamTag.segmentFile && tag !== streamTag.emptySegment) {
    corruptAt(cursor, delegate, slot, 'a segment of tag 15 or 16', `tag ${tag}`);
  }
  return end;
};

/** The flag and, where it says so, the operator-state handle. */
export const skipOperatorSlot = (cursor: EntryCursor, at: number, slot: string): number => {
  const start = skip(cursor, at, 4, slot);
  if (cursor.view.getInt32(at) === 0) return start;
  const states = skip(cursor, start, 1, slot);
  const tag = cursor.view.getUint8(start);
  if (tag === operatorTag.operatorStream) {
    return skipDelegate(cursor, skipStates(cursor, states, slot), slot);
  }
  if (tag === operatorTag.fileMerging) return skipFileMerging(cursor, states, slot);
  const words = tag === operatorTag.none ? undefined : flinkWords.operatorTag((tag << 24) >> 24);
  return corruptAt(cursor, start, slot, 'operator-state handle of tag 4 or 17', `tag ${tag}`, words);
};

const skipRange = (cursor: EntryCursor, at: number, slot: string): number => {
  const end = skip(cursor, at, 8, slot);
  checkKeyGroups(cursor, at, cursor.view.getInt32(at + 4), slot);
  return end;
};

const skipLocalFiles = (cursor: EntryCursor, at: number, slot: string): number => {
  let next = skip(cursor, at, 4, slot);
  let left = countAt(cursor, at, leastBytes.localFile, slot);
  for (; left > 0; left -= 1) next = skipDelegate(cursor, skipText(cursor, next, slot), slot);
  return next;
};

const skipIncremental = (cursor: EntryCursor, at: number, slot: string, isFirstForm: boolean): number => {
  const before = cursor.into.checkpointedSizeBytes;
  const backendId = skip(cursor, at, 8, slot);
  const size = skipRange(cursor, skipText(cursor, backendId, slot), slot);
  const metadata = isFirstForm ? size : skip(cursor, size, 8, slot);
  const shared = skipStream(cursor, metadata, slot);
  cursor.sharing += 1;
  const own = skipLocalFiles(cursor, shared, slot);
  cursor.sharing -= 1;
  const end = skipLocalFiles(cursor, own, slot);
  if (isFirstForm) return end;
  const sizeBytes = longAt(cursor, size);
  // -1 is unknown: then all files count, as they just have.
  if (sizeBytes !== -1) weighCheckpointed(cursor, size, slot, before, sizeBytes);
  return skipText(cursor, end, slot);
};

const skipKeyedList = (
  cursor: EntryCursor,
  at: number,
  slot: string,
  skipOne: typeof skipKeyedSlot,
): number => {
  let next = skip(cursor, at, 4, slot);
  let left = countAt(cursor, at, leastBytes.handle, slot);
  for (; left > 0; left -= 1) next = skipOne(cursor, next, slot);
  return next;
};

const skipIncrement = (cursor: EntryCursor, at: number, slot: string): number => {
  const end = skipKeyedSlot(cursor, at, slot);
  const tag = cursor.view.getUint8(at);
  const isInFiles = tag === keyedTag.changelogInFiles || tag === keyedTag.firstChangelogInFiles;
  if (tag !== keyedTag.changelogInMemory && !isInFiles) {
    corruptAt(cursor, at, slot, 'a changelog increment of tag 9, 10 or 13', `tag ${tag}`);
  }
  return end;
};

const skipChangelog = (cursor: EntryCursor, at: number, slot: string, isFirstForm: boolean): number => {
  const before = cursor.into.checkpointedSizeBytes;
  descend(cursor, at, slot);
  const size = skipRange(cursor, at, slot);
  const keyGroupCount = cursor.view.getInt32(at + 4);
  if (keyGroupCount <= 0)
    corruptAt(cursor, at, slot, 'key groups of a changelog', `${keyGroupCount} of them`);
  const materialized = skip(cursor, size, 8, slot);
  // What was materialized once is named by every checkpoint until the next time, whatever kind of handle it is.
  cursor.sharing += 1;
  const increments = skipKeyedList(cursor, materialized, slot, skipKeyedSlot);
  cursor.sharing -= 1;
  const ids = skipKeyedList(cursor, increments, slot, skipIncrement);
  weighCheckpointed(cursor, size, slot, before, longAt(cursor, size));
  cursor.depth -= 1;
  return skipText(cursor, skip(cursor, ids, isFirstForm ? 8 : 16, slot), slot);
};

const skipChange = (cursor: EntryCursor, at: number, slot: string): number => {
  const data = skip(cursor, at, 4, slot);
  const keyGroup = cursor.view.getInt32(at);
  if (keyGroup < -1) corruptAt(cursor, at, slot, 'a key group of at least -1', `${keyGroup}`);
  return skipData(cursor, data, slot);
};

const skipInMemory = (cursor: EntryCursor, at: number, slot: string): number => {
  const from = skipRange(cursor, at, slot);
  const changes = skip(cursor, from, 16, slot);
  for (const number of [from, from + 8]) {
    if (cursor.view.getInt32(number) < 0) {
      corruptAt(cursor, number, slot, 'a sequence number of at least 0', `${longAt(cursor, number)}`);
    }
  }
  let next = skip(cursor, changes, 4, slot);
  let left = countAt(cursor, changes, leastBytes.stateChange, slot);
  for (; left > 0; left -= 1) next = skipChange(cursor, next, slot);
  return skipText(cursor, next, slot);
};

/** Both sizes are stored, so what the files say does not count. */
const skipInFiles = (cursor: EntryCursor, at: number, slot: string, isFirstForm: boolean): number => {
  const { stateSizeBytes, checkpointedSizeBytes } = cursor.into;
  const files = skipRange(cursor, at, slot);
  let next = skip(cursor, files, 4, slot);
  let left = countAt(cursor, files, leastBytes.changelogFile, slot);
  cursor.sharing += 1;
  for (; left > 0; left -= 1) next = skipStream(cursor, skip(cursor, next, 8, slot), slot);
  cursor.sharing -= 1;
  const text = skip(cursor, next, 16, slot);
  cursor.into.stateSizeBytes = stateSizeBytes;
  cursor.into.checkpointedSizeBytes = checkpointedSizeBytes;
  weigh(cursor, next, slot, longAt(cursor, next));
  weighCheckpointed(cursor, next, slot, checkpointedSizeBytes, longAt(cursor, next + 8));
  const end = skipText(cursor, text, slot);
  return isFirstForm ? end : skipText(cursor, end, slot);
};

const skipKeyGroups = (cursor: EntryCursor, at: number, slot: string): number =>
  skipDelegate(cursor, skipKeyGroupOffsets(cursor, at, slot), slot);

/** A keyed handle, or the null handle. */
export const skipKeyedSlot = (cursor: EntryCursor, at: number, slot: string): number => {
  const body = skip(cursor, at, 1, slot);
  const tag = cursor.view.getUint8(at);
  switch (tag) {
    case keyedTag.none:
      return body;
    case keyedTag.keyGroups:
      return skipText(cursor, skipKeyGroups(cursor, body, slot), slot);
    case keyedTag.firstKeyGroups:
    case keyedTag.savepointKeyGroups:
      return skipKeyGroups(cursor, body, slot);
    case keyedTag.firstIncremental:
    case keyedTag.incremental:
      return skipIncremental(cursor, body, slot, tag === keyedTag.firstIncremental);
    case keyedTag.firstChangelog:
    case keyedTag.changelog:
      return skipChangelog(cursor, body, slot, tag === keyedTag.firstChangelog);
    case keyedTag.changelogInMemory:
      return skipInMemory(cursor, body, slot);
    case keyedTag.firstChangelogInFiles:
    case keyedTag.changelogInFiles:
      return skipInFiles(cursor, body, slot, tag === keyedTag.firstChangelogInFiles);
    default: {
      const words = flinkWords.keyedTag((tag << 24) >> 24);
      return corruptAt(cursor, at, slot, 'keyed handle of tag 0, 3, 5 or 7 to 14', `tag ${tag}`, words);
    }
  }
};

/** The delegate of channel state does not count: the size that is stored does. */
const skipUnweighed = (cursor: EntryCursor, at: number, slot: string): number => {
  const { stateSizeBytes, checkpointedSizeBytes } = cursor.into;
  const end = skipDelegate(cursor, at, slot);
  cursor.into.stateSizeBytes = stateSizeBytes;
  cursor.into.checkpointedSizeBytes = checkpointedSizeBytes;
  return end;
};

const skipChannel = (cursor: EntryCursor, at: number, slot: string): number => {
  const size = skipOffsets(cursor, skip(cursor, at, 12, slot), slot);
  return skipUnweighed(cursor, skipSize(cursor, size, slot), slot);
};

const skipMergedChannels = (cursor: EntryCursor, at: number, slot: string): number => {
  const delegate = skipSize(cursor, skip(cursor, at, 4, slot), slot);
  const packed = skipUnweighed(cursor, delegate, slot);
  const start = skip(cursor, packed, 4, slot);
  return start + countAt(cursor, packed, 1, slot);
};

const skipTaggedChannel = (cursor: EntryCursor, at: number, slot: string): number => {
  const body = skip(cursor, at, 1, slot);
  const tag = cursor.view.getUint8(at);
  const isInput = slot === slotNames.inputChannels;
  if (tag === (isInput ? channelTag.input : channelTag.output)) return skipChannel(cursor, body, slot);
  if (tag === (isInput ? channelTag.mergedInput : channelTag.mergedOutput)) {
    return skipMergedChannels(cursor, body, slot);
  }
  const words = `Unknown ${isInput ? 'input' : 'output'} state handle type.`;
  return corruptAt(cursor, at, slot, `a tag of ${slot}`, `tag ${tag}`, words);
};

/** A list of channel handles; a negative count reads as none. */
export const skipChannels = (cursor: EntryCursor, at: number, slot: string): number => {
  let next = skip(cursor, at, 4, slot);
  if (cursor.view.getInt32(at) < 0) return next;
  const skipOne = cursor.version >= since.taggedChannels ? skipTaggedChannel : skipChannel;
  let left = countAt(cursor, at, leastBytes.channelHandle, slot);
  for (; left > 0; left -= 1) next = skipOne(cursor, next, slot);
  return next;
};

/** What format 2 has before the slots: a duration and streams of before Flink 1.2. */
export const skipLegacy = (cursor: EntryCursor, at: number, slot: string): number => {
  const count = skip(cursor, at, 8, slot);
  let next = skip(cursor, count, 4, slot);
  if (cursor.view.getInt32(count) < 0) return next;
  let left = countAt(cursor, count, leastBytes.handle, slot);
  for (; left > 0; left -= 1) next = skipStream(cursor, next, slot);
  return next;
};
