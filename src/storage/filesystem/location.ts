/** Where one checkpoint lives in a local file system, and how it is removed. */
import { dirname, join } from 'node:path';
import { directoryOccupied, notRemovable } from '../failures.ts';
import { isCheckpointDirectory, metadataFileName } from '../layout.ts';
import { toFileUri } from '../pointer.ts';
import type { FileNames } from '../state-files.ts';
import type {
  CheckpointStorageLocation,
  CompletedCheckpointStorageLocation,
  LocationReference,
} from '../storage.ts';
import {
  entriesOf,
  localPath,
  ownStatusOf,
  readWhole,
  removeFile,
  removeTree,
  syncDirectoryIfPresent,
} from './files.ts';
import { openMetadataStream } from './streams.ts';

export const fileSystemLocation = (
  reference: LocationReference,
  names: FileNames,
): CheckpointStorageLocation => {
  const directory = localPath(reference.exclusive);
  const metadataPath = join(directory, metadataFileName);
  return {
    reference,
    createMetadataOutputStream: () => openMetadataStream({ target: metadataPath, names, completedLocation }),
    dispose: () => removeCheckpoint(metadataPath),
  };
};

/** A checkpoint whose metadata file stands at `metadataPath`, under whatever name (C-260). */
export const completedLocation = (
  metadataPath: string,
  sizeBytes: number,
): CompletedCheckpointStorageLocation => ({
  externalPointer: toFileUri(dirname(metadataPath)),
  metadataSizeBytes: sizeBytes,
  readMetadata: () => readWhole(metadataPath),
  dispose: () => removeCheckpoint(metadataPath),
});

/** @throws STORAGE_CONFLICT when the directory holds anything (C-245 [B]). */
export const requireEmpty = async (directory: string): Promise<void> => {
  const entries = (await entriesOf(directory)) ?? [];
  if (entries.length > 0) throw directoryOccupied(toFileUri(directory), entries);
};

/**
 * Removes the directory of a metadata file with everything in it (C-136 [B]). The metadata goes first, durably: what is
 * left half removed by a crash can no longer be restored from (C-262).
 */
const removeCheckpoint = async (metadataPath: string): Promise<void> => {
  const directory = dirname(metadataPath);
  if (!isCheckpointDirectory(toFileUri(directory))) throw notRemovable(toFileUri(directory));
  const status = await ownStatusOf(directory);
  if (status === undefined) return;
  // A link is removed as a link: what it points to is not the checkpoint's own.
  if (!status.isDirectory()) await removeFile(directory);
  else await removeContents(directory, metadataPath);
  await syncDirectoryIfPresent(dirname(directory));
};

const removeContents = async (directory: string, metadataPath: string): Promise<void> => {
  await removeFile(metadataPath);
  await syncDirectoryIfPresent(directory);
  await removeTree(directory);
};
