import { describe, expect, it } from 'vitest';
import type { JobStatus } from '../../src/core/commands.ts';
import { isTerminated } from '../../src/core/job-state.ts';
import { retentionPolicies, type RetentionPolicy, type TerminalStatus } from '../../src/retention/policy.ts';
import { CoreRun, runningJob } from '../support/core-run.ts';

const ends: readonly TerminalStatus[] = ['FINISHED', 'FAILED', 'CANCELLED', 'SUSPENDED'];

/** What a checkpoint's own policy keeps, read off the matrix of the specification (section 5.4). */
const keptBy: Readonly<Record<RetentionPolicy, readonly TerminalStatus[]>> = {
  NEVER_RETAIN_AFTER_TERMINATION: ['SUSPENDED'],
  RETAIN_ON_FAILURE: ['FAILED', 'SUSPENDED'],
  RETAIN_ON_CANCELLATION: ['FAILED', 'CANCELLED', 'SUSPENDED'],
};

const matrix = retentionPolicies.flatMap((policy) =>
  ends.map((status) => ({ policy, status, fate: keptBy[policy].includes(status) ? 'keeps' : 'discards' })),
);

describe('end of the job', () => {
  it.each(matrix)(
    '$status under $policy $fate checkpoints (C-141, C-144 to C-146, T-147, T-148, T-156)',
    (row) => {
      const { policy, status, fate } = row;
      const run = runningJob({ retention: policy, retained: 2 });
      run.complete();
      run.complete();
      run.at = 5_000;
      const { facts, outcome } = run.status(status, 'because');
      const clause = `${policy} on ${status}`;
      const fates = [1, 2].map((checkpointId) => ({ checkpointId, clause }));
      expect(outcome).toEqual({ type: 'done' });
      expect(facts[0]).toEqual({
        type: `job.${status.toLowerCase()}`,
        at: 5_000,
        message: 'because',
        kept: fate === 'keeps' ? fates : [],
      });
      const planned = facts.slice(1).map((fact) => (fact.type === 'discard.planned' ? fact : undefined));
      expect(planned.map((fact) => fact?.checkpointId)).toEqual(fate === 'keeps' ? [] : [1, 2]);
      expect(planned.every((fact) => fact?.cause === 'terminated' && fact.clause === clause)).toBe(true);
      expect(run.state.table.completed).toHaveLength(fate === 'keeps' ? 2 : 0);
    },
  );

  it('decides each checkpoint by the policy it was made under (C-113, C-285, T-138)', () => {
    const run = runningJob({ retention: 'RETAIN_ON_CANCELLATION', retained: 3 });
    run.complete();
    const inFlight = run.trigger();
    const configuration = {
      ...run.state.table.configuration,
      retention: 'NEVER_RETAIN_AFTER_TERMINATION',
    } as const;
    run.tell({ type: 'takeOver', term: 2, configuration, isNew: false });
    run.complete(inFlight);
    run.complete();
    run.status('CANCELLED');
    expect(run.state.table.completed.map((completed) => completed.checkpointId)).toEqual([1, 2]);
  });

  it('gives up what is in flight and what waits, suspended or not (C-046, C-139, T-064, T-336)', () => {
    for (const status of ends) {
      const run = runningJob();
      run.trigger();
      run.tell({ type: 'triggerCheckpoint' });
      const { facts } = run.status(status);
      expect(facts.slice(0, 2), status).toMatchObject([
        { type: 'request.rejected', reason: 'CHECKPOINT_COORDINATOR_SHUTDOWN' },
        { type: 'checkpoint.aborted', reason: 'CHECKPOINT_COORDINATOR_SHUTDOWN' },
      ]);
    }
  });

  it('discards once: the same report again changes nothing', () => {
    for (const status of ends) {
      const run = runningJob();
      run.complete();
      run.status(status);
      const { facts, outcome } = run.status(status);
      expect({ facts, outcome }, status).toEqual({ facts: [], outcome: { type: 'already' } });
    }
  });

  it('for good is the last word; suspended is not (C-140)', () => {
    for (const status of ends) {
      const run = runningJob();
      run.status(status);
      expect(isTerminated(run.state.table), status).toBe(status !== 'SUSPENDED');
      const expected = status === 'SUSPENDED' ? 'done' : 'terminated';
      expect(run.status('RUNNING').outcome.type, status).toBe(expected);
    }
  });

  it('for good refuses another end', () => {
    const run = runningJob();
    run.status('FINISHED');
    const others: JobStatus[] = ['FAILED', 'CANCELLED', 'SUSPENDED', 'RUNNING', 'RESTARTING'];
    expect(others.map((status) => run.status(status).outcome.type)).toEqual(others.map(() => 'terminated'));
  });

  it('of a suspended job decides about what was kept', () => {
    const run = runningJob({ retention: 'RETAIN_ON_FAILURE' });
    run.complete();
    run.status('SUSPENDED');
    expect(run.status('CANCELLED').facts.map((fact) => fact.type)).toEqual([
      'job.cancelled',
      'discard.planned',
    ]);
  });

  it('of a job that never ran keeps and discards nothing', () => {
    const run = new CoreRun();
    expect(run.status('CANCELLED').facts).toMatchObject([{ type: 'job.cancelled', kept: [] }]);
  });
});

describe('restart', () => {
  it('gives up what is in flight and counts as a restart (C-103, T-338)', () => {
    const run = runningJob();
    run.trigger();
    const { facts } = run.status('RESTARTING', 'counter#1 failed');
    expect(facts).toMatchObject([
      { type: 'checkpoint.aborted', reason: 'JOB_FAILOVER_REGION' },
      { type: 'discard.planned' },
      { type: 'job.restarting', cause: 'taskFailure', message: 'counter#1 failed' },
    ]);
    run.status('RESTARTING');
    expect(run.state.table.restarts).toBe(2);
  });

  it('ends with running, which is reported once', () => {
    const run = runningJob();
    run.status('RESTARTING');
    expect([run.status('RUNNING').outcome.type, run.status('RUNNING').outcome.type]).toEqual([
      'done',
      'already',
    ]);
  });
});

describe('discard', () => {
  it('is confirmed once', () => {
    const run = runningJob();
    run.tell({ type: 'expire', checkpointId: run.trigger() });
    const confirm = { type: 'confirmDiscard', discardId: 1 } as const;
    expect(run.tell(confirm)).toMatchObject({
      facts: [{ type: 'discard.confirmed' }],
      outcome: { type: 'confirmed' },
    });
    expect(run.tell(confirm)).toMatchObject({ facts: [], outcome: { type: 'unknownDiscard' } });
    expect(run.state.table.discards).toEqual({});
  });

  it('keeps its number after a new coordinator took over', () => {
    const run = runningJob();
    run.tell({ type: 'expire', checkpointId: run.trigger() });
    run.tell({ type: 'confirmDiscard', discardId: 1 });
    const { configuration } = run.state.table;
    run.tell({ type: 'takeOver', term: 2, configuration, isNew: false });
    const { facts } = run.tell({ type: 'expire', checkpointId: run.trigger() });
    expect(facts[1]).toMatchObject({ discardId: 2 });
  });
});
