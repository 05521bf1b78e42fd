/** Builds and packs the project away from the tree, so that checks and tests never share `dist` with a developer. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** What is published besides the build. */
const published = ['package.json', 'README.md', 'LICENSE', 'NOTICE', 'CHANGELOG.md'];

/** Runs a program and returns what it printed. @throws Error with its output when it fails. */
export const capture = (program: string, programArguments: readonly string[], folder: string): string => {
  try {
    return execFileSync(program, programArguments, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`${program} ${programArguments.join(' ')}\n${stdout}${stderr}`, { cause: error });
  }
};

/** Compiles the published sources into `folder`. @throws Error with the compiler's output. */
export const buildInto = (folder: string): void => {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  capture(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', folder], root);
};

/** Builds and packs into an empty folder and returns the path of the tarball. */
export const packProject = (folder: string): string => {
  const staging = join(folder, 'package');
  mkdirSync(staging);
  for (const name of published) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(staging, name));
  }
  buildInto(join(staging, 'dist'));
  capture('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], staging);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack wrote no file');
  return join(folder, tarball);
};
