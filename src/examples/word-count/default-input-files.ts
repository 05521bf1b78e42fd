/** Text to count when none is given: the sources of a package that is installed anyway. */
import { readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const extensions: ReadonlySet<string> = new Set(['.js', '.ts', '.md']);

/** The .js, .ts and .md files of the installed RxJS (a few megabytes), as absolute paths, sorted. */
export const defaultInputFiles = (): readonly string[] => {
  const root = dirname(fileURLToPath(import.meta.resolve('rxjs/package.json')));
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extensions.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
};
