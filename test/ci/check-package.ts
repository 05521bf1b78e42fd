/** `npm run check:package`: packs the build and has publint and attw look at the very file a user would install. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { packProject } from './pack-project.ts';
import { run } from './run.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'tidemark-package-'));
try {
  const tarball = packProject(folder);
  const statuses = [
    run('publint', [tarball, '--strict'], root),
    run('attw', [tarball, '--profile', 'esm-only'], root),
  ];
  process.exitCode = Math.max(...statuses);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
