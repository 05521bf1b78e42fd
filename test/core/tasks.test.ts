import { describe, expect, it } from 'vitest';
import type { Fact } from '../../src/core/facts/fact.ts';
import { coreAttempts, id, runningJob, scheduledJob, type CoreRun } from '../support/core-run.ts';

const types = (facts: readonly Fact[]): string[] => facts.map((fact) => fact.type);

const living = (slots: readonly number[], dataEnded: readonly number[] = []) =>
  coreAttempts(0, 1)
    .filter((entry) => slots.includes(entry.slot))
    .map((entry) => ({ ...entry, dataEnded: dataEnded.includes(entry.slot) }));

const endData = (slot: number, attempt = 1) => ({ type: 'endData', slot, attempt }) as const;
const endAttempt = (slot: number, status: 'finished' | 'failed' | 'cancelled' = 'failed', attempt = 1) =>
  ({ type: 'endAttempt', slot, attempt, status, message: 'gone' }) as const;

describe('attach', () => {
  it('of the same attempts decides nothing: what is in flight goes on (C-291)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    const { facts, outcome } = run.tell({ type: 'attach', living: living([0, 1, 2, 3]) });
    expect({ facts, outcome }).toEqual({ facts: [], outcome: { type: 'done' } });
    expect(run.state.table.checkpoints[checkpointId]).toBeDefined();
  });

  it('gives up what lost an attempt, and has the job restart without counting it as a failure', () => {
    const run = runningJob();
    run.trigger();
    const { facts } = run.tell({ type: 'attach', living: living([0, 1, 2]) });
    expect(types(facts)).toEqual(['checkpoint.aborted', 'discard.planned', 'tasks.lost', 'job.restarting']);
    expect(facts[0]).toMatchObject({
      reason: 'TASK_FAILURE',
      message: expect.stringContaining('1 of 4 tasks did not outlive their process.'),
    });
    expect(facts[3]).toMatchObject({ cause: 'processLost' });
    expect(run.state.table).toMatchObject({ jobPhase: 'restarting', restarts: 0 });
    expect(Array.from(run.state.table.roster.slots)).toEqual([0, 1, 2]);
  });

  it('of no attempt loses all of them', () => {
    const run = runningJob();
    run.tell({ type: 'attach', living: [] });
    expect(run.state.table.roster.size).toBe(0);
  });

  it('does not restart a job that is stopped already', () => {
    const run = runningJob();
    run.status('SUSPENDED');
    expect(types(run.tell({ type: 'attach', living: [] }).facts)).toEqual(['tasks.lost']);
  });

  it('takes attempts in that it did not know', () => {
    const run = runningJob();
    run.tell(endAttempt(3));
    const added = { vertex: 1, subtask: 1, slot: 9, attempt: 2, dataEnded: false } as const;
    const all = [...living([0, 1, 2]), added] as ReturnType<typeof living>;
    expect(types(run.tell({ type: 'attach', living: all }).facts)).toEqual(['tasks.deployed']);
    expect(run.state.table).toMatchObject({ nextSlot: 10, nextAttempt: 3 });
  });

  it('hears of data that ended meanwhile, once', () => {
    const run = runningJob();
    run.tell(endData(0));
    const command = { type: 'attach', living: living([0, 1, 2, 3], [0, 1]) } as const;
    expect(run.tell(command).facts).toEqual([{ type: 'task.dataEnded', at: 1_000, slot: 1 }]);
    expect(run.tell(command).facts).toEqual([]);
  });
});

