import { describe, expect, it } from 'vitest';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import type { CheckpointRequest } from '../../src/runtime/snapshot-requests.ts';
import { coreGraph } from '../support/core-run.ts';
import { RuntimeJob } from '../support/runtime-job.ts';

const interval = { configuration: { interval: '1 min', retained: 5 } } as const;

const snapshotIn = async (job: RuntimeJob, pointer: string) => {
  const { properties } = decodeMetadata(await (await job.storage.resolveCheckpoint(pointer)).readMetadata());
  return properties;
};

/** The promise settles in virtual time. */
const settled = async <Value>(job: RuntimeJob, promise: Promise<Value>): Promise<Value> => {
  promise.catch(() => undefined);
  await job.clock.runFor(100);
  return promise;
};

describe('a checkpoint on request (C-036)', () => {
  it('is of the type that was asked for, in the message to the tasks and in the file', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start(interval);
    for (const type of [undefined, 'configured', 'incremental', 'full'] as const) {
      await settled(job, coordinator.triggerCheckpoint({ type }));
    }
    const sent = job.commands.flatMap((command) =>
      command.type === 'trigger' ? [command.options.snapshot.type] : [],
    );
    expect(sent).toEqual(['checkpoint', 'checkpoint', 'checkpoint', 'full']);
    const last = await settled(job, coordinator.triggerCheckpoint({ type: 'full' }));
    expect(await snapshotIn(job, last.externalPointer)).toMatchObject({
      snapshot: { name: 'Full Checkpoint', sharingFilesStrategy: 'FORWARD' },
      forced: false,
    });
  });

  it('is taken beside periodic ones and without any (T-410)', async () => {
    for (const configuration of [interval.configuration, {}]) {
      const job = new RuntimeJob();
      const coordinator = await job.start({ configuration });
      await settled(job, coordinator.triggerCheckpoint());
      await job.clock.runFor(125_000);
      await settled(job, coordinator.triggerCheckpoint());
      const { completed } = coordinator.statistics.counts;
      expect(completed).toBe('interval' in configuration ? 4 : 2);
    }
  });

  it.each([
    ['null', { type: null }, 'checkpointType cannot be null'],
    ['null altogether', null, 'checkpointType cannot be null'],
    ['another', { type: 'tiny' }, 'type tiny is none of configured, full, incremental'],
  ])('of a type that is %s is refused (T-068)', async (_name, request, message) => {
    const job = new RuntimeJob();
    const coordinator = await job.start(interval);
    await expect(
      coordinator.triggerCheckpoint(request as unknown as CheckpointRequest),
    ).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID', message });
  });
});

describe('a savepoint on request', () => {
  it('goes where it was told to, or where savepoints go, in the format that was asked for (C-062, C-073)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start(interval);
    const there = await settled(job, coordinator.triggerSavepoint({ target: 'memory:/there' }));
    const here = await settled(job, coordinator.triggerSavepoint({ format: 'NATIVE' }));
    expect([there.externalPointer, here.externalPointer]).toEqual([
      expect.stringMatching(/^memory:\/there\/savepoint-00c0ff-/),
      expect.stringMatching(/^memory:\/savepoints\/savepoint-00c0ff-/),
    ]);
    expect(await snapshotIn(job, there.externalPointer)).toMatchObject({
      snapshot: { name: 'Savepoint', formatType: 'CANONICAL', postCheckpointAction: 'NONE' },
      forced: true,
    });
    expect(await snapshotIn(job, here.externalPointer)).toMatchObject({ snapshot: { formatType: 'NATIVE' } });
  });

  it('is not forced where checkpoints are unaligned, and says so in its file (C-035)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({ configuration: { interval: '1 min', unaligned: true } });
    const { externalPointer } = await settled(job, coordinator.triggerSavepoint({ target: 'memory:/there' }));
    expect(await snapshotIn(job, externalPointer)).toMatchObject({ forced: false });
  });

  it('without a target and without a standard place is refused (C-073)', async () => {
    const job = new RuntimeJob({
      storage: (storage) =>
        new Proxy(storage, {
          get: (target, name) => {
            const value: unknown =
              name === 'defaultSavepointBase' ? undefined : Reflect.get(target, name, target);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        }),
    });
    const coordinator = await job.start(interval);
    await expect(coordinator.triggerSavepoint()).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringMatching(
        /^No savepoint directory configured\. .* key 'execution.checkpointing.savepoint-dir'/,
      ),
    });
  });

  it('of a job with a blocking output is refused in Flink’s words (C-072)', async () => {
    const [source, sink] = coreGraph.vertices.map((vertex) => vertex.id);
    const edges = [{ source: source!, target: sink!, isBlocking: true }];
    const job = new RuntimeJob();
    const coordinator = await job.start({ ...interval, jobGraph: { ...coreGraph, edges } });
    const refused = coordinator.triggerSavepoint({ target: 'memory:/there' });
    await expect(settled(job, refused)).rejects.toMatchObject({
      code: 'CHECKPOINT_REFUSED',
      detail: { reason: 'BLOCKING_OUTPUT_EXIST' },
    });
  });
});
