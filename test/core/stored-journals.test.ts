/** Journals of earlier runs, also of older versions, fold to the state they folded to when they were written. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkConfiguration } from '../../src/core/configuration.ts';
import { fold } from '../../src/core/evolve.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import { initialState, type JobState } from '../../src/core/job-state.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { openSqliteJournalInThread } from '../../src/journal/sqlite/journal.ts';
import { factsOf, recoverJob, streamOf } from '../../src/runtime/recover.ts';
import { HISTORY_SIZE } from '../../src/stats/history.ts';
import { coreGraph, coreJobId } from '../support/core-run.ts';
import { describeState } from '../support/describe-state.ts';
import { storedRuns, type StoredRun } from '../support/stored-runs.ts';

const fixtures = join(import.meta.dirname, '../fixtures/journals');
const isUpdating = process.env['UPDATE_JOURNALS'] === '1';
const stream = streamOf(coreJobId);
const job = { jobId: coreJobId, graph: coreGraph, configuration: checkConfiguration({}) };

/** A copy of the fixture, so that nothing is left beside it. */
const copied = (name: string): Journal => {
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-stored-'));
  const path = join(directory, 'journal.db');
  copyFileSync(join(fixtures, `${name}.db`), path);
  const journal = openSqliteJournalInThread(path);
  onTestFinished(async () => {
    await journal.close();
    rmSync(directory, { recursive: true });
  });
  return journal;
};

const write = async ({ name, run }: StoredRun): Promise<void> => {
  if (run === undefined) return;
  const path = join(fixtures, `${name}.db`);
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  const journal = openSqliteJournalInThread(path);
  await run(journal);
  const { state } = await recoverJob(journal, job);
  await journal.close();
  writeFileSync(join(fixtures, `${name}.json`), `${JSON.stringify(describeState(state), null, 2)}\n`);
};

const expectedOf = (name: string): unknown =>
  JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8'));

/** Without properties that were not known when the fixture was written; entries of tables (ids, keys) all stay. */
const asKnown = (actual: unknown, expected: unknown): unknown => {
  if (Array.isArray(actual) && Array.isArray(expected))
    return actual.map((each, i) => asKnown(each, expected[i]));
  if (!isRecord(actual) || !isRecord(expected)) return actual;
  const isNewProperty = (key: string): boolean => !(key in expected) && /^[a-z]+$/i.test(key);
  const entries = Object.entries(actual).filter(([key]) => !isNewProperty(key));
  return Object.fromEntries(entries.map(([key, value]) => [key, asKnown(value, expected[key])]));
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const expectStored = (name: string, state: JobState): void => {
  const expected = expectedOf(name);
  expect(asKnown(describeState(state), expected)).toEqual(expected);
};

describe.each(storedRuns)('stored journal of the run with $name', (stored) => {
  const { name } = stored;

  it('folds to the same state from its snapshot (T-151)', async () => {
    if (isUpdating) await write(stored);
    const recovered = await recoverJob(copied(name), job);
    expect(recovered.snapshotRevision).toBeGreaterThan(0);
    expectStored(name, recovered.state);
  });

  it('folds to the same state from its first block', async () => {
    const journal = copied(name);
    const blocks = await journal.read(stream, 1, { withBulk: true });
    const start = initialState(coreJobId, coreGraph, job.configuration);
    const state = blocks.reduce((before, block) => fold(before, factsOf(stream, block)), start);
    expect(blocks[0]?.revision).toBe(1);
    expectStored(name, state);
  });

  it('has statistics, although its snapshot holds none (C-310)', async () => {
    const journal = copied(name);
    const { statistics } = await recoverJob(journal, job);
    const { counts, history } = statistics.statistics;
    const blocks = await journal.read(stream, 1);
    const facts = blocks.flatMap((block) => factsOf(stream, block));
    const countOf = (type: Fact['type']): number => facts.filter((fact) => fact.type === type).length;
    expect(counts).toMatchObject({
      total: countOf('checkpoint.triggered'),
      completed: countOf('checkpoint.completed'),
      failed: countOf('checkpoint.aborted'),
    });
    expect(history).toHaveLength(Math.min(HISTORY_SIZE, counts.total));
  });

  it('holds what it is kept for (C-270)', async () => {
    const blocks = await copied(name).read(stream, 1, { withBulk: true });
    const types = new Set(blocks.flatMap((block) => factsOf(stream, block)).map((fact) => fact.type));
    const wanted = {
      crash: ['tasks.lost', 'checkpoint.subsumed'],
      abort: ['checkpoint.aborted', 'task.failed'],
      overlap: ['request.queued', 'checkpoint.subsumed'],
    }[name];
    for (const type of wanted ?? []) expect(types).toContain(type);
    expect(blocks.some((block) => block.detail === undefined)).toBe(true);
  });
});
