/** A coordinator dies, its tasks live: the next one on the same journal goes on where it was. */
import { describe, expect, it } from 'vitest';
import { gatedJournal } from '../support/journal-edges.ts';
import { openMemoryJournal } from '../../src/journal/memory/journal.ts';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { blocksOf, RuntimeJob, typesOf } from '../support/runtime-job.ts';
import { storageLike } from '../support/storage-edges.ts';
import { coreGraph } from '../support/core-run.ts';

/** A job whose first checkpoint is in flight: the given places have not acknowledged. */
const inFlight = async (held: readonly number[], options = {}) => {
  const job = new RuntimeJob();
  const first = await job.start(options);
  for (const place of held) job.tasks.held.add(place);
  first.triggerCheckpoint().catch(() => {});
  await job.clock.runFor(100);
  return { job, first };
};

describe('checkpoint in flight', () => {
  it('completes under its id; acknowledgements that were recorded are not asked for again (C-078)', async () => {
    const { job, first } = await inFlight([1, 3]);
    first.abandon();
    job.commands.length = 0;
    const second = await job.open();
    expect(second.recovery).toEqual({
      term: 2,
      isNew: false,
      resumed: [{ checkpointId: 1, acknowledged: 2, total: 4 }],
      aborted: [],
      endOfData: undefined,
      living: 4,
    });
    await job.clock.runFor(100);
    // Slot 0 has acknowledged, slot 1 has not; slots 2 and 3 are no sources.
    expect(job.triggered(1)).toEqual([1]);
    job.tasks.release();
    await job.clock.runUntil(() => second.statistics.counts.completed === 1);
    expect(second.statistics.latestCompleted).toMatchObject({ checkpointId: 1, acknowledged: 4 });
    expect(job.files.files()).toContainEqual(expect.stringContaining('/chk-1/_metadata'));
  });

  it('is triggered for nobody when every source has acknowledged', async () => {
    const { job, first } = await inFlight([2, 3]);
    first.abandon();
    job.commands.length = 0;
    const second = await job.open();
    job.tasks.release();
    await job.clock.runUntil(() => second.statistics.counts.completed === 1);
    expect(job.triggered(1)).toEqual([]);
  });

  it('gets what was sent but not recorded: the tasks repeat it', async () => {
    const { job, first } = await inFlight([1, 2, 3]);
    first.abandon();
    // Nobody hears these.
    job.tasks.release();
    await job.clock.runFor(1_000);
    const second = await job.open();
    expect(second.recovery.resumed).toEqual([{ checkpointId: 1, acknowledged: 1, total: 4 }]);
    await job.clock.runUntil(() => second.statistics.counts.completed === 1);
    expect(second.statistics.latestCompleted?.checkpointId).toBe(1);
  });

  it('gets what was in the block that the crash cut off', async () => {
    const journal = openMemoryJournal();
    const gate = gatedJournal(journal);
    const job = new RuntimeJob({ journal: gate.journal });
    const first = await job.start();
    first.triggerCheckpoint().catch(() => {});
    await job.clock.runUntil(() => job.triggered(1).length > 0);
    gate.close();
    await job.clock.runFor(100);
    expect(gate.waiting).toHaveLength(1);
    first.abandon();
    const second = await job.open({ journal });
    expect(second.recovery.resumed).toEqual([{ checkpointId: 1, acknowledged: 0, total: 4 }]);
    await job.clock.runUntil(() => second.statistics.counts.completed === 1);
    expect(second.statistics.latestCompleted).toMatchObject({ checkpointId: 1, acknowledged: 4 });
  });

  it('completes when the crash came while its metadata was written, with one file (C-125)', async () => {
    let isSlow = true;
    const job = new RuntimeJob({
      storage: (storage) =>
        storageLike(storage, {
          locationOf: (reference) => {
            const location = storage.locationOf(reference);
            return {
              ...location,
              createMetadataOutputStream: async () => {
                const stream = await location.createMetadataOutputStream();
                if (!isSlow) return stream;
                return {
                  write: (bytes) => stream.write(bytes),
                  // It is published, but nobody ever hears so.
                  closeAndFinalizeCheckpoint: async () => {
                    await stream.closeAndFinalizeCheckpoint();
                    return new Promise(() => {});
                  },
                  close: () => stream.close(),
                };
              },
            };
          },
        }),
    });
    const first = await job.start();
    first.triggerCheckpoint().catch(() => {});
    await job.clock.runFor(100);
    expect(first.phaseOf(1 as never)).toEqual({ writingMetadata: 'writing' });
    const published = job.files.files();
    first.abandon();
    isSlow = false;
    const second = await job.open();
    expect(second.phaseOf(1 as never)).toEqual({ writingMetadata: 'writing' });
    await job.clock.runFor(100);
    expect(second.statistics.latestCompleted?.checkpointId).toBe(1);
    expect(job.files.files()).toEqual(published);
  });

  it('is given up when a task did not live to see the next coordinator', async () => {
    const { job, first } = await inFlight([3]);
    first.abandon();
    job.tasks.endpoints[3]?.ended('failed', 'gone with its machine');
    await job.clock.runFor(10);
    const second = await job.open();
    expect(second.recovery).toMatchObject({ resumed: [], aborted: [1], living: 3 });
    expect(typesOf(blocksOf(second))).toEqual([
      'coordinator.tookOver',
      'checkpoint.aborted',
      'discard.planned',
      'tasks.lost',
      'job.restarting',
    ]);
    expect(second.statistics.jobStatus).toBe('restarting');
    await job.clock.runFor(10);
    expect(job.tasks.heard).toEqual([0, 1, 2].map((each) => `notifyAborted 1 at ${each}`));
  });

  it('survives as many crashes as it has tasks', async () => {
    const { job, first } = await inFlight([0, 1, 2, 3]);
    let current = first;
    for (const place of [0, 1, 2, 3]) {
      current.abandon();
      current = await job.open();
      expect(current.recovery.resumed).toEqual([{ checkpointId: 1, acknowledged: place, total: 4 }]);
      job.tasks.release(place);
      await job.clock.runFor(100);
    }
    expect(current.statistics).toMatchObject({
      term: 5,
      latestCompleted: { checkpointId: 1, acknowledged: 4 },
    });
  });
});

