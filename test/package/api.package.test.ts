/** Every change of a public type shows in the diff of `docs/reference/api`. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildInto } from '../ci/pack-project.ts';
import { apiReport } from './api-report.ts';

const root = resolve(import.meta.dirname, '../..');
const reports = join(root, 'docs/reference/api');
const entries = [
  { entry: '.', report: 'tidemark.api.md' },
  { entry: './machines', report: 'tidemark-machines.api.md' },
  { entry: './testing', report: 'tidemark-testing.api.md' },
];

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-api-'));
  buildInto(join(folder, 'dist'));
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the public types', () => {
  it('have a report for every entry of the package', () => {
    const typed = Object.keys(manifest.exports).filter((entry) => entry !== './package.json');
    expect(typed).toEqual(entries.map(({ entry }) => entry));
  });

  it.each(entries)(
    'of $entry are what docs/reference/api/$report says (else: npm run docs:api)',
    ({ entry, report }) => {
      const target = manifest.exports[entry];
      if (target === undefined || typeof target === 'string') throw new Error(`${entry} exports no types`);
      const text = apiReport(folder, join(folder, target.types), join(folder, 'reports', report));
      if (process.env['UPDATE_API'] === '1') {
        mkdirSync(reports, { recursive: true });
        writeFileSync(join(reports, report), text);
      }
      expect(text).toBe(readFileSync(join(reports, report), 'utf8'));
    },
  );
});
