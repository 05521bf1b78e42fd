/**
 * The places of checkpoints: base directories are made once, when a coordinator with an interval opens, or else before
 * the first checkpoint needs them (C-062).
 */
import { isTidemarkError } from '../errors.ts';
import type { CheckpointId, JobId } from '../state/ids.ts';
import type { SavepointTarget } from '../state/location.ts';
import type { CheckpointStorage, CheckpointStorageLocation } from '../storage/storage.ts';

export class Locations {
  readonly #storage: CheckpointStorage;
  readonly #jobId: JobId;
  /** Gone again when it fails: the next one who needs it tries again, whoever was first (C-062). */
  #base: Promise<void> | undefined;

  constructor(storage: CheckpointStorage, jobId: JobId) {
    this.#storage = storage;
    this.#jobId = jobId;
  }

  /** Makes the base directories, once. */
  prepareBase(): Promise<void> {
    this.#base ??= this.#storage.initializeBaseLocations(this.#jobId).catch((error: unknown) => {
      this.#base = undefined;
      throw error;
    });
    return this.#base;
  }

  /** Prepares the place of a checkpoint or savepoint; repeating it finds the same one. */
  async prepare(checkpointId: CheckpointId, savepoint?: SavepointTarget): Promise<CheckpointStorageLocation> {
    if (savepoint !== undefined) {
      return this.#storage.initializeLocationForSavepoint({ base: savepoint.base, name: savepoint.name });
    }
    await this.prepareBase();
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
