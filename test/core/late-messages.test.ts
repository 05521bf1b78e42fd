/** Messages about checkpoints that nobody waits for, and failures of one beside others in flight. */
import { snapshotOptions } from '../../src/core/snapshot-options.ts';
import { plainSavepoint } from '../../src/core/snapshot-properties.ts';
import { describe, expect, it } from 'vitest';
import { abortFacts, DiscardPlanner } from '../../src/core/decide/decision.ts';
import { fold } from '../../src/core/evolve.ts';
import type { DiscardPlanned, Fact } from '../../src/core/facts/fact.ts';
import { canBeSubsumed, DISPOSED_REMEMBERED_MAX, unfinished } from '../../src/core/job-state.ts';
import { toRuns } from '../../src/core/roster.ts';
import { parseJobId } from '../../src/state/ids.ts';
import {
  acknowledgeCommand,
  coreAttempts,
  coreLocation,
  type CoreRun,
  framesCommand,
  frameOf,
  id,
  metricsCommand,
  runningJob,
  tooLargeFrame,
} from '../support/core-run.ts';

const target = { base: 'file:/backups', name: 'savepoint-00c0ff-1' };

const overlapping = (count: number): CoreRun => {
  const run = runningJob({ maxConcurrent: 5, retained: 1 });
  for (let n = 0; n < count; n++) run.locate(run.trigger());
  return run;
};

const savepoint = (run: CoreRun): number => {
  const { outcome } = run.tell({ type: 'triggerSavepoint', target, key: undefined });
  const location = { exclusive: 'file:/backups/savepoint-00c0ff-1', shared: 'file:/backups' };
  run.tell({ type: 'locate', checkpointId: id(outcome.checkpointId ?? 0), location });
  return outcome.checkpointId ?? 0;
};

const inFlight = (run: CoreRun): number[] =>
  unfinished(run.state.table).map(({ checkpointId }) => checkpointId);

const decline = (checkpointId: number, slot = 2) =>
  ({
    type: 'decline',
    checkpointId: id(checkpointId),
    slot,
    attempt: 1,
    reason: 'CHECKPOINT_ASYNC_EXCEPTION',
    message: 'disk full',
  }) as const;

const discards = (facts: readonly Fact[]): DiscardPlanned[] =>
  facts.filter((fact) => fact.type === 'discard.planned');

