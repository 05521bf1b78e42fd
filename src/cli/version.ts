/** The version of the package this file belongs to, as sources or as a build. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const packageVersion = (): string => {
  const path = fileURLToPath(import.meta.resolve('tidemark/package.json'));
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string };
  return manifest.version;
};
