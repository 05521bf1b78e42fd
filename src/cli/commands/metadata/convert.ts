/** `tidemark metadata convert`: the same content in another format version, as a new file. */
import type { FormatVersion } from '../../../metadata/layout.ts';
import { exitStatus, type ExitStatus } from '../../exit-status.ts';
import { bytesText } from '../../terminal/quantities.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { readMetadataFile } from './metadata-file.ts';
import { encodedOf, strayNote, writeNewFile } from './new-file.ts';

/** Formats that can be chosen; 1 can only be written from what was read in it. */
export const convertibleFormats = ['2', '3', '4', '5', '6'] as const;
export type ConvertibleFormat = (typeof convertibleFormats)[number];

const versions: Readonly<Record<ConvertibleFormat, FormatVersion>> = { 2: 2, 3: 3, 4: 4, 5: 5, 6: 6 };

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
  const bytes = encodedOf(file.path, file.model, versions[format]);
  await writeNewFile(output, bytes);
  const from = file.model.formatVersion ?? versions[6];
  terminal.line(`${output}: format ${format}, ${bytesText(bytes.length)} (was format ${from})`);
  const note = strayNote(file, output);
  if (note !== undefined) terminal.line(note);
  return exitStatus.done;
};