describe('a message about a checkpoint that is not in flight (C-089, C-105)', () => {
  /** 1, 4 and 6 complete, 2 a complete savepoint, 3 given up, 5 subsumed in flight, 7 in flight. */
  const history = (): CoreRun => {
    const run = overlapping(0);
    run.complete();
    const saved = savepoint(run);
    run.acknowledgeAll(id(saved));
    run.recordMetadata(id(saved));
    run.tell({ type: 'expire', checkpointId: run.trigger() });
    run.complete();
    run.locate(run.trigger());
    run.complete();
    run.locate(run.trigger());
    return run;
  };

  const expected = [
    [1, 'afterCompletion'],
    [2, 'afterCompletion'],
    [3, 'late'],
    [4, 'afterCompletion'],
    [5, 'late'],
    [6, 'afterCompletion'],
    [7, 'recorded'],
    [8, 'unknownCheckpoint'],
    [0, 'unknownCheckpoint'],
  ] as const;

  it.each(expected)('numbered %i is %s, as an acknowledgement', (checkpointId, outcome) => {
    expect(history().acknowledge({ checkpointId, slot: 0 })).toEqual([outcome]);
  });

  it.each(expected.filter(([, outcome]) => outcome !== 'recorded'))(
    'numbered %i is %s, as a decline, an expiry, a report and an answer of the storage',
    (checkpointId, outcome) => {
      const of = { checkpointId: checkpointId as ReturnType<typeof id> };
      const commands = [
        { ...decline(1), ...of },
        { type: 'expire', ...of },
        { type: 'failMetadata', ...of, message: '' },
        metricsCommand(checkpointId, 0),
      ] as const;
      expect(commands.map((command) => history().tell(command).outcome.type)).toEqual(
        commands.map(() => outcome),
      );
    },
  );

  it('is told apart after the journal was read back and long after it was forgotten (C-090)', () => {
    const run = history();
    for (let n = 0; n <= DISPOSED_REMEMBERED_MAX; n++)
      run.tell({ type: 'expire', checkpointId: run.trigger() });
    expect(run.state.table.disposed.some(({ checkpointId }) => checkpointId === 3)).toBe(false);
    const specs = [1, 2, 3, 4, 5].map((checkpointId) => ({ checkpointId, slot: 0 }));
    expect(run.acknowledge(...specs)).toEqual([
      'afterCompletion',
      'afterCompletion',
      'late',
      'afterCompletion',
      'late',
    ]);
  });

  it('has its state discarded when the checkpoint is forgotten or never was, beside that of others (T-041)', () => {
    const run = history();
    for (let n = 0; n <= DISPOSED_REMEMBERED_MAX; n++)
      run.tell({ type: 'expire', checkpointId: run.trigger() });
    const specs = [3, 2_000].map((checkpointId) => ({ checkpointId, slot: 0 }));
    expect(discards(run.tell(acknowledgeCommand(specs)).facts)).toMatchObject([
      {
        checkpointId: 3,
        cause: 'lateState',
        target: { exclusive: 'memory:/job/chk-3', files: [{ path: '3-0-1-0', isRelative: true }] },
      },
      {
        checkpointId: 2_000,
        cause: 'unknownCheckpoint',
        target: { exclusive: 'memory:/job/chk-2000', files: [{ path: '2000-0-1-0', isRelative: true }] },
      },
    ]);
  });

  it.each([0, -1])('with the id %i names no place, so nothing is deleted', (checkpointId) => {
    const run = history();
    expect(run.tell(acknowledgeCommand([{ checkpointId, slot: 0 }])).facts).toEqual([]);
  });

  it('deletes nothing as long as nobody knows where checkpoints are', () => {
    const run = runningJob();
    expect(run.tell(acknowledgeCommand([{ checkpointId: 7, slot: 0 }])).facts).toEqual([]);
  });

  it('leaves what a task measured to the statistics, once for each batch (C-089, T-002, T-010)', () => {
    const run = history();
    const metrics = { syncDurationMs: 7, processedBytes: 5, isUnaligned: true };
    const { facts } = run.tell(
      acknowledgeCommand([
        { checkpointId: 3, slot: 0, metrics },
        { checkpointId: 5, slot: 0 },
        { checkpointId: 3, slot: 1 },
      ]),
    );
    expect(facts.filter((fact) => fact.type === 'tasks.reported')).toMatchObject([
      {
        checkpointId: 3,
        rows: [
          { slot: 0, attempt: 1, ...metrics, persistedBytes: -1, stateSizeBytes: 100 },
          { slot: 1, attempt: 1, syncDurationMs: 0, isUnaligned: false },
        ],
      },
      { checkpointId: 5, rows: [{ slot: 0 }] },
    ]);
  });
});

describe('a report without an acknowledgement (C-091)', () => {
  it('counts once, and not behind an acknowledgement; the checkpoint waits on', () => {
    const run = overlapping(1);
    run.acknowledge({ checkpointId: 1, slot: 0 });
    const outcomes = [
      metricsCommand(1, 1),
      metricsCommand(1, 1),
      metricsCommand(1, 0),
      metricsCommand(1, 1, 9),
    ];
    expect(outcomes.map((command) => run.tell(command).outcome.type)).toEqual([
      'reported',
      'duplicate',
      'duplicate',
      'unknownAttempt',
    ]);
    expect(run.acknowledge({ checkpointId: 1, slot: 1 })).toEqual(['recorded']);
  });

  it('tells a task that is stuck behind it from one that was never heard of, past the deadline (C-306)', () => {
    const run = overlapping(1);
    run.pass(400);
    run.acknowledge({ checkpointId: 1, slot: 0 });
    run.pass(100);
    run.acknowledge({ checkpointId: 1, slot: 1 });
    run.pass(500);
    run.tell(metricsCommand(1, 3));
    run.pass(29_000);
    const [fact] = run.tell({ type: 'expire', checkpointId: id(1) }).facts;
    expect(fact).toMatchObject({
      missing: [2, 3],
      slowest: [
        { slot: 1, afterMs: 500 },
        { slot: 0, afterMs: 400 },
      ],
      message: expect.stringContaining(
        ' Not acknowledged by sink#0, sink#1. Slowest to acknowledge, the last one 29500 ms ago: ' +
          'source#1 after 500 ms, source#0 after 400 ms. Reported without acknowledging: sink#1 after 1000 ms.',
      ),
    });
  });

  it('names no slowest task when nobody has acknowledged, and only for the deadline', () => {
    const run = overlapping(2);
    run.acknowledge({ checkpointId: 2, slot: 0 });
    expect(run.tell({ type: 'expire', checkpointId: id(1) }).facts[0]).toMatchObject({ slowest: [] });
    expect(run.tell(decline(2)).facts[0]).not.toHaveProperty('slowest');
  });
});

