/** The state of a completed checkpoint, cut into what each new attempt gets. */
import type { JobGraph } from '../core/job-graph.ts';
import { sliceMetadata, type SlicedMetadata, type SlicedOperator } from '../metadata/slices.ts';
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
 * Reads the metadata file behind `pointer`.
 * @throws STORAGE_UNAVAILABLE, POINTER_INVALID, METADATA_CORRUPT, METADATA_UNSUPPORTED
 */
export const readRestored = async (storage: CheckpointStorage, pointer: string): Promise<SlicedMetadata> => {
  const completed = await storage.resolveCheckpoint(pointer);
  return sliceMetadata(await completed.readMetadata());
};

/** One slice per operator of each attempt's vertex, none without state. */
export const slicesByAttempt = (
  { operators }: SlicedMetadata,
  graph: JobGraph,
  attempts: readonly LivingAttempt[],
): ReadonlyMap<Slot, readonly Uint8Array[]> => {
  const slices = new Map(operators.map((operator) => [operator.operatorId, bySubtask(operator)]));
  const chains = new Map(graph.vertices.map((vertex) => [vertex.id, vertex.operators]));
  return new Map(
    attempts.map(({ slot, vertexId, subtask }) => {
      const own = chains.get(vertexId)?.map((operator) => slices.get(operator.id)?.get(subtask)) ?? [];
      return [slot, own.filter((slice) => slice !== undefined)];
    }),
  );
};
