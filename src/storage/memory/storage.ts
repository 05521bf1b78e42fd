/** Checkpoints in the memory of the process, which do not survive it: for tests, simulations and trying things out. */
import { TidemarkError } from '../../errors.ts';
import type { StreamStateHandle } from '../../state/handles.ts';
import type { CheckpointId, JobId } from '../../state/ids.ts';
import { pointerRefusals, storageUnavailable } from '../failures.ts';
import {
  baseDirectories,
  checkedBase,
  checkpointIdOf,
  checkpointReference,
  jobDirectory,
  metadataFileName,
  savepointReference,
} from '../layout.ts';
import { childPath, normalizePath, parsePath } from '../pointer.ts';
import {
  checkedInlineThreshold,
  type FileNames,
  placeOfState,
  rangeOfPlace,
  pathsOfHandles,
  randomFileNames,
  type RandomIntegers,
} from '../state-files.ts';
import type {
  CheckpointStorage,
  CheckpointStorageLocation,
  CheckpointStreamFactory,
  CompletedCheckpointStorageLocation,
  LocationReference,
  SavepointTarget,
} from '../storage.ts';
import { MemoryFiles, memoryPath, memoryRoot, memoryScheme, qualifiedMemoryPath } from './files.ts';
import { completedLocation, memoryLocation, requireEmpty } from './location.ts';
import { StateStream } from './streams.ts';

export interface MemoryStorageOptions {
  /** One piece of state may be this large, by default 5 MiB (C-025). Metadata has no limit. */
  readonly maxStateSizeBytes?: number | undefined;
  /** State up to this size travels inside the metadata: 0 to 1 MiB, by default 20 KiB. */
  readonly inlineThresholdBytes?: number | undefined;
  /** Draws file names; by default they are numbered, so that two runs give the same names. */
  readonly random?: RandomIntegers | undefined;
}

/** The memory backend lets its files be listed. */
export interface MemoryStorage extends CheckpointStorage {
  /** Path of every stored file, sorted: what a clean end has left. */
  files(): readonly string[];
}

const maxStateSizeDefaultBytes = 5_242_880;

/**
 * Checkpoint storage in a map, with the layout and the refusals of a disk. Its promises wait for nothing, so it works
 * in virtual time. Every coordinator and task that is to see the same files must be given the same storage.
 * @throws CONFIGURATION_INVALID for a size out of range.
 */
export const memoryStorage = (options: MemoryStorageOptions = {}): MemoryStorage => {
  const { maxStateSizeBytes = maxStateSizeDefaultBytes, inlineThresholdBytes, random } = options;
  if (!Number.isInteger(maxStateSizeBytes) || maxStateSizeBytes <= 0) {
    const detail = { option: 'maxStateSizeBytes', value: maxStateSizeBytes };
    throw new TidemarkError('CONFIGURATION_INVALID', 'maxStateSize must be > 0', detail);
  }
  const names = random === undefined ? numberedFileNames() : randomFileNames(random);
  return new InMemoryStorage(names, checkedInlineThreshold(inlineThresholdBytes), maxStateSizeBytes);
};

const numberedFileNames = (): FileNames => {
  let count = 0;
  return () => `00000000-0000-4000-8000-${(++count).toString(16).padStart(12, '0')}`;
};

class InMemoryStorage implements MemoryStorage {
  readonly name = 'jobmanager';
  readonly defaultSavepointBase = childPath(memoryRoot, 'savepoints');
  readonly #files = new MemoryFiles();
  readonly #names: FileNames;
  readonly #inlineThresholdBytes: number;
  readonly #maxStateSizeBytes: number;

  constructor(names: FileNames, inlineThresholdBytes: number, maxStateSizeBytes: number) {
    this.#names = names;
    this.#inlineThresholdBytes = inlineThresholdBytes;
    this.#maxStateSizeBytes = maxStateSizeBytes;
  }

  files(): readonly string[] {
    return this.#files.paths();
  }

  async initializeBaseLocations(jobId: JobId): Promise<void> {
    const { shared, taskOwned } = baseDirectories(memoryRoot, jobId);
    this.#files.makeDirectories(shared);
    this.#files.makeDirectories(taskOwned);
  }

  async initializeLocationForCheckpoint(jobId: JobId, id: CheckpointId): Promise<CheckpointStorageLocation> {
    const reference = checkpointReference(memoryRoot, jobId, id);
    this.#files.makeDirectory(reference.exclusive);
    requireEmpty(reference.exclusive, this.#files);
    return this.locationOf(reference);
  }

  async initializeLocationForSavepoint(target: SavepointTarget): Promise<CheckpointStorageLocation> {
    const base = checkedBase('target', qualifiedMemoryPath(target.base) ?? target.base, memoryScheme);
    const reference = savepointReference(base, target.name);
    this.#files.makeDirectories(reference.exclusive);
    requireEmpty(reference.exclusive, this.#files);
    return this.locationOf(reference);
  }

  locationOf(reference: LocationReference): CheckpointStorageLocation {
    return memoryLocation(reference, this.#files);
  }

  streamFactory(reference: LocationReference): CheckpointStreamFactory {
    const shared = {
      files: this.#files,
      reference,
      names: this.#names,
      inlineThresholdBytes: this.#inlineThresholdBytes,
      maxStateSizeBytes: this.#maxStateSizeBytes,
    };
    return { createCheckpointStateOutputStream: async (scope) => new StateStream({ ...shared, scope }) };
  }

  async readState(handle: StreamStateHandle, exclusive: string): Promise<Uint8Array> {
    const place = placeOfState(handle, exclusive);
    if ('data' in place) return place.data;
    const path = memoryPath(place.path);
    const bytes = this.#files.read(path);
    const range = rangeOfPlace(place, bytes.length);
    if (range === undefined) throw storageUnavailable('read', path, 'EOF');
    return bytes.subarray(range.start, range.end);
  }

  async deleteFiles(handles: readonly StreamStateHandle[], exclusive: string): Promise<void> {
    for (const path of pathsOfHandles(handles, exclusive).map(memoryPath)) this.#files.remove(path);
  }

  async resolveCheckpoint(pointer: string): Promise<CompletedCheckpointStorageLocation> {
    const path = pointedPath(pointer);
    const file = this.#files.find(path);
    if (file) return completedLocation(this.#files, path, file.length);
    if (!this.#files.isDirectory(path)) throw pointerRefusals.notFound(pointer, memoryScheme);
    const metadataPath = childPath(path, metadataFileName);
    const metadata = this.#files.find(metadataPath);
    if (!metadata) throw pointerRefusals.noMetadata(normalizePath(pointer) ?? pointer);
    return completedLocation(this.#files, metadataPath, metadata.length);
  }

  async completedCheckpoints(jobId: JobId): Promise<readonly CheckpointId[]> {
    const directory = jobDirectory(memoryRoot, jobId);
    const completed = this.#files.entries(directory).flatMap((name) => {
      const hasMetadata =
        this.#files.find(childPath(childPath(directory, name), metadataFileName)) !== undefined;
      const id = hasMetadata ? checkpointIdOf(name) : undefined;
      return id === undefined ? [] : [id];
    });
    return completed.toSorted((a, b) => a - b);
  }
}

const pointedPath = (pointer: string): string => {
  if (pointer === '') throw pointerRefusals.empty();
  if (parsePath(pointer) === undefined) throw pointerRefusals.notAPath(pointer);
  const path = qualifiedMemoryPath(pointer);
  if (path === undefined) throw pointerRefusals.noFileSystem(pointer);
  return path;
};
