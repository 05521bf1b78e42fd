/** Real storages of which a test replaces single methods. */
import type { CheckpointStorage } from '../../src/storage/storage.ts';

/** A storage that does what another does, but for the given methods. */
export const storageLike = (
  storage: CheckpointStorage,
  own: Partial<CheckpointStorage>,
): CheckpointStorage => ({
  name: storage.name,
  initializeBaseLocations: (jobId) => storage.initializeBaseLocations(jobId),
  initializeLocationForCheckpoint: (jobId, id) => storage.initializeLocationForCheckpoint(jobId, id),
  initializeLocationForSavepoint: (target) => storage.initializeLocationForSavepoint(target),
  locationOf: (reference) => storage.locationOf(reference),
  streamFactory: (reference) => storage.streamFactory(reference),
  readState: (handle, exclusive) => storage.readState(handle, exclusive),
  deleteFiles: (handles, exclusive) => storage.deleteFiles(handles, exclusive),
  resolveCheckpoint: (pointer) => storage.resolveCheckpoint(pointer),
  completedCheckpoints: (jobId) => storage.completedCheckpoints(jobId),
  ...own,
});
