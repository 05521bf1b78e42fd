import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fileSystemOutput } from '../../src/examples/word-count/filesystem-output.ts';
import { memoryOutput } from '../../src/examples/word-count/memory-output.ts';
import type { TransactionalOutput } from '../../src/examples/word-count/transactional-output.ts';

const directories: string[] = [];
const newDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-output-'));
  directories.push(directory);
  return directory;
};

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

/** An output, and the lines of each committed transaction. */
interface Opened {
  readonly output: TransactionalOutput;
  readonly committed: () => Readonly<Record<string, readonly string[]>>;
}

const inMemory = (): Opened => {
  const output = memoryOutput();
  return { output, committed: () => Object.fromEntries(output.committed) };
};

const onDisk = (): Opened => {
  const directory = join(newDirectory(), 'output');
  const names = () => readdirSync(directory).filter((name) => name.endsWith('.txt'));
  const lines = (name: string) => readFileSync(join(directory, name), 'utf8').split('\n').slice(0, -1);
  return {
    output: fileSystemOutput(directory),
    committed: () => Object.fromEntries(names().map((name) => [name.slice(0, -'.txt'.length), lines(name)])),
  };
};

describe.each([
  ['memory', inMemory],
  ['file system', onDisk],
])('transactional output in %s', (_, open) => {
  it('shows a transaction once it is committed', async () => {
    const { output, committed } = open();
    await output.prepare('b', ['1 x', '2 y']);
    await output.prepare('a', ['3 z']);
    expect(committed()).toEqual({});
    expect(await output.pending()).toEqual(['a', 'b']);
    await output.commit('b');
    expect(committed()).toEqual({ b: ['1 x', '2 y'] });
    expect(await output.pending()).toEqual(['a']);
  });

  it('takes every step again without harm', async () => {
    const { output, committed } = open();
    await output.prepare('a', ['1 half of it']);
    await output.prepare('a', ['1 x']);
    await output.commit('a');
    await output.commit('a');
    await output.abort('b');
    expect(committed()).toEqual({ a: ['1 x'] });
  });

  it('forgets what is aborted', async () => {
    const { output, committed } = open();
    await output.prepare('a', ['1 x']);
    await output.commit('a');
    await output.prepare('b', ['1 y']);
    await output.abort('b');
    expect(await output.pending()).toEqual([]);
    expect(Object.keys(committed())).toEqual(['a']);
  });

  it('says that a transaction is lost when it is neither prepared nor committed', async () => {
    const { output } = open();
    await expect(output.commit('a')).rejects.toMatchObject({
      code: 'OUTPUT_LOST',
      detail: { transaction: 'a' },
    });
    await output.prepare('a', []);
    await output.commit('a');
  });

  it('has nothing pending before anything was prepared', async () => {
    expect(await open().output.pending()).toEqual([]);
  });
});

describe('file system output', () => {
  it('names the path that cannot be written', async () => {
    const file = join(newDirectory(), 'in-the-way');
    writeFileSync(file, '');
    await expect(fileSystemOutput(file).prepare('a', [])).rejects.toMatchObject({
      code: 'OUTPUT_UNAVAILABLE',
      detail: { path: join(file, '.pending', 'a') },
    });
  });

  it('takes steps that were asked for at the same time in turn', async () => {
    const directory = newDirectory();
    const output = fileSystemOutput(directory);
    const late = output.prepare('late', ['1 x']);
    expect(await output.pending()).toEqual(['late']);
    await late;
  });
});
