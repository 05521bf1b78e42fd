/** Where one checkpoint lives in memory, and how it is removed. */
import { directoryOccupied, notRemovable } from '../failures.ts';
import { isCheckpointDirectory, metadataFileName } from '../layout.ts';
import { childPath, parentPath } from '../pointer.ts';
import type {
  CheckpointStorageLocation,
  CompletedCheckpointStorageLocation,
  LocationReference,
} from '../storage.ts';
import { type MemoryFiles, memoryPath, memoryRoot } from './files.ts';
import { openMetadataStream } from './streams.ts';

export const memoryLocation = (
  reference: LocationReference,
  files: MemoryFiles,
): CheckpointStorageLocation => {
  const directory = memoryPath(reference.exclusive);
  const target = childPath(directory, metadataFileName);
  return {
    reference,
    createMetadataOutputStream: async () => openMetadataStream({ files, target, completedLocation }),
    dispose: async () => removeCheckpoint(directory, files),
  };
};

/** A checkpoint whose metadata file stands at `metadataPath`, under whatever name (C-260). */
export const completedLocation = (
  files: MemoryFiles,
  metadataPath: string,
  sizeBytes: number,
): CompletedCheckpointStorageLocation => {
  const directory = parentPath(metadataPath) ?? memoryRoot;
  return {
    externalPointer: directory,
    metadataSizeBytes: sizeBytes,
    readMetadata: async () => files.read(metadataPath),
    dispose: async () => removeCheckpoint(directory, files),
  };
};

/** @throws STORAGE_CONFLICT when the directory holds anything (C-245 [B]). */
export const requireEmpty = (directory: string, files: MemoryFiles): void => {
  const entries = files.entries(directory);
  if (entries.length > 0) throw directoryOccupied(directory, entries);
};

/** Removes a checkpoint's directory with everything in it (C-136 [B]), at once: nothing is ever left half removed. */
const removeCheckpoint = (directory: string, files: MemoryFiles): void => {
  if (!isCheckpointDirectory(directory)) throw notRemovable(directory);
  files.removeTree(directory);
};
