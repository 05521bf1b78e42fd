/** Numbers of the format that more than one file needs (metadata format, sections 2 to 10). */

/** The first four bytes of every metadata file. */
export const METADATA_MAGIC = 0x4960672d;
/** The version written unless another is asked for; the one Flink 2.1 to 2.3 writes. */
export const METADATA_VERSION = 6;
/** Stands before every master state. */
export const MASTER_STATE_MAGIC = 0xc96b1696;

/** All versions Flink ever wrote (section 2). */
export const formatVersions = [1, 2, 3, 4, 5, 6] as const;
export type FormatVersion = (typeof formatVersions)[number];

/** The first version that has … */
export const since = {
  /** one operator for each id, master states, no chains. */
  singleOperators: 2,
  /** coordinator state, channel state and the marks of what has finished; no more durations. */
  channelState: 3,
  properties: 4,
  operatorNames: 5,
  /** a tag before each channel handle, and merged ones. */
  taggedChannels: 6,
} as const;

/** Most bytes a string may have when encoded: its length field has 16 bits. */
export const STRING_BYTES_MAX = 0xffff;

/** Key groups are numbered in 31 bits. */
export const KEY_GROUP_LIMIT = 0x8000_0000;

/** Handles stand inside one another at most this deep. Real files need two levels; Flink has no limit but its stack. */
export const DEPTH_MAX = 500;

/** Fewest bytes that one element can take: what a count is checked against before anything is read for it. */
export const leastBytes = {
  offset: 8,
  operatorStateMeta: 2 + 1 + 4,
  /** Format 2, the shortest. */
  operator: 16 + 4 + 4 + 4 + 1,
  subtaskEntry: 4,
  masterState: 4 + 4 + 1,
  handle: 1,
  localFile: 2 + 1,
  stateChange: 4 + 4,
  changelogFile: 8 + 1,
  channelHandle: 4 + 8 + 1 + 4,
} as const;

/** Tags of stream handles (section 6). */
export const streamTag = {
  none: 0,
  byteStream: 1,
  file: 2,
  keyGroups: 3,
  relativeFile: 6,
  segmentFile: 15,
  emptySegment: 16,
} as const;

/** Tags of keyed handles (section 7). */
export const keyedTag = {
  none: 0,
  firstKeyGroups: 3,
  firstIncremental: 5,
  savepointKeyGroups: 7,
  firstChangelog: 8,
  changelogInMemory: 9,
  firstChangelogInFiles: 10,
  incremental: 11,
  keyGroups: 12,
  changelogInFiles: 13,
  changelog: 14,
} as const;

/** Tags of operator-state handles (section 8). */
export const operatorTag = { none: 0, operatorStream: 4, fileMerging: 17 } as const;

/** Tags of channel handles (section 9). */
export const channelTag = { input: 1, output: 2, mergedInput: 3, mergedOutput: 4 } as const;

/** The distribution modes in the order of their numbers (section 8). */
export const distributionModes = ['SPLIT_DISTRIBUTE', 'UNION', 'BROADCAST'] as const;
/** The scopes of a merged file in the order of their numbers (section 6). */
export const checkpointedScopes = ['EXCLUSIVE', 'SHARED'] as const;

/** The slots of a subtask state in file order, as error paths name them (section 5). */
export const slotNames = {
  managedOperator: 'managed operator state',
  rawOperator: 'raw operator state',
  managedKeyed: 'managed keyed state',
  rawKeyed: 'raw keyed state',
  inputChannels: 'input channel state',
  outputChannels: 'result subpartition state',
} as const;

/** Flink's words for the faults that people know (section 14); the readers and the walk use the same. */
export const flinkWords = {
  magic:
    'Unexpected magic number. This can have multiple reasons: (1) You are trying to load a Flink 1.0 savepoint, which is not supported by this version of Flink. (2) The file you were pointing to is not a savepoint at all. (3) The savepoint file has been corrupted.',
  versionOne: 'This savepoint / checkpoint version (Flink 1.1 / 1.2) is no longer supported.',
  legacyState:
    "Legacy state (from Flink <= 1.1, created through the 'Checkpointed' interface) is no longer supported.",
  streamTag: (tag: number): string => `Unknown implementation of StreamStateHandle, code: ${tag}`,
  keyedTag: (tag: number): string => `Reading invalid KeyedStateHandle, type: ${tag}`,
  operatorTag: (tag: number): string => `Reading invalid OperatorStateHandle, type: ${tag}`,
  outOfBounds: (index: number, length: number): string => `Index ${index} out of bounds for length ${length}`,
  nullHandle: 'streamStateHandle cannot be null',
} as const;
