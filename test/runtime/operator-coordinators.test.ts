/** Operator coordinators beside a live coordinator: asked first, told how it ends, their events held back meanwhile. */
import { describe, expect, it } from 'vitest';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { OperatorEventGate } from '../../src/runtime/event-gate.ts';
import type { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import type { JobFailureRequired } from '../../src/core/facts/fact.ts';
import { parseOperatorId } from '../../src/state/ids.ts';
import { TestCoordinator } from '../support/asked-first.ts';
import { countOperator, readOperator } from '../support/core-run.ts';
import { blocksOf, RuntimeJob, typesOf } from '../support/runtime-job.ts';

/** A job whose coordinators of `read` and `count` answer by hand. */
const twoCoordinators = async () => {
  const job = new RuntimeJob();
  const [read, count] = [new TestCoordinator(readOperator), new TestCoordinator(countOperator)];
  const failures: JobFailureRequired[] = [];
  const coordinator = await job.start({
    operatorCoordinators: [read, count],
    configuration: { tolerableFailed: 5 },
    onJobFailure: (failure) => failures.push(failure),
  });
  read.heard.length = 0;
  count.heard.length = 0;
  return { job, coordinator, read, count, failures };
};

const metadataOf = async (job: RuntimeJob, pointer: string) =>
  decodeMetadata(await (await job.files.resolveCheckpoint(pointer)).readMetadata());

const coordinatorStates = async (job: RuntimeJob, pointer: string): Promise<Record<string, unknown>> => {
  const { operators } = await metadataOf(job, pointer);
  return Object.fromEntries(
    operators.map(({ name, coordinatorState }) => [
      name,
      coordinatorState && `${coordinatorState.name}: ${new TextDecoder().decode(coordinatorState.data)}`,
    ]),
  );
};

const trigger = (coordinator: CheckpointCoordinator) => {
  const taken = coordinator.triggerCheckpoint();
  taken.catch(() => {});
  return taken;
};

describe('operator coordinators', () => {
  it('are asked side by side, and the tasks once all have answered (C-063, T-020, T-091)', async () => {
    const { job, coordinator, read, count } = await twoCoordinators();
    const blocks = blocksOf(coordinator);
    const taken = trigger(coordinator);
    await job.clock.runFor(100);
    expect([read.heard, count.heard]).toEqual([['checkpoint 1'], ['checkpoint 1']]);
    expect(coordinator.phaseOf(1 as never)).toEqual({ pending: 'snapshottingCoordinators' });
    count.give('offsets 3');
    await job.clock.runFor(100);
    expect(job.triggered(1)).toEqual([]);
    read.give('splits 7');
    const { externalPointer } = await job.settle(taken);
    expect(typesOf(blocks.slice(-6))).toContain('coordinators.snapshotted');
    expect(job.triggered(1)).toEqual([0, 1]);
    expect(await coordinatorStates(job, externalPointer)).toEqual({
      read: `${readOperator}: splits 7`,
      count: `${countOperator}: offsets 3`,
      write: undefined,
    });
    expect(read.heard).toEqual(['checkpoint 1', 'complete 1']);
  });

  it('may have no state, which is an answer too (C-092, T-086)', async () => {
    const { job, coordinator, read, count } = await twoCoordinators();
    read.answer = () => undefined;
    count.answer = () => '';
    const { externalPointer } = await job.settle(coordinator.triggerCheckpoint());
    expect(await coordinatorStates(job, externalPointer)).toEqual({
      read: undefined,
      count: `${countOperator}: `,
      write: undefined,
    });
  });

  it('fail a checkpoint alone, before a task has heard of it; the next one works (C-067, C-077)', async () => {
    const { job, coordinator, read, count, failures } = await twoCoordinators();
    const taken = trigger(coordinator);
    await job.clock.runFor(100);
    read.fail(new Error('no quorum'));
    await expect(job.settle(taken)).rejects.toMatchObject({
      code: 'CHECKPOINT_ABORTED',
      detail: { checkpointId: 1, reason: 'TRIGGER_CHECKPOINT_FAILURE' },
      message: expect.stringContaining('the coordinator of read failed: no quorum'),
    });
    expect(job.triggered(1)).toEqual([]);
    expect([failures, count.heard]).toEqual([[], ['checkpoint 1', 'aborted 1']]);
    read.answer = () => 'splits';
    count.answer = () => 'offsets';
    await expect(job.settle(coordinator.triggerCheckpoint())).resolves.toMatchObject({ checkpointId: 2 });
  });

  it('that throw while they are asked are a failure of the job (C-077)', async () => {
    const { job, coordinator, read, failures } = await twoCoordinators();
    read.answer = () => {
      throw new TypeError('no splits');
    };
    await expect(job.settle(coordinator.triggerCheckpoint())).rejects.toMatchObject({
      detail: { reason: 'TRIGGER_CHECKPOINT_FAILURE' },
    });
    const message = 'the coordinator of read failed: no splits';
    expect(failures).toMatchObject([{ checkpointId: 1, reason: 'TRIGGER_CHECKPOINT_FAILURE', message }]);
  });

  it('hear of an abort while they are asked, and no task does any work (C-100, T-003, T-031, T-044)', async () => {
    const job = new RuntimeJob();
    const read = new TestCoordinator(readOperator);
    const coordinator = await job.start({
      operatorCoordinators: [read],
      configuration: { timeout: '10 s' },
    });
    const taken = trigger(coordinator);
    await job.clock.runFor(9_999);
    expect(coordinator.statistics.counts.inProgress).toBe(1);
    await expect(job.settle(taken)).rejects.toMatchObject({ detail: { reason: 'CHECKPOINT_EXPIRED' } });
    expect([read.heard.slice(1), job.triggered(1)]).toEqual([['checkpoint 1', 'aborted 1'], []]);
    read.give('too late');
    await job.clock.runFor(100);
    expect(coordinator.statistics.counts).toMatchObject({ failed: 1, inProgress: 0 });
  });

  it('are asked again by the next coordinator when their answers were lost (C-063, C-291, C-316)', async () => {
    const { job, coordinator, read, count } = await twoCoordinators();
    void trigger(coordinator);
    await job.clock.runFor(100);
    coordinator.abandon();
    read.give('lost');
    count.give('lost');
    const again = [new TestCoordinator(readOperator), new TestCoordinator(countOperator)];
    for (const each of again) each.answer = () => 'second answer';
    const second = await job.open({ operatorCoordinators: again });
    await job.clock.runUntil(() => second.statistics.counts.completed === 1);
    const pointer = second.statistics.latestCompleted?.externalPointer ?? '';
    expect((await coordinatorStates(job, pointer))['read']).toBe(`${readOperator}: second answer`);
  });

  it('that are gone when the next coordinator would ask them give up the checkpoint', async () => {
    const { job, coordinator } = await twoCoordinators();
    void trigger(coordinator);
    await job.clock.runFor(100);
    coordinator.abandon();
    const second = await job.open();
    await job.clock.runUntil(() => second.statistics.counts.failed === 1);
    expect(second.statistics.latestFailed?.failure).toContain('read has no coordinator any more');
  });

  it('keep what they answered before a crash; only who is behind them is asked (C-078, C-125)', async () => {
    const { job, coordinator, read, count } = await twoCoordinators();
    read.answer = () => 'splits 7';
    count.answer = () => 'offsets 3';
    job.tasks.held.add(3);
    void trigger(coordinator);
    await job.clock.runFor(100);
    coordinator.abandon();
    const second = await job.open({ operatorCoordinators: [read, count] });
    job.tasks.release();
    await job.clock.runUntil(() => second.statistics.counts.completed === 1);
    const pointer = second.statistics.latestCompleted?.externalPointer ?? '';
    expect((await coordinatorStates(job, pointer))['read']).toBe(`${readOperator}: splits 7`);
    expect(read.heard.filter((text) => text.startsWith('checkpoint'))).toEqual(['checkpoint 1']);
  });

  it('go back to the checkpoint when all tasks start anew, not when some do (C-166, C-169)', async () => {
    const { job, coordinator, read, count } = await twoCoordinators();
    read.answer = () => 'splits 7';
    count.answer = () => undefined;
    await job.settle(coordinator.triggerCheckpoint());
    await coordinator.jobStatus('RESTARTING');
    const attempts = job.tasks.deploy(coordinator.nextAttempt);
    await coordinator.restore(attempts);
    expect([read.heard.at(-1), count.heard.at(-1)]).toEqual(['reset to 1: splits 7', 'reset to 1: nothing']);
    const heard = read.heard.length;
    await coordinator.restore(attempts.slice(0, 1));
    expect(read.heard.length).toBe(heard);
  });

  it('that throw at a notice are reported and stop nobody', async () => {
    const job = new RuntimeJob();
    const count = new TestCoordinator(countOperator);
    count.answer = () => undefined;
    const read = {
      operatorId: readOperator,
      checkpointCoordinator: async () => undefined,
      notifyCheckpointComplete: () => {
        throw new Error('not now');
      },
    };
    const coordinator = await job.start({ operatorCoordinators: [read, count] });
    const problems: string[] = [];
    coordinator.problems$.subscribe(({ message }) => problems.push(message));
    await job.settle(coordinator.triggerCheckpoint());
    expect(problems).toEqual(['the coordinator of read threw at notifyCheckpointComplete 1: not now']);
    expect(count.heard.at(-1)).toBe('complete 1');
  });

  it.each([
    [
      'of an operator that the job does not have',
      [parseOperatorId('9'.repeat(32))],
      `operator coordinator for ${'9'.repeat(32)}: the job has no such operator`,
    ],
    [
      'twice for one operator',
      [readOperator, readOperator],
      `operator ${readOperator} has two operator coordinators`,
    ],
  ])('are refused %s', async (_, operatorIds, message) => {
    const operatorCoordinators = operatorIds.map((id) => new TestCoordinator(id));
    await expect(new RuntimeJob().open({ operatorCoordinators })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message,
    });
  });
});

