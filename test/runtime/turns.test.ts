/** Journal first: what is not durable is not shown. */
import { describe, expect, it } from 'vitest';
import { TidemarkError } from '../../src/errors.ts';
import { openMemoryJournal } from '../../src/journal/memory/journal.ts';
import { gatedJournal, journalLike } from '../support/journal-edges.ts';
import { blocksOf, RuntimeJob, typesOf } from '../support/runtime-job.ts';

/** A running job whose journal can be held back. */
const gatedJob = async () => {
  const gate = gatedJournal(openMemoryJournal());
  const job = new RuntimeJob({ journal: gate.journal });
  const coordinator = await job.start();
  await job.clock.runFor(0);
  job.commands.length = 0;
  return { gate, job, coordinator, blocks: blocksOf(coordinator) };
};

describe('turn', () => {
  it('shows nothing before its block is durable: no reply, fact, status, directory or command (C-004)', async () => {
    const { gate, job, coordinator, blocks } = await gatedJob();
    const shown = blocks.length;
    gate.close();
    let replies = 0;
    const finished = coordinator.triggerCheckpoint().finally(() => (replies += 1));
    await job.clock.runFor(1_000);
    expect(gate.waiting).toHaveLength(1);
    expect(blocks).toHaveLength(shown);
    expect(coordinator.statistics.counts.total).toBe(0);
    expect(job.files.files()).toEqual([]);
    expect(coordinator.phaseOf(1 as never)).toBeUndefined();
    await gate.release();
    await job.clock.runFor(1_000);
    expect(typesOf(blocks.slice(shown))).toEqual(['checkpoint.triggered']);
    expect(coordinator.statistics.counts.inProgress).toBe(1);
    // The directory was prepared, and the turn that says so waits in turn: no task has been asked.
    expect([gate.waiting.length, job.commands.length, replies]).toEqual([1, 0, 0]);
    await gate.open();
    await job.settle(finished);
    expect(replies).toBe(1);
    expect(job.triggered(1)).toEqual([0, 1]);
  });

  it('builds the next block while one syncs, and gathers what comes meanwhile (C-001)', async () => {
    const { gate, job, coordinator, blocks } = await gatedJob();
    gate.close();
    const replies: string[] = [];
    const report = (status: 'RUNNING' | 'RESTARTING'): void =>
      void coordinator.jobStatus(status).then((outcome) => replies.push(`${status} ${outcome.type}`));
    for (const status of ['RESTARTING', 'RUNNING', 'RESTARTING', 'RUNNING'] as const) {
      report(status);
      await job.clock.runFor(1);
    }
    expect(gate.waiting).toHaveLength(2);
    await gate.open();
    await job.clock.runFor(1);
    expect(replies).toEqual(['RESTARTING done', 'RUNNING done', 'RESTARTING done', 'RUNNING done']);
    expect(blocks.slice(-3).map((block) => block.map((fact) => fact.type))).toEqual([
      ['job.restarting'],
      ['job.running'],
      ['job.restarting', 'job.running'],
    ]);
  });

  it('that decides nothing replies after the blocks before it', async () => {
    const { gate, job, coordinator } = await gatedJob();
    gate.close();
    const replies: string[] = [];
    void coordinator.jobStatus('RESTARTING').then(({ type }) => replies.push(`restarting ${type}`));
    await job.clock.runFor(1);
    void coordinator.triggerCheckpoint().catch((error: Error) => replies.push(error.message));
    await job.clock.runFor(1);
    expect([gate.waiting.length, replies]).toEqual([1, []]);
    await gate.open();
    await job.clock.runFor(1);
    expect(replies).toEqual(['restarting done', 'The job does not run: nothing can be triggered.']);
  });

  it('is stamped once: all facts of a block have one time', async () => {
    const { job, coordinator, blocks } = await gatedJob();
    await job.settle(coordinator.triggerCheckpoint());
    for (const block of blocks.slice(1)) expect(new Set(block.map((fact) => fact.at)).size).toBe(1);
  });

  it('takes at most the commands it was told to take', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({ blockCommandsMax: 1 });
    const blocks = blocksOf(coordinator);
    const statuses = ['RESTARTING', 'RUNNING', 'RESTARTING'] as const;
    await job.settle(Promise.all(statuses.map((status) => coordinator.jobStatus(status))));
    expect(blocks.slice(1).map((block) => block.length)).toEqual([1, 1, 1]);
  });
});

describe('journal that cannot be written', () => {
  it('ends the coordinator, and everybody who waits is told (C-121)', async () => {
    const full = new TidemarkError('JOURNAL_UNAVAILABLE', 'disk full');
    const memory = openMemoryJournal();
    let isFull = false;
    const journal = journalLike(memory, {
      append: (request) => (isFull ? Promise.reject(full) : memory.append(request)),
    });
    const job = new RuntimeJob({ journal });
    const coordinator = await job.start();
    const blocks = blocksOf(coordinator);
    job.tasks.held.add(3);
    const savepoint = coordinator.triggerSavepoint({ target: 'memory:/backups' });
    savepoint.catch(() => {});
    await job.clock.runFor(10);
    const shown = typesOf(blocks);
    isFull = true;
    await expect(job.settle(coordinator.jobStatus('RESTARTING'))).rejects.toBe(full);
    expect(await coordinator.ended).toEqual({ how: 'stopped', error: full });
    await expect(savepoint).rejects.toBe(full);
    await expect(coordinator.triggerCheckpoint()).rejects.toBe(full);
    expect(typesOf(blocks)).toEqual(shown);
  });

  it('leaves a job that can be resumed', async () => {
    const memory = openMemoryJournal();
    let isFull = false;
    const broken = { type: 'unknown', message: 'EIO' } as const;
    const journal = journalLike(memory, {
      append: async (request) => (isFull ? broken : memory.append(request)),
    });
    const job = new RuntimeJob({ journal });
    const first = await job.start();
    job.tasks.held.add(3);
    first.triggerCheckpoint().catch(() => {});
    await job.clock.runFor(10);
    isFull = true;
    first.jobStatus('RESTARTING').catch(() => {});
    await job.settle(first.ended);
    isFull = false;
    const second = await job.open();
    expect(second.recovery).toMatchObject({
      term: 2,
      resumed: [{ checkpointId: 1, acknowledged: 3, total: 4 }],
    });
    job.tasks.release();
    await job.clock.runUntil(() => second.statistics.counts.completed === 1);
  });
});

describe('closing', () => {
  it('waits for what was decided, confirmed discards included, and is final', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    for (let n = 0; n < 3; n++) await job.settle(coordinator.triggerCheckpoint());
    await job.settle(coordinator.close());
    expect(await coordinator.ended).toEqual({ how: 'closed' });
    expect(coordinator.statistics.discardsOwed).toBe(0);
    await expect(coordinator.triggerCheckpoint()).rejects.toMatchObject({ code: 'COORDINATOR_CLOSED' });
    await coordinator.close();
  });

  it('completes the observables and tells those who wait for a checkpoint', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    job.tasks.held.add(0);
    const waiting = coordinator.triggerCheckpoint();
    const completed: string[] = [];
    coordinator.facts$.subscribe({ complete: () => completed.push('facts$') });
    coordinator.status$.subscribe({ complete: () => completed.push('status$') });
    coordinator.problems$.subscribe({ complete: () => completed.push('problems$') });
    await job.clock.runFor(1);
    await Promise.all([
      expect(waiting).rejects.toMatchObject({ code: 'COORDINATOR_CLOSED' }),
      job.settle(coordinator.close()),
    ]);
    expect(completed).toEqual(['facts$', 'status$', 'problems$']);
  });
});
