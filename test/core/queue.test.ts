/** Requests that wait, and which of them is begun next. */
import { describe, expect, it } from 'vitest';
import type { CheckpointConfigurationOptions } from '../../src/core/configuration.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import { CHECKPOINTS_IN_FLIGHT_MAX, unfinished } from '../../src/core/job-state.ts';
import type { Outcome } from '../../src/core/outcomes.ts';
import { QUEUED_REQUESTS_MAX } from '../../src/core/queue.ts';
import type { CheckpointId } from '../../src/state/ids.ts';
import { type CoreRun, id, scheduledJob } from '../support/core-run.ts';

const target = { base: 'file:/backups', name: 'savepoint-00c0ff-1' };

const ask = {
  tick: (run: CoreRun): Outcome => run.tell({ type: 'tick' }).outcome,
  manual: (run: CoreRun): Outcome => run.tell({ type: 'triggerCheckpoint' }).outcome,
  savepoint: (run: CoreRun, key?: string): Outcome =>
    run.tell({ type: 'triggerSavepoint', target, key }).outcome,
};

/** A job with one checkpoint that has been sent to its tasks. */
const busy = (options: CheckpointConfigurationOptions = {}): CoreRun => {
  const run = scheduledJob(options);
  run.locate(run.trigger());
  return run;
};

const waiting = (run: CoreRun): string[] =>
  run.state.table.queue.map(({ kind, cause }) => (kind === 'savepoint' ? kind : cause));

const inFlight = (run: CoreRun): number[] =>
  unfinished(run.state.table).map(({ checkpointId }) => checkpointId);

const finish = (run: CoreRun, checkpointId: CheckpointId): readonly Fact[] => {
  run.acknowledgeAll(checkpointId);
  return run.recordMetadata(checkpointId).facts;
};

/** What is begun when everything in flight completes, one after the other. */
const drained = (run: CoreRun): string[] => {
  const begun: string[] = [];
  for (let [next] = inFlight(run); next !== undefined; [next] = inFlight(run)) {
    run.locate(id(next));
    const facts = finish(run, id(next));
    begun.push(
      ...facts.flatMap((fact) =>
        fact.type === 'checkpoint.triggered' ? [fact.kind === 'savepoint' ? fact.kind : fact.cause] : [],
      ),
    );
    run.clean();
  }
  return begun;
};

describe('order of the queue (C-038)', () => {
  it('is savepoints, then what somebody asked for, then what the timer wants (T-077, T-078, T-081, T-083)', () => {
    const run = busy({ unaligned: true, interval: '1 d' });
    ask.tick(run);
    ask.manual(run);
    ask.savepoint(run);
    ask.manual(run);
    ask.savepoint(run);
    expect(waiting(run)).toEqual(['savepoint', 'savepoint', 'manual', 'manual', 'periodic']);
    expect(drained(run)).toEqual(['savepoint', 'savepoint', 'manual', 'manual', 'periodic']);
  });

  it('is forced savepoints before others', () => {
    const run = busy({ unaligned: true, interval: '1 d' });
    ask.savepoint(run, 'not forced');
    const configuration = { ...run.state.table.configuration, unaligned: false, maxConcurrent: 5 };
    run.tell({ type: 'takeOver', term: 2, configuration, isNew: false });
    ask.manual(run);
    ask.savepoint(run, 'forced');
    const keys = run.state.table.queue.map(({ savepoint }) => savepoint?.key);
    expect(keys).toEqual(['forced', 'not forced']);
  });

  it('is the older one first by the wall clock, and the first one at the same time', () => {
    const run = busy();
    ask.manual(run);
    run.at -= 100;
    ask.manual(run);
    ask.manual(run);
    expect(run.state.table.queue.map(({ requestId }) => requestId)).toEqual([2, 3, 1]);
  });
});

