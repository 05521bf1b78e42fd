/** The house rules that no linter knows. Each finding names its file, and its line where there is one. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/errors.ts';
import { errorsPage } from './errors-page.ts';
import { projectFiles, root, type ProjectFile } from './project-files.ts';

const fileLinesMax = 400;
const lineLengthMax = 120;

const files = projectFiles();
const scripts = files.filter(({ path }) => path.endsWith('.ts'));
const sources = scripts.filter(({ path }) => /^(src|machines)\//.test(path));
const tests = scripts.filter(({ path }) => path.startsWith('test/'));

const linesMatching = (among: readonly ProjectFile[], wanted: (line: string) => boolean): readonly string[] =>
  among.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, i) => (wanted(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
  );

const pathsWhere = (
  among: readonly ProjectFile[],
  wanted: (file: ProjectFile) => boolean,
): readonly string[] => among.filter(wanted).map(({ path }) => path);

describe('files', () => {
  it(`of the sources have at most ${fileLinesMax} lines`, () => {
    expect(pathsWhere(sources, ({ text }) => text.split('\n').length > fileLinesMax + 1)).toEqual([]);
  });

  it(`have lines of at most ${lineLengthMax} characters, but for one long text alone on its line`, () => {
    const isOneText = (line: string): boolean => /^\s*(['"`]).*\1[,;)]*$/.test(line);
    expect(linesMatching(scripts, (line) => line.length > lineLengthMax && !isOneText(line))).toEqual([]);
  });

  it('are named in kebab-case, after what they hold', () => {
    const vague = /(^|[-/.])(utils?|helpers?|managers?|services?|misc|common)([-/.]|$)/;
    expect(pathsWhere(scripts, ({ path }) => vague.test(path))).toEqual([]);
    expect(pathsWhere(scripts, ({ path }) => !/^[a-z0-9.-]+\.ts$/.test(basename(path)))).toEqual([]);
  });

  it('are no barrels, but for the entries of the package', () => {
    const entries = ['src/index.ts', 'machines/index.ts', 'src/simulation/index.ts'];
    const isBarrel = ({ path }: ProjectFile): boolean =>
      basename(path) === 'index.ts' && !entries.includes(path);
    expect(pathsWhere(scripts, isBarrel)).toEqual([]);
  });

  it('hold no unfinished work', () => {
    expect(linesMatching(scripts, (line) => /\b(TO[D]O|FIX[M]E|XX[X])\b/.test(line))).toEqual([]);
  });

  // An index of an array is proved by the bound of its loop, which the compiler cannot see; all else can be asked.
  it('assert that a value is there after an index only', () => {
    const isAsserted = (line: string): boolean =>
      /[\w)]!([\].;,) [}]|$)(?!=)/.test(line) && !/^\s*(\*|\/[/*])/.test(line);
    expect(linesMatching(sources, isAsserted)).toEqual([]);
  });

  it('name no path of a machine', () => {
    const own = files.filter(({ path }) => !path.startsWith('test/fixtures/'));
    expect(linesMatching(own, (line) => /\/work\/|\/root\/|\/Users\/\w/.test(line))).toEqual([]);
  });
});

describe('tests', () => {
  const titles = /\b(?:it|test|describe)(?:\.\w+(?:\([^)]*\))?)*\(\s*(['"`])(.*)/;

  it('are never run alone, and skipped only by a condition', () => {
    const focused = /\b(it|test|describe)\.(on[l]y|sk[i]p)\(/;
    expect(linesMatching(tests, (line) => focused.test(line))).toEqual([]);
  });

  it('are titled with facts, not with wishes', () => {
    const isWish = (line: string): boolean => /^should\b/i.test(titles.exec(line)?.[2] ?? '');
    expect(linesMatching(tests, isWish)).toEqual([]);
  });

  it('take time and backends as they are: no mocks, no sleeps', () => {
    const pretend =
      /\bvi\.(mock|fn|spyOn|useFakeTimers)\(|node:timers\/promises|=> ?setTimeout\((resolve|done)/;
    const isRule = ({ path }: ProjectFile): boolean => path.startsWith('test/tidy/');
    expect(
      linesMatching(
        tests.filter((file) => !isRule(file)),
        (line) => pretend.test(line),
      ),
    ).toEqual([]);
  });
});

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

describe('packages', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  const importedIn = (among: readonly ProjectFile[], name: string): boolean =>
    among.some(({ text }) => new RegExp(`\\bfrom '${name}(/[\\w/]+)?'`).test(text));

  it.each(['xstate', 'rxjs', 'immer'])('of the library include %s, and the sources use it', (name) => {
    expect(Object.keys(manifest.dependencies)).toContain(name);
    expect(importedIn(sources, name)).toBe(true);
  });

  it.each(['vitest', 'fast-check'])('of the tests include %s, and the tests use it', (name) => {
    expect(Object.keys(manifest.devDependencies)).toContain(name);
    expect(importedIn(tests, name)).toBe(true);
  });

  it('are pinned to one version each', () => {
    const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    const loose = all.filter(([, version]) => !/^\d+\.\d+\.\d+$|^file:\.ci\//.test(version));
    expect(loose).toEqual([]);
  });

  it('are locked without naming where they came from', () => {
    const lock = files.filter(({ path }) => path === 'package-lock.json');
    expect(lock).toHaveLength(1);
    expect(linesMatching(lock, (line) => /"resolved": "(?!\.ci\/)/.test(line))).toEqual([]);
    expect(linesMatching(files, (line) => /^\s*\/\/.*_authToken|^(@\w+:)?registry\s*=/.test(line))).toEqual(
      [],
    );
  });
});

describe('docs/reference/errors.md', () => {
  it('says what src/errors.ts says (else: npm run docs:errors)', () => {
    expect(readFileSync(join(root, 'docs/reference/errors.md'), 'utf8')).toBe(errorsPage());
  });

  it('names no error that nothing throws', () => {
    const thrown = sources.filter(({ path }) => path !== 'src/errors.ts').map(({ text }) => text);
    const isThrown = (code: string): boolean => thrown.some((text) => text.includes(`'${code}'`));
    const others = Object.keys(errorCodes).filter((code) => code !== 'INVARIANT_BROKEN' && !isThrown(code));
    expect(others).toEqual([]);
  });
});