describe('deadline after a crash', () => {
  it('is what is left of it (design, law 12) (C-061)', async () => {
    const { job, first } = await inFlight([3], { configuration: { timeout: '10 s' } });
    await job.clock.runFor(3_900);
    first.abandon();
    await job.clock.runFor(3_000);
    const second = await job.open({ configuration: { timeout: '1 h' } });
    const blocks = blocksOf(second);
    await job.clock.runFor(2_999);
    expect(second.statistics.counts.failed).toBe(0);
    await job.clock.runFor(1);
    expect(blocks.at(-1)).toMatchObject([
      { type: 'checkpoint.aborted', at: 1_010_000, reason: 'CHECKPOINT_EXPIRED', missing: [3] },
      { type: 'discard.planned' },
      { type: 'job.failureRequired' },
    ]);
  });

  it('that passed meanwhile has passed', async () => {
    const { job, first } = await inFlight([3], { configuration: { timeout: '10 s' } });
    first.abandon();
    await job.clock.runFor(60_000);
    const second = await job.open();
    await job.clock.runFor(0);
    await job.clock.runFor(0);
    expect(second.statistics.latestFailed).toMatchObject({ checkpointId: 1, endedAt: 1_060_100 });
  });

  it('is never more than its duration when the wall clock was set back', async () => {
    const { job, first } = await inFlight([3], { configuration: { timeout: '10 s' } });
    first.abandon();
    const { scheduler } = job.clock;
    const setBack = {
      now: () => job.clock.now() - 500_000,
      monotonic: () => job.clock.monotonic(),
      scheduler,
    };
    const second = await job.open({ clock: setBack });
    await job.clock.runFor(9_999);
    expect(second.statistics.counts.failed).toBe(0);
    await job.clock.runFor(2);
    expect(second.statistics.counts.failed).toBe(1);
  });
});

