/**
 * State handles: what a task's snapshot is made of, in Flink's terms (metadata format, sections 5 to 8).
 * 64-bit sizes and offsets are bigint where the file may hold any 64-bit value.
 */

/** A piece of state as one stream of bytes. */
export type StreamStateHandle = ByteStreamStateHandle | FileStateHandle | RelativeFileStateHandle;

/** State carried inline (tag 1). Its name is its identity. */
export interface ByteStreamStateHandle {
  readonly kind: 'byteStream';
  readonly name: string;
  readonly data: Uint8Array;
}

/** A file under an absolute path (tag 2). */
export interface FileStateHandle {
  readonly kind: 'file';
  readonly path: string;
  /** -1 when unknown. */
  readonly sizeBytes: bigint;
}

/** A file relative to the directory of the metadata file (tag 6). */
export interface RelativeFileStateHandle {
  readonly kind: 'relativeFile';
  readonly relativePath: string;
  /** -1 when unknown. */
  readonly sizeBytes: bigint;
}

/** Keyed state of a range of key groups in one stream (tag 12). */
export interface KeyGroupsStateHandle {
  readonly kind: 'keyGroups';
  /** 0 when the range is empty. */
  readonly firstKeyGroup: number;
  /** One offset into the stream for each key group of the range. */
  readonly offsets: readonly bigint[];
  readonly stream: StreamStateHandle;
  readonly stateHandleId: string;
}

/** Keyed state in any of its forms; so far there is one. */
export type KeyedStateHandle = KeyGroupsStateHandle;

/** How the pieces of an operator state are handed out again on restore. */
export type DistributionMode = 'SPLIT_DISTRIBUTE' | 'UNION' | 'BROADCAST';

/** Operator state: named lists of pieces in one stream (tag 4). */
export interface OperatorStateHandle {
  readonly kind: 'operatorStream';
  readonly states: readonly OperatorStateMeta[];
  readonly stream: StreamStateHandle;
}

export interface OperatorStateMeta {
  readonly name: string;
  readonly mode: DistributionMode;
  readonly offsets: readonly bigint[];
}

/** All state of one subtask of one operator. */
export interface OperatorSubtaskState {
  readonly managedOperatorState?: OperatorStateHandle | undefined;
  readonly rawOperatorState?: OperatorStateHandle | undefined;
  readonly managedKeyedState?: KeyedStateHandle | undefined;
  readonly rawKeyedState?: KeyedStateHandle | undefined;
}
