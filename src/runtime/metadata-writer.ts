/** Puts a checkpoint's metadata file together from its ledger and lets the storage write it. */
import { invariant } from '../errors.ts';
import type { JobState, UnfinishedCheckpoint } from '../core/job-state.ts';
import type { Ledger } from '../core/ledger.ts';
import { assembleMetadata, type AssembledCheckpoint, type AssembledOperator } from '../metadata/assemble.ts';
import { checkpointPropertiesByPolicy, savepointProperties } from '../metadata/properties.ts';
import type { CheckpointStorage, CompletedCheckpointStorageLocation } from '../storage/storage.ts';

/** The slices of one operator, in the order of its subtasks. */
function* slicesOf(ledger: Ledger, positions: readonly number[], operator: number): Generator<Uint8Array> {
  for (const position of positions) {
    const slice = ledger.slicesAt(position)[operator];
    if (slice !== undefined) yield slice;
  }
}

const positionsOf = (ledger: Ledger, vertex: number): number[] => {
  const positions: number[] = [];
  for (let position = 0; position < ledger.plan.size; position++) {
    if (ledger.plan.vertices[position] === vertex) positions.push(position);
  }
  return positions;
};

const operatorsOf = (state: JobState, ledger: Ledger): AssembledOperator[] =>
  state.table.graph.vertices.flatMap((vertex, index) => {
    const positions = positionsOf(ledger, index);
    const withState = positions.filter((position) => ledger.slicesAt(position).length > 0);
    return vertex.operators.map((operator, at) => ({
      operatorId: operator.id,
      name: operator.name,
      uid: operator.uid,
      parallelism: vertex.parallelism,
      maxParallelism: vertex.maxParallelism,
      entries: slicesOf(ledger, withState, at),
      entryCount: withState.length,
    }));
  });

/** What goes into the file: it depends on facts alone, so a writer that comes back after a crash makes the same bytes. */
export const metadataInput = (
  state: JobState,
  checkpoint: UnfinishedCheckpoint,
  ledger: Ledger,
): AssembledCheckpoint => ({
  checkpointId: checkpoint.checkpointId,
  properties:
    checkpoint.kind === 'checkpoint'
      ? checkpointPropertiesByPolicy[checkpoint.retention]
      : savepointProperties({ formatType: 'CANONICAL', postCheckpointAction: 'NONE', forced: true }),
  operators: operatorsOf(state, ledger),
});

/**
 * Writes and publishes the file. Stops early when `signal` is aborted, and then leaves no file behind.
 * @throws STORAGE_CONFLICT, STORAGE_UNAVAILABLE
 */
export const writeMetadata = async (
  storage: CheckpointStorage,
  checkpoint: UnfinishedCheckpoint,
  input: AssembledCheckpoint,
  signal: AbortSignal,
): Promise<CompletedCheckpointStorageLocation> => {
  invariant(checkpoint.location, `checkpoint ${checkpoint.checkpointId} has no location`);
  const stream = await storage.locationOf(checkpoint.location).createMetadataOutputStream();
  try {
    for (const chunk of assembleMetadata(input)) {
      signal.throwIfAborted();
      await stream.write(chunk);
    }
    signal.throwIfAborted();
    return await stream.closeAndFinalizeCheckpoint();
  } finally {
    await stream.close();
  }
};
