/** What a metadata file says, as plain values (metadata format, sections 3 to 5 and 15). */
import type { ByteStreamStateHandle, OperatorSubtaskState, StoredTexts } from '../state/handles.ts';
import type { OperatorId } from '../state/ids.ts';
import type { FormatVersion } from './layout.ts';
import type { CheckpointProperties } from './properties.ts';

/** A whole metadata file. */
export interface CheckpointMetadata {
  /** The format the file was read in; absent in what was made anew. It does not choose the format written. */
  readonly formatVersion?: FormatVersion | undefined;
  /** At least 0, and below 2^63. */
  readonly checkpointId: bigint;
  /** In file order; a new checkpoint has Flink's order (`flinkOperatorOrder`), a loaded file keeps its own. */
  readonly operators: readonly OperatorState[];
  /** Absent before format 4, and in files of Flink's State Processor API. */
  readonly properties: CheckpointProperties | undefined;
  readonly masterStates: readonly MasterState[];
  /** Bytes found after the end of the format, which Flink ignores; absent if there are none. */
  readonly trailingBytes?: Uint8Array | undefined;
}

/** All state of one operator; in format 1 of one chain of operators. */
export interface OperatorState extends StoredTexts {
  /** In format 1 the id of the job vertex. */
  readonly operatorId: OperatorId;
  /** The format cannot tell an empty name from none: absent is written as "". */
  readonly name: string | undefined;
  /** As {@link name}. */
  readonly uid: string | undefined;
  readonly parallelism: number;
  /** At least the parallelism. */
  readonly maxParallelism: number;
  /** What the operator's coordinator in the job manager saved; always inline. */
  readonly coordinatorState?: ByteStreamStateHandle | undefined;
  /** All its subtasks had come to their end: there is no state, and no entry. */
  readonly isFullyFinished?: boolean | undefined;
  /** Ascending by subtask index, each index at most once; a subtask without state may be missing. */
  readonly subtasks: readonly SubtaskEntry[];
  /**
   * The entries of a file that are not ascending, or name a subtask twice (the last one counts). Written instead of
   * `subtasks` as long as they come to the very same elements.
   */
  readonly storedSubtasks?: readonly SubtaskEntry[] | undefined;
  /** The negative count of a file that stands for a finished operator (-1 if absent), in format 2 for no entries. */
  readonly storedEntryCount?: number | undefined;
  /** Formats 1 and 2: operators in the chain; 1 if absent. */
  readonly chainLength?: number | undefined;
}

/** The state of one subtask, as it stands under its operator in the file. */
export interface SubtaskEntry {
  readonly subtaskIndex: number;
  /** The subtask had come to its end: it has no state. */
  readonly isFinished?: boolean | undefined;
  readonly state: OperatorSubtaskState;
}

/** What a hook of the job manager saved with the checkpoint. */
export interface MasterState extends StoredTexts {
  readonly name: string;
  readonly version: number;
  readonly data: Uint8Array;
}