describe('limit of the queue (C-039)', () => {
  const full = (last: 'tick' | 'manual'): CoreRun => {
    const run = busy();
    for (let n = 1; n < QUEUED_REQUESTS_MAX; n++) ask.manual(run);
    ask[last](run);
    return run;
  };

  it(`evicts the request of the timer when ${QUEUED_REQUESTS_MAX} wait (T-079)`, () => {
    const run = full('tick');
    const { facts, outcome } = run.tell({ type: 'triggerCheckpoint' });
    expect(outcome).toEqual({ type: 'queued', requestId: QUEUED_REQUESTS_MAX + 1 });
    expect(facts).toMatchObject([
      { type: 'request.queued' },
      { type: 'request.rejected', requestId: QUEUED_REQUESTS_MAX, reason: 'TOO_MANY_CHECKPOINT_REQUESTS' },
    ]);
    expect(new Set(waiting(run))).toEqual(new Set(['manual']));
    expect(run.state.table.queue).toHaveLength(QUEUED_REQUESTS_MAX);
  });

  it('refuses the new one when all that wait were asked for (T-080)', () => {
    const run = full('manual');
    for (const one of [ask.manual, ask.tick]) expect(one(run)).toEqual({ type: 'tooManyRequests' });
    expect(run.state.table.queue).toHaveLength(QUEUED_REQUESTS_MAX);
  });
});

