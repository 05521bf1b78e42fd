/** Metadata files that a command makes: whole and durable, and never in the place of another. */
import { promises } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, TidemarkError } from '../../../errors.ts';
import { encodeMetadata } from '../../../metadata/encode.ts';
import { flinkPath } from '../../../metadata/flink-path.ts';
import type { FormatVersion } from '../../../metadata/layout.ts';
import type { CheckpointMetadata } from '../../../metadata/model.ts';
import { streamHandlesIn } from '../../../metadata/walk.ts';
import { syncDirectory } from '../../../storage/filesystem/files.ts';
import { parentPath, toFileUri } from '../../../storage/pointer.ts';
import { counted } from '../../terminal/quantities.ts';
import { namingFile, type MetadataFile } from './metadata-file.ts';

const writeFailure = (path: string, error: unknown): TidemarkError => {
  const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
  const text = exists ? `${path} exists; nothing was written` : `${path}: ${messageOf(error)}`;
  const code = exists ? 'STORAGE_CONFLICT' : 'STORAGE_UNAVAILABLE';
  return new TidemarkError(code, text, { path }, { cause: error });
};

/**
 * Makes a file that was not there, whole and synced with its name, or leaves nothing behind.
 * @throws STORAGE_CONFLICT when something stands there, STORAGE_UNAVAILABLE
 */
export const writeNewFile = async (path: string, bytes: Uint8Array): Promise<void> => {
  const file = await promises.open(path, 'wx').catch((error: unknown) => {
    throw writeFailure(path, error);
  });
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await promises.rm(path, { force: true });
    throw writeFailure(path, error);
  } finally {
    await file.close();
  }
  await syncDirectory(dirname(resolve(path)));
};

/** The bytes of a model. @throws as `encodeMetadata`, naming the path it was read from */
export const encodedOf = (path: string, model: CheckpointMetadata, version: FormatVersion): Uint8Array =>
  namingFile(path, () => encodeMetadata(model, { version }));

export const relativeHandleCount = ({ operators }: CheckpointMetadata): number =>
  operators
    .flatMap(({ subtasks }) => subtasks.flatMap(({ state }) => streamHandlesIn(state)))
    .filter(({ kind }) => kind === 'relativeFile').length;

/** Relative files are looked for beside the metadata file, so a copy elsewhere does not find them. */
export const strayNote = ({ model, directory }: MetadataFile, output: string): string | undefined => {
  const count = relativeHandleCount(model);
  const isBeside = parentPath(toFileUri(resolve(output))) === flinkPath(directory);
  if (count === 0 || isBeside) return undefined;
  const handles = counted(count, 'relative handle');
  return `note: ${handles} will be looked for beside ${output}; the files are in ${directory}`;
};
