import { NEVER, of, concat, type Observable } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { JobGraph } from '../../src/core/job-graph.ts';
import { TidemarkError } from '../../src/errors.ts';
import { operatorTask, type OperatorLogic } from '../../src/simulation/dataflow/operator-task.ts';
import type { CapturedState } from '../../src/simulation/dataflow/snapshots.ts';
import { sourceTask, type SourceBatch } from '../../src/simulation/dataflow/source-task.ts';
import type { TaskContext, TaskEvent } from '../../src/simulation/dataflow/task.ts';
import { TaskSet, type CreateTask, type NamedTaskEvent } from '../../src/simulation/dataflow/task-set.ts';
import { virtualClock, type VirtualClock } from '../../src/simulation/virtual-clock.ts';
import { checkpointId, parseJobId, parseOperatorId, parseVertexId, slot } from '../../src/state/ids.ts';
import { memoryStorage, type MemoryStorage } from '../../src/storage/memory/storage.ts';
import type { CheckpointStorage, LocationReference } from '../../src/storage/storage.ts';
import type { TaskMessage } from '../../src/tasks/gateway.ts';
import { inProcessTaskGateway, type InProcessTaskGateway } from '../../src/tasks/in-process/gateway.ts';
import { plainOptions } from '../support/snapshot-options.ts';
import { readFrames } from './read-frames.ts';

const jobId = parseJobId('f'.repeat(32));

const vertex = (digit: string, name: string, parallelism: number, inputs: readonly string[]) => ({
  id: parseVertexId(digit.repeat(32)),
  name,
  parallelism,
  maxParallelism: 8,
  operators: [{ id: parseOperatorId(digit.repeat(32)), name, uid: name }],
  inputs: inputs.map((input) => parseVertexId(input.repeat(32))),
});

const graph: JobGraph = {
  vertices: [vertex('a', 'numbers', 2, []), vertex('b', 'sum', 1, ['a'])],
  settings: {},
};

const written = (text: string): CapturedState => ({
  write: async (writer) => {
    const stream = await writer.write(Buffer.from(text));
    const states = [{ name: 'text', mode: 'SPLIT_DISTRIBUTE' as const, offsets: [0n] }];
    return { managedOperatorState: { kind: 'operatorStream', states, stream } };
  },
});

/** Counts for ever, or up to a number. */
const numbers =
  (last: number): CreateTask =>
  (context) => {
    let next = 0;
    return sourceTask(context, {
      throttleBytesPerSecond: 0,
      createLogic: async () => ({
        doneBytes: 0,
        read: async (): Promise<SourceBatch | undefined> =>
          next < last ? { partitions: [next], records: 1, bytes: 1 } : undefined,
        advance: () => {
          next += 1;
        },
        capture: () => written(`next ${next}`),
      }),
    });
  };

/** What a test looks at. */
interface Bench {
  readonly clock: VirtualClock;
  readonly gateway: InProcessTaskGateway;
  readonly storage: MemoryStorage;
  readonly location: LocationReference;
  readonly messages: string[];
  readonly events: string[];
  readonly received: number[];
}

const describeMessage = (message: TaskMessage): readonly string[] => {
  if (message.type === 'acknowledgements') {
    return readFrames(message.frames).map((frame) => `ack ${frame.checkpointId} of ${frame.slot}`);
  }
  if (message.type === 'declined') return [`${message.reason} ${message.checkpointId} of ${message.slot}`];
  return 'slot' in message ? [`${message.type} of ${message.slot}`] : [message.type];
};

const describeEvent = ({ vertex: from, subtask, event }: NamedTaskEvent): string =>
  `${from.name}#${subtask} ${event.type}${'checkpointId' in event ? ` ${event.checkpointId}` : ''}`;

let bench: Bench;

beforeEach(async () => {
  const clock = virtualClock();
  const storage = memoryStorage({ inlineThresholdBytes: 0 });
  await storage.initializeBaseLocations(jobId);
  const { reference } = await storage.initializeLocationForCheckpoint(jobId, checkpointId(1));
  const gateway = inProcessTaskGateway({ clock, jobId });
  await gateway.attach({ term: 1, slotFloor: 0 });
  const messages: string[] = [];
  gateway.messages$.subscribe((message) => messages.push(...describeMessage(message)));
  bench = { clock, gateway, storage, location: reference, messages, events: [], received: [] };
});

const sumLogic = (captured: () => CapturedState): OperatorLogic => ({
  process: (records) => bench.received.push(records as number),
  beforeBarrier: () => undefined,
  capture: captured,
  endOfInput: () => undefined,
  completed: async () => undefined,
});

const sum =
  (captured: () => CapturedState = () => written(`sum of ${bench.received.length}`)): CreateTask =>
  (context) =>
    operatorTask(context, { createLogic: async () => sumLogic(captured) });

