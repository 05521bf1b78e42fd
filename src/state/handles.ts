/**
 * State handles: what a task's snapshot is made of, in Flink's terms (metadata format, sections 5 to 9). The union is
 * closed: these are all kinds that a file can hold, in any version. 64-bit values are bigint, because a file may hold
 * any of them.
 *
 * A few fields, all optional and named `stored…`, keep how a file spells something that Flink's writer would spell
 * otherwise, so that what was read can be written again byte for byte. Leave them out when making a handle.
 */

/** The strings of a handle that a file spells in an unusual form, by field: their bytes as they stand there. */
export interface StoredTexts {
  /** Written instead of the field's text as long as they decode to it. */
  readonly storedTexts?: Readonly<Record<string, Uint8Array>> | undefined;
}

/** A piece of state as one stream of bytes. */
export type StreamStateHandle =
  | ByteStreamStateHandle
  | FileStateHandle
  | RelativeFileStateHandle
  | KeyGroupsStreamStateHandle
  | SegmentFileStateHandle
  | EmptySegmentStateHandle;

/** State carried inline (tag 1). Its name is its identity. */
export interface ByteStreamStateHandle extends StoredTexts {
  readonly kind: 'byteStream';
  readonly name: string;
  readonly data: Uint8Array;
}

/** A file under an absolute path (tag 2). */
export interface FileStateHandle extends StoredTexts {
  readonly kind: 'file';
  readonly path: string;
  /** -1 when unknown. */
  readonly sizeBytes: bigint;
}

/** A file relative to the directory of the metadata file (tag 6). */
export interface RelativeFileStateHandle extends StoredTexts {
  readonly kind: 'relativeFile';
  readonly relativePath: string;
  /** -1 when unknown. */
  readonly sizeBytes: bigint;
}

/** Keyed state that stands where a stream is expected (tag 3). */
export interface KeyGroupsStreamStateHandle {
  readonly kind: 'keyGroupsStream';
  /** Means nothing when there are no offsets; Flink then takes it as 0. */
  readonly firstKeyGroup: number;
  readonly offsets: readonly bigint[];
  readonly stream: StreamStateHandle;
}

/** Whether a merged file belongs to one checkpoint or to several. */
export type CheckpointedScope = 'EXCLUSIVE' | 'SHARED';

/** A part of a file that holds the state of several tasks (tag 15). */
export interface SegmentFileStateHandle extends StoredTexts {
  readonly kind: 'segmentFile';
  readonly startPosition: bigint;
  readonly sizeBytes: bigint;
  readonly scope: CheckpointedScope;
  readonly path: string;
  readonly logicalFileId: string;
}

/** Stands for a segment where nothing was written (tag 16). */
export interface EmptySegmentStateHandle {
  readonly kind: 'emptySegment';
}

/** Keyed state in any of its forms. */
export type KeyedStateHandle =
  | KeyGroupsStateHandle
  | SavepointKeyGroupsStateHandle
  | IncrementalStateHandle
  | ChangelogStateHandle
  | ChangelogIncrement;

/** Changes since the last materialization, in memory or in files. */
export type ChangelogIncrement = ChangelogInMemoryStateHandle | ChangelogInFilesStateHandle;

/** Keyed state of a range of key groups in one stream (tag 12; tag 3 where the id is absent). */
export interface KeyGroupsStateHandle extends StoredTexts {
  readonly kind: 'keyGroups';
  /** Means nothing when there are no offsets; Flink then takes it as 0. */
  readonly firstKeyGroup: number;
  /** One offset into the stream for each key group of the range. */
  readonly offsets: readonly bigint[];
  readonly stream: StreamStateHandle;
  /** Absent in the first form, where Flink draws one at random on every load. */
  readonly stateHandleId: string | undefined;
}

/** Keyed state in the form of a canonical savepoint (tag 7). */
export interface SavepointKeyGroupsStateHandle {
  readonly kind: 'savepointKeyGroups';
  /** As in {@link KeyGroupsStateHandle}. */
  readonly firstKeyGroup: number;
  readonly offsets: readonly bigint[];
  readonly stream: StreamStateHandle;
}

