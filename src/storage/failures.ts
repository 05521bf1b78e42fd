/** The texts of the storage's refusals: Flink's to the letter where it has one (C-267). */
import { isTidemarkError, messageOf, TidemarkError } from '../errors.ts';

/** An operation the storage refused. Names the file, the operation and the cause, as `errno` names it. */
export const storageUnavailable = (
  operation: string,
  path: string,
  errno: string,
  cause?: unknown,
): TidemarkError =>
  new TidemarkError(
    'STORAGE_UNAVAILABLE',
    `${operation} of ${path} failed with ${errno}`,
    { operation, path, errno },
    { cause },
  );

/** C-118. */
export const targetExists = (path: string): TidemarkError =>
  new TidemarkError('STORAGE_CONFLICT', `Target file ${path} already exists.`, { path });

/** C-245 [B]: a directory that is to be made holds files of somebody else. Names the most telling of them. */
export const directoryOccupied = (path: string, entries: readonly string[]): TidemarkError => {
  const shown = entries.includes('_metadata') ? '_metadata' : entries.toSorted()[0];
  return new TidemarkError('STORAGE_CONFLICT', `Directory ${path} already exists and holds ${shown}.`, {
    path,
    entries: entries.length,
  });
};

/** C-241, C-255. */
export const streamClosed = (path: string): TidemarkError =>
  new TidemarkError('STORAGE_STREAM_CLOSED', 'Stream has already been closed and discarded.', { path });

/** C-254: ten random names in a row were taken. */
export const noFreeName = (directory: string): TidemarkError =>
  new TidemarkError('STORAGE_UNAVAILABLE', `Could not open output stream for state backend in ${directory}`, {
    path: directory,
  });

/** A path that belongs to another storage than the one asked. */
export const foreignPath = (path: string): TidemarkError =>
  new TidemarkError('POINTER_INVALID', `Path '${path}' does not belong to this checkpoint storage.`, {
    path,
  });

/** A directory whose name does not say that it holds a checkpoint, so that it is not deleted. */
export const notRemovable = (path: string): TidemarkError =>
  new TidemarkError(
    'POINTER_INVALID',
    `Directory '${path}' is not removed: only directories named chk-<number> or savepoint-<name> are.`,
    { path },
  );

/** The texts of pointer resolution, in the order of their checks (C-259). */
export const pointerRefusals = {
  empty: () => new TidemarkError('POINTER_INVALID', 'empty checkpoint pointer'),
  notAPath: (pointer: string) =>
    new TidemarkError(
      'POINTER_INVALID',
      `Checkpoint/savepoint path '${pointer}' is not a valid file URI. Either the pointer path is invalid, or the checkpoint was created by a different state backend.`,
      { pointer },
    ),
  noFileSystem: (pointer: string) =>
    new TidemarkError(
      'POINTER_INVALID',
      `Cannot access file system for checkpoint/savepoint path '${pointer}'.`,
      {
        pointer,
      },
    ),
  notFound: (pointer: string, scheme: string) =>
    new TidemarkError(
      'POINTER_INVALID',
      `Cannot find checkpoint or savepoint file/directory '${pointer}' on file system '${scheme}'.`,
      { pointer },
    ),
  noMetadata: (directory: string) =>
    new TidemarkError(
      'POINTER_INVALID',
      `Cannot find meta data file '_metadata' in directory '${directory}'. Please try to load the checkpoint/savepoint directly from the metadata file instead of the directory.`,
      { pointer: directory },
    ),
} as const;

/** Runs work whose failures get a sentence in front that says what it was for; code and detail stay. */
export const explaining = async <T>(sentence: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!isTidemarkError(error)) throw error;
    throw new TidemarkError(error.code, `${sentence}: ${error.message}`, error.detail, { cause: error });
  }
};

/** Runs the clean-up however the work ended. The text of its failure is added to that of the work's. */
export const cleaningUp = async <T>(work: () => Promise<T>, cleanUp: () => Promise<void>): Promise<T> => {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    return cleanUpAfter(error, cleanUp);
  }
  await cleanUp();
  return result;
};

/** Cleans up after a failure and throws it. */
export const cleanUpAfter = async (error: unknown, cleanUp: () => Promise<void>): Promise<never> => {
  try {
    await cleanUp();
  } catch (second) {
    if (!isTidemarkError(error)) throw error;
    const message = `${error.message}; cleaning up failed too: ${messageOf(second)}`;
    throw new TidemarkError(error.code, message, error.detail, { cause: error });
  }
  throw error;
};
