/** Numbers of the format that more than one file needs (metadata format, sections 2 to 10). */

/** The first four bytes of every metadata file. */
export const METADATA_MAGIC = 0x4960672d;
/** The version read and written; the one Flink 2.1 to 2.3 writes. */
export const METADATA_VERSION = 6;
/** Versions Flink ever wrote; those below {@link METADATA_VERSION} are known but not read. */
export const OLDEST_METADATA_VERSION = 1;
/** Stands before every master state. */
export const MASTER_STATE_MAGIC = 0xc96b1696;

/** Most bytes a string may have when encoded: its length field has 16 bits. */
export const STRING_BYTES_MAX = 0xffff;

/** Fewest bytes that one element can take: what a count is checked against before anything is read for it. */
export const leastBytes = {
  offset: 8,
  operatorStateMeta: 2 + 1 + 4,
  operator: 2 + 2 + 16 + 4 + 4 + 1 + 4,
  subtaskEntry: 4,
  masterState: 4 + 4 + 1,
} as const;

/** Tags of stream handles (section 6). */
export const streamTag = { none: 0, byteStream: 1, file: 2, relativeFile: 6 } as const;
/** Stream tags of the format that are not read yet, with their names for the error. */
export const unreadStreamTags: ReadonlyMap<number, string> = new Map([
  [3, 'key groups used as a stream'],
  [15, 'segment of a merged file'],
  [16, 'empty segment'],
]);

/** Tags of keyed handles (section 7). */
export const keyedTag = { none: 0, keyGroups: 12 } as const;
export const unreadKeyedTags: ReadonlyMap<number, string> = new Map([
  [3, 'key groups, first form'],
  [5, 'incremental, first form'],
  [7, 'key groups of a canonical savepoint'],
  [8, 'changelog, first form'],
  [9, 'changelog increment in memory'],
  [10, 'changelog increment in files, first form'],
  [11, 'incremental'],
  [13, 'changelog increment in files'],
  [14, 'changelog'],
]);

/** Tags of operator-state handles (section 8). */
export const operatorTag = { none: 0, operatorStream: 4 } as const;
export const unreadOperatorTags: ReadonlyMap<number, string> = new Map([[17, 'file-merging operator state']]);

/** The distribution modes in the order of their numbers (section 8). */
export const distributionModes = ['SPLIT_DISTRIBUTE', 'UNION', 'BROADCAST'] as const;

/** The slots of a subtask state in file order, as error paths name them (section 5). */
export const slotNames = {
  managedOperator: 'managed operator state',
  rawOperator: 'raw operator state',
  managedKeyed: 'managed keyed state',
  rawKeyed: 'raw keyed state',
  inputChannels: 'input channel state',
  outputChannels: 'result subpartition state',
} as const;
