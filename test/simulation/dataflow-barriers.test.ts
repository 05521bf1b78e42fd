import { expect, it } from 'vitest';
import type { JobGraph, JobVertex } from '../../src/core/job-graph.ts';
import { configuredOptions } from '../../src/core/snapshot-options.ts';
import type { Barrier } from '../../src/simulation/dataflow/elements.ts';
import { operatorTask } from '../../src/simulation/dataflow/operator-task.ts';
import { sourceTask } from '../../src/simulation/dataflow/source-task.ts';
import { TaskSet, type CreateTask } from '../../src/simulation/dataflow/task-set.ts';
import { virtualClock } from '../../src/simulation/virtual-clock.ts';
import { checkpointId, parseJobId, parseOperatorId, parseVertexId } from '../../src/state/ids.ts';
import { memoryStorage } from '../../src/storage/memory/storage.ts';
import { inProcessTaskGateway } from '../../src/tasks/in-process/gateway.ts';

const jobId = parseJobId('00c0ffee00c0ffee00c0ffee00c0ffee');

const vertexOf = (place: number, parallelism: number): JobVertex => ({
  id: parseVertexId(String(place).repeat(32)),
  name: `task ${place}`,
  parallelism,
  maxParallelism: 128,
  operators: [{ id: parseOperatorId(String(place).repeat(32)), name: `${place}`, uid: `${place}` }],
  inputs: place === 1 ? [] : [parseVertexId(String(place - 1).repeat(32))],
});

const chain: JobGraph = {
  settings: {},
  vertices: [vertexOf(1, 2), vertexOf(2, 2), vertexOf(3, 1), vertexOf(4, 1)],
};

const nothing = { write: async () => ({}) };

/** Sources without data, and operators that note the barriers they have aligned. */
const taskOf =
  (seen: Map<string, Barrier>): CreateTask =>
  (context) =>
    context.inputs.length === 0
      ? sourceTask(context, {
          throttleBytesPerSecond: 0,
          createLogic: async () => ({
            doneBytes: 0,
            read: async () => undefined,
            advance: () => undefined,
            capture: () => nothing,
          }),
        })
      : operatorTask(context, {
          createLogic: async () => ({
            process: () => 0,
            beforeBarrier: () => undefined,
            capture: (barrier) => {
              seen.set(context.vertex.name, barrier);
              return nothing;
            },
            endOfInput: () => undefined,
            completed: async () => undefined,
          }),
        });

it.each([
  ['an unaligned checkpoint', { type: 'full' }, true],
  ['a savepoint that drains', { type: 'savepoint', format: 'NATIVE', action: 'TERMINATE' }, false],
] as const)(
  'the last task of a chain reads place and options of %s from its barrier (C-065, C-070, T-172)',
  async (_name, snapshot, unaligned) => {
    const clock = virtualClock();
    const storage = memoryStorage();
    const gateway = inProcessTaskGateway({ clock, jobId });
    await gateway.attach({ term: 1, slotFloor: 0 });
    const seen = new Map<string, Barrier>();
    const onDiscardFailed = (error: unknown): void => expect(error).toBeUndefined();
    const tasks = new TaskSet({
      graph: chain,
      gateway,
      storage,
      clock,
      seed: 1,
      attempt: 1,
      channelCapacity: 3,
      channelDelayMsMax: 5,
      createTask: taskOf(seen),
      onDiscardFailed,
    });
    tasks.start({ checkpointId: undefined, exclusive: undefined, slices: new Map() });
    await tasks.running;
    const options = configuredOptions(snapshot, { mode: 'EXACTLY_ONCE', unaligned, alignedTimeoutMs: 0 });
    const place = { exclusive: 'memory:/job/chk-7', shared: 'memory:/job/shared' };
    const slots = tasks.living.slice(0, 2).map(({ slot }) => slot);
    const trigger = { checkpointId: checkpointId(7), timestamp: 12, location: place, options } as const;
    gateway.send([{ type: 'trigger', term: 1, ...trigger, slots }]);
    await clock.runFor(100);
    expect([...seen.keys()]).toEqual(['task 2', 'task 3', 'task 4']);
    expect(seen.get('task 4')).toEqual({ kind: 'barrier', ...trigger });
    tasks.stop();
  },
);