describe('choice', () => {
  it.each([1, 2, 5])(
    'lets %i be in flight at once, then waits (C-040, T-024 to T-026, T-074)',
    (maxConcurrent) => {
      const run = scheduledJob({ maxConcurrent, retained: 9 });
      for (let n = 1; n <= maxConcurrent; n++) {
        expect(ask.manual(run)).toEqual({ type: 'triggered', checkpointId: n });
        run.locate(id(n));
      }
      expect(ask.manual(run)).toEqual({ type: 'queued', requestId: 1 });
      expect(ask.tick(run)).toEqual({ type: 'queued', requestId: 2 });
      const facts = finish(run, id(1));
      expect(facts.at(-1)).toMatchObject({ checkpointId: maxConcurrent + 1, requestId: 1, cause: 'manual' });
      expect(inFlight(run)).toHaveLength(maxConcurrent);
      expect(waiting(run)).toEqual(['periodic']);
    },
  );

  it('takes the room of checkpoints that were subsumed (C-112, T-027)', () => {
    const run = scheduledJob({ maxConcurrent: 2 });
    for (const each of [1, 2]) {
      ask.manual(run);
      run.locate(id(each));
    }
    ask.manual(run);
    ask.manual(run);
    const facts = finish(run, id(2));
    expect(facts.map((fact) => fact.type)).toContain('checkpoint.aborted');
    // One of them is on its way to the tasks; the other one follows when it has arrived.
    expect(inFlight(run)).toEqual([3]);
    run.locate(id(3));
    expect(inFlight(run)).toEqual([3, 4]);
  });

  it('begins a forced savepoint at the limit and inside the pause (C-035, C-042, T-075, T-082, T-029)', () => {
    const run = busy({ minPause: '10 s' });
    expect(ask.savepoint(run)).toEqual({ type: 'triggered', checkpointId: 2 });
    run.locate(id(2));
    finish(run, id(2));
    expect(ask.savepoint(run)).toEqual({ type: 'triggered', checkpointId: 3 });
  });

  it('lets a savepoint that is not forced wait at the limit (C-035, T-036, T-076)', () => {
    const run = busy({ unaligned: true, interval: '1 d' });
    expect(ask.savepoint(run)).toEqual({ type: 'queued', requestId: 1 });
    expect(finish(run, id(1)).at(-1)).toMatchObject({ kind: 'savepoint', isForced: false });
  });

  it('begins nothing while another one is on its way to the tasks, forced or not (C-003, C-040)', () => {
    const run = scheduledJob({ maxConcurrent: 3 });
    ask.manual(run);
    expect(ask.manual(run)).toEqual({ type: 'queued', requestId: 1 });
    expect(ask.savepoint(run)).toEqual({ type: 'queued', requestId: 2 });
    run.locate(id(1));
    expect(inFlight(run)).toEqual([1, 2]);
    expect(run.state.table.checkpoints[2]?.kind).toBe('savepoint');
  });

  it('goes on when the one on its way expires or has no place (C-044, C-099, T-055)', () => {
    const run = scheduledJob();
    ask.manual(run);
    for (let n = 0; n < 2; n++) ask.manual(run);
    expect(run.factsOf({ type: 'expire', checkpointId: id(1) }).at(-1)).toBe('checkpoint.triggered');
    expect(run.factsOf({ type: 'failLocation', checkpointId: id(2), message: '' }).at(-1)).not.toBe(
      'checkpoint.triggered',
    );
    // Two directories are to be deleted first.
    expect(waiting(run)).toEqual(['manual']);
    expect(run.factsOf({ type: 'confirmDiscard', discardId: 1 })).toEqual([
      'discard.confirmed',
      'checkpoint.triggered',
    ]);
  });

  it('lets a checkpoint wait while more are deleted than may be in flight, but no savepoint (C-302, T-073)', () => {
    const run = scheduledJob();
    for (const each of [1, 2]) {
      ask.manual(run);
      run.tell({ type: 'expire', checkpointId: id(each) });
    }
    expect(ask.manual(run)).toEqual({ type: 'queued', requestId: 1 });
    expect(ask.savepoint(run)).toEqual({ type: 'triggered', checkpointId: 3 });
    run.locate(id(3));
    finish(run, id(3));
    expect(run.factsOf({ type: 'confirmDiscard', discardId: 2 }).at(-1)).toBe('checkpoint.triggered');
  });

  it('does not wait for what cannot be deleted (C-302)', () => {
    const run = scheduledJob();
    for (const each of [1, 2]) {
      ask.manual(run);
      run.tell({ type: 'expire', checkpointId: id(each) });
    }
    ask.manual(run);
    expect(run.factsOf({ type: 'postponeDiscard', discardId: 1 })).toEqual([
      'discard.postponed',
      'checkpoint.triggered',
    ]);
    expect(run.tell({ type: 'postponeDiscard', discardId: 1 }).outcome).toEqual({ type: 'duplicate' });
    run.clean();
    expect(run.state.table.postponedDiscards).toEqual({});
  });

  it('looks past a request that is blocked (C-304)', () => {
    const run = busy({ unaligned: true, interval: '1 d' });
    ask.savepoint(run);
    const configuration = { ...run.state.table.configuration, unaligned: false };
    run.tell({ type: 'takeOver', term: 2, configuration, isNew: false });
    expect(ask.savepoint(run)).toEqual({ type: 'triggered', checkpointId: 2 });
    expect(waiting(run)).toEqual(['savepoint']);
  });

  it(`has at most ${CHECKPOINTS_IN_FLIGHT_MAX} in flight, savepoints too`, () => {
    const run = scheduledJob();
    for (let n = 1; n <= CHECKPOINTS_IN_FLIGHT_MAX; n++) {
      expect(ask.savepoint(run).type).toBe('triggered');
      run.locate(id(n));
    }
    expect(ask.savepoint(run)).toEqual({ type: 'queued', requestId: 1 });
    expect(finish(run, id(7)).at(-1)).toMatchObject({ checkpointId: CHECKPOINTS_IN_FLIGHT_MAX + 1 });
  });

  it('refuses what waits when a task it needs is gone', () => {
    const run = busy({ interval: undefined });
    ask.manual(run);
    const { facts } = run.tell({ type: 'endAttempt', slot: 3, attempt: 1, status: 'failed', message: '' });
    expect(facts.at(-1)).toMatchObject({
      type: 'request.rejected',
      requestId: 1,
      reason: 'NOT_ALL_REQUIRED_TASKS_RUNNING',
    });
  });

  it('is made no more once the job has ended: clean-up begins nothing (C-138, T-038)', () => {
    const run = busy();
    ask.manual(run);
    const { facts } = run.status('FAILED');
    expect(facts[0]).toMatchObject({ requestId: 1, reason: 'CHECKPOINT_COORDINATOR_SHUTDOWN' });
    expect(run.factsOf({ type: 'confirmDiscard', discardId: 1 })).toEqual(['discard.confirmed']);
  });

  it('says how long a request waited, by monotonic time, and by the wall clock after a crash (C-047)', () => {
    const waitedMs = (crash: boolean): unknown => {
      const run = busy();
      ask.manual(run);
      run.pass(150);
      run.at += 1_000;
      const { configuration } = run.state.table;
      if (crash) run.tell({ type: 'takeOver', term: 2, configuration, isNew: false });
      const last = finish(run, id(1)).at(-1);
      return last?.type === 'checkpoint.triggered' && last.waitedMs;
    };
    expect([waitedMs(false), waitedMs(true)]).toEqual([150, 1_150]);
  });
});