/** A range of key groups as files have it. */
export interface StoredKeyGroupRange {
  /** Means nothing when the count is not positive; Flink then takes it as 0. */
  readonly firstKeyGroup: number;
  /** How many key groups; none when it is not positive. */
  readonly keyGroupCount: number;
}

/** A file of an incremental snapshot, and its name in the directory of the state backend. */
export interface LocalFileHandle extends StoredTexts {
  readonly localPath: string;
  readonly stream: StreamStateHandle;
}

/** Keyed state as files, of which some belong to earlier checkpoints (tag 11; tag 5 where id and size are absent). */
export interface IncrementalStateHandle extends StoredKeyGroupRange, StoredTexts {
  readonly kind: 'incremental';
  readonly checkpointId: bigint;
  /** As stored; Flink reads it as a UUID, and makes one from any other text. */
  readonly backendId: string;
  /** What this checkpoint itself had to write; -1 or absent when unknown: the sum of all files. */
  readonly checkpointedSizeBytes: bigint | undefined;
  readonly metadata: StreamStateHandle | undefined;
  readonly sharedFiles: readonly LocalFileHandle[];
  readonly privateFiles: readonly LocalFileHandle[];
  /** Absent in the first form, together with the size. */
  readonly stateHandleId: string | undefined;
}

/** Keyed state as a materialized snapshot and the changes since (tag 14; tag 8 where the checkpoint id is absent). */
export interface ChangelogStateHandle extends StoredKeyGroupRange, StoredTexts {
  readonly kind: 'changelog';
  readonly checkpointedSizeBytes: bigint;
  /** May hold null handles in a file, which Flink drops. */
  readonly materialized: readonly (KeyedStateHandle | undefined)[];
  readonly nonMaterialized: readonly ChangelogIncrement[];
  readonly materializationId: bigint;
  /** Absent in the first form: then it is the id of the materialization. */
  readonly checkpointId: bigint | undefined;
  readonly stateHandleId: string;
}

/** A change of one key group. */
export interface StateChange {
  /** -1 for a change of metadata. */
  readonly keyGroup: number;
  readonly data: Uint8Array;
}

/** Changes carried inline (tag 9). */
export interface ChangelogInMemoryStateHandle extends StoredKeyGroupRange, StoredTexts {
  readonly kind: 'changelogInMemory';
  /** Sequence numbers: at least 0. */
  readonly from: bigint;
  readonly to: bigint;
  readonly changes: readonly StateChange[];
  readonly stateHandleId: string;
}

/** A stream and where in it the changes begin. */
export interface ChangelogFile {
  readonly offset: bigint;
  readonly stream: StreamStateHandle | undefined;
}

/** Changes in files (tag 13; tag 10 where the storage is absent). */
export interface ChangelogInFilesStateHandle extends StoredKeyGroupRange, StoredTexts {
  readonly kind: 'changelogInFiles';
  readonly files: readonly ChangelogFile[];
  readonly sizeBytes: bigint;
  readonly checkpointedSizeBytes: bigint;
  readonly stateHandleId: string;
  /** Absent in the first form: then it is `filesystem`. */
  readonly storageIdentifier: string | undefined;
}

/** How the pieces of an operator state are handed out again on restore. */
export type DistributionMode = 'SPLIT_DISTRIBUTE' | 'UNION' | 'BROADCAST';

/** Operator state: named lists of pieces in one stream. */
export type OperatorStateHandle = OperatorStreamStateHandle | FileMergingOperatorStateHandle;

interface OperatorStates {
  /** Each name once. */
  readonly states: readonly OperatorStateMeta[];
  /**
   * The list of a file that is not in Flink's order, or has a name twice (the last one counts). Written instead of
   * `states` as long as it comes to the very same elements.
   */
  readonly storedStates?: readonly OperatorStateMeta[] | undefined;
}

/** Operator state in one stream of its own (tag 4). */
export interface OperatorStreamStateHandle extends OperatorStates {
  readonly kind: 'operatorStream';
  readonly stream: StreamStateHandle;
}

