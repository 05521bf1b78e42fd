/** `tidemark metadata convert`: the same content in another format version, as a new file. */
import { promises } from 'node:fs';
import { resolve } from 'node:path';
import { isTidemarkError, messageOf, TidemarkError } from '../../../errors.ts';
import { encodeMetadata } from '../../../metadata/encode.ts';
import type { FormatVersion } from '../../../metadata/layout.ts';
import { flinkPath } from '../../../metadata/flink-path.ts';
import { streamHandlesIn } from '../../../metadata/walk.ts';
import { parentPath, toFileUri } from '../../../storage/pointer.ts';
import { exitStatus, type ExitStatus } from '../../exit-status.ts';
import { bytesText, counted } from '../../terminal/quantities.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { readMetadataFile, type MetadataFile } from './metadata-file.ts';

/** Formats that can be chosen; 1 can only be written from what was read in it. */
export const convertibleFormats = ['2', '3', '4', '5', '6'] as const;
export type ConvertibleFormat = (typeof convertibleFormats)[number];

const versions: Readonly<Record<ConvertibleFormat, FormatVersion>> = { 2: 2, 3: 3, 4: 4, 5: 5, 6: 6 };

const writeFailure = (path: string, error: unknown): TidemarkError => {
  const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
  const text = exists ? `${path} exists; nothing was written` : `${path}: ${messageOf(error)}`;
  const code = exists ? 'STORAGE_CONFLICT' : 'STORAGE_UNAVAILABLE';
  return new TidemarkError(code, text, { path }, { cause: error });
};

/** Makes a file that was not there, whole and synced, or leaves nothing behind. */
const writeNew = async (path: string, bytes: Uint8Array): Promise<void> => {
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
};

const encoded = ({ path, model }: MetadataFile, version: FormatVersion): Uint8Array => {
  try {
    return encodeMetadata(model, { version });
  } catch (error) {
    if (!isTidemarkError(error)) throw error;
    throw new TidemarkError(error.code, `${path}: ${error.message}`, error.detail, { cause: error });
  }
};

const relativeCount = ({ model }: MetadataFile): number =>
  model.operators
    .flatMap(({ subtasks }) => subtasks.flatMap(({ state }) => streamHandlesIn(state)))
    .filter(({ kind }) => kind === 'relativeFile').length;

/** Relative files are looked for beside the metadata file, so a copy elsewhere does not find them. */
const strayNote = (file: MetadataFile, output: string): string | undefined => {
  const count = relativeCount(file);
  const isBeside = parentPath(toFileUri(resolve(output))) === flinkPath(file.directory);
  if (count === 0 || isBeside) return undefined;
  const handles = counted(count, 'relative handle');
  return `note: ${handles} will be looked for beside ${output}; the files are in ${file.directory}`;
};

/**
 * Writes what one file says into a new one. The input stays as it is.
 * @throws METADATA_UNSUPPORTED naming what the format has no words for, STORAGE_CONFLICT when the output exists; also
 *   POINTER_INVALID, METADATA_CORRUPT, STORAGE_UNAVAILABLE. Nothing has been written then.
 */
export const convertMetadata = async (
  input: string,
  output: string,
  { format }: { readonly format: ConvertibleFormat },
  terminal: Terminal,
): Promise<ExitStatus> => {
  const file = await readMetadataFile(input);
  const bytes = encoded(file, versions[format]);
  await writeNew(output, bytes);
  const from = file.model.formatVersion ?? versions[6];
  terminal.line(`${output}: format ${format}, ${bytesText(bytes.length)} (was format ${from})`);
  const note = strayNote(file, output);
  if (note !== undefined) terminal.line(note);
  return exitStatus.done;
};
