import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fact } from '../../src/core/facts/fact.ts';
import { defaultInputFiles } from '../../src/examples/word-count/default-input-files.ts';
import { fileSystemOutput } from '../../src/examples/word-count/filesystem-output.ts';
import { nodeInputFiles, type InputFiles } from '../../src/examples/word-count/input-files.ts';
import { verifyCommand } from '../../src/examples/word-count/verify-command.ts';
import { wordCountGraph } from '../../src/examples/word-count/word-count-graph.ts';
import { WordCountJob } from '../../src/examples/word-count/word-count-job.ts';
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import { fileSystemStorage } from '../../src/storage/filesystem/storage.ts';
import { inProcessTaskGateway } from '../../src/tasks/in-process/gateway.ts';
import { jobId } from './word-count-run.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-word-count-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const startJob = async (input: InputFiles, throttleBytesPerSecond: number) => {
  const clock = systemClock;
  const gateway = inProcessTaskGateway({ clock, jobId });
  const storage = fileSystemStorage({ checkpoints: pathToFileURL(join(directory, 'checkpoints')).href });
  const graph = wordCountGraph({ sources: 2, counters: 3, files: input.files });
  const journal = await openSqliteJournal(join(directory, 'journal.db'));
  const coordinator = await CheckpointCoordinator.open({
    jobId,
    jobGraph: graph,
    tasks: gateway,
    journal,
    storage,
    configuration: { interval: 30 },
  });
  const output = fileSystemOutput(join(directory, 'output'));
  const options = { graph, clock, gateway, storage, coordinator, input, output, throttleBytesPerSecond };
  return { job: new WordCountJob({ ...options, seed: 1 }), coordinator, journal };
};

const isSecondTrigger = (fact: Fact): boolean =>
  fact.type === 'checkpoint.triggered' && fact.checkpointId === 2;

describe('word count of real files in real time', () => {
  it('counts the default files, with a failure on the way, as the printed command does', async () => {
    const files = defaultInputFiles();
    const { job, coordinator, journal } = await startJob(await nodeInputFiles(files), 3_000_000);
    let isDue = false;
    let isFailed = false;
    coordinator.facts$.subscribe((facts) => {
      isDue ||= facts.some(isSecondTrigger);
      isFailed ||= isDue && job.failTask('counter', 1);
    });
    expect(await job.run()).toMatchObject({ status: 'FINISHED' });
    await coordinator.settled();
    await coordinator.close();
    await journal.close();
    expect(isFailed).toBe(true);
    expect(coordinator.statistics).toMatchObject({ jobStatus: 'finished', restarts: 1, discardsOwed: 0 });
    const command = verifyCommand({ outputDirectory: join(directory, 'output'), files });
    const { status, stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    expect(stdout).toMatch(/^counts agree: \d+ words, \d+ distinct\n$/);
    expect(status).toBe(0);
  });
});

describe('input files', () => {
  it('are by default a few megabytes of JavaScript, TypeScript and Markdown', () => {
    const files = defaultInputFiles();
    const totalBytes = files.reduce((total, file) => total + statSync(file).size, 0);
    expect(totalBytes).toBeGreaterThan(2_000_000);
    expect(totalBytes).toBeLessThan(5_000_000);
    expect(new Set(files.map((file) => file.split('.').at(-1)))).toEqual(new Set(['js', 'ts', 'md']));
    expect(files).toEqual(files.toSorted());
  });

  it('are refused by name when one is missing or is a directory, or when there are none', async () => {
    const missing = join(directory, 'missing.txt');
    await expect(nodeInputFiles([missing])).rejects.toMatchObject({
      code: 'INPUT_MISSING',
      detail: { file: missing },
    });
    await expect(nodeInputFiles([directory])).rejects.toThrow(`${directory} is not a file`);
    await expect(nodeInputFiles([])).rejects.toThrow('no input files were given');
  });
});

describe('word count graph', () => {
  const files = [{ name: 'a.txt', sizeBytes: 3 }];

  it('has the same ids whatever its parallelism', () => {
    const ids = (sources: number, counters: number) =>
      wordCountGraph({ sources, counters, files }).vertices.map(({ id, operators }) => [
        id,
        operators[0]?.id,
      ]);
    expect(ids(1, 1)).toEqual(ids(4, 9));
    expect(new Set(ids(1, 1).flat()).size).toBe(6);
  });

  it('has other settings when a file, its size, or the parallelism is another', () => {
    const settings = (sources: number, name: string, sizeBytes: number) =>
      JSON.stringify(wordCountGraph({ sources, counters: 1, files: [{ name, sizeBytes }] }).settings);
    const all = [settings(1, 'a', 1), settings(2, 'a', 1), settings(1, 'b', 1), settings(1, 'a', 2)];
    expect(new Set(all).size).toBe(4);
  });

  it('refuses a parallelism beyond its key groups', () => {
    expect(() => wordCountGraph({ sources: 1, counters: 129, files })).toThrow('max parallelism 128');
  });
});
