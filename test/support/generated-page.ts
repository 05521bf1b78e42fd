/** Pages of the documentation that a test generates: equal to what stands in `docs/`, or written anew. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** Fails when the page is stale; with `UPDATE_DOCS=1` in the environment it is written instead. */
export const expectPage = (path: string, text: string): void => {
  const page = join(root, path);
  if (process.env['UPDATE_DOCS'] === '1') {
    mkdirSync(dirname(page), { recursive: true });
    writeFileSync(page, text);
  }
  expect(readFileSync(page, 'utf8'), `${path} is stale; write it anew with UPDATE_DOCS=1`).toBe(text);
};
