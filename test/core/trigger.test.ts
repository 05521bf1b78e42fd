import { describe, expect, it } from 'vitest';
import { CoreRun, id, runningJob, scheduledJob } from '../support/core-run.ts';
import { KEYED_SAVEPOINTS_MAX } from '../../src/core/job-state.ts';

const target = { base: 'file:/backups', name: 'savepoint-00c0ff-1' };
const savepoint = (key?: string) => ({ type: 'triggerSavepoint', target, key }) as const;

describe('trigger (C-043, C-058, T-052, T-248)', () => {
  it('starts checkpoints under ids that grow by one from 1 (C-060, C-278, T-250, T-251)', () => {
    const run = runningJob();
    expect([run.complete(), run.complete(), run.trigger()]).toEqual([1, 2, 3]);
  });

  it('does not give the id of an aborted checkpoint again (C-060)', () => {
    const run = runningJob();
    const first = run.trigger();
    run.tell({ type: 'expire', checkpointId: first });
    expect(run.trigger()).toBe(first + 1);
  });

  it('journals cause, deadline, reign, plan and the retention in force (C-059, C-209)', () => {
    const run = scheduledJob({ timeout: '30 s', retention: 'RETAIN_ON_FAILURE' });
    expect(run.tell({ type: 'tick' }).facts).toEqual([
      {
        type: 'checkpoint.triggered',
        at: 1_000,
        checkpointId: 1,
        kind: 'checkpoint',
        snapshot: { type: 'checkpoint' },
        options: {
          snapshot: { type: 'checkpoint' },
          alignment: 'ALIGNED',
          isSynchronous: false,
          drain: false,
        },
        cause: 'periodic',
        term: 1,
        monotonicMs: 50,
        isForced: false,
        timeoutMs: 30_000,
        retention: 'RETAIN_ON_FAILURE',
        tasks: 4,
        plan: [
          { vertex: 0, subtask: 0, slot: 0, attempt: 1, count: 2 },
          { vertex: 1, subtask: 0, slot: 2, attempt: 1, count: 2 },
        ],
      },
    ]);
  });

  const refusals = [
    { why: 'notRunning', state: 'before the job runs', make: () => new CoreRun() },
    {
      why: 'notRunning',
      state: 'while tasks are deployed anew',
      make: () => {
        const run = runningJob();
        run.status('RESTARTING');
        return run;
      },
    },
    {
      why: 'tasksMissing',
      state: 'while a task is missing',
      make: () => {
        const run = runningJob();
        run.tell({ type: 'endAttempt', slot: 3, attempt: 1, status: 'failed', message: '' });
        return run;
      },
    },
    {
      why: 'terminated',
      state: 'after the end of the job',
      make: () => {
        const run = runningJob();
        run.status('FINISHED');
        return run;
      },
    },
  ] as const;

  it.each(refusals)('is refused with $why $state (C-204 to C-206, T-005, T-007, T-190)', ({ why, make }) => {
    for (const command of [{ type: 'triggerCheckpoint' } as const, savepoint()]) {
      const { facts, outcome } = make().tell(command);
      expect({ facts, outcome }, command.type).toEqual({ facts: [], outcome: { type: why } });
    }
  });
});

describe('savepoint', () => {
  it('under a key that is in flight is that savepoint', () => {
    const run = runningJob();
    const first = run.tell(savepoint('release-42'));
    expect(first.outcome).toEqual({ type: 'triggered', checkpointId: 1 });
    expect(run.tell(savepoint('release-42')).outcome).toEqual({ type: 'inFlight', checkpointId: 1 });
  });

  it('under a key that is complete is that savepoint, also after the end of the job', () => {
    const run = runningJob();
    run.tell(savepoint('release-42'));
    run.complete(id(1));
    run.status('CANCELLED');
    const externalPointer = 'memory:/job/chk-1';
    expect(run.tell(savepoint('release-42')).outcome).toEqual({
      type: 'completed',
      checkpointId: 1,
      externalPointer,
    });
  });

  it('under a key whose savepoint was aborted is a new one', () => {
    const run = runningJob();
    run.tell(savepoint('release-42'));
    run.tell({ type: 'expire', checkpointId: id(1) });
    expect(run.tell(savepoint('release-42')).outcome).toEqual({ type: 'triggered', checkpointId: 2 });
  });

  it('without a key is always a new one', () => {
    const run = runningJob();
    run.tell(savepoint());
    run.complete(id(1));
    expect(run.tell(savepoint()).outcome).toEqual({ type: 'triggered', checkpointId: 2 });
  });

  it.each(['__proto__', 'constructor', 'toString', '7'])('takes %s as a key like any other', (key) => {
    const run = runningJob();
    expect(run.tell(savepoint(key)).outcome).toEqual({ type: 'triggered', checkpointId: 1 });
    run.complete(id(1));
    expect(run.tell(savepoint(key)).outcome).toMatchObject({ type: 'completed', checkpointId: 1 });
  });

  it(`remembers the newest ${KEYED_SAVEPOINTS_MAX} keys, whatever they look like`, () => {
    const run = runningJob();
    for (let n = 0; n <= KEYED_SAVEPOINTS_MAX; n++) {
      // The last one is a number, which objects list before all other keys.
      run.tell(savepoint(n === KEYED_SAVEPOINTS_MAX ? '1' : `key-${n}`));
      run.complete(id(n + 1));
    }
    expect(run.tell(savepoint('key-1')).outcome).toMatchObject({ type: 'completed', checkpointId: 2 });
    expect(run.tell(savepoint('1')).outcome).toMatchObject({ type: 'completed' });
    expect(run.tell(savepoint('key-0')).outcome).toMatchObject({ type: 'triggered' });
  });
});