describe('next coordinator', () => {
  it('has the statistics of the one before (C-286)', async () => {
    const job = new RuntimeJob();
    const first = await job.start();
    await job.settle(first.triggerCheckpoint());
    await job.settle(first.triggerCheckpoint());
    await job.settle(first.close());
    const second = await job.open();
    expect(second.statistics).toEqual({ ...first.statistics, term: 2 });
  });

  it('goes on where a closed one stopped, checkpoint in flight included', async () => {
    const { job, first } = await inFlight([3]);
    await job.settle(first.close());
    const second = await job.open();
    expect(second.recovery.resumed).toHaveLength(1);
    job.tasks.release();
    await job.clock.runUntil(() => second.statistics.counts.completed === 1);
  });

  it('writes a subtask that acknowledges as finished, and gives it nothing to restore (C-182)', async () => {
    const job = new RuntimeJob();
    const first = await job.start();
    job.tasks.finished.add(3);
    await job.settle(first.triggerCheckpoint());
    const pointer = first.statistics.latestCompleted?.externalPointer ?? '';
    const completed = await job.files.resolveCheckpoint(pointer);
    const { operators } = decodeMetadata(await completed.readMetadata());
    const finished = operators.flatMap(({ name, subtasks }) =>
      subtasks.filter(({ isFinished }) => isFinished === true).map((entry) => [name, entry.subtaskIndex]),
    );
    expect(Object.fromEntries(finished)).toEqual({ count: 1, write: 1 });
    await first.jobStatus('RESTARTING');
    const restored = await first.restore(job.tasks.deploy(first.nextAttempt));
    expect(Array.from(restored.slices.values(), (slices) => slices.length)).toEqual([1, 1, 2, 0]);
  });

  it('restores attempts from the newest checkpoint, slice by slice (C-163, C-186, C-192, T-120, T-183)', async () => {
    const job = new RuntimeJob();
    const first = await job.start();
    await job.settle(first.triggerCheckpoint());
    first.abandon();
    const second = await job.open();
    const attempts = job.tasks.deploy(second.nextAttempt);
    expect(attempts.map(({ slot, attempt }) => ({ slot, attempt }))).toEqual(
      [4, 5, 6, 7].map((slot) => ({ slot, attempt: 2 })),
    );
    const restored = await second.restore(attempts);
    expect(restored).toMatchObject({ checkpointId: 1, exclusive: expect.stringContaining('/chk-1') });
    expect(Array.from(restored.slices, ([slot, slices]) => [slot, slices.length])).toEqual([
      [4, 1],
      [5, 1],
      [6, 2],
      [7, 2],
    ]);
  });

  it('is refused another job on the same journal, naming both values', async () => {
    const job = new RuntimeJob();
    const first = await job.start();
    await job.settle(first.close());
    const jobGraph = { ...coreGraph, settings: { format: 'csv' } };
    await expect(job.open({ jobGraph })).rejects.toMatchObject({
      code: 'JOB_MISMATCH',
      message: 'format is csv, but the job was started with text',
    });
  });

  it('is refused a journal that lags behind the storage', async () => {
    const job = new RuntimeJob();
    const first = await job.start();
    await job.settle(first.triggerCheckpoint());
    await expect(job.open({ journal: openMemoryJournal() })).rejects.toMatchObject({
      code: 'JOURNAL_BEHIND_STORAGE',
      message: 'the storage holds checkpoint 1, but the journal knows none after 0',
    });
  });

  it('decides the same under another configuration about what is in flight (C-285, C-312)', async () => {
    const { job, first } = await inFlight([3], { configuration: { retention: 'RETAIN_ON_CANCELLATION' } });
    first.abandon();
    const second = await job.open({ configuration: { retention: 'NEVER_RETAIN_AFTER_TERMINATION' } });
    job.tasks.release();
    await job.clock.runUntil(() => second.statistics.counts.completed === 1);
    await job.settle(second.jobStatus('CANCELLED'));
    expect(second.statistics.kept).toEqual([
      { checkpointId: 1, clause: 'RETAIN_ON_CANCELLATION on CANCELLED' },
    ]);
  });
});