describe('pause after a completion', () => {
  const paused = (): CoreRun => {
    const run = scheduledJob({ minPause: '1 s' });
    run.complete();
    run.pass(400);
    return run;
  };

  it('refuses the timer, and says when to come again (C-040, C-042, T-028, T-072)', () => {
    const run = paused();
    expect(run.tell({ type: 'tick' })).toMatchObject({
      facts: [],
      outcome: { type: 'tooSoon', waitMs: 600 },
    });
    run.pass(600);
    expect(ask.tick(run).type).toBe('triggered');
  });

  it('refuses the request of the timer that waited, and orders the timer again (C-040, C-041)', () => {
    const run = busy({ minPause: '1 s' });
    ask.tick(run);
    expect(finish(run, id(1)).at(-1)).toMatchObject({
      type: 'request.rejected',
      reason: 'MINIMUM_TIME_BETWEEN_CHECKPOINTS',
      waitMs: 1_000,
    });
    expect(run.effects.at(-1)).toEqual({ type: 'rearmPeriodicTrigger', waitMs: 1_000 });
    expect([waiting(run), run.state.table.checkpoints]).toEqual([[], {}]);
  });

  it('is for the timer alone (C-042)', () => {
    expect([ask.manual(paused()).type, ask.savepoint(paused()).type]).toEqual(['triggered', 'triggered']);
  });

  it('is counted from the end of savepoints too, and not from failures (C-042)', () => {
    const run = scheduledJob({ minPause: '1 s' });
    run.tell({ type: 'expire', checkpointId: run.trigger() });
    expect(ask.tick(run).type).toBe('triggered');
    run.complete(id(2));
    run.pass(2_000);
    ask.savepoint(run);
    run.complete(id(3));
    expect(ask.tick(run)).toEqual({ type: 'tooSoon', waitMs: 1_000 });
  });

  it('does not outlive its coordinator, whose clock it was taken from (C-286)', () => {
    const run = paused();
    const { configuration } = run.state.table;
    run.monotonicMs = 3;
    run.tell({ type: 'takeOver', term: 2, configuration, isNew: false });
    run.attach();
    expect(ask.tick(run).type).toBe('triggered');
  });

  it('follows no step of the wall clock (C-313)', () => {
    const run = paused();
    run.at += 3_600_000;
    expect(ask.tick(run)).toEqual({ type: 'tooSoon', waitMs: 600 });
  });
});

describe('request of the timer', () => {
  it('waits once; the ticks behind it are dropped, and counted with the next one (C-045, C-303)', () => {
    const run = busy();
    expect(ask.tick(run)).toEqual({ type: 'queued', requestId: 1 });
    for (let n = 0; n < 3; n++) {
      expect(run.tell({ type: 'tick' })).toMatchObject({ facts: [], outcome: { type: 'tickDropped' } });
    }
    finish(run, id(1));
    expect(run.tell({ type: 'tick', droppedTicks: 3 }).outcome.type).toBe('queued');
    expect(run.state.table.droppedTicks).toBe(3);
  });
});

describe('savepoint that waits', () => {
  it('under a key is the one that is asked for again under it', () => {
    const run = busy({ unaligned: true, interval: '1 d' });
    for (let n = 0; n < 2; n++) expect(ask.savepoint(run, 'a')).toEqual({ type: 'queued', requestId: 1 });
    expect(ask.savepoint(run, 'b')).toEqual({ type: 'queued', requestId: 2 });
    expect(ask.savepoint(run)).toEqual({ type: 'queued', requestId: 3 });
    finish(run, id(1));
    expect(ask.savepoint(run, 'a')).toEqual({ type: 'inFlight', checkpointId: 2 });
  });

  it('is refused when tasks are deployed anew; its key is free again (C-046)', () => {
    const run = busy({ unaligned: true, interval: '1 d' });
    ask.savepoint(run, 'a');
    expect(run.status('RESTARTING').facts[0]).toMatchObject({
      type: 'request.rejected',
      reason: 'CHECKPOINT_COORDINATOR_SUSPEND',
    });
    run.deploy(4, 2);
    run.status('RUNNING');
    expect(ask.savepoint(run, 'a').type).toBe('triggered');
  });
});
