import { describe, expect, it } from 'vitest';
import { FAILURES_UNLIMITED } from '../../src/core/configuration/record.ts';
import { fork, initialState } from '../../src/core/job-state.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/core/facts/snapshot.ts';
import { owedEffects } from '../../src/core/effects.ts';
import type { CheckpointId } from '../../src/state/ids.ts';
import { coreAttempts, coreGraph, coreJobId, id, runningJob, type CoreRun } from '../support/core-run.ts';

const target = { base: 'memory:/backups', name: 'savepoint-00c0ff-1' };
const interval = { interval: '1 min' } as const;

const saved = (run: CoreRun, action: 'NONE' | 'SUSPEND' | 'TERMINATE' = 'NONE'): CheckpointId => {
  const snapshot = { type: 'savepoint', format: 'NATIVE', action } as const;
  const { outcome } = run.tell({ type: 'triggerSavepoint', target, key: undefined, snapshot });
  return outcome.checkpointId!;
};

/** What the tasks were told to take, in the order of the triggers. */
const sent = (run: CoreRun): string[] =>
  run.effects.flatMap((effect) =>
    effect.type === 'triggerTasks' ? [`${effect.checkpointId} ${effect.options.snapshot.type}`] : [],
  );

/** A job that was restored from what stays somebody else's. */
const unclaimed = (): CoreRun => {
  const run = runningJob({ ...interval, retained: 2, maxConcurrent: 3 });
  run.tell({ type: 'restore', attempts: coreAttempts(4, 2), isUnclaimed: true });
  return run;
};

const restart = (run: CoreRun): void => {
  run.status('RESTARTING');
  run.tell({ type: 'restore', attempts: coreAttempts(8, 3) });
  run.status('RUNNING');
};

const asked = (run: CoreRun, isFull?: boolean): CheckpointId => {
  const { outcome } = run.tell({ type: 'triggerCheckpoint', isFull });
  run.locate(outcome.checkpointId!);
  return outcome.checkpointId!;
};

describe('a checkpoint asked for by hand (C-036)', () => {
  it('in full is sent and kept as a full one, under the policy of the job (T-066)', () => {
    const run = runningJob({ ...interval, retention: 'RETAIN_ON_FAILURE' });
    const checkpointId = asked(run, true);
    expect(sent(run)).toEqual(['1 full']);
    expect(run.state.table.checkpoints[checkpointId]).toMatchObject({
      snapshot: { type: 'full' },
      retention: 'RETAIN_ON_FAILURE',
      isForced: false,
      cause: 'manual',
    });
  });

  it('in part is sent as an ordinary one (T-067)', () => {
    const run = runningJob(interval);
    asked(run, false);
    expect(sent(run)).toEqual(['1 checkpoint']);
  });

  it('keeps its type while it waits', () => {
    const run = runningJob(interval);
    asked(run);
    run.tell({ type: 'triggerCheckpoint', isFull: true });
    run.acknowledgeAll(id(1));
    run.recordMetadata(id(1));
    run.locate(id(2));
    expect(sent(run)).toEqual(['1 checkpoint', '2 full']);
  });
});

describe('after a restore from what is not the job’s own (C-037)', () => {
  it('checkpoints are sent in full until one is stored, and keep the type that was asked for (T-065, T-069)', () => {
    const run = unclaimed();
    const [first, second] = [asked(run, false), asked(run)];
    expect(run.state.table.checkpoints[first]?.snapshot).toEqual({ type: 'checkpoint' });
    run.acknowledgeAll(first);
    run.recordMetadata(first);
    asked(run);
    expect(sent(run)).toEqual(['1 full', '2 full', '3 checkpoint']);
    // Sent again after a crash, the second one is what it was.
    expect(owedEffects(run.state)).toMatchObject([
      { checkpointId: second, options: { snapshot: { type: 'full' } } },
      { checkpointId: 3, options: { snapshot: { type: 'checkpoint' } } },
    ]);
  });

  it('savepoints are sent as they are, and change nothing', () => {
    const run = unclaimed();
    const savepoint = saved(run);
    run.locate(savepoint);
    run.acknowledgeAll(savepoint);
    run.recordMetadata(savepoint);
    asked(run);
    expect(sent(run)).toEqual(['1 savepoint', '2 full']);
  });

  it('that stays so after a failed checkpoint, a restart and a change of coordinators (T-070)', () => {
    const run = unclaimed();
    run.tell({ type: 'expire', checkpointId: asked(run) });
    restart(run);
    const { table } = run.state;
    const job = { jobId: coreJobId, graph: coreGraph, configuration: table.configuration };
    run.state = decodeSnapshot(encodeSnapshot(fork(run.state), new Map()), 'here', job).rebuild(() => []);
    run.tell({ type: 'takeOver', term: 2, configuration: table.configuration, isNew: false });
    asked(run);
    expect(sent(run)).toEqual(['1 full', '2 full']);
  });

  it('that is over once a checkpoint of the job’s own is restored', () => {
    const run = unclaimed();
    const own = asked(run);
    run.acknowledgeAll(own);
    run.recordMetadata(own);
    restart(run);
    asked(run);
    expect(sent(run)).toEqual(['1 full', '2 checkpoint']);
  });
});

