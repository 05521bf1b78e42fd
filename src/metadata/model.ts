/** What a metadata file says, as plain values (metadata format, sections 3 to 5). */
import type { ByteStreamStateHandle, OperatorSubtaskState } from '../state/handles.ts';
import type { OperatorId } from '../state/ids.ts';
import type { CheckpointProperties } from './properties.ts';

/** A whole metadata file. */
export interface CheckpointMetadata {
  /** A non-negative safe integer. */
  readonly checkpointId: number;
  /** In file order; a new checkpoint has Flink's order (`flinkOperatorOrder`), a loaded file keeps its own. */
  readonly operators: readonly OperatorState[];
  /** Absent in files of Flink's State Processor API. */
  readonly properties: CheckpointProperties | undefined;
  readonly masterStates: readonly MasterState[];
  /** Bytes found after the end of the format; Flink ignores them. They are not written again. */
  readonly trailingBytes?: number | undefined;
}

/** All state of one operator. */
export interface OperatorState {
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
  /** Ascending by subtask index, each index at most once; a subtask without state may be missing. */
  readonly subtasks: readonly SubtaskEntry[];
}

/** The state of one subtask, as it stands under its operator in the file. */
export interface SubtaskEntry {
  readonly subtaskIndex: number;
  readonly state: OperatorSubtaskState;
}

/** What a hook of the job manager saved with the checkpoint. */
export interface MasterState {
  readonly name: string;
  readonly version: number;
  readonly data: Uint8Array;
}
