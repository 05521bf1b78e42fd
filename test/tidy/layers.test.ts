/** Plants violations in a copy of the configuration outside the tree and sees the linter catch each. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layers, phaseFile } from './layers.ts';
import { lintConfigurationText } from './lint-configuration.ts';
import { permittedFiles, violations } from './violations.ts';

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
}

const root = resolve(import.meta.dirname, '../..');

/** Just enough for the rules that need types; the copy has no packages to take types from. */
const compilerSettings = {
  compilerOptions: {
    module: 'nodenext',
    target: 'esnext',
    lib: ['esnext'],
    types: [],
    strict: true,
    noEmit: true,
  },
};

/** Exit status 1 means findings; the findings themselves are what the tests read. */
const lint = async (folder: string): Promise<readonly Diagnostic[]> => {
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const environment = { ...process.env, OXLINT_TSGOLINT_PATH: join(root, 'node_modules/.bin/tsgolint') };
  const output = await new Promise<string>((onDone) => {
    const options = { cwd: folder, env: environment, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [oxlint, '--format', 'json'], options, (_error, stdout, stderr) =>
      onDone(stdout || stderr),
    );
  });
  return (JSON.parse(output) as { readonly diagnostics: readonly Diagnostic[] }).diagnostics;
};

const plant = async (folder: string): Promise<void> => {
  await writeFile(join(folder, '.oxlintrc.json'), lintConfigurationText());
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(compilerSettings));
  for (const { path, source } of [...violations, ...permittedFiles]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), `${source}\n`);
  }
};

let folder: string;
let found: readonly Diagnostic[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-layers-'));
  await plant(folder);
  found = await lint(folder);
}, 60_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const rulesFor = (path: string): readonly string[] =>
  found.filter((diagnostic) => diagnostic.filename === path).map((diagnostic) => diagnostic.code);

describe('the linter', () => {
  it.each(violations)('refuses $what ($path) (C-001)', ({ path, rule }) => {
    expect(rulesFor(path)).toContain(rule);
  });

  it.each(permittedFiles)('accepts $what ($path)', ({ path }) => {
    expect(rulesFor(path)).toEqual([]);
  });

  it('is tried with a violation in every folder of the table', () => {
    const tried = (start: string): boolean => violations.some(({ path }) => path.startsWith(`${start}/`));
    expect(layers.filter(({ folder: start }) => !tried(start))).toEqual([]);
    expect(violations.some(({ path }) => path === phaseFile.path)).toBe(true);
  });
});

describe('the table of layers', () => {
  it('is what .oxlintrc.json was generated from (else: npm run lint:generate)', async () => {
    expect(await readFile(join(root, '.oxlintrc.json'), 'utf8')).toBe(lintConfigurationText());
  });

  it('has a row for every folder of src', async () => {
    const entries = await readdir(join(root, 'src'), { withFileTypes: true });
    const present = entries.filter((entry) => entry.isDirectory()).map((entry) => `src/${entry.name}`);
    expect(present.filter((name) => !layers.some((layer) => layer.folder === name))).toEqual([]);
  });

  it('names layers of the table only, each above all it may import', () => {
    const order = ['machines', ...layers.map((layer) => layer.folder)];
    const upward = layers.flatMap(({ folder: start, mayImport }) =>
      mayImport.filter((target) => !order.slice(0, order.indexOf(start)).includes(target)),
    );
    expect(upward).toEqual([]);
  });
});