describe('a savepoint that ends the job (C-034, C-110)', () => {
  it('ends older checkpoints and is told to the tasks, but is not stored', () => {
    const run = runningJob({ ...interval, maxConcurrent: 2 });
    const older = asked(run);
    const savepoint = saved(run, 'SUSPEND');
    run.locate(savepoint);
    run.acknowledgeAll(savepoint);
    run.at = 5_000;
    const { facts, effects } = run.recordMetadata(savepoint);
    expect(facts.map(({ type }) => type)).toEqual([
      'metadata.written',
      'checkpoint.completed',
      'checkpoint.aborted',
      'discard.planned',
    ]);
    expect(effects).toMatchObject([
      { type: 'notifyCompleted', checkpointId: savepoint, timestamp: 1_000, lastSubsumedId: undefined },
      { type: 'notifyAborted', checkpointId: older, timestamp: 1_000 },
      { type: 'discard' },
    ]);
    expect(run.state.table).toMatchObject({
      completed: [],
      latestCompletedId: 0,
      latestCommittedId: savepoint,
    });
  });

  it.each([
    ['SUSPEND', false],
    ['TERMINATE', true],
  ] as const)('with %s tells tasks to hold still, and to drain: %s', (action, drain) => {
    const run = runningJob(interval);
    run.locate(saved(run, action));
    expect(run.effects[0]).toMatchObject({
      options: { alignment: 'ALIGNED', isSynchronous: true, drain, snapshot: { action, format: 'NATIVE' } },
    });
  });

  it('fails the job when a task refuses it, whatever is tolerated (C-153)', () => {
    const run = runningJob({ ...interval, tolerableFailed: FAILURES_UNLIMITED });
    const savepoint = saved(run, 'TERMINATE');
    run.locate(savepoint);
    const decline = { type: 'decline', checkpointId: savepoint, slot: 1, attempt: 1, message: 'no' } as const;
    const { facts } = run.tell({ ...decline, reason: 'CHECKPOINT_ASYNC_EXCEPTION' });
    expect(facts.at(-1)).toMatchObject({ type: 'job.failureRequired', checkpointId: savepoint });
  });
});

describe('the notice of a completion (C-111)', () => {
  it('names the newest checkpoint that went with it, and none when none went', () => {
    const run = runningJob({ retained: 2 });
    for (let n = 0; n < 4; n++) run.complete();
    const told = run.effects.flatMap((effect) =>
      effect.type === 'notifyCompleted' ? [effect.lastSubsumedId] : [],
    );
    expect(told).toEqual([undefined, undefined, 1, 2]);
  });
});

describe('a savepoint of a job with a blocking output (C-072)', () => {
  it('is refused at once, also before the job runs', () => {
    const [source, sink] = coreGraph.vertices.map((vertex) => vertex.id);
    const edges = [{ source: source!, target: sink!, isBlocking: true }];
    for (const run of [runningJob(), runningJob()]) {
      run.state = {
        ...initialState(coreJobId, { ...coreGraph, edges }, run.state.table.configuration),
        ledgers: run.state.ledgers,
      };
      const { facts, outcome } = run.tell({ type: 'triggerSavepoint', target, key: undefined });
      expect([facts, outcome]).toEqual([[], { type: 'blockingOutput' }]);
    }
  });
});