/** Operator state in a part of a merged file (tag 17). */
export interface FileMergingOperatorStateHandle extends OperatorStates, StoredTexts {
  readonly kind: 'fileMerging';
  readonly taskOwnedDirectory: string;
  readonly sharedDirectory: string;
  readonly isEmpty: boolean;
  /** The byte that says whether it is empty, where it is neither 0 nor 1. */
  readonly storedIsEmpty?: number | undefined;
  readonly stream: SegmentFileStateHandle | EmptySegmentStateHandle;
}

export interface OperatorStateMeta extends StoredTexts {
  readonly name: string;
  readonly mode: DistributionMode;
  readonly offsets: readonly bigint[];
}

/** Data that was on its way into a task. */
export type InputChannelStateHandle = InputStateHandle | MergedInputStateHandle;
/** Data that was on its way out of a task. */
export type OutputChannelStateHandle = OutputStateHandle | MergedOutputStateHandle;
export type ChannelStateHandle = InputChannelStateHandle | OutputChannelStateHandle;

interface ChannelState {
  readonly subtaskIndex: number;
  readonly sizeBytes: bigint;
  readonly stream: StreamStateHandle;
}

/** State of one input channel (tag 1 of format 6, untagged before). */
export interface InputStateHandle extends ChannelState {
  readonly kind: 'input';
  readonly gateIndex: number;
  readonly channelIndex: number;
  readonly offsets: readonly bigint[];
}

/** State of one result subpartition (tag 2 of format 6, untagged before). */
export interface OutputStateHandle extends ChannelState {
  readonly kind: 'output';
  readonly partitionIndex: number;
  readonly subpartitionIndex: number;
  readonly offsets: readonly bigint[];
}

/** State of several input channels (tag 3 of format 6). */
export interface MergedInputStateHandle extends ChannelState {
  readonly kind: 'mergedInput';
  /** Which channels, in a form of its own that nobody checks on reading (section 9). */
  readonly packedChannels: Uint8Array;
}

/** State of several result subpartitions (tag 4 of format 6). */
export interface MergedOutputStateHandle extends ChannelState {
  readonly kind: 'mergedOutput';
  /** As in {@link MergedInputStateHandle}. */
  readonly packedChannels: Uint8Array;
}

/** All state of one subtask of one operator. */
export interface OperatorSubtaskState {
  readonly managedOperatorState?: OperatorStateHandle | undefined;
  readonly rawOperatorState?: OperatorStateHandle | undefined;
  readonly managedKeyedState?: KeyedStateHandle | undefined;
  readonly rawKeyedState?: KeyedStateHandle | undefined;
  readonly inputChannelState?: readonly InputChannelStateHandle[] | undefined;
  readonly resultSubpartitionState?: readonly OutputChannelStateHandle[] | undefined;
  /** What only formats 1 and 2 have. */
  readonly legacy?: LegacySubtaskState | undefined;
  /** Numbers that a file spells otherwise than Flink's writer. */
  readonly stored?: StoredSubtaskNumbers | undefined;
}

/** What formats 1 and 2 hold of a subtask besides its state (section 15). */
export interface LegacySubtaskState {
  /** -1 in every known file. */
  readonly durationMs: bigint;
  /** State of Flink before 1.2, which no Flink of today reads. In format 1 one for each operator of the chain. */
  readonly legacyStates: readonly (StreamStateHandle | undefined)[];
  /** Format 2: a negative number of legacy states, which reads as none. */
  readonly storedLegacyCount?: number | undefined;
  /** Format 1 only: the operator states of the whole chain, which stand for the two slots. */
  readonly chain?: ChainedOperatorStates | undefined;
}

/** Operator states of a chain, one element for each of its operators (format 1). */
export interface ChainedOperatorStates {
  readonly managed: readonly (OperatorStateHandle | undefined)[];
  readonly raw: readonly (OperatorStateHandle | undefined)[];
}

/** Each is written only where it means the same as what stands beside it. */
export interface StoredSubtaskNumbers {
  /** The flag of a present handle, where it is not 1. */
  readonly managedOperatorFlag?: number | undefined;
  readonly rawOperatorFlag?: number | undefined;
  /** Negative numbers of channel handles, which read as none. */
  readonly inputChannelCount?: number | undefined;
  readonly resultSubpartitionCount?: number | undefined;
}
