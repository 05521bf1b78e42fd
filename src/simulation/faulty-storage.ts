/** A storage that fails now and then, by seed: for tasks and for the coordinator, before and after the work is done. */
import { TidemarkError } from '../errors.ts';
import type { Random } from '../runtime/random.ts';
import type { CheckpointStorage, CheckpointStorageLocation } from '../storage/storage.ts';

export interface FaultyStorageOptions {
  readonly random: Random;
  /** One operation in this many fails; half of the failures come after the work is done. */
  readonly oneIn: number;
}

/** Wraps a storage. Disposal and deletion fail too: they must be tried again. */
export const faultyStorage = (
  storage: CheckpointStorage,
  options: FaultyStorageOptions,
): CheckpointStorage => {
  const { random, oneIn } = options;
  const broken = (what: string): TidemarkError =>
    new TidemarkError('STORAGE_UNAVAILABLE', `simulated fault in ${what}`);
  const risk = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const draw = random.integer(oneIn * 2);
    if (draw === 0) throw broken(what);
    const result = await work();
    if (draw === 1) throw broken(`${what}, after it was done`);
    return result;
  };
  const riskyLocation = (location: CheckpointStorageLocation): CheckpointStorageLocation => ({
    reference: location.reference,
    createMetadataOutputStream: async () => {
      const stream = await location.createMetadataOutputStream();
      return {
        write: (bytes) => risk('a metadata write', () => stream.write(bytes)),
        closeAndFinalizeCheckpoint: () =>
          risk('publishing metadata', () => stream.closeAndFinalizeCheckpoint()),
        close: () => stream.close(),
      };
    },
    dispose: () => risk('a disposal', () => location.dispose()),
  });
  return {
    ...storage,
    name: storage.name,
    initializeBaseLocations: (jobId) => storage.initializeBaseLocations(jobId),
    initializeLocationForCheckpoint: async (jobId, id) =>
      riskyLocation(await risk('a location', () => storage.initializeLocationForCheckpoint(jobId, id))),
    initializeLocationForSavepoint: async (target) =>
      riskyLocation(await risk('a location', () => storage.initializeLocationForSavepoint(target))),
    locationOf: (reference) => riskyLocation(storage.locationOf(reference)),
    streamFactory: (reference) => {
      const factory = storage.streamFactory(reference);
      return {
        createCheckpointStateOutputStream: async (scope) => {
          const stream = await factory.createCheckpointStateOutputStream(scope);
          return {
            write: (bytes) => risk('a state write', () => stream.write(bytes)),
            closeAndGetHandle: () => stream.closeAndGetHandle(),
            close: () => stream.close(),
          };
        },
      };
    },
    readState: (handle, exclusive) => storage.readState(handle, exclusive),
    deleteFiles: (handles, exclusive) => risk('a deletion', () => storage.deleteFiles(handles, exclusive)),
    resolveCheckpoint: (pointer) => storage.resolveCheckpoint(pointer),
    completedCheckpoints: (jobId) => storage.completedCheckpoints(jobId),
  };
};
