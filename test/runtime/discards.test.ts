import { describe, expect, it } from 'vitest';
import { DISCARD_RETRY_MS, DISCARD_RETRY_MS_MAX, DISCARDS_AT_WORK_MAX } from '../../src/runtime/discards.ts';
import type { CheckpointStorage } from '../../src/storage/storage.ts';
import type { Problem } from '../../src/runtime/options.ts';
import { blocksOf, RuntimeJob } from '../support/runtime-job.ts';
import { storageLike } from '../support/storage-edges.ts';

/** A storage that refuses to remove directories while it is told to, and counts the tries. */
const stubbornStorage = () => {
  const tries: string[] = [];
  const control = { isStubborn: true, tries };
  const wrap = (storage: CheckpointStorage): CheckpointStorage =>
    storageLike(storage, {
      locationOf: (reference) => ({
        ...storage.locationOf(reference),
        dispose: () => {
          tries.push(reference.exclusive);
          if (control.isStubborn) return Promise.reject(new Error('directory is busy'));
          return storage.locationOf(reference).dispose();
        },
      }),
    });
  return { control, wrap };
};

describe('discard', () => {
  it('is tried again with a growing pause until it is done, and is journaled then (C-124, C-128, T-153)', async () => {
    const { control, wrap } = stubbornStorage();
    const job = new RuntimeJob({ storage: wrap });
    const coordinator = await job.start();
    const problems: { readonly at: number; readonly problem: Problem }[] = [];
    coordinator.problems$.subscribe((problem) => problems.push({ at: job.clock.monotonic(), problem }));
    await job.settle(coordinator.triggerCheckpoint());
    await job.settle(coordinator.triggerCheckpoint());
    await job.clock.runFor(200_000);
    const pauses = problems.slice(1).map(({ at }, index) => at - problems[index]!.at);
    const expected = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000];
    expect(pauses).toEqual(expected);
    expect([expected[0], expected.at(-1)]).toEqual([DISCARD_RETRY_MS, DISCARD_RETRY_MS_MAX]);
    expect(problems[0]?.problem).toMatchObject({
      what: 'discard',
      message: 'directory is busy',
      planned: { checkpointId: 1, cause: 'subsumed' },
    });
    expect(coordinator.statistics.discardsOwed).toBe(1);

    control.isStubborn = false;
    await job.settle(coordinator.settled());
    await job.settle(coordinator.triggerCheckpoint());
    expect(coordinator.statistics.discardsOwed).toBe(1); // checkpoint 2, ordered with the completion of 3
    expect(job.files.files().filter((path) => path.includes('/chk-1/'))).toEqual([]);
  });

  it('is confirmed without a block of its own: it rides with the next one', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    await job.settle(coordinator.triggerCheckpoint());
    await job.settle(coordinator.triggerCheckpoint());
    await job.settle(coordinator.settled());
    const blocks = blocksOf(coordinator);
    const shown = blocks.length;
    await job.clock.runFor(60_000);
    expect(blocks).toHaveLength(shown);
    await job.settle(coordinator.jobStatus('RESTARTING'));
    expect(blocks.slice(shown).map((block) => block.map((fact) => fact.type))).toEqual([
      ['discard.confirmed', 'job.restarting'],
    ]);
  });

  it('touches each path once', async () => {
    const { control, wrap } = stubbornStorage();
    control.isStubborn = false;
    const job = new RuntimeJob({ storage: wrap });
    const coordinator = await job.start();
    for (let n = 0; n < 5; n++) await job.settle(coordinator.triggerCheckpoint());
    await job.settle(coordinator.settled());
    expect(control.tries).toHaveLength(4);
    expect(new Set(control.tries).size).toBe(4);
  });

  it('is ordered again by the next coordinator (T-357)', async () => {
    const { control, wrap } = stubbornStorage();
    const job = new RuntimeJob({ storage: wrap });
    const first = await job.start();
    await job.settle(first.triggerCheckpoint());
    await job.settle(first.triggerCheckpoint());
    first.abandon();
    await job.clock.runFor(100_000);
    const tries = control.tries.length;
    control.isStubborn = false;
    const second = await job.open();
    await job.settle(second.settled());
    expect(control.tries).toHaveLength(tries + 1);
    await job.settle(second.close());
    const third = await job.open();
    expect(third.statistics.discardsOwed).toBe(0);
  });

  it('ends the wait of whoever asked for it, also when the coordinator ends first', async () => {
    const { wrap } = stubbornStorage();
    const job = new RuntimeJob({ storage: wrap });
    const coordinator = await job.start();
    await job.settle(coordinator.triggerCheckpoint());
    await job.settle(coordinator.triggerCheckpoint());
    const settled = coordinator.settled();
    coordinator.abandon();
    await job.settle(settled);
    expect(await coordinator.ended).toEqual({ how: 'closed' });
  });

  it('of late state is planned when it comes, and carried out (C-102)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({ configuration: { timeout: '1 s' } });
    const blocks = blocksOf(coordinator);
    job.tasks.held.add(2);
    await expect(job.settle(coordinator.triggerCheckpoint())).rejects.toMatchObject({
      code: 'CHECKPOINT_ABORTED',
    });
    job.tasks.release();
    await job.clock.runFor(10);
    expect(blocks.at(-1)).toMatchObject([
      { type: 'discard.confirmed', discardId: 1 },
      { type: 'tasks.reported', checkpointId: 1, rows: [{ slot: 2, attempt: 1 }] },
      { type: 'discard.planned', cause: 'lateState', clause: 'slot 2, attempt 1', target: { kind: 'files' } },
    ]);
    await job.settle(coordinator.settled());
  });
});

