import { cpuUsage } from 'node:process';
import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { newWorld, runToEnd, startProcess, sumOf, type Process } from './word-count-run.ts';

const completedIds = ({ world }: Process): readonly number[] =>
  world.record.facts.flatMap((fact) =>
    fact.type === 'checkpoint.completed' ? [(fact as unknown as { checkpointId: number }).checkpointId] : [],
  );

/** Far above what any run here takes. */
const limits = { actionsMax: 20_000 };

/** Starts the job without waiting for it. */
const begin = (process: Process) => {
  const state: { end: string | undefined } = { end: undefined };
  process.job.run().then(
    ({ status }) => (state.end = status),
    (error: unknown) => (state.end = String(error)),
  );
  return state;
};

describe('word count job', () => {
  it('counts every word once and commits a file per checkpoint that had something to add', async () => {
    const process = await startProcess(newWorld());
    expect(await runToEnd(process)).toBe('FINISHED');
    const { memory, expected, record } = process.world;
    expect(sumOf(memory)).toEqual(expected);
    expect(completedIds(process).length).toBeGreaterThanOrEqual(5);
    expect(memory.committed.size).toBeGreaterThanOrEqual(5);
    expect(await memory.pending()).toEqual([]);
    expect(record.status).toBe('FINISHED');
    expect(record.facts.at(-1)).toMatchObject({ type: 'checkpoint.completed', cause: 'endOfData' });
    expect(process.job.progress).toMatchObject({ doneBytes: 5_000, totalBytes: 5_000, readBytes: 5_000 });
  });

  it('writes sorted lines of count and word', async () => {
    const process = await startProcess(newWorld({ files: { 'a.txt': 'b a B c b' }, intervalMs: 0 }));
    await runToEnd(process);
    expect([...process.world.memory.committed.values()]).toEqual([['1 a', '1 c', '3 b']]);
  });

  it('finishes with nothing committed when there are no words', async () => {
    const process = await startProcess(newWorld({ files: { 'a.txt': '' } }));
    expect(await runToEnd(process)).toBe('FINISHED');
    expect(process.world.memory.committed.size).toBe(0);
  });

  it('restarts from the newest checkpoint when a task fails', async () => {
    const process = await startProcess(newWorld());
    const { clock, memory, expected } = process.world;
    const state = begin(process);
    await clock.runFor(35);
    expect(process.job.failTask('counter', 1)).toBe(true);
    await clock.runUntil(() => state.end !== undefined, limits);
    expect(state.end).toBe('FINISHED');
    expect(sumOf(memory)).toEqual(expected);
    const restored = process.events.filter((event) => event.type === 'restored');
    expect(restored).toEqual([
      { type: 'restored', attempt: 1, checkpointId: undefined },
      { type: 'restored', attempt: 2, checkpointId: expect.any(Number) as number },
    ]);
    expect(process.events).toContainEqual({
      type: 'taskFailed',
      vertex: 'counter',
      subtask: 1,
      message: 'failed on request',
    });
  });

  it('fails after as many task failures as it is allowed, and one', async () => {
    const process = await startProcess(newWorld({ restarts: 1 }));
    const { clock, record } = process.world;
    const state = begin(process);
    for (let failure = 0; failure < 2; failure++) {
      await clock.runUntil(() => process.job.failTask('source', 0, `failure ${failure}`), limits);
      await clock.runFor(5);
    }
    await clock.runUntil(() => state.end !== undefined, limits);
    expect(state.end).toBe('FAILED');
    expect(record).toMatchObject({ status: 'FAILED', restarts: 1 });
  });

  it('goes on after a process was lost, from the record, the storage and the output', async () => {
    const world = newWorld();
    const first = await startProcess(world);
    begin(first);
    await world.clock.runFor(33);
    first.job.halt(new Error('killed'));
    first.coordinator.abandon();
    const second = await startProcess(world);
    expect(await runToEnd(second)).toBe('FINISHED');
    expect(sumOf(world.memory)).toEqual(world.expected);
  });

  it('ends as cancelled or suspended when it is told to', async () => {
    for (const [stop, status] of [
      ['cancel', 'CANCELLED'],
      ['suspend', 'SUSPENDED'],
    ] as const) {
      const process = await startProcess(newWorld());
      const state = begin(process);
      await process.world.clock.runFor(20);
      process.job[stop]();
      await process.world.clock.runUntil(() => state.end !== undefined, limits);
      expect(state.end).toBe(status);
      expect(process.world.record.status).toBe(status);
    }
  });

  it('stops all tasks and commits nothing more when it is halted', async () => {
    const process = await startProcess(newWorld());
    const { clock, memory } = process.world;
    const state = begin(process);
    await clock.runFor(20);
    process.job.halt(new Error('fenced'));
    const committed = memory.committed.size;
    await clock.runFor(100);
    expect(state.end).toBe('Error: fenced');
    expect(memory.committed.size).toBe(committed);
  });

  it('takes a savepoint before it is finished', async () => {
    const process = await startProcess(newWorld({ savepointAtEnd: 'memory:/savepoints' }));
    expect(await runToEnd(process)).toBe('FINISHED');
    const last = process.world.record.facts
      .slice(-2)
      .map((fact) => (fact as unknown as { cause: string }).cause);
    expect(last).toEqual(['endOfData', 'manual']);
  });

  it('keeps the checkpoint in flight when only the coordinator dies', async () => {
    const process = await startProcess(newWorld());
    const { clock, record, memory, expected } = process.world;
    const state = begin(process);
    await clock.runUntil(() => record.lastId === 2 && (record.inFlight?.slices.size ?? 0) > 1, limits);
    const recorded = new Set(record.inFlight?.slices.keys());
    process.coordinator.abandon();
    await clock.runFor(1);
    process.job.replaceCoordinator(await process.openCoordinator(record));
    await clock.runUntil(() => record.completed?.id === 2, limits);
    expect(recorded.size).toBeGreaterThan(1);
    await clock.runUntil(() => state.end !== undefined, limits);
    expect(sumOf(memory)).toEqual(expected);
    expect(process.events.filter((event) => event.type === 'restored')).toHaveLength(1);
    expect(completedIds(process)).toEqual(Array.from({ length: record.lastId }, (_, n) => n + 1));
  });

  it('finishes although nobody shows that the last checkpoint has completed', async () => {
    const process = await startProcess(newWorld());
    const { clock, record, memory, expected } = process.world;
    const state = begin(process);
    process.job.replaceCoordinator({
      nextAttempt: 2,
      restarts: 0,
      recovery: { endOfData: undefined },
      facts$: NEVER,
      restore: async (attempts) => await process.coordinator.restore(attempts),
      jobStatus: async (status) => await process.coordinator.jobStatus(status),
      triggerSavepoint: async () => undefined,
    });
    await clock.runUntil(() => record.completed?.cause === 'endOfData', limits);
    await clock.runFor(100);
    expect(state.end).toBeUndefined();
    process.coordinator.abandon();
    process.job.replaceCoordinator(await process.openCoordinator(record));
    await clock.runUntil(() => state.end !== undefined, limits);
    expect(state.end).toBe('FINISHED');
    expect(sumOf(memory)).toEqual(expected);
  });

  it('loses nothing when output cannot be prepared for one checkpoint', async () => {
    let failures = 2;
    const process = await startProcess(
      newWorld({
        output: (memory) => ({
          ...memory,
          prepare: async (name, lines) => {
            if (failures-- > 0) throw new Error('disk full');
            await memory.prepare(name, lines);
          },
        }),
      }),
    );
    expect(await runToEnd(process)).toBe('FINISHED');
    expect(sumOf(process.world.memory)).toEqual(process.world.expected);
    expect(process.world.record.facts.filter((fact) => fact.type === 'checkpoint.aborted')).toHaveLength(2);
    expect(process.events.filter((event) => event.type === 'restored')).toHaveLength(1);
  });

  it('fails, and does not go on silently, when committed output is lost', async () => {
    const process = await startProcess(
      newWorld({
        restarts: 0,
        output: (memory) => ({
          ...memory,
          prepare: async () => undefined,
        }),
      }),
    );
    expect(await runToEnd(process)).toBe('FAILED');
    expect(process.events.findLast((event) => event.type === 'taskFailed')?.message).toContain(
      'neither prepared nor committed',
    );
  });

  it('takes at most 15 ms of processor time for a small job in virtual time', async () => {
    const runs = 20;
    const once = async (): Promise<void> => {
      expect(await runToEnd(await startProcess(newWorld()))).toBe('FINISHED');
    };
    for (let warm = 0; warm < 5; warm++) await once();
    const before = cpuUsage();
    for (let run = 0; run < runs; run++) await once();
    const { user, system } = cpuUsage(before);
    expect((user + system) / 1_000 / runs).toBeLessThan(15);
  });
});
