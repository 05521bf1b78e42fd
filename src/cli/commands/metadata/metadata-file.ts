/** Opens the metadata file that a path names. */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { isTidemarkError, TidemarkError } from '../../../errors.ts';
import { decodeMetadata } from '../../../metadata/decode.ts';
import type { LocatedMetadata } from '../../../metadata/difference.ts';
import { fileSystemStorage } from '../../../storage/filesystem/storage.ts';
import { metadataFileName } from '../../../storage/layout.ts';
import { toFileUri, toLocalPath } from '../../../storage/pointer.ts';
import { directoryUri } from '../../data-directory.ts';
import { exitStatus, type ExitStatus } from '../../exit-status.ts';
import { reportError } from '../../terminal/report-error.ts';
import type { Terminal } from '../../terminal/terminal.ts';

/** A file that has been read, and the directory it stands in. */
export interface MetadataFile extends LocatedMetadata {
  /** As the user gave it. */
  readonly path: string;
  /** The file itself, on this machine. */
  readonly filePath: string;
  readonly sizeBytes: number;
}

export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A pointer leads to the directory, or to a file in it. */
const filePathOf = (pointer: string, directory: string): string => {
  const path = toLocalPath(pointer) ?? pointer;
  return toFileUri(resolve(path)) === directory ? join(path, metadataFileName) : path;
};

/**
 * Reads a metadata file, or the one in a directory.
 * @throws POINTER_INVALID, METADATA_CORRUPT, METADATA_UNSUPPORTED, STORAGE_UNAVAILABLE
 */
export const readMetadataFile = async (path: string): Promise<MetadataFile> => {
  // The storage resolves pointers wherever they lead; its own directory is not asked for.
  const storage = fileSystemStorage({ checkpoints: directoryUri('/nowhere') });
  const completed = await storage.resolveCheckpoint(path);
  const { externalPointer: directory, metadataSizeBytes: sizeBytes } = completed;
  const bytes = await completed.readMetadata();
  try {
    return {
      path,
      filePath: filePathOf(path, directory),
      directory,
      sizeBytes,
      model: decodeMetadata(bytes),
    };
  } catch (error) {
    if (!isTidemarkError(error)) throw error;
    throw new TidemarkError(error.code, `${path}: ${error.message}`, error.detail, { cause: error });
  }
};

/** Does something with each path in turn; one that fails is reported and the others go on. Answers the worst status. */
export const forEachFile = async (
  paths: readonly string[],
  terminal: Terminal,
  perform: (file: MetadataFile) => Promise<ExitStatus>,
): Promise<ExitStatus> => {
  let worst: ExitStatus = exitStatus.done;
  for (const path of paths) {
    const status = await readMetadataFile(path)
      .then(perform)
      .catch((error: unknown) => reportError(terminal, error));
    if (status > worst) worst = status;
  }
  return worst;
};
