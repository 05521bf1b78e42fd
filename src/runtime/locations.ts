/** The places of checkpoints: base directories are made once, before the first checkpoint needs them (C-062). */
import { isTidemarkError } from '../errors.ts';
import type { CheckpointId, JobId } from '../state/ids.ts';
import type { SavepointTarget } from '../state/location.ts';
import type { CheckpointStorage, CheckpointStorageLocation } from '../storage/storage.ts';

export class Locations {
  readonly #storage: CheckpointStorage;
  readonly #jobId: JobId;
  /** True only after it has succeeded: a first trigger that fails leaves the next one to try again. */
  #hasBase = false;

  constructor(storage: CheckpointStorage, jobId: JobId) {
    this.#storage = storage;
    this.#jobId = jobId;
  }

  /** Prepares the place of a checkpoint or savepoint; repeating it finds the same one. */
  async prepare(checkpointId: CheckpointId, savepoint?: SavepointTarget): Promise<CheckpointStorageLocation> {
    if (savepoint !== undefined) {
      return this.#storage.initializeLocationForSavepoint({ base: savepoint.base, name: savepoint.name });
    }
    if (!this.#hasBase) await this.#storage.initializeBaseLocations(this.#jobId);
    this.#hasBase = true;
    return this.#storage.initializeLocationForCheckpoint(this.#jobId, checkpointId);
  }

  /**
   * Removes the place of a checkpoint that was given up before the storage said where it is: preparing it again names
   * the same one. A place that holds somebody's files was never ours and stays.
   */
  async disposeUnlocated(checkpointId: CheckpointId, savepoint?: SavepointTarget): Promise<void> {
    try {
      const location = await this.prepare(checkpointId, savepoint);
      await location.dispose();
    } catch (error) {
      if (!isTidemarkError(error) || error.code !== 'STORAGE_CONFLICT') throw error;
    }
  }
}
