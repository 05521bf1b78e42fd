import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyCommand } from '../../src/examples/word-count/verify-command.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tidemark verify's "));
  mkdirSync(join(directory, 'output'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const input = (name: string, text: string): string => {
  const path = join(directory, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
};

const verify = (files: readonly string[], outputDirectory = join(directory, 'output')) => {
  const command = verifyCommand({ outputDirectory, files });
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  return { status, stdout, stderr };
};

describe('verify command', () => {
  it('agrees when the sums of all output files are the counts of the input', () => {
    const files = [input('a.txt', 'one two\nONE three'), input('b.txt', 'three,three')];
    input('output/1.txt', '1 one\n1 two\n');
    input('output/2.txt', '1 one\n3 three\n');
    expect(verify(files)).toEqual({ status: 0, stdout: 'counts agree: 6 words, 3 distinct\n', stderr: '' });
  });

  it('tells what differs when a file was committed twice', () => {
    const files = [input('a.txt', 'one two')];
    input('output/1.txt', '1 one\n1 two\n');
    input('output/2.txt', '1 one\n');
    const { status, stdout } = verify(files);
    expect(status).toBe(1);
    expect(stdout).toContain('< 1 one\n---\n> 2 one');
  });

  it('tells what differs when there is no output at all', () => {
    const { status, stdout } = verify([input('a.txt', 'one')], join(directory, 'nowhere'));
    expect(status).toBe(1);
    expect(stdout).toContain('< 1 one');
  });

  it('agrees on nothing when there are no words', () => {
    expect(verify([input('a.txt', '1 2 3')])).toMatchObject({
      status: 0,
      stdout: 'counts agree: 0 words, 0 distinct\n',
    });
  });

  it('does not join words of two files, and takes only ASCII letters for letters', () => {
    const files = [input('a.txt', 'half'), input('b.txt', "life naïve it's x1y 漢")];
    input('output/1.txt', '1 half\n1 it\n1 life\n1 na\n1 s\n1 ve\n1 x\n1 y\n');
    expect(verify(files)).toMatchObject({ status: 0, stdout: 'counts agree: 8 words, 8 distinct\n' });
  });

  it('reads files whose names are odd', () => {
    const names = [
      '-',
      '-n',
      "it's",
      '$HOME',
      'a b',
      'back\\slash',
      'new\nline',
      '`date`',
      '*',
      'deep/er/ü.txt',
    ];
    const files = names.map((name) => input(name, 'word '));
    input('output/1.txt', `${names.length} word\n`);
    expect(verify(files)).toMatchObject({ status: 0, stderr: '' });
  });

  it('reads a thousand files', () => {
    const files = Array.from({ length: 1_000 }, (_, n) =>
      input(`in/some-longer-name-of-a-file-${n}.txt`, 'word'),
    );
    input('output/1.txt', '1000 word\n');
    expect(verify(files)).toMatchObject({ status: 0, stdout: 'counts agree: 1000 words, 1 distinct\n' });
  });

  it('exits with 2 when a file cannot be read', () => {
    const { status, stderr } = verify([input('a.txt', ''), join(directory, 'missing.txt')]);
    expect(status).toBe(2);
    expect(stderr).toContain('missing.txt');
  });
});
