/** The state of a completed checkpoint, cut into what each new attempt gets. */
import type { JobGraph } from '../core/job-graph.ts';
import { sliceMetadata, type SlicedOperator } from '../metadata/slices.ts';
import type { Slot } from '../state/ids.ts';
import type { CheckpointStorage } from '../storage/storage.ts';
import type { LivingAttempt } from '../tasks/gateway.ts';

const bySubtask = (operator: SlicedOperator): ReadonlyMap<number, Uint8Array> =>
  new Map(
    operator.slices
      .filter(({ isFinished }) => !isFinished)
      .map(({ subtaskIndex, bytes }) => [subtaskIndex, bytes]),
  );

/**
 * Reads the metadata file behind `pointer`; one slice per operator of each attempt's vertex, none without state.
 * @throws STORAGE_UNAVAILABLE, POINTER_INVALID, METADATA_CORRUPT, METADATA_UNSUPPORTED
 */
export const readSlices = async (
  storage: CheckpointStorage,
  graph: JobGraph,
  pointer: string,
  attempts: readonly LivingAttempt[],
): Promise<ReadonlyMap<Slot, readonly Uint8Array[]>> => {
  const completed = await storage.resolveCheckpoint(pointer);
  const { operators } = sliceMetadata(await completed.readMetadata());
  const slices = new Map(operators.map((operator) => [operator.operatorId, bySubtask(operator)]));
  const chains = new Map(graph.vertices.map((vertex) => [vertex.id, vertex.operators]));
  return new Map(
    attempts.map(({ slot, vertexId, subtask }) => {
      const own = chains.get(vertexId)?.map((operator) => slices.get(operator.id)?.get(subtask)) ?? [];
      return [slot, own.filter((slice) => slice !== undefined)];
    }),
  );
};
