import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workplace } from './cli-process.ts';

const commands = ['run', 'cancel', 'status', 'checkpoints', 'journal', 'inspect'];
const page = readFileSync(resolve(import.meta.dirname, '../../docs/reference/cli.md'), 'utf8');

/** The part of the page under `## tidemark <command>`. */
const sectionOf = (command: string): string =>
  page.split(/^## /m).find((section) => section.startsWith(`tidemark ${command}\n`)) ?? '';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(async () => await place.remove());

const helps = new Map<string, string>();
beforeAll(async () => {
  const asked = commands.map(async (command) => [command, await place.run(command, '--help')] as const);
  for (const [command, { out }] of await Promise.all(asked)) helps.set(command, out);
});

describe('the help', () => {
  it('of the program names every command, and is shown when there are no arguments', async () => {
    const [asked, bare] = await Promise.all([place.run('--help'), place.run()]);
    for (const command of commands) expect(asked.out).toContain(`  ${command} `);
    expect(asked.out).toContain('$ tidemark run');
    expect(bare).toEqual(asked);
  });

  it.each(commands)('of %s teaches with an example', (command) => {
    expect(helps.get(command)).toContain(`$ tidemark ${command}`);
  });

  it.each(commands)('of %s names no option that docs/reference/cli.md does not explain', (command) => {
    const lines = helps.get(command)?.match(/^ {2}--[a-z-]+(?: <[^>]+>)?/gm) ?? [];
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(sectionOf(command)).toContain(`| \`${line.trim()}\` |`);
  });

  it.each(commands)('of %s knows every option that docs/reference/cli.md explains', (command) => {
    const documented = [...sectionOf(command).matchAll(/^\| `(--[^`]+)` \|/gm)].map(
      ([, option = '']) => option,
    );
    for (const option of documented) expect(helps.get(command)).toContain(`  ${option} `);
  });
});

describe('a wrong command line', () => {
  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ['an unknown command', ['walk'], "unknown command 'walk'"],
    ['an unknown option', ['run', '--quick'], "unknown option '--quick'"],
    ['a missing path', ['inspect'], "missing required argument 'path'"],
    [
      'a parallelism of 0',
      ['run', '--parallelism', '0'],
      '--parallelism "0" is not an integer of at least 1',
    ],
    ['a parallelism beyond the key groups', ['run', '--parallelism', '129'], 'there are 128 key groups'],
    ['a short interval', ['run', '--interval', '1ms'], 'larger than or equal to 10 ms'],
    ['a strange duration', ['run', '--interval', 'soon'], 'is not a duration'],
    [
      'a retention that does not exist',
      ['run', '--retention', 'always'],
      'one of never, on-failure, on-cancellation',
    ],
    [
      'a setting without a value',
      ['run', '--set', 'execution.checkpointing.mode'],
      'execution.checkpointing.min-pause=1 s',
    ],
    ['a setting that does not exist', ['run', '--set', 'a.b=1'], '--set a.b: there is no such option'],
    [
      'a word count without its last checkpoint',
      ['run', '--set', 'execution.checkpointing.checkpoints-after-tasks-finish=false'],
      '--set: the word count ends with the checkpoint behind all data',
    ],
    [
      'a setting that is not the run’s to choose',
      ['run', '--set', 'state.checkpoints.dir=file:///c'],
      'the data directory says where state is kept',
    ],
    [
      'a setting of the wrong type',
      ['run', '--set', 'execution.checkpointing.unaligned.enabled=maybe'],
      'execution.checkpointing.unaligned.enabled "maybe": is neither true nor false',
    ],
    ['a job id in upper case', ['run', '--job-id', 'A'.repeat(32)], 'is not 32 lower-case hex digits'],
    ['a task that does not exist', ['run', '--fail-task', 'counter#3@1s'], 'there is no such task'],
    ['a failure without a time', ['run', '--fail-task', 'counter#1'], 'counter#1@3s'],
    ['a data directory that is a file', ['run', '--data', 'a.txt'], 'is no directory'],
  ];

  it.each(wrong)('with %s is refused with exit status 2 and the way out', async (_name, words, text) => {
    const { status, out, err } = await place.run(...words);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toMatch(/^error (ARGUMENT|CONFIGURATION)_INVALID: /);
    expect(err).toContain(text);
    expect(err).toContain('\n  way out: ');
    expect(err.trimEnd().split('\n')).toHaveLength(2);
  });

  it('changes nothing', () => {
    expect(readdirSync(place.path).toSorted()).toEqual(['a.txt', "b's.txt"]);
  });
});

describe('what is missing', () => {
  it('is named with a code: an input file', async () => {
    const { status, err } = await place.run('run', 'a.txt', 'nowhere.txt');
    expect(status).toBe(1);
    expect(err).toMatch(/^error INPUT_MISSING: \S.*nowhere\.txt cannot be read/);
    expect(readdirSync(place.path)).toHaveLength(2);
  });

  it.each(['status', 'checkpoints', 'journal', 'cancel'])(
    'is named with a code: the job of %s',
    async (command) => {
      const { status, err } = await place.run(command, '--data', 'nowhere');
      expect(status).toBe(1);
      expect(err).toMatch(/^error DATA_DIRECTORY_MISSING: .*nowhere does not exist/);
      expect(readdirSync(place.path)).toHaveLength(2);
    },
  );

  it('is named with a code: a checkpoint', async () => {
    const { status, err } = await place.run('inspect', 'nowhere');
    expect(status).toBe(1);
    expect(err).toContain(
      "error POINTER_INVALID: Cannot find checkpoint or savepoint file/directory 'nowhere'",
    );
  });
});