const run = (
  source: CreateTask,
  operator: CreateTask,
  storage: CheckpointStorage = bench.storage,
): TaskSet => {
  const { clock, gateway, events } = bench;
  const tasks = new TaskSet({
    graph,
    gateway,
    storage,
    clock,
    seed: 1,
    attempt: 1,
    channelCapacity: 3,
    channelDelayMsMax: 5,
    createTask: (context) => (context.vertex.name === 'numbers' ? source(context) : operator(context)),
    onDiscardFailed: (error) => events.push(`discard failed: ${String(error)}`),
  });
  tasks.events$.subscribe((named) => events.push(describeEvent(named)));
  tasks.start({ checkpointId: undefined, exclusive: undefined, slices: new Map() });
  return tasks;
};

const trigger = (id: number, slots: readonly number[] = [0, 1]): void => {
  const { gateway, location } = bench;
  const triggered = checkpointId(id);
  gateway.send([
    {
      type: 'trigger',
      term: 1,
      checkpointId: triggered,
      timestamp: 0,
      location,
      options: plainOptions,
      slots: slots.map(slot),
    },
  ]);
};

const abort = (id: number, slots: readonly number[] = [0, 1, 2]): void => {
  bench.gateway.send([
    {
      type: 'notifyAborted',
      term: 1,
      checkpointId: checkpointId(id),
      timestamp: 0,
      latestCompletedId: undefined,
      olderInFlight: [],
      slots: slots.map(slot),
    },
  ]);
};

/** A task that is alive and never reads. */
const deaf: CreateTask = (): Observable<TaskEvent> =>
  concat(of({ type: 'running', doneBytes: 0 } as const), NEVER);

describe('source task', () => {
  it('stops when its channel is full, and goes on when there is room', async () => {
    const tasks = run(numbers(Infinity), deaf);
    await bench.clock.runFor(1_000);
    expect(tasks.network.channels.map((channel) => channel.batches)).toEqual([3, 3]);
    tasks.network.channels[0]?.take();
    await bench.clock.runFor(1_000);
    expect(tasks.network.channels.map((channel) => channel.batches)).toEqual([3, 3]);
    expect(bench.events.filter((event) => event === 'numbers#0 processed')).toHaveLength(4);
  });

  it('lets a barrier into a full channel', async () => {
    run(numbers(Infinity), deaf);
    await bench.clock.runFor(100);
    trigger(1);
    await bench.clock.runFor(0);
    await bench.clock.runFor(0);
    expect(bench.messages).toEqual(['ack 1 of 0', 'ack 1 of 1']);
  });

  it('stays alive at the end of its data, says so once, and answers barriers', async () => {
    run(numbers(2), sum());
    await bench.clock.runFor(100);
    expect(bench.messages).toEqual(['endOfData of 0', 'endOfData of 1']);
    trigger(1);
    await bench.clock.runFor(100);
    expect(bench.messages.slice(2)).toEqual(['ack 1 of 0', 'ack 1 of 1', 'ack 1 of 2']);
    expect(bench.events).toContain('sum#0 endOfData');
  });

  it('declines while it is being restored', async () => {
    const restoring: CreateTask = (context: TaskContext) =>
      sourceTask(context, {
        throttleBytesPerSecond: 0,
        createLogic: async () => await new Promise<never>(() => undefined),
      });
    run(restoring, sum());
    trigger(1, [0]);
    await bench.clock.runFor(10);
    expect(bench.messages).toEqual(['CHECKPOINT_DECLINED_TASK_NOT_READY 1 of 0']);
  });

  it('keeps to its rate', async () => {
    const slow: CreateTask = (context) =>
      sourceTask(context, {
        throttleBytesPerSecond: 1_000,
        createLogic: async () => ({
          doneBytes: 0,
          read: async () => ({ partitions: [1], records: 1, bytes: 100 }),
          advance: () => undefined,
          capture: () => written('x'),
        }),
      });
    run(slow, sum());
    await bench.clock.runFor(1_050);
    expect(bench.events.filter((event) => event === 'numbers#0 processed')).toHaveLength(11);
  });
});

