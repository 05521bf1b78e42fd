/** What a user gets: the packed tarball, installed into an empty project, type-checked and run there. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capture, packProject } from '../ci/pack-project.ts';
import { embeddingExample } from './readme-example.ts';

const root = resolve(import.meta.dirname, '../..');

/** A user's settings. xstate's own declarations do not pass `exactOptionalPropertyTypes`, hence `skipLibCheck`. */
const userSettings = {
  compilerOptions: {
    module: 'nodenext',
    target: 'esnext',
    lib: ['esnext'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  },
  include: ['*.ts'],
};

const entriesProgram = `
import * as tidemark from 'tidemark';
import * as machines from 'tidemark/machines';
import * as testing from 'tidemark/testing';
console.log(JSON.stringify([tidemark, machines, testing].map((entry) => Object.keys(entry).length > 0)));
`;

let folder: string;
let user: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-tarball-'));
  user = join(folder, 'user');
  mkdirSync(user);
  const tarball = packProject(folder);
  writeFileSync(join(user, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  writeFileSync(join(user, 'tsconfig.json'), JSON.stringify(userSettings));
  writeFileSync(join(user, 'entries.ts'), entriesProgram);
  capture(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball],
    user,
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const node = (...programArguments: readonly string[]): string =>
  capture(process.execPath, programArguments, user);

describe('the installed package', () => {
  it('holds the build and the papers that go with it, and nothing else', () => {
    const installed = join(user, 'node_modules/tidemark');
    const papers = ['LICENSE', 'NOTICE', 'README.md', 'CHANGELOG.md', 'package.json'];
    expect(readdirSync(installed).toSorted()).toEqual(['dist', ...papers].toSorted());
    expect(readdirSync(join(installed, 'dist')).toSorted()).toEqual(['machines', 'src']);
  });

  it('has three entries that load', () => {
    expect(node('entries.ts').trim()).toBe('[true,true,true]');
  });

  it('has a command that shows its help', () => {
    expect(node('node_modules/tidemark/dist/src/cli/main.js', '--help')).toContain('Usage: tidemark');
  });

  it('type-checks and runs the embedding example of the README', () => {
    writeFileSync(join(user, 'example.ts'), embeddingExample(readFileSync(join(root, 'README.md'), 'utf8')));
    expect(node(join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json')).toBe('');
    expect(() => node('example.ts')).not.toThrow();
  });
});