describe('restore', () => {
  it('names the newest completed checkpoint and where it is (C-166, T-132, T-133)', () => {
    const run = runningJob({ retained: 2 });
    run.complete();
    run.complete();
    const { facts, outcome } = run.tell({ type: 'restore', attempts: coreAttempts(4, 2) });
    expect(outcome).toEqual({ type: 'done', checkpointId: 2, externalPointer: 'memory:/job/chk-2' });
    expect(facts.at(-1)).toMatchObject({ type: 'job.restored', checkpointId: 2 });
    expect(run.state.table).toMatchObject({ restoredFrom: 2, nextSlot: 8, nextAttempt: 3 });
  });

  it('without a checkpoint starts empty (T-136, T-181)', () => {
    const run = runningJob();
    expect(run.tell({ type: 'restore', attempts: coreAttempts(4, 2) }).outcome).toEqual({ type: 'done' });
    expect(run.state.table.restoredFrom).toBeUndefined();
  });

  it('gives up what is in flight: it belongs to the attempts before (C-168)', () => {
    const run = runningJob();
    run.trigger();
    const { facts } = run.tell({ type: 'restore', attempts: coreAttempts(4, 2) });
    expect(types(facts)).toEqual(['checkpoint.aborted', 'discard.planned', 'tasks.deployed', 'job.restored']);
    expect(facts[0]).toMatchObject({ reason: 'JOB_FAILOVER_REGION' });
  });

  it('puts new attempts into the places of the old ones (C-169)', () => {
    const run = runningJob();
    run.tell({ type: 'restore', attempts: coreAttempts(4, 2) });
    expect(Array.from(run.state.table.roster.slots)).toEqual([4, 5, 6, 7]);
    expect(run.acknowledge({ checkpointId: run.trigger(), slot: 0 })).toEqual(['unknownAttempt']);
  });

  it('after the end of the job is refused (C-164)', () => {
    const run = runningJob();
    run.status('FAILED');
    expect(run.tell({ type: 'restore', attempts: coreAttempts(4, 2) }).outcome).toEqual({
      type: 'terminated',
    });
  });
});

describe('end of an attempt', () => {
  const reasons = [
    ['finished', 'CHECKPOINT_DECLINED_TASK_CLOSING'],
    ['failed', 'TASK_FAILURE'],
    ['cancelled', 'TASK_FAILURE'],
  ] as const;

  it.each(reasons)('%s gives up what has it in its plan with %s (C-210, T-043)', (status, reason) => {
    const run = runningJob();
    run.trigger();
    const { facts } = run.tell(endAttempt(2, status));
    expect(types(facts)).toEqual(['checkpoint.aborted', 'discard.planned', `task.${status}`]);
    expect(facts[0]).toMatchObject({ reason });
    expect(Array.from(run.state.table.roster.slots)).toEqual([0, 1, 3]);
  });

  it('gives up what it has acknowledged, too, while the file is written', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.acknowledgeAll(checkpointId);
    expect(run.tell(endAttempt(2)).facts[0]).toMatchObject({
      type: 'checkpoint.aborted',
      phase: 'writingMetadata.writing',
    });
  });

  it('that is not known changes nothing', () => {
    const run = runningJob();
    run.tell(endAttempt(2));
    for (const command of [endAttempt(2), endAttempt(1, 'failed', 7), endAttempt(99)]) {
      expect(run.tell(command)).toMatchObject({ facts: [], outcome: { type: 'unknownAttempt' } });
    }
  });
});