describe('operator task', () => {
  it('blocks the input whose barrier has come until all barriers have', async () => {
    run(numbers(Infinity), sum());
    trigger(1, [0]);
    await bench.clock.runFor(200);
    const before = bench.events.filter((event) => event === 'numbers#0 processed').length;
    await bench.clock.runFor(200);
    expect(bench.events.filter((event) => event === 'numbers#0 processed')).toHaveLength(before);
    expect(bench.messages).toEqual(['ack 1 of 0']);
    trigger(1, [1]);
    await bench.clock.runFor(200);
    expect(bench.messages).toEqual(['ack 1 of 0', 'ack 1 of 1', 'ack 1 of 2']);
    expect(bench.events.filter((event) => event === 'numbers#0 processed').length).toBeGreaterThan(before);
  });

  it('goes on reading when the checkpoint it waits for is aborted', async () => {
    run(numbers(Infinity), sum());
    trigger(1, [0]);
    await bench.clock.runFor(200);
    const before = bench.events.filter((event) => event === 'numbers#0 processed').length;
    abort(1);
    await bench.clock.runFor(200);
    expect(bench.events.filter((event) => event === 'numbers#0 processed').length).toBeGreaterThan(before);
  });

  it('gives up an older checkpoint for a newer one and declines it', async () => {
    run(numbers(Infinity), sum());
    trigger(1, [0]);
    await bench.clock.runFor(100);
    trigger(2, [1]);
    await bench.clock.runFor(100);
    expect(bench.messages).toEqual(['ack 1 of 0', 'ack 2 of 1', 'CHECKPOINT_DECLINED_SUBSUMED 1 of 2']);
  });

  it('passes the barrier on before its state is written', async () => {
    const hung: CapturedState = { write: async () => await new Promise(() => undefined) };
    run(
      numbers(Infinity),
      sum(() => hung),
    );
    trigger(1);
    await bench.clock.runFor(100);
    expect(bench.events).toContain('sum#0 barrierPassed 1');
    expect(bench.messages).toEqual(['ack 1 of 0', 'ack 1 of 1']);
  });

  it('declines when its state cannot be written, and deletes what was', async () => {
    const half: CapturedState = {
      write: async (writer) => {
        await writer.write(Buffer.from('first half'));
        throw new TidemarkError('STORAGE_UNAVAILABLE', 'disk full');
      },
    };
    run(
      numbers(Infinity),
      sum(() => half),
    );
    trigger(1);
    await bench.clock.runFor(100);
    expect(bench.messages.at(-1)).toBe('CHECKPOINT_ASYNC_EXCEPTION 1 of 2');
    expect(bench.storage.files()).toHaveLength(2);
  });

  it('discards what it wrote when the abort comes before the acknowledgement', async () => {
    let finish: () => void = () => undefined;
    const slow: CapturedState = {
      write: async (writer) => {
        const state = await written('late').write(writer);
        await new Promise<void>((resolve) => (finish = resolve));
        return state;
      },
    };
    run(
      numbers(Infinity),
      sum(() => slow),
    );
    trigger(1);
    await bench.clock.runFor(100);
    expect(bench.storage.files()).toHaveLength(3);
    abort(1);
    await bench.clock.runFor(10);
    finish();
    await bench.clock.runFor(10);
    expect(bench.messages.filter((message) => message.startsWith('ack'))).toEqual([
      'ack 1 of 0',
      'ack 1 of 1',
    ]);
    expect(bench.storage.files()).toHaveLength(2);
  });

  it('discards what it wrote when it is cancelled before the acknowledgement', async () => {
    let finish: () => void = () => undefined;
    const slow: CapturedState = {
      write: async (writer) => {
        const state = await written('late').write(writer);
        await new Promise<void>((resolve) => (finish = resolve));
        return state;
      },
    };
    const tasks = run(
      numbers(Infinity),
      sum(() => slow),
    );
    trigger(1);
    await bench.clock.runFor(100);
    tasks.end('cancelled', 'on request');
    finish();
    await bench.clock.runFor(10);
    expect(bench.messages).not.toContain('ack 1 of 2');
    expect(bench.storage.files()).toHaveLength(2);
  });
});

describe('task set', () => {
  it('tells the first failure, and ends the others when it is told to', async () => {
    const tasks = run(numbers(Infinity), sum());
    await bench.clock.runFor(10);
    expect(tasks.fail('sum', 0, 'broken')).toBe(true);
    expect(await tasks.failed).toMatchObject({ subtask: 0, message: 'broken' });
    tasks.end('cancelled', 'sum#0: broken');
    await bench.clock.runFor(10);
    expect(bench.messages).toEqual(['attemptEnded of 2', 'attemptEnded of 0', 'attemptEnded of 1']);
    expect(tasks.fail('sum', 0, 'again')).toBe(false);
    expect(bench.clock.pending).toBe(0);
  });

  it('takes an error of the logic for a failure of the task', async () => {
    const broken: CreateTask = (context) =>
      operatorTask(context, {
        createLogic: async () => ({
          ...sumLogic(() => written('x')),
          process: () => {
            throw new Error('cannot add');
          },
        }),
      });
    const tasks = run(numbers(Infinity), broken);
    await bench.clock.runFor(10);
    expect(await tasks.failed).toMatchObject({ message: 'cannot add' });
  });

  it('is running once every task has its state', async () => {
    const tasks = run(numbers(1), sum());
    let isRunning = false;
    void tasks.running.then(() => (isRunning = true));
    expect(isRunning).toBe(false);
    await bench.clock.runUntil(() => isRunning);
  });
});
