import { describe, expect, it } from 'vitest';
import type { CheckpointCompleted, Fact } from '../../src/core/facts/fact.ts';
import { Mortality } from '../../src/simulation/mortal-edges.ts';
import { ACTIONS_MAX, newWorld, runToEnd, startProcess, sumOf, type World } from './word-count-run.ts';

const isCompleted = (fact: Fact): fact is CheckpointCompleted => fact.type === 'checkpoint.completed';

const completedIds = ({ facts }: World): readonly number[] =>
  facts.filter(isCompleted).map(({ checkpointId }) => checkpointId);

const isEndCompleted = (fact: Fact): boolean => isCompleted(fact) && fact.cause === 'endOfData';

const limits = { actionsMax: ACTIONS_MAX };

/** The number of the append that makes the checkpoint at the end of all data complete. */
const endingAppend = async (): Promise<number> => {
  let appends = 0;
  const isLast = (point: string): boolean => {
    if (point === 'durable') appends += 1;
    return false;
  };
  const process = await startProcess(newWorld(), new Mortality({ isLast, onCrash: () => undefined }));
  let ending = 0;
  process.coordinator.facts$.subscribe((facts) => {
    if (facts.some(isEndCompleted)) ending = appends;
  });
  await runToEnd(process);
  return ending;
};

describe('word count job', () => {
  it('counts every word once and commits a file per checkpoint that had something to add', async () => {
    const process = await startProcess(newWorld());
    expect(await runToEnd(process)).toBe('FINISHED');
    const { memory, expected, facts } = process.world;
    expect(sumOf(memory)).toEqual(expected);
    expect(completedIds(process.world).length).toBeGreaterThanOrEqual(5);
    expect(memory.committed.size).toBeGreaterThanOrEqual(5);
    expect(await memory.pending()).toEqual([]);
    expect(process.coordinator.statistics.jobStatus).toBe('finished');
    expect(facts.findLast(isCompleted)).toMatchObject({ cause: 'endOfData' });
    expect(process.job.progress).toMatchObject({ doneBytes: 5_000, totalBytes: 5_000, readBytes: 5_000 });
  });

  it('writes sorted lines of count and word', async () => {
    const process = await startProcess(newWorld({ files: { 'a.txt': 'b a B c b' }, intervalMs: undefined }));
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
    process.begin();
    await clock.runFor(35);
    expect(process.job.failTask('counter', 1)).toBe(true);
    expect(await process.untilEnd()).toBe('FINISHED');
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
    const { clock } = process.world;
    process.begin();
    for (let failure = 0; failure < 2; failure++) {
      await clock.runUntil(() => process.job.failTask('source', 0, `failure ${failure}`), limits);
      await clock.runFor(5);
    }
    expect(await process.untilEnd()).toBe('FAILED');
    expect(process.coordinator.statistics).toMatchObject({ jobStatus: 'failed', restarts: 1 });
  });

  it('goes on after a process was lost, from the journal, the storage and the output', async () => {
    const world = newWorld();
    const first = await startProcess(world);
    first.begin();
    await world.clock.runFor(33);
    first.kill();
    const newest = completedIds(world).at(-1);
    const second = await startProcess(world);
    expect(await runToEnd(second)).toBe('FINISHED');
    expect(newest).toEqual(expect.any(Number));
    expect(second.events[0]).toEqual({ type: 'restored', attempt: 2, checkpointId: newest });
    expect(sumOf(world.memory)).toEqual(world.expected);
  });

  it('ends as cancelled or suspended when it is told to', async () => {
    for (const [stop, status, reported] of [
      ['cancel', 'CANCELLED', 'cancelled'],
      ['suspend', 'SUSPENDED', 'suspended'],
    ] as const) {
      const process = await startProcess(newWorld());
      process.begin();
      await process.world.clock.runFor(20);
      process.job[stop]();
      expect(await process.untilEnd()).toBe(status);
      expect(process.coordinator.statistics.jobStatus).toBe(reported);
    }
  });

  it('stops all tasks and commits nothing more when it is halted', async () => {
    const process = await startProcess(newWorld());
    const { clock, memory } = process.world;
    process.begin();
    await clock.runFor(20);
    process.job.halt(new Error('fenced'));
    const committed = memory.committed.size;
    await clock.runFor(100);
    expect(process.end).toBe('Error: fenced');
    expect(memory.committed.size).toBe(committed);
  });

  it('takes a savepoint before it is finished', async () => {
    const process = await startProcess(newWorld({ savepointAtEnd: 'memory:/savepoints' }));
    expect(await runToEnd(process)).toBe('FINISHED');
    const completed = process.world.facts.filter(isCompleted).slice(-2);
    expect(completed.map(({ kind, cause }) => [kind, cause])).toEqual([
      ['checkpoint', 'endOfData'],
      ['savepoint', 'manual'],
    ]);
  });

  it('keeps the checkpoint in flight when only the coordinator dies', async () => {
    const process = await startProcess(newWorld());
    const { clock, memory, expected } = process.world;
    const newest = () => process.coordinator.statistics.history.at(-1);
    process.begin();
    await clock.runUntil(() => newest()?.checkpointId === 2 && newest()!.acknowledged > 1, limits);
    const { acknowledged, tasks: total } = newest()!;
    process.crashCoordinator();
    await clock.runFor(1);
    await process.replaceCoordinator();
    expect(process.coordinator.recovery.resumed).toEqual([{ checkpointId: 2, acknowledged, total }]);
    expect(await process.untilEnd()).toBe('FINISHED');
    expect(sumOf(memory)).toEqual(expected);
    expect(process.events.filter((event) => event.type === 'restored')).toHaveLength(1);
    const ids = completedIds(process.world);
    expect(ids).toEqual(Array.from(ids, (_, n) => n + 1));
    expect(process.world.facts.filter((fact) => fact.type === 'checkpoint.aborted')).toEqual([]);
  });

  it('finishes although nobody shows that the last checkpoint has completed', async () => {
    const ending = await endingAppend();
    let appends = 0;
    const life = new Mortality({
      isLast: (point) => point === 'durable' && ++appends === ending,
      onCrash: () => process.crashCoordinator(),
    });
    const process = await startProcess(newWorld(), life);
    const { clock, facts, memory, expected } = process.world;
    process.begin();
    await clock.runUntil(() => life.isDead, limits);
    await clock.runFor(100);
    expect(process.end).toBeUndefined();
    await process.replaceCoordinator();
    expect(process.coordinator.recovery.endOfData).toEqual(expect.any(Number));
    expect(await process.untilEnd()).toBe('FINISHED');
    expect(facts.some(isEndCompleted)).toBe(false);
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
    expect(process.world.facts.filter((fact) => fact.type === 'checkpoint.aborted')).toHaveLength(2);
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
});
