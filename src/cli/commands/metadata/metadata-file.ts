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

/** A metadata file whose bytes nobody has looked at. */
interface MetadataBytes {
  readonly directory: string;
  readonly bytes: Uint8Array;
}

/**
 * The bytes of a metadata file, or of the one in a directory.
 * @throws POINTER_INVALID, STORAGE_UNAVAILABLE
 */
export const readMetadataBytes = async (path: string): Promise<MetadataBytes> => {
  // The storage resolves pointers wherever they lead; its own directory is not asked for.
  const storage = fileSystemStorage({ checkpoints: directoryUri('/nowhere') });
  const completed = await storage.resolveCheckpoint(path);
  return { directory: completed.externalPointer, bytes: await completed.readMetadata() };
};

/** Does something with the content of a file; an error names the file. */
export const namingFile = <T>(path: string, use: () => T): T => {
  try {
    return use();
  } catch (error) {
    if (!isTidemarkError(error)) throw error;
    throw new TidemarkError(error.code, `${path}: ${error.message}`, error.detail, { cause: error });
  }
};

/**
 * Reads a metadata file, or the one in a directory.
 * @throws POINTER_INVALID, METADATA_CORRUPT, METADATA_UNSUPPORTED, STORAGE_UNAVAILABLE
 */
export const readMetadataFile = async (path: string): Promise<MetadataFile> => {
  const { directory, bytes } = await readMetadataBytes(path);
  const model = namingFile(path, () => decodeMetadata(bytes));
  return { path, filePath: filePathOf(path, directory), directory, sizeBytes: bytes.length, model };
};

/** Does something with each path in turn; one that fails is reported and the others go on. Answers the worst status. */
export const forEachPath = async (
  paths: readonly string[],
  terminal: Terminal,
  perform: (path: string) => Promise<ExitStatus>,
): Promise<ExitStatus> => {
  let worst: ExitStatus = exitStatus.done;
  for (const path of paths) {
    const status = await perform(path).catch((error: unknown) => reportError(terminal, error));
    if (status > worst) worst = status;
  }
  return worst;
};

/** As {@link forEachPath}, with the file that each path leads to. */
export const forEachFile = async (
  paths: readonly string[],
  terminal: Terminal,
  perform: (file: MetadataFile) => Promise<ExitStatus>,
): Promise<ExitStatus> =>
  await forEachPath(paths, terminal, async (path) => await perform(await readMetadataFile(path)));
