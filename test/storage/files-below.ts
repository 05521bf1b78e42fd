import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { toFileUri } from '../../src/storage/pointer.ts';

/** Every file below a directory, as URIs, sorted. */
export const filesBelow = async (directory: string): Promise<readonly string[]> => {
  const entries = await fs.readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map((entry) => toFileUri(join(entry.parentPath, entry.name))).toSorted();
};