describe('one of two checkpoints in flight', () => {
  it('expires without the other, and what comes for it then counts for nothing (C-099, T-011)', () => {
    const run = overlapping(2);
    run.acknowledge(...[0, 1, 2].flatMap((slot) => [1, 2].map((checkpointId) => ({ checkpointId, slot }))));
    run.tell({ type: 'expire', checkpointId: id(1) });
    expect(inFlight(run)).toEqual([2]);
    expect(run.acknowledge({ checkpointId: 1, slot: 3 }, { checkpointId: 2, slot: 3 })).toEqual([
      'late',
      'recorded',
    ]);
    expect(run.recordMetadata(id(2)).outcome.type).toBe('finalized');
  });

  it('is declined in the asynchronous part: its state goes, the tasks hear it (C-097, C-100, T-047, T-048)', () => {
    const run = overlapping(2);
    run.acknowledge({ checkpointId: 1, slot: 0 }, { checkpointId: 2, slot: 0 });
    const { facts, effects, outcome } = run.tell(decline(1));
    expect(outcome).toEqual({ type: 'aborted', checkpointId: 1 });
    expect(facts).toMatchObject([
      { reason: 'CHECKPOINT_ASYNC_EXCEPTION', declinedBy: { slot: 2, attempt: 1 } },
      { type: 'discard.planned', target: { kind: 'directory', location: coreLocation(1) } },
    ]);
    expect(effects).toMatchObject([
      { type: 'notifyAborted', checkpointId: 1, slots: [0, 1, 2, 3] },
      { type: 'discard' },
    ]);
    expect(inFlight(run)).toEqual([2]);
    run.acknowledge(...[1, 2, 3].map((slot) => ({ checkpointId: 2, slot })));
    expect(run.recordMetadata(id(2)).outcome.type).toBe('finalized');
  });

  it('that is declined counts as a failure of the task that declined (C-096, T-047)', () => {
    const run = runningJob({ tolerableFailed: 1 });
    run.locate(run.trigger());
    run.tell(decline(1));
    expect(run.state.table.failures.counted).toEqual([
      { checkpointId: 1, reason: 'CHECKPOINT_ASYNC_EXCEPTION' },
    ]);
  });
});

describe('a decline for another job (C-096)', () => {
  it('comes to nothing, even when the checkpoint and the attempt are known here', () => {
    const run = overlapping(1);
    const { facts, outcome } = run.tell({ ...decline(1), jobId: parseJobId('f'.repeat(32)) });
    expect({ facts, outcome }).toEqual({ facts: [], outcome: { type: 'wrongJob' } });
    expect(inFlight(run)).toEqual([1]);
  });
});

describe('an acknowledgement that is larger than may be', () => {
  it('gives its checkpoint up at once, behind what the same batch records', () => {
    const run = overlapping(1);
    run.tell({ type: 'triggerCheckpoint' });
    const batch = framesCommand(
      frameOf({ checkpointId: 1, slot: 0 }),
      tooLargeFrame(1, 1),
      tooLargeFrame(1, 2),
    );
    const { facts } = run.tell(batch);
    expect(facts).toMatchObject([
      { type: 'tasks.acknowledged', count: 1 },
      {
        type: 'checkpoint.aborted',
        checkpointId: 1,
        reason: 'CHECKPOINT_ASYNC_EXCEPTION',
        message: expect.stringContaining('source#1: ACKNOWLEDGEMENT_TOO_LARGE: an acknowledgement of'),
        acknowledged: 1,
        missing: [1, 2, 3],
        declinedBy: { slot: 1, attempt: 1 },
      },
      { type: 'discard.planned' },
    ]);
  });

  it('lets the request that waits begin in its place', () => {
    const run = runningJob();
    run.locate(run.trigger());
    run.tell({ type: 'triggerCheckpoint' });
    const batch = framesCommand(frameOf({ checkpointId: 1, slot: 0 }), tooLargeFrame(1, 1));
    expect(run.tell(batch).facts.at(-1)).toMatchObject({ type: 'checkpoint.triggered', checkpointId: 2 });
    expect([inFlight(run), run.state.ledgers.get(2)?.left]).toEqual([[2], 4]);
  });

  it.each([
    ['of an attempt outside the plan', tooLargeFrame(1, 1, 9)],
    ['of a task that has acknowledged', tooLargeFrame(1, 0)],
    ['of a checkpoint that never was', tooLargeFrame(9, 1)],
  ])('%s leaves the state as it was', (_what, frame) => {
    const run = overlapping(1);
    run.acknowledge({ checkpointId: 1, slot: 0 });
    const before = run.state.table;
    expect(run.tell(framesCommand(frame)).facts).toEqual([]);
    expect(run.state.table).toBe(before);
  });
});

