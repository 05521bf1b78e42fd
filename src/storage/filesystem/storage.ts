/** Checkpoints in a local file system, or one that behaves like it (NFS with hard links does). */
import { randomInt } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import type { StreamStateHandle } from '../../state/handles.ts';
import type { CheckpointId, JobId } from '../../state/ids.ts';
import { explaining, pointerRefusals, storageUnavailable } from '../failures.ts';
import {
  baseDirectories,
  checkedBase,
  checkpointIdOf,
  checkpointReference,
  jobDirectory,
  metadataFileName,
  savepointReference,
} from '../layout.ts';
import { normalizePath, parsePath, toFileUri, toLocalPath } from '../pointer.ts';
import {
  checkedInlineThreshold,
  placeOfState,
  rangeOfPlace,
  pathsOfHandles,
  type FileNames,
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
import {
  entriesOf,
  localPath,
  makeDirectories,
  makeDirectory,
  readRange,
  removeFile,
  statusOf,
  syncDirectoryIfPresent,
} from './files.ts';
import { completedLocation, fileSystemLocation, requireEmpty } from './location.ts';
import { StateStream } from './streams.ts';

export interface FileSystemStorageOptions {
  /** Base directory of all checkpoints, a `file:` URI. */
  readonly checkpoints: string;
  /** Base directory of savepoints triggered without a target, a `file:` URI. */
  readonly savepoints?: string | undefined;
  /** State up to this size travels inside the metadata: 0 to 1 MiB, by default 20 KiB. */
  readonly inlineThresholdBytes?: number | undefined;
  /** Draws file names; by default the machine's own randomness. */
  readonly random?: RandomIntegers | undefined;
}

/**
 * Checkpoint storage in directories. Nothing is created before {@link CheckpointStorage.initializeBaseLocations}.
 * @throws CONFIGURATION_INVALID for a directory that is no `file:` URI or is the root (C-022), and for a threshold
 * out of range.
 */
export const fileSystemStorage = (options: FileSystemStorageOptions): CheckpointStorage =>
  new FileSystemStorage(
    checkedBase('checkpoints', options.checkpoints, 'file'),
    options.savepoints === undefined ? undefined : checkedBase('savepoints', options.savepoints, 'file'),
    checkedInlineThreshold(options.inlineThresholdBytes),
    randomFileNames(options.random ?? { integer: (bound) => randomInt(bound) }),
  );

class FileSystemStorage implements CheckpointStorage {
  readonly name = 'filesystem';
  readonly defaultSavepointBase: string | undefined;
  readonly #base: string;
  readonly #inlineThresholdBytes: number;
  readonly #names: FileNames;

  constructor(base: string, savepoints: string | undefined, inlineThresholdBytes: number, names: FileNames) {
    this.#base = base;
    this.defaultSavepointBase = savepoints;
    this.#inlineThresholdBytes = inlineThresholdBytes;
    this.#names = names;
  }

  async initializeBaseLocations(jobId: JobId): Promise<void> {
    const { shared, taskOwned } = baseDirectories(this.#base, jobId);
    await explaining(`Failed to create directory for shared state: ${shared}`, async () => {
      await makeDirectories(localPath(this.#base));
      await makeDirectory(localPath(jobDirectory(this.#base, jobId)));
      await makeDirectory(localPath(shared));
    });
    await explaining(`Failed to create directory for task owned state: ${taskOwned}`, () =>
      makeDirectory(localPath(taskOwned)),
    );
  }

  async initializeLocationForCheckpoint(jobId: JobId, id: CheckpointId): Promise<CheckpointStorageLocation> {
    const reference = checkpointReference(this.#base, jobId, id);
    await makeDirectory(localPath(reference.exclusive));
    await requireEmpty(localPath(reference.exclusive));
    return this.locationOf(reference);
  }

  async initializeLocationForSavepoint(target: SavepointTarget): Promise<CheckpointStorageLocation> {
    const base = qualifiedTarget(target.base);
    const reference = savepointReference(base, target.name);
    await explaining(`Failed to create savepoint directory at ${target.base}`, async () => {
      await makeDirectories(localPath(base));
      await makeDirectory(localPath(reference.exclusive));
    });
    await requireEmpty(localPath(reference.exclusive));
    return this.locationOf(reference);
  }

  locationOf(reference: LocationReference): CheckpointStorageLocation {
    return fileSystemLocation(reference, this.#names);
  }

  streamFactory(reference: LocationReference): CheckpointStreamFactory {
    const shared = { reference, names: this.#names, inlineThresholdBytes: this.#inlineThresholdBytes };
    return { createCheckpointStateOutputStream: async (scope) => new StateStream({ ...shared, scope }) };
  }

  async readState(handle: StreamStateHandle, exclusive: string): Promise<Uint8Array> {
    const place = placeOfState(handle, exclusive);
    if ('data' in place) return place.data;
    const path = localPath(place.path);
    const bytes = await readRange(path, (fileSizeBytes) => rangeOfPlace(place, fileSizeBytes));
    if (bytes === undefined) throw storageUnavailable('read', toFileUri(path), 'EOF');
    return bytes;
  }

  /** Attempts all before it throws the first failure; a repeated call meets the others again. */
  async deleteFiles(handles: readonly StreamStateHandle[], exclusive: string): Promise<void> {
    const paths = pathsOfHandles(handles, exclusive).map(localPath);
    const failures: unknown[] = [];
    const note = (error: unknown): unknown => failures.push(error);
    for (const path of paths) await removeFile(path).catch(note);
    for (const directory of new Set(paths.map(dirname))) await syncDirectoryIfPresent(directory).catch(note);
    if (failures.length > 0) throw failures[0];
  }

  async resolveCheckpoint(pointer: string): Promise<CompletedCheckpointStorageLocation> {
    const path = pointedPath(pointer);
    const status = await statusOf(path);
    if (status?.isFile() === true) return completedLocation(path, status.size);
    if (status?.isDirectory() !== true) throw pointerRefusals.notFound(pointer, 'file');
    const metadata = await statusOf(join(path, metadataFileName));
    if (metadata?.isFile() !== true) throw pointerRefusals.noMetadata(normalizePath(pointer) ?? pointer);
    return completedLocation(join(path, metadataFileName), metadata.size);
  }

  async completedCheckpoints(jobId: JobId): Promise<readonly CheckpointId[]> {
    const directory = localPath(jobDirectory(this.#base, jobId));
    const completed: CheckpointId[] = [];
    for (const name of (await entriesOf(directory)) ?? []) {
      const id = checkpointIdOf(name);
      if (id === undefined) continue;
      const metadata = await statusOf(join(directory, name, metadataFileName));
      if (metadata?.isFile() === true) completed.push(id);
    }
    return completed.toSorted((a, b) => a - b);
  }
}

/** A savepoint target may be a plain path, as on Flink's command line; it is made absolute (C-247). */
const qualifiedTarget = (base: string): string => {
  const path = toLocalPath(base);
  return checkedBase('target', path === undefined ? base : toFileUri(resolve(path)), 'file');
};

const pointedPath = (pointer: string): string => {
  if (pointer === '') throw pointerRefusals.empty();
  if (parsePath(pointer) === undefined) throw pointerRefusals.notAPath(pointer);
  const path = toLocalPath(pointer);
  if (path === undefined) throw pointerRefusals.noFileSystem(pointer);
  return resolve(path);
};
