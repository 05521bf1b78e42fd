import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
const pages = ['README.md', 'CHANGELOG.md', ...docs.map((page) => `docs/${page}`)].filter((page) =>
  page.endsWith('.md'),
);

const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Relative links of a page, without their anchors. */
const linksOf = (page: string): string[] =>
  [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));

/** Command lines of this project in the shell blocks of a page. */
const commandLines = (page: string): string[] =>
  [...textOf(page).matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap(([, block = '']) => block.split('\n'))
    .filter((line) => /^npm (start|run tidemark)\b/.test(line) && line.includes(' -- '));

const commandOf = (line: string): string =>
  line.startsWith('npm start') ? 'run' : (/ -- (\w+)/.exec(line)?.[1] ?? '');

const optionsOf = (line: string): string[] =>
  [...line.replace(/#.*$/, '').matchAll(/ (--[a-z-]{2,})/g)].map(([, name = '']) => name);

const helpOf = (command: string): string =>
  spawnSync(process.execPath, [join(root, 'src/cli/main.ts'), command, '--help'], { encoding: 'utf8' })
    .stdout;

describe('the pages', () => {
  it('link only to what exists', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter((target) => !existsSync(join(root, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('can all be reached from the README', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const target of linksOf(page)) {
        const linked = join(dirname(page), target);
        if (pages.includes(linked)) reached.add(linked);
      }
    }
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });

  it('name only commands and options that the command line has', () => {
    const unknown = pages.flatMap((page) =>
      commandLines(page).flatMap((line) => {
        const help = helpOf(commandOf(line));
        return optionsOf(line)
          .filter((option) => !help.includes(option))
          .map((option) => `${page}: ${line}: ${option}`);
      }),
    );
    expect(unknown).toEqual([]);
  });
});
