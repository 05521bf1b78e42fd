/** Puts a checkpoint's metadata file together from its ledger and lets the storage write it. */
import { invariant } from '../errors.ts';
import type { JobState, UnfinishedCheckpoint } from '../core/job-state.ts';
import type { Ledger } from '../core/ledger.ts';
import { metadataProperties } from '../core/snapshot-properties.ts';
import { assembleMetadata, type AssembledCheckpoint, type AssembledOperator } from '../metadata/assemble.ts';
import type { MasterState } from '../metadata/model.ts';
import type { ByteStreamStateHandle } from '../state/handles.ts';
import type { OperatorId } from '../state/ids.ts';
import type { CheckpointStorage, CompletedCheckpointStorageLocation } from '../storage/storage.ts';
import { writeChunks } from '../storage/write-chunks.ts';

/** The slices of one operator, in the order of its subtasks. */
function* slicesOf(ledger: Ledger, positions: readonly number[], operator: number): Generator<Uint8Array> {
  for (const position of positions) yield ledger.sliceAt(position, operator);
}

/** Positions of each vertex whose attempts sent state. */
const positionsByVertex = (ledger: Ledger, vertices: number): number[][] => {
  const positions: number[][] = Array.from({ length: vertices }, () => []);
  for (let position = 0; position < ledger.plan.size; position++) {
    if (ledger.hasSlices(position)) positions[ledger.plan.vertices[position]!]!.push(position);
  }
  return positions;
};

/** Flink names it by its operator. */
const coordinatorState = (ledger: Ledger, operatorId: OperatorId): ByteStreamStateHandle | undefined => {
  const state = ledger.coordinators.stateOf(operatorId);
  return state === undefined ? undefined : { kind: 'byteStream', name: operatorId, data: state.bytes };
};

const masterStates = (ledger: Ledger): MasterState[] =>
  ledger.hooks.states.map(({ id, version, bytes }) => ({ name: id, version, data: bytes }));

const operatorsOf = (state: JobState, ledger: Ledger): AssembledOperator[] => {
  const { vertices } = state.table.graph;
  const positions = positionsByVertex(ledger, vertices.length);
  return vertices.flatMap((vertex, index) =>
    vertex.operators.map((operator, at) => ({
      operatorId: operator.id,
      name: operator.name,
      uid: operator.uid,
      parallelism: vertex.parallelism,
      maxParallelism: vertex.maxParallelism,
      coordinatorState: coordinatorState(ledger, operator.id),
      entries: slicesOf(ledger, positions[index]!, at),
      entryCount: positions[index]!.length,
    })),
  );
};

/**
 * What goes into the file: it depends on facts alone, so a writer that comes back after a crash makes the same bytes.
 */
export const metadataInput = (
  state: JobState,
  checkpoint: UnfinishedCheckpoint,
  ledger: Ledger,
): AssembledCheckpoint => ({
  checkpointId: checkpoint.checkpointId,
  properties: metadataProperties(checkpoint),
  masterStates: masterStates(ledger),
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
    await writeChunks(stream, assembleMetadata(input, { reusesBuffers: true }), signal);
    return await stream.closeAndFinalizeCheckpoint();
  } finally {
    await stream.close();
  }
};