describe('end of data', () => {
  const endAll = (run: CoreRun): Fact[] => [0, 1].flatMap((slot) => [...run.tell(endData(slot)).facts]);

  it('of the last source triggers one last checkpoint at once (C-057, T-404)', () => {
    const run = runningJob();
    expect(types(run.tell(endData(0)).facts)).toEqual(['task.dataEnded']);
    const { facts } = run.tell(endData(1));
    expect(types(facts)).toEqual(['task.dataEnded', 'checkpoint.triggered']);
    expect(facts[1]).toMatchObject({ cause: 'endOfData' });
  });

  it('of a task that is no source starts nothing', () => {
    const run = runningJob();
    run.tell(endData(0));
    expect(types(run.tell(endData(3)).facts)).toEqual(['task.dataEnded']);
  });

  it('is said once; of an unknown attempt it changes nothing', () => {
    const run = runningJob();
    run.tell(endData(0));
    expect(run.tell(endData(0)).outcome).toEqual({ type: 'duplicate' });
    expect(run.tell(endData(0, 9)).outcome).toEqual({ type: 'unknownAttempt' });
  });

  it('waits for the checkpoint in flight, and follows it whether it completes or not', () => {
    const completes = runningJob();
    const first = completes.trigger();
    expect(types(endAll(completes))).toEqual(['task.dataEnded', 'task.dataEnded', 'request.queued']);
    completes.locate(first);
    completes.acknowledgeAll(first);
    const { facts } = completes.recordMetadata(first);
    expect(facts.at(-1)).toMatchObject({ type: 'checkpoint.triggered', checkpointId: 2, cause: 'endOfData' });

    const aborts = runningJob();
    aborts.trigger();
    endAll(aborts);
    const expired = aborts.tell({ type: 'expire', checkpointId: id(1) });
    expect(types(expired.facts)).toEqual(['checkpoint.aborted', 'discard.planned', 'checkpoint.triggered']);
  });

  it('keeps no pause (C-057)', () => {
    const run = scheduledJob({ minPause: '1 h' });
    run.complete();
    expect(endAll(run).at(-1)).toMatchObject({ type: 'checkpoint.triggered', cause: 'endOfData' });
  });

  it('is not saved by itself where no checkpoints are wanted after tasks have finished (C-057)', () => {
    const run = scheduledJob({ checkpointsAfterTasksFinish: false });
    expect(types(endAll(run))).toEqual(['task.dataEnded', 'task.dataEnded']);
    expect(run.tell({ type: 'tick' }).facts).toMatchObject([{ cause: 'periodic' }]);
  });

  it('waits for the job to run', () => {
    const run = runningJob();
    run.status('RESTARTING');
    expect(types(endAll(run))).toEqual(['task.dataEnded', 'task.dataEnded']);
    const { facts } = run.status('RUNNING');
    expect(facts).toMatchObject([{ type: 'job.running' }, { cause: 'endOfData' }]);
  });

  it('is saved once: nothing is triggered behind the last checkpoint', () => {
    const run = scheduledJob();
    endAll(run);
    const { facts } = run.tell({
      type: 'locate',
      checkpointId: id(1),
      location: { exclusive: 'x', shared: 'y' },
    });
    expect(types(facts)).toEqual(['checkpoint.located']);
    run.acknowledgeAll(id(1));
    expect(types(run.recordMetadata(id(1)).facts)).toEqual(['metadata.written', 'checkpoint.completed']);
    expect(run.state.table.endCompletedId).toBe(1);
    expect(run.tell({ type: 'tick' }).outcome).toEqual({ type: 'inputEnded' });
  });

  it('lets a last checkpoint that was aborted wait for the next tick, so that a broken storage cannot spin', () => {
    const run = scheduledJob();
    endAll(run);
    expect(types(run.tell({ type: 'failLocation', checkpointId: id(1), message: '' }).facts)).toEqual([
      'checkpoint.aborted',
      'discard.planned',
    ]);
    expect(run.tell({ type: 'tick' }).facts).toMatchObject([{ checkpointId: 2, cause: 'endOfData' }]);
  });

  it('is forgotten when tasks are deployed anew: they read from the newest checkpoint', () => {
    const run = scheduledJob();
    endAll(run);
    run.complete(id(1));
    run.status('RESTARTING');
    run.deploy(4, 2);
    run.status('RUNNING');
    expect(run.state.table).toMatchObject({ endTriggered: false, taskPhases: {} });
    expect(run.tell({ type: 'tick' }).facts).toMatchObject([{ cause: 'periodic' }]);
  });

  it('does not keep a savepoint from being taken', () => {
    const run = runningJob();
    endAll(run);
    run.complete(id(1));
    const target = { base: 'file:/backups', name: 'savepoint-00c0ff-1' };
    expect(run.tell({ type: 'triggerSavepoint', target, key: undefined }).outcome.type).toBe('triggered');
  });
});
