/** What a task is given, what it says, and how it gets its state back. */
import { invariant } from '../../errors.ts';
import type { JobVertex } from '../../core/job-graph.ts';
import { decodeSubtaskEntry } from '../../metadata/subtask-entry.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { OperatorSubtaskState, StreamStateHandle } from '../../state/handles.ts';
import type { CheckpointId } from '../../state/ids.ts';
import type { CheckpointStorage } from '../../storage/storage.ts';
import type { TaskEndpoint } from '../../tasks/in-process/endpoint.ts';
import type { Channel } from './channel.ts';

/** The checkpoint a task starts from, as the coordinator's `restore` gives it. */
export interface RestoredTask {
  readonly checkpointId: CheckpointId;
  /** The directory that relative handles resolve against. */
  readonly exclusive: string;
  /** The task's subtask entries, one per operator of its vertex. */
  readonly slices: readonly Uint8Array[];
}

/** Everything one execution attempt works with. */
export interface TaskContext {
  readonly vertex: JobVertex;
  readonly subtask: number;
  readonly endpoint: TaskEndpoint;
  readonly clock: Clock;
  /** For ids. */
  readonly random: Random;
  readonly storage: CheckpointStorage;
  readonly inputs: readonly Channel[];
  readonly outputs: readonly Channel[];
  /** Undefined when the job starts from nothing. */
  readonly restored: RestoredTask | undefined;
  readonly releaseAlignmentEarly: boolean;
  /**
   * State of an aborted checkpoint could not be deleted; nothing refers to it. May come after the attempt has ended.
   */
  readonly onDiscardFailed: (error: unknown) => void;
}

/** What a task says while it runs. */
export type TaskEvent =
  /** Restored and ready; `doneBytes` of its input had been processed before. */
  | { readonly type: 'running'; readonly doneBytes: number }
  | { readonly type: 'processed'; readonly records: number; readonly bytes: number }
  /** All input has been processed and passed on. */
  | { readonly type: 'endOfData' }
  /** The state was captured and the barrier passed on. */
  | { readonly type: 'barrierPassed'; readonly checkpointId: CheckpointId }
  /** Everything that waited for this checkpoint's completion is done. */
  | { readonly type: 'confirmed'; readonly checkpointId: CheckpointId };

/** `counter#1`, as people write it. */
export const taskName = (vertex: JobVertex, subtask: number): string => `${vertex.name}#${subtask}`;

/** The state of the only operator of a task; undefined when the job starts from nothing. */
export const restoredState = (context: TaskContext): OperatorSubtaskState | undefined => {
  if (context.restored === undefined) return undefined;
  const [slice] = context.restored.slices;
  const name = taskName(context.vertex, context.subtask);
  invariant(slice !== undefined, `checkpoint ${context.restored.checkpointId} has no state of ${name}`);
  return decodeSubtaskEntry(slice).state;
};

/** The bytes behind a handle of the restored checkpoint. */
export const readRestored = async (context: TaskContext, handle: StreamStateHandle): Promise<Uint8Array> => {
  invariant(context.restored !== undefined, 'there is a checkpoint to read from');
  return await context.storage.readState(handle, context.restored.exclusive);
};
