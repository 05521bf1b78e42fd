/** `tidemark metadata show --raw`: every field of a file, with where it stands and its bytes. */
import { traceMetadata, type MetadataField } from '../../../metadata/trace.ts';
import { exitStatus, type ExitStatus } from '../../exit-status.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { forEachPath, namingFile, readMetadataBytes } from './metadata-file.ts';

/** Bytes shown on a line; JSON has them all. */
const SHOWN_BYTES = 16;
/** Two digits and a space for each, and a mark that more follow. */
const HEX_WIDTH = 3 * SHOWN_BYTES;
/** A line at a time is many system calls; this much of the output is written at once. */
const BATCH_CHARACTERS = 64 * 1024;

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const shownHex = (bytes: Uint8Array): string => {
  const digits = hexOf(bytes.subarray(0, SHOWN_BYTES)).replaceAll(/..(?=.)/g, '$& ');
  return bytes.length > SHOWN_BYTES ? `${digits}…` : digits;
};

const valueText = ({ value, meaning, length }: MetadataField): string => {
  if (value === undefined) return `${length} bytes`;
  const said = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return meaning === undefined ? said : `${said} (${meaning})`;
};

const textLine = (field: MetadataField, bytes: Uint8Array): string => {
  const { offset, length, place } = field;
  const numbers = `${String(offset).padStart(8)} ${String(length).padStart(6)}`;
  return `${numbers}  ${shownHex(bytes).padEnd(HEX_WIDTH)}  ${place} = ${valueText(field)}`;
};

/** 64-bit numbers are texts, as in the canonical view. */
const jsonLine = (field: MetadataField, bytes: Uint8Array): string => {
  const { value } = field;
  const plain = typeof value === 'bigint' ? String(value) : (value ?? null);
  return JSON.stringify({ ...field, value: plain, hex: hexOf(bytes) });
};

interface Batch {
  line(text: string): void;
  flush(): void;
}

/** Lines that reach the terminal in batches. */
const openBatch = (terminal: Terminal): Batch => {
  let text = '';
  const flush = (): void => {
    if (text !== '') terminal.write(text);
    text = '';
  };
  const line = (added: string): void => {
    text += `${added}\n`;
    if (text.length >= BATCH_CHARACTERS) flush();
  };
  return { line, flush };
};

const printFields = (path: string, bytes: Uint8Array, isJson: boolean, batch: Batch): void => {
  const lineOf = isJson ? jsonLine : textLine;
  const fieldBytes = ({ offset, length }: MetadataField): Uint8Array =>
    bytes.subarray(offset, offset + length);
  namingFile(path, () => traceMetadata(bytes, (field) => batch.line(lineOf(field, fieldBytes(field)))));
};

/**
 * Prints one field a line while the file is read, so that of a damaged file all before the damage is seen; then comes
 * the error. With several paths each begins with a line of its own, in JSON with its name in an object.
 */
export const showRawMetadata = async (
  paths: readonly string[],
  isJson: boolean,
  terminal: Terminal,
): Promise<ExitStatus> =>
  await forEachPath(paths, terminal, async (path) => {
    const { bytes } = await readMetadataBytes(path);
    const batch = openBatch(terminal);
    if (paths.length > 1) batch.line(isJson ? JSON.stringify({ file: path }) : `${path}:`);
    try {
      printFields(path, bytes, isJson, batch);
    } finally {
      batch.flush();
    }
    return exitStatus.done;
  });
