/** Where the text comes from: files that do not change while the job lives, in memory or on disk. */
import { promises as fs } from 'node:fs';
import { messageOf, TidemarkError } from '../../errors.ts';
import type { InputFile } from './word-count-graph.ts';

export interface InputFiles {
  readonly files: readonly InputFile[];
  /**
   * Exactly `length` bytes of the file with that index. What the caller owes: a range within the file.
   * @throws INPUT_MISSING when the file cannot be read or has become shorter.
   */
  read(file: number, offset: number, length: number): Promise<Uint8Array>;
}

/** Files in memory, by name. */
export const memoryInputFiles = (contents: Readonly<Record<string, string | Uint8Array>>): InputFiles => {
  const named = Object.entries(contents).map(([name, content]) => ({ name, bytes: Buffer.from(content) }));
  return {
    files: named.map(({ name, bytes }) => ({ name, sizeBytes: bytes.length })),
    read: async (file, offset, length) => {
      const bytes = named[file]?.bytes.subarray(offset, offset + length) ?? new Uint8Array();
      return checkLength(named[file]?.name ?? `file ${file}`, bytes, offset, length);
    },
  };
};

/**
 * Files on disk.
 * @throws INPUT_MISSING naming the first path that is no readable file.
 */
export const nodeInputFiles = async (paths: readonly string[]): Promise<InputFiles> => {
  if (paths.length === 0) throw new TidemarkError('INPUT_MISSING', 'no input files were given');
  const files: InputFile[] = [];
  for (const name of paths) files.push({ name, sizeBytes: await sizeOf(name) });
  return {
    files,
    read: async (file, offset, length) => await readRange(paths[file] ?? `file ${file}`, offset, length),
  };
};

const checkLength = (name: string, bytes: Uint8Array, offset: number, length: number): Uint8Array => {
  if (bytes.length === length) return bytes;
  throw new TidemarkError('INPUT_MISSING', `${name} has become shorter: no ${length} bytes at ${offset}`, {
    file: name,
    offset,
    length,
  });
};

const unreadable = (name: string, error: unknown): TidemarkError =>
  new TidemarkError(
    'INPUT_MISSING',
    `${name} cannot be read: ${messageOf(error)}`,
    { file: name },
    { cause: error },
  );

const sizeOf = async (name: string): Promise<number> => {
  const found = await fs.stat(name).catch((error: unknown) => {
    throw unreadable(name, error);
  });
  if (found.isFile()) return found.size;
  throw new TidemarkError('INPUT_MISSING', `${name} is not a file`, { file: name });
};

const readRange = async (name: string, offset: number, length: number): Promise<Uint8Array> => {
  try {
    await using handle = await fs.open(name, 'r');
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await handle.read(bytes, 0, length, offset);
    return checkLength(name, bytes.subarray(0, bytesRead), offset, length);
  } catch (error) {
    if (error instanceof TidemarkError) throw error;
    throw unreadable(name, error);
  }
};
