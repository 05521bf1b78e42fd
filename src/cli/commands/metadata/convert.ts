/** `tidemark metadata convert`: the same content in another format version, as a new file. */
import { isTidemarkError, TidemarkError } from '../../../errors.ts';
import { encodeMetadata } from '../../../metadata/encode.ts';
import type { FormatVersion } from '../../../metadata/layout.ts';
import type { CheckpointMetadata } from '../../../metadata/model.ts';
import { exitStatus, type ExitStatus } from '../../exit-status.ts';
import { bytesText } from '../../terminal/quantities.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { readMetadataFile } from './metadata-file.ts';
import { encodedOf, strayNote, writeNewFile } from './new-file.ts';

/** Formats that can be chosen; 1 can only be written from what was read in it. */
export const convertibleFormats = ['2', '3', '4', '5', '6'] as const;
export type ConvertibleFormat = (typeof convertibleFormats)[number];

const versions: Readonly<Record<ConvertibleFormat, FormatVersion>> = { 2: 2, 3: 3, 4: 4, 5: 5, 6: 6 };

export interface ConvertFlags {
  readonly format: ConvertibleFormat;
  readonly dropProperties?: boolean;
}

const withoutProperties = (model: CheckpointMetadata): CheckpointMetadata => ({
  ...model,
  properties: undefined,
});

const isWritable = (model: CheckpointMetadata, version: FormatVersion): boolean => {
  try {
    encodeMetadata(model, { version });
    return true;
  } catch (error) {
    if (isTidemarkError(error)) return false;
    throw error;
  }
};

/** Names `--drop-properties` where nothing but the properties stands in the way. */
const encodedOrHint = (path: string, model: CheckpointMetadata, version: FormatVersion): Uint8Array => {
  try {
    return encodedOf(path, model, version);
  } catch (error) {
    if (!isTidemarkError(error) || model.properties === undefined) throw error;
    if (!isWritable(withoutProperties(model), version)) throw error;
    const text = `${error.message}; --drop-properties leaves them out`;
    throw new TidemarkError(error.code, text, error.detail, { cause: error });
  }
};

/**
 * Writes what one file says into a new one. The input stays as it is.
 * @throws METADATA_UNSUPPORTED naming what the format has no words for, STORAGE_CONFLICT when the output exists; also
 *   POINTER_INVALID, METADATA_CORRUPT, STORAGE_UNAVAILABLE. Nothing has been written then.
 */
export const convertMetadata = async (
  input: string,
  output: string,
  { format, dropProperties = false }: ConvertFlags,
  terminal: Terminal,
): Promise<ExitStatus> => {
  const file = await readMetadataFile(input);
  const model = dropProperties ? withoutProperties(file.model) : file.model;
  const bytes = encodedOrHint(file.path, model, versions[format]);
  await writeNewFile(output, bytes);
  const from = file.model.formatVersion ?? versions[6];
  terminal.line(`${output}: format ${format}, ${bytesText(bytes.length)} (was format ${from})`);
  const note = strayNote(file, output);
  if (note !== undefined) terminal.line(note);
  return exitStatus.done;
};
