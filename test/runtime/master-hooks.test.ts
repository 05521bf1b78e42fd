/** Master hooks beside a live coordinator: called behind operator coordinators, saved in the file, restored from it. */
import { describe, expect, it } from 'vitest';
import type { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import type { AnyMasterHook } from '../../src/runtime/master-hooks.ts';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { storageUnavailable } from '../../src/storage/failures.ts';
import { TestCoordinator, TestHook, textSerializer } from '../support/asked-first.ts';
import { readOperator } from '../support/core-run.ts';
import { RuntimeJob } from '../support/runtime-job.ts';

const masterStates = async (job: RuntimeJob, pointer: string): Promise<string[]> => {
  const completed = await job.files.resolveCheckpoint(pointer);
  const { masterStates: states } = decodeMetadata(await completed.readMetadata());
  return states.map(({ name, version, data }) => `${name} ${version}: ${new TextDecoder().decode(data)}`);
};

const trigger = (coordinator: CheckpointCoordinator) => {
  const taken = coordinator.triggerCheckpoint();
  taken.catch(() => {});
  return taken;
};

/** A job with these hooks; what they heard while it started is forgotten. */
const jobWith = async (...hooks: readonly AnyMasterHook[]) => {
  const job = new RuntimeJob();
  const coordinator = await job.start({ masterHooks: hooks });
  for (const hook of hooks) if (hook instanceof TestHook) hook.heard.length = 0;
  return { job, coordinator };
};

describe('master hooks', () => {
  it('are called behind operator coordinators, with the time stamp of the tasks (C-058, C-064, T-111)', async () => {
    const job = new RuntimeJob();
    const [audit, offsets] = [new TestHook('audit'), new TestHook('offsets')];
    const read = new TestCoordinator(readOperator);
    const coordinator = await job.start({ masterHooks: [audit, offsets], operatorCoordinators: [read] });
    const taken = trigger(coordinator);
    await job.clock.runFor(100);
    expect(audit.heard).toEqual(['reset']);
    read.give('splits');
    await job.clock.runFor(100);
    expect(coordinator.phaseOf(1 as never)).toEqual({ pending: 'snapshottingHooks' });
    expect([audit.heard.at(-1), offsets.heard.at(-1)]).toEqual([
      'checkpoint 1 of 1000000',
      'checkpoint 1 of 1000000',
    ]);
    expect(job.triggered(1)).toEqual([]);
    offsets.give('17');
    audit.give('entry 1');
    const { externalPointer } = await job.settle(taken);
    expect(job.commands.find(({ type }) => type === 'trigger')).toMatchObject({ timestamp: 1_000_000 });
    expect(await masterStates(job, externalPointer)).toEqual(['audit 3: entry 1', 'offsets 3: 17']);
  });

  it('find their checkpoint in flight when they are called (C-061, C-078, T-104)', async () => {
    const seen: unknown[] = [];
    const hook: AnyMasterHook = {
      identifier: 'audit',
      triggerCheckpoint: () => {
        seen.push(coordinator.statistics.history.at(-1));
      },
    };
    const { job, coordinator } = await jobWith(hook);
    await job.settle(coordinator.triggerCheckpoint());
    expect(seen).toMatchObject([{ checkpointId: 1, status: 'IN_PROGRESS', acknowledged: 0 }]);
  });

  it.each([undefined, null])('may have no state: %s is an answer (C-093, T-093)', async (nothing) => {
    const audit = new TestHook('audit');
    const { job, coordinator } = await jobWith(audit);
    audit.answer = () => nothing;
    audit.serializer = undefined;
    const { externalPointer } = await job.settle(coordinator.triggerCheckpoint());
    expect(await masterStates(job, externalPointer)).toEqual([]);
  });

  it('are waited for before the checkpoint can complete (C-079, C-106, T-092)', async () => {
    const audit = new TestHook('audit');
    const { job, coordinator } = await jobWith(audit);
    const taken = trigger(coordinator);
    await job.clock.runFor(60_000);
    expect(coordinator.statistics.counts).toMatchObject({ inProgress: 1, completed: 0 });
    audit.give('entry');
    await expect(job.settle(taken)).resolves.toMatchObject({ checkpointId: 1 });
  });

  it('are called for savepoints too', async () => {
    const audit = new TestHook('audit');
    const { job, coordinator } = await jobWith(audit);
    audit.answer = () => 'entry';
    const savepoint = await job.settle(coordinator.triggerSavepoint({ target: 'memory:/backups' }));
    expect(await masterStates(job, savepoint.externalPointer)).toEqual(['audit 3: entry']);
  });

  const failing: readonly (readonly [string, (hook: TestHook) => void, string, string])[] = [
    [
      'throws',
      (hook) =>
        (hook.answer = () => {
          throw new Error('boom');
        }),
      "Error while triggering checkpoint master hook 'audit': boom",
      'TRIGGER_CHECKPOINT_FAILURE',
    ],
    [
      'rejects',
      (hook) => (hook.answer = () => Promise.reject(storageUnavailable('write', '/audit', 'ENOSPC'))),
      "Checkpoint master hook 'audit' produced an exception: write of /audit failed with ENOSPC",
      'IO_EXCEPTION',
    ],
    [
      'has state and no serializer',
      (hook) => (hook.serializer = undefined),
      "Checkpoint hook 'audit is stateful but creates no serializer",
      'TRIGGER_CHECKPOINT_FAILURE',
    ],
    [
      'has a serializer that throws',
      (hook) =>
        (hook.serializer = {
          ...textSerializer,
          serialize: () => {
            throw new TypeError('not of my kind');
          },
        }),
      "Failed to serialize state of master hook 'audit': not of my kind",
      'TRIGGER_CHECKPOINT_FAILURE',
    ],
    [
      'has a serializer that makes no bytes',
      (hook) => (hook.serializer = { ...textSerializer, serialize: () => 'text' as never }),
      "Failed to serialize state of master hook 'audit': the serializer made no Uint8Array",
      'TRIGGER_CHECKPOINT_FAILURE',
    ],
  ];

  it.each(failing)(
    'give up the checkpoint when one %s, and no task is asked (C-064, C-067, T-063, T-108, T-113, T-115)',
    async (_, makeFail, message, reason) => {
      const [audit, other] = [new TestHook('audit'), new TestHook('other')];
      const { job, coordinator } = await jobWith(audit, other);
      audit.answer = () => 'entry';
      makeFail(audit);
      await expect(job.settle(coordinator.triggerCheckpoint())).rejects.toMatchObject({
        code: 'CHECKPOINT_ABORTED',
        message: expect.stringContaining(message),
        detail: { reason },
      });
      other.give('too late');
      await job.clock.runFor(100);
      expect(job.triggered(1)).toEqual([]);
      expect(coordinator.statistics.counts).toMatchObject({ failed: 1, inProgress: 0 });
    },
  );

  it('do not keep a checkpoint beyond the end of its job (C-064, T-061)', async () => {
    const audit = new TestHook('audit');
    const { job, coordinator } = await jobWith(audit);
    const taken = trigger(coordinator);
    await job.clock.runFor(100);
    await job.settle(coordinator.jobStatus('CANCELLED'));
    await expect(taken).rejects.toMatchObject({ detail: { reason: 'CHECKPOINT_COORDINATOR_SHUTDOWN' } });
    audit.give('too late');
    await job.clock.runFor(100);
    expect(job.triggered(1)).toEqual([]);
  });

  it('are asked again by the next coordinator when their answers were lost (C-291)', async () => {
    const audit = new TestHook('audit');
    const { job, coordinator } = await jobWith(audit);
    void trigger(coordinator);
    await job.clock.runFor(100);
    coordinator.abandon();
    const again = new TestHook('audit');
    again.answer = () => 'second answer';
    const second = await job.open({ masterHooks: [again] });
    await job.clock.runUntil(() => second.statistics.counts.completed === 1);
    expect(again.heard).toEqual(['checkpoint 1 of 1000000']);
    const pointer = second.statistics.latestCompleted?.externalPointer ?? '';
    expect(await masterStates(job, pointer)).toEqual(['audit 3: second answer']);
  });
});

describe('registering a master hook (C-076)', () => {
  it('makes the next checkpoint wait for it; the one in flight does not', async () => {
    const audit = new TestHook('audit');
    const { job, coordinator } = await jobWith(audit);
    audit.answer = () => 'entry';
    job.tasks.held.add(0);
    const taken = trigger(coordinator);
    await job.clock.runFor(100);
    const later = new TestHook('later');
    later.answer = () => 'entry';
    expect(await job.settle(coordinator.addMasterHook(later))).toBe(true);
    job.tasks.release();
    const { externalPointer } = await job.settle(taken);
    expect(await masterStates(job, externalPointer)).toEqual(['audit 3: entry']);
    const next = await job.settle(coordinator.triggerCheckpoint());
    expect(await masterStates(job, next.externalPointer)).toEqual(['audit 3: entry', 'later 3: entry']);
  });

  it('ignores one whose identifier is taken, and says so (T-105)', async () => {
    const audit = new TestHook('audit');
    const { job, coordinator } = await jobWith(audit);
    audit.answer = () => 'mine';
    const second = new TestHook('audit');
    expect(await job.settle(coordinator.addMasterHook(second))).toBe(false);
    await job.settle(coordinator.triggerCheckpoint());
    expect(second.heard).toEqual([]);
  });

  it.each(['', '  ', undefined, null])('refuses the identifier %j (T-112)', async (identifier) => {
    const hook = Object.assign(new TestHook('x'), { identifier }) as never;
    const refusal = { code: 'CONFIGURATION_INVALID', message: 'The hook has a null or empty id' };
    const { coordinator } = await jobWith();
    await expect(coordinator.addMasterHook(hook)).rejects.toMatchObject(refusal);
    await expect(new RuntimeJob().open({ masterHooks: [hook] })).rejects.toMatchObject(refusal);
  });

  it('takes plain functions that load a hook, and names the one that fails', async () => {
    const audit = new TestHook('audit');
    audit.answer = () => 'entry';
    const job = new RuntimeJob();
    const coordinator = await job.start({ masterHooks: [async () => audit] });
    await job.settle(coordinator.triggerCheckpoint());
    expect(audit.heard).toEqual(['reset', 'checkpoint 1 of 1000000']);
    const broken = (): never => {
      throw new Error('no such module');
    };
    await expect(new RuntimeJob().open({ masterHooks: [audit, broken] })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: 'master hook 1 could not be loaded: no such module',
    });
  });

  it('refuses two of one identifier that are handed in together, by name', async () => {
    const masterHooks = [new TestHook('audit'), new TestHook('audit')];
    await expect(new RuntimeJob().open({ masterHooks })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: "master hook 'audit' is given twice",
    });
  });

  it('is refused when the job has ended', async () => {
    const { job, coordinator } = await jobWith();
    await job.settle(coordinator.jobStatus('FAILED'));
    await expect(coordinator.addMasterHook(new TestHook('audit'))).rejects.toMatchObject({
      code: 'JOB_TERMINATED',
    });
  });
});