describe('metadata write that hangs', () => {
  /** Metadata files of the given checkpoints are never finished. */
  const hangingStorage =
    (hangs: (exclusive: string) => boolean) =>
    (storage: CheckpointStorage): CheckpointStorage =>
      storageLike(storage, {
        locationOf: (reference) => {
          const location = storage.locationOf(reference);
          if (!hangs(reference.exclusive)) return location;
          return {
            ...location,
            createMetadataOutputStream: async () => ({
              ...(await location.createMetadataOutputStream()),
              write: () => Promise.resolve(),
              closeAndFinalizeCheckpoint: () => new Promise(() => {}),
              close: () => Promise.resolve(),
            }),
          };
        },
      });

  it('does not stop the job: the checkpoint expires and later ones complete (C-301)', async () => {
    const job = new RuntimeJob({ storage: hangingStorage((path) => path.endsWith('/chk-1')) });
    const coordinator = await job.start({ configuration: { timeout: '10 s' } });
    const begun = job.clock.monotonic();
    await expect(job.settle(coordinator.triggerCheckpoint())).rejects.toMatchObject({
      code: 'CHECKPOINT_ABORTED',
      message: expect.stringContaining('Given up after 10000 ms in phase writingMetadata.writing.'),
    });
    expect(job.clock.monotonic() - begun).toBe(10_000);
    expect(await job.settle(coordinator.triggerCheckpoint())).toMatchObject({ checkpointId: 2 });
    // Its directory stays until the writer has answered, or the next coordinator comes.
    expect(coordinator.statistics.discardsOwed).toBe(1);
  });

  it('does not keep other discards from being carried out, however often it happens (C-302)', async () => {
    const hung = DISCARDS_AT_WORK_MAX + 1;
    const job = new RuntimeJob({
      storage: hangingStorage((path) => Number(/chk-(\d+)$/.exec(path)?.[1]) <= hung),
    });
    const coordinator = await job.start({ configuration: { timeout: '1 s' } });
    for (let n = 0; n < hung; n++) await job.settle(coordinator.triggerCheckpoint().catch(() => {}));
    for (let n = 0; n < 3; n++) await job.settle(coordinator.triggerCheckpoint());
    await job.clock.runFor(1_000);
    const completed = job.files.files().filter((path) => path.endsWith('/_metadata'));
    expect(completed).toEqual([expect.stringContaining(`/chk-${hung + 3}/_metadata`)]);
  });

  it('leaves its directory to the next coordinator', async () => {
    const job = new RuntimeJob({ storage: hangingStorage((path) => path.endsWith('/chk-1')) });
    const first = await job.start({ configuration: { timeout: '1 s' } });
    await job.settle(first.triggerCheckpoint().catch(() => {}));
    first.abandon();
    const second = await job.open();
    await job.settle(second.settled());
    await job.settle(second.close());
    expect(second.statistics.discardsOwed).toBe(0);
  });
});