describe('events of an operator coordinator (C-077, T-389)', () => {
  const gatedJob = async () => {
    const job = new RuntimeJob();
    const received: string[] = [];
    const gate = new OperatorEventGate({
      subtasks: 2,
      send: async (subtask, event) => void received.push(`${String(event)} at ${subtask}`),
    });
    const read = new TestCoordinator(readOperator, gate);
    const coordinator = await job.start({ operatorCoordinators: [read] });
    return { job, coordinator, gate, received, read };
  };

  it('wait between its snapshot and the acknowledgement of each subtask', async () => {
    const { job, coordinator, gate, received, read } = await gatedJob();
    job.tasks.held.add(0).add(1);
    const taken = trigger(coordinator);
    await job.clock.runFor(100);
    await gate.send(0, 'before');
    read.give('splits');
    await job.clock.runFor(100);
    void gate.send(0, 'behind');
    void gate.send(1, 'behind');
    expect(received).toEqual(['before at 0']);
    job.tasks.release(0);
    await job.clock.runFor(100);
    expect(received).toEqual(['before at 0', 'behind at 0']);
    job.tasks.release();
    await job.settle(taken);
    expect(received).toEqual(['before at 0', 'behind at 0', 'behind at 1']);
  });

  it('are let go when the checkpoint is given up', async () => {
    const { job, coordinator, gate, received, read } = await gatedJob();
    job.tasks.held.add(0);
    read.answer = () => 'splits';
    const taken = trigger(coordinator);
    await job.clock.runFor(100);
    void gate.send(0, 'behind');
    job.tasks.endpoints[2]?.decline(1 as never, 'CHECKPOINT_DECLINED', 'not now');
    await job.settle(taken.catch(() => {}));
    expect(received).toEqual(['behind at 0']);
  });

  it('are still held back by the next coordinator, as long as a subtask has not answered', async () => {
    const { job, coordinator, gate, received, read } = await gatedJob();
    job.tasks.held.add(1);
    read.answer = () => 'splits';
    void trigger(coordinator);
    await job.clock.runFor(100);
    coordinator.abandon();
    void gate.send(1, 'behind');
    const second = await job.open({ operatorCoordinators: [read] });
    await gate.send(0, 'to whom answered');
    expect(received).toEqual(['to whom answered at 0']);
    job.tasks.release();
    await job.clock.runUntil(() => second.statistics.counts.completed === 1);
    expect(received).toEqual(['to whom answered at 0', 'behind at 1']);
  });

  it('are let go by the next coordinator when the checkpoint is at its end', async () => {
    const { job, coordinator, gate, received, read } = await gatedJob();
    const taken = trigger(coordinator);
    await job.clock.runFor(100);
    coordinator.abandon();
    await taken.catch(() => {});
    for (const endpoint of job.tasks.endpoints) endpoint.ended('failed', 'gone');
    await job.clock.runFor(10);
    read.give('splits');
    await job.open({ operatorCoordinators: [read] });
    await gate.send(0, 'anew');
    expect(received).toEqual(['anew at 0']);
  });
});