describe('restoring master hooks (C-166, C-167)', () => {
  const restored = async (hooks: readonly TestHook[], after: readonly TestHook[]) => {
    const { job, coordinator } = await jobWith(...hooks);
    await job.settle(coordinator.triggerCheckpoint());
    coordinator.abandon();
    const second = await job.open({ masterHooks: after });
    return { restore: () => second.restore(job.tasks.deploy(second.nextAttempt)) };
  };

  const named = (name: string, text?: string): TestHook => {
    const hook = new TestHook(name);
    hook.answer = () => text;
    return hook;
  };

  it('gives each its state, and nothing to those without (T-110)', async () => {
    const after = [named('audit'), named('stateless'), named('new')];
    const { restore } = await restored([named('audit', 'entry'), named('stateless')], after);
    await restore();
    expect(after.map(({ heard }) => heard)).toEqual([
      ['restore 1: entry (version 3)'],
      ['restore 1: undefined'],
      ['restore 1: undefined'],
    ]);
  });

  it('resets them when there is no checkpoint (T-109)', async () => {
    const job = new RuntimeJob();
    const audit = new TestHook('audit');
    await job.start({ masterHooks: [audit] });
    expect(audit.heard).toEqual(['reset']);
  });

  it('closes them with the coordinator, each of them, and reports what fails (C-139, T-109)', async () => {
    const closed: string[] = [];
    const broken = Object.assign(new TestHook('broken'), {
      close: () => Promise.reject(new Error('in use')),
    });
    const audit = Object.assign(new TestHook('audit'), { close: () => void closed.push('audit') });
    const { job, coordinator } = await jobWith(broken, audit);
    const problems: string[] = [];
    coordinator.problems$.subscribe(({ what, message }) => problems.push(`${what}: ${message}`));
    await job.settle(coordinator.close());
    expect(closed).toEqual(['audit']);
    expect(problems).toEqual(["masterHook: Error while closing checkpoint master hook 'broken': in use"]);
  });

  it('fails before any hook is called when a state belongs to none of them (T-103)', async () => {
    const other = named('other');
    const { restore } = await restored([named('audit', 'entry'), named('other', 'x')], [other]);
    await expect(restore()).rejects.toMatchObject({
      code: 'HOOK_FAILED',
      message: "Found state 'audit' which is not resumed by any hook.",
    });
    expect(other.heard).toEqual([]);
  });

  it('fails before any hook is called when a state cannot be read (T-106, T-114)', async () => {
    const [audit, other] = [named('audit'), named('other')];
    audit.serializer = {
      ...textSerializer,
      deserialize: (version) => {
        throw new Error(`version ${version} is not mine`);
      },
    };
    const { restore } = await restored([named('audit', 'entry'), named('other', 'x')], [other, audit]);
    await expect(restore()).rejects.toMatchObject({
      code: 'HOOK_FAILED',
      message: "Cannot deserialize state for master hook 'audit': version 3 is not mine",
      detail: { hook: 'audit' },
    });
    expect([audit.heard, other.heard]).toEqual([[], []]);
  });

  it('names the hook that fails (T-107)', async () => {
    const audit = Object.assign(named('audit'), {
      restoreCheckpoint: () => Promise.reject(new Error('boom')),
      reset: () => {
        throw new Error('boom');
      },
    });
    const { restore } = await restored([named('audit', 'entry')], [audit]);
    await expect(restore()).rejects.toMatchObject({
      code: 'HOOK_FAILED',
      message: "Error while restoring checkpoint master hook 'audit': boom",
    });
    await expect(new RuntimeJob().start({ masterHooks: [audit] })).rejects.toThrow(
      "Error while resetting checkpoint master hook 'audit': boom",
    );
  });
});
