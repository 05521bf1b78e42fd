/** The port of an operator coordinator: what an embedder hands in, and what is refused. */
import { TidemarkError } from '../errors.ts';
import type { JobGraph } from '../core/job-graph.ts';
import type { CheckpointId, OperatorId } from '../state/ids.ts';
import type { OperatorEventGate } from './event-gate.ts';

/** State of one coordinator: it travels in the journal and stands inside the metadata file. */
const COORDINATOR_STATE_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Coordinates the subtasks of one operator from inside the job manager: a source that hands out its splits, say. It
 * outlives the attempts of its tasks.
 */
export interface OperatorCoordinator {
  readonly operatorId: OperatorId;
  /**
   * Its state for a checkpoint; nothing: it has none. All coordinators are asked side by side, before hooks and tasks.
   * A rejection gives up the checkpoint; what is thrown before a promise is returned is a failure of the whole job.
   * Asked again for the same checkpoint after a crash, it answers anew.
   */
  readonly checkpointCoordinator: (checkpointId: CheckpointId) => Promise<Uint8Array | undefined>;
  /** The way of its events to the subtasks; absent: it sends none. */
  readonly events?: OperatorEventGate | undefined;
  /** The newest completed checkpoint; may be said again. */
  readonly notifyCheckpointComplete?: ((checkpointId: CheckpointId) => void) | undefined;
  /** The checkpoint is given up, also while it is being triggered. */
  readonly notifyCheckpointAborted?: ((checkpointId: CheckpointId) => void) | undefined;
  /** All tasks are deployed anew, from this checkpoint, or from nothing when there is none. */
  readonly resetToCheckpoint?:
    | ((checkpointId: CheckpointId | undefined, state: Uint8Array | undefined) => Promise<void> | void)
    | undefined;
}

const refuse = (message: string): never => {
  throw new TidemarkError('CONFIGURATION_INVALID', message);
};

/** @throws CONFIGURATION_INVALID naming the operator. */
export const checkCoordinators = (
  coordinators: readonly OperatorCoordinator[],
  graph: JobGraph,
): readonly OperatorId[] => {
  const ids = coordinators.map(({ operatorId }) => operatorId);
  const known = new Set(graph.vertices.flatMap(({ operators }) => operators.map(({ id }) => id)));
  const stranger = ids.find((id) => !known.has(id));
  if (stranger !== undefined) refuse(`operator coordinator for ${stranger}: the job has no such operator`);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) refuse(`operator ${twice} has two operator coordinators`);
  return ids;
};

/** @throws Error for what is no state, or too much of it. */
export const checkedState = (bytes: Uint8Array): Uint8Array => {
  if (!(bytes instanceof Uint8Array)) throw new Error('its state is no Uint8Array');
  if (bytes.length <= COORDINATOR_STATE_BYTES_MAX) return bytes;
  throw new Error(`its state of ${bytes.length} bytes exceeds ${COORDINATOR_STATE_BYTES_MAX}`);
};
