import { describe, expect, it } from 'vitest';
import type { Fact } from '../../src/core/facts/fact.ts';
import {
  foldStatistics as fold,
  noStatisticsState,
  type CheckpointStatistics,
} from '../../src/stats/statistics.ts';
import { id, runningJob, type CoreRun } from '../support/core-run.ts';

const foldStatistics = (statistics: CheckpointStatistics, facts: readonly Fact[]): CheckpointStatistics =>
  fold({ ...noStatisticsState, statistics }, facts).statistics;
const { statistics: noStatistics } = noStatisticsState;
const of = (run: CoreRun) => foldStatistics(noStatistics, run.facts);
const target = { base: 'file:/backups', name: 'savepoint-00c0ff-1' };

describe('counts', () => {
  it('of checkpoints in progress, completed, failed and in all (C-221, T-227, T-243)', () => {
    const run = runningJob();
    run.complete();
    run.complete();
    run.tell({ type: 'expire', checkpointId: run.trigger() });
    run.trigger();
    expect(of(run).counts).toEqual({ restored: 0, total: 4, inProgress: 1, completed: 2, failed: 1 });
  });

  it('a restore from a checkpoint, and not one that starts empty (C-165, T-009, T-348)', () => {
    const run = runningJob();
    run.complete();
    run.deploy(4, 2);
    expect(of(run)).toMatchObject({ counts: { restored: 1 }, restoredFrom: 1 });
    expect(of(runningJob()).counts.restored).toBe(0);
  });

  it('take an end without a beginning for both, and never go below zero (C-221, T-242)', () => {
    const run = runningJob();
    run.complete();
    const tail = run.facts.filter((fact) => fact.type !== 'checkpoint.triggered');
    const { counts, history, latestCompleted } = foldStatistics(noStatistics, tail);
    expect({ counts, history, latestCompleted }).toEqual({
      counts: { restored: 0, total: 1, inProgress: 0, completed: 1, failed: 0 },
      history: [],
      latestCompleted: undefined,
    });
  });

  it('are the same however the facts are cut into blocks (C-310)', () => {
    const run = runningJob();
    run.complete();
    run.tell({ type: 'expire', checkpointId: run.trigger() });
    run.status('FAILED', 'gone');
    const one = run.facts.reduce((statistics, fact) => foldStatistics(statistics, [fact]), noStatistics);
    expect(one).toEqual(of(run));
  });
});

describe('statistics that were taken', () => {
  it('stay as they are, for everybody, while nothing happens (C-229, T-228, T-239, T-244)', () => {
    const run = runningJob();
    run.complete();
    const taken = of(run);
    const before = structuredClone(taken);
    const triggered = run.tell({ type: 'triggerCheckpoint' }).facts;
    expect(foldStatistics(taken, triggered)).not.toBe(taken);
    expect(taken).toEqual(before);
    expect(() => Object.assign(taken.counts, { total: 9 })).toThrow(TypeError);
    expect(() => Object.assign(taken.history[0] ?? {}, { tasks: 9 })).toThrow(TypeError);
    const located = run.facts.filter((fact) => fact.type === 'checkpoint.located');
    expect(foldStatistics(taken, located)).toBe(taken);
  });
});

describe('history', () => {
  it('follows a checkpoint from its trigger to its end (C-061, C-231, T-008, T-333)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.pass(400);
    run.acknowledge({ checkpointId, slot: 0 }, { checkpointId, slot: 1 });
    expect(of(run).history).toMatchObject([
      { status: 'IN_PROGRESS', triggeredAt: 1_000, tasks: 4, acknowledged: 2, durationMs: undefined },
    ]);
    run.acknowledgeAll(checkpointId);
    run.pass(100);
    run.recordMetadata(checkpointId);
    expect(of(run).history).toEqual([
      {
        checkpointId: 1,
        kind: 'checkpoint',
        cause: 'manual',
        status: 'COMPLETED',
        triggeredAt: 1_000,
        acknowledgedAt: 1_400,
        endedAt: 1_500,
        durationMs: 500,
        tasks: 4,
        acknowledged: 4,
        stateSizeBytes: 600,
        checkpointedSizeBytes: 600,
        processedBytes: 0,
        persistedBytes: 0,
        isUnaligned: false,
        metadataSizeBytes: 500,
        externalPointer: 'memory:/job/chk-1',
        failureReason: undefined,
        failure: undefined,
        discarded: undefined,
      },
    ]);
    expect(of(run).latestCompleted).toEqual(of(run).history[0]);
  });

  it('says why a checkpoint failed (C-157, C-225, T-337)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.acknowledge({ checkpointId, slot: 0 });
    run.pass(2_000);
    run.tell({ type: 'expire', checkpointId });
    expect(of(run).latestFailed).toMatchObject({
      checkpointId: 1,
      status: 'FAILED',
      durationMs: 2_000,
      acknowledged: 1,
      failureReason: 'CHECKPOINT_EXPIRED',
      failure: expect.stringContaining('Checkpoint expired before completing.'),
    });
  });

  it('says why the files of a checkpoint go, and counts what is still owed (C-135, C-138, C-238, T-162)', () => {
    const run = runningJob();
    run.complete();
    run.complete();
    expect(of(run)).toMatchObject({
      history: [{ discarded: 'subsumed: 1 newer, 1 retained' }, { discarded: undefined }],
      discardsOwed: 1,
    });
    run.tell({ type: 'confirmDiscard', discardId: 1 });
    expect(of(run).discardsOwed).toBe(0);
  });

  it('does not call a checkpoint discarded whose late files go', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.acknowledge({ checkpointId, slot: 0, attempt: 9 });
    expect(of(run)).toMatchObject({ history: [{ discarded: undefined }], discardsOwed: 1 });
  });

  it('tells savepoints from checkpoints', () => {
    const run = runningJob();
    run.complete();
    run.tell({ type: 'triggerSavepoint', target, key: undefined });
    run.complete(id(2));
    expect(of(run)).toMatchObject({
      latestCompleted: { checkpointId: 1 },
      latestSavepoint: { checkpointId: 2, kind: 'savepoint' },
      counts: { completed: 2 },
    });
  });
});

describe('status of the job', () => {
  it('is what was reported last, with its message', () => {
    const run = runningJob();
    expect(of(run)).toMatchObject({ jobStatus: 'running', jobMessage: '', term: 1 });
    run.status('RESTARTING', 'sink#1 failed');
    expect(of(run)).toMatchObject({ jobStatus: 'restarting', jobMessage: 'sink#1 failed', restarts: 1 });
    run.status('RUNNING');
    expect(of(run)).toMatchObject({ jobStatus: 'running', jobMessage: '' });
  });

  it('does not count a lost process as a restart of the job', () => {
    const run = runningJob();
    run.tell({ type: 'attach', living: [] });
    expect(of(run)).toMatchObject({ jobStatus: 'restarting', restarts: 0 });
  });

  it('says at the end what stays and why', () => {
    const run = runningJob({ retention: 'RETAIN_ON_FAILURE' });
    run.complete();
    run.status('FAILED', 'gone');
    expect(of(run)).toMatchObject({
      jobStatus: 'failed',
      jobMessage: 'gone',
      kept: [{ checkpointId: 1, clause: 'RETAIN_ON_FAILURE on FAILED' }],
    });
  });

  it('changes with the reign', () => {
    const run = runningJob();
    run.tell({ type: 'takeOver', term: 7, configuration: run.state.table.configuration, isNew: false });
    expect(of(run).term).toBe(7);
  });
});