describe('a savepoint in flight', () => {
  it('cannot be subsumed, a checkpoint can (C-080, T-087)', () => {
    const run = overlapping(1);
    savepoint(run);
    const [checkpoint, saved] = unfinished(run.state.table);
    expect([checkpoint, saved].map((each) => each && canBeSubsumed(each))).toEqual([true, false]);
    const why = { reason: 'CHECKPOINT_SUBSUMED', message: '', time: { at: 1, monotonicMs: 1 } } as const;
    const planner = new DiscardPlanner(run.state, 1);
    expect(() => abortFacts(run.state, saved!, why, planner)).toThrow(
      'Bug: savepoints must never be subsumed, the abort reason is : Checkpoint has been subsumed.',
    );
    expect(abortFacts(run.state, checkpoint!, why, planner)).toHaveLength(2);
  });

  /** A savepoint that only the sources take part in: the sinks had come to their end. */
  const ofSources = (): CoreRun => {
    const run = overlapping(1);
    const plan = toRuns(coreAttempts(0, 1).slice(0, 2));
    const triggered: Fact = {
      type: 'checkpoint.triggered',
      at: run.at,
      monotonicMs: run.monotonicMs,
      checkpointId: id(2),
      kind: 'savepoint',
      cause: 'manual',
      snapshot: plainSavepoint,
      options: snapshotOptions(plainSavepoint, 'ALIGNED'),
      term: 1,
      isForced: true,
      timeoutMs: 60_000,
      retention: run.state.table.configuration.retention,
      tasks: 2,
      plan,
      savepoint: { ...target, key: undefined },
    };
    run.state = fold(run.state, [triggered]);
    return run;
  };

  const region = (from: number) =>
    ({ type: 'restore', attempts: coreAttempts(4, 2).slice(from, from + 2) }) as const;

  it('outlives a restart of other tasks, which every checkpoint is given up for (C-103, C-300, T-338)', () => {
    const run = ofSources();
    const { facts } = run.tell(region(2));
    expect(facts[0]).toMatchObject({ checkpointId: 1, reason: 'JOB_FAILOVER_REGION' });
    expect(inFlight(run)).toEqual([2]);
    run.locate(id(2));
    expect(run.trigger()).toBe(3);
  });

  it('is given up when one of its own tasks restarts, and when the job does (C-300)', () => {
    const own = ofSources();
    own.tell(region(0));
    expect(inFlight(own)).toEqual([]);
    const whole = ofSources();
    whole.status('RESTARTING');
    expect(inFlight(whole)).toEqual([]);
  });

  it('that still waits outlives a restart of some tasks, a checkpoint that waits does not (C-300)', () => {
    const run = runningJob({ unaligned: true });
    run.trigger();
    run.tell({ type: 'triggerCheckpoint' });
    run.tell({ type: 'triggerSavepoint', target, key: undefined });
    expect(run.state.table.queue.map(({ kind }) => kind).toSorted()).toEqual(['checkpoint', 'savepoint']);
    const { facts } = run.tell(region(2));
    expect(facts[0]).toMatchObject({ type: 'request.rejected', reason: 'CHECKPOINT_COORDINATOR_SUSPEND' });
    expect(facts.at(-1)).toMatchObject({ type: 'checkpoint.triggered', kind: 'savepoint' });
  });
});

describe('a coordinator of a term that has begun before', () => {
  it('takes nothing over', () => {
    const run = runningJob();
    const { configuration } = run.state.table;
    const { facts, outcome } = run.tell({ type: 'takeOver', term: 1, configuration, isNew: false });
    expect({ facts, outcome }).toEqual({ facts: [], outcome: { type: 'wrongTerm' } });
  });
});
