import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decodeFacts } from '../../src/core/facts/codec.ts';
import { openMemoryJournal } from '../../src/journal/memory/journal.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { openSqliteJournalInThread } from '../../src/journal/sqlite/journal.ts';
import { FORGET_EVERY_CHECKPOINTS } from '../../src/runtime/journal-keeper.ts';
import { streamOf } from '../../src/runtime/recover.ts';
import { coreJobId } from '../support/core-run.ts';
import { journalLike } from '../support/journal-edges.ts';
import { RuntimeJob } from '../support/runtime-job.ts';

const stream = streamOf(coreJobId);

/** Revisions that still have bulk, and bytes of it. */
const bulkOf = async (journal: Journal): Promise<{ readonly revisions: number; readonly bytes: number }> => {
  const blocks = await journal.read(stream, 1, { withBulk: true });
  const bulky = blocks.filter((block) => block.bulk !== undefined);
  return { revisions: bulky.length, bytes: bulky.reduce((sum, block) => sum + (block.bulk?.length ?? 0), 0) };
};

/** 4 KB of state in every slice, so that what is kept too long is seen in the size of the file. */
const bigState = (): RuntimeJob['tasks']['stream'] => {
  const data = new Uint8Array(4_096).fill(7);
  return (spec) => ({ kind: 'byteStream', name: `${spec.checkpointId}-${spec.slot}`, data });
};

/** The log is folded into the file at 500 pages of 8 KiB; a transaction that begins below ends above. */
const LOG_BYTES_MAX = 500 * 8_192 * 1.1;

const retention = { factsMs: 60_000, snapshotBlocks: 64, detailCheckpoints: 5 };

describe('journal after 300 checkpoints', () => {
  it('holds bulk of unfinished ones only, and its file no longer grows', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tidemark-keeper-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'journal.db');
    const journal = openSqliteJournalInThread(path, { synchronous: 'OFF' });
    onTestFinished(() => journal.close());
    const sizeBytes = (): number => statSync(path).size;
    const job = new RuntimeJob({ journal });
    job.tasks.stream = bigState();
    const configuration = { interval: '1 s' };
    const coordinator = await job.start({ configuration, journalRetention: retention });
    await job.clock.runUntil(() => coordinator.statistics.counts.completed === 150);
    const sizeAt150 = sizeBytes();
    await job.clock.runUntil(() => coordinator.statistics.counts.completed === 300);
    expect(sizeBytes()).toBeLessThanOrEqual(sizeAt150);
    expect(statSync(`${path}-wal`).size).toBeLessThan(LOG_BYTES_MAX);
    expect((await bulkOf(journal)).revisions).toBeLessThanOrEqual(FORGET_EVERY_CHECKPOINTS);

    // One in flight, everything else forgotten.
    job.tasks.held.add(3);
    await job.clock.runUntil(() => coordinator.statistics.counts.inProgress === 1);
    await job.clock.runFor(100);
    await job.settle(coordinator.close());
    const [oldest, ...blocks] = await journal.read(stream, 1, { withBulk: true });
    expect(oldest?.revision).toBeGreaterThan(800);
    const bulky = [oldest, ...blocks].flatMap((block) => (block?.bulk === undefined ? [] : [block]));
    const ids = bulky.flatMap(({ facts, detail, bulk }) =>
      decodeFacts({ where: 'here', facts, detail, bulk }).flatMap((fact) =>
        fact.type === 'tasks.acknowledged' ? [fact.checkpointId] : [],
      ),
    );
    expect([...new Set(ids)]).toEqual([301]);

    // What is left is enough to go on.
    const next = await job.open({ journalRetention: retention });
    expect(next.recovery.resumed).toEqual([{ checkpointId: 301, acknowledged: 3, total: 4 }]);
    job.tasks.release();
    await job.clock.runUntil(() => next.statistics.latestCompleted?.checkpointId === 301);
  });
});

describe('journal keeper', () => {
  it('forgets what the coordinator before had no time to forget', async () => {
    const job = new RuntimeJob();
    const first = await job.start();
    for (let n = 0; n < 3; n++) await job.settle(first.triggerCheckpoint());
    first.abandon();
    expect((await bulkOf(job.journal)).revisions).toBeGreaterThanOrEqual(3);
    const second = await job.open();
    await job.settle(second.close());
    expect(await bulkOf(job.journal)).toEqual({ revisions: 0, bytes: 0 });
  });

  it('takes a snapshot after so many blocks, and recovery starts there', async () => {
    const job = new RuntimeJob();
    const first = await job.start({ journalRetention: { snapshotBlocks: 10 } });
    for (let n = 0; n < 10; n++) await job.settle(first.triggerCheckpoint());
    await job.settle(first.close());
    const snapshot = await job.journal.readSnapshot(stream);
    const { revision } = await job.journal.head(stream);
    expect(snapshot?.revision).toBeGreaterThan(revision - 10);
    await job.journal.trim(stream, { through: snapshot?.revision ?? 0 });
    const second = await job.open();
    expect(await job.settle(second.triggerCheckpoint())).toMatchObject({ checkpointId: 11 });
  });

  it('keeps at most so many blocks when it is told to', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({ journalRetention: { snapshotBlocks: 10, blocksMax: 20 } });
    for (let n = 0; n < 30; n++) await job.settle(coordinator.triggerCheckpoint());
    await job.settle(coordinator.close());
    expect((await job.journal.read(stream, 1)).length).toBeLessThan(40);
  });

  it('keeps detail of the last checkpoints, and facts of all that are young', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({ journalRetention: { detailCheckpoints: 3 } });
    for (let n = 0; n < 20; n++) await job.settle(coordinator.triggerCheckpoint());
    await job.settle(coordinator.close());
    const blocks = await job.journal.read(stream, 1);
    expect(blocks[0]?.revision).toBe(1);
    expect(blocks.filter((block) => block.detail !== undefined)).toHaveLength(3);
  });

  it('that fails is a problem somebody may look at, and nothing else', async () => {
    const memory = openMemoryJournal();
    const journal = journalLike(memory, { trim: () => Promise.reject(new Error('no room')) });
    const job = new RuntimeJob({ journal });
    const coordinator = await job.start();
    const problems: string[] = [];
    coordinator.problems$.subscribe(({ what, message }) => problems.push(`${what}: ${message}`));
    for (let n = 0; n <= FORGET_EVERY_CHECKPOINTS; n++) await job.settle(coordinator.triggerCheckpoint());
    expect(problems).toEqual(['housekeeping: Error: no room']);
    expect(await job.settle(coordinator.triggerCheckpoint())).toMatchObject({ checkpointId: 10 });
  });
});
