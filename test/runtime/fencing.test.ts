/** One writer: whoever takes over fences the one before, which shows nothing more. */
import { describe, expect, it } from 'vitest';
import { blocksOf, RuntimeJob, typesOf } from '../support/runtime-job.ts';

describe('two coordinators on one journal', () => {
  it('the first is fenced at its next append and shows nothing more (C-275, C-280, C-288)', async () => {
    const job = new RuntimeJob();
    const zombie = await job.start({ configuration: { interval: '1 s' } });
    await job.clock.runUntil(() => zombie.statistics.counts.completed === 2);
    await job.clock.runFor(1);
    const blocks = blocksOf(zombie);
    const successor = await job.open({ configuration: { interval: '1 s' } });
    const shown = typesOf(blocks);
    const commands = job.commands.length;
    await job.clock.runUntil(() => successor.statistics.counts.completed === 5);
    expect(await zombie.ended).toMatchObject({
      how: 'fenced',
      error: { code: 'COORDINATOR_FENCED', message: 'term 2 has taken over from term 1' },
    });
    expect(typesOf(blocks)).toEqual(shown);
    expect(job.commands.slice(commands).filter(({ term }) => term === 1)).toEqual([]);
    await expect(zombie.triggerCheckpoint()).rejects.toMatchObject({ code: 'COORDINATOR_FENCED' });
  });

  it('no id is used twice, and what the second completes stays (C-174, T-249, T-354, T-355)', async () => {
    const job = new RuntimeJob();
    const zombie = await job.start();
    const successor = await job.open();
    const outcomes = await job.settle(
      Promise.allSettled([zombie.triggerCheckpoint(), successor.triggerCheckpoint()]),
    );
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'COORDINATOR_FENCED' } },
      { status: 'fulfilled', value: { checkpointId: 1 } },
    ]);
    await job.clock.runFor(60_000);
    expect(job.files.files().filter((path) => path.endsWith('_metadata'))).toHaveLength(1);
  });

  it('what the first had in flight goes on under the second', async () => {
    const job = new RuntimeJob();
    const zombie = await job.start();
    job.tasks.held.add(3);
    const waiting = zombie.triggerCheckpoint();
    waiting.catch(() => {});
    await job.clock.runFor(10);
    const successor = await job.open();
    expect(successor.recovery.resumed).toEqual([{ checkpointId: 1, acknowledged: 3, total: 4 }]);
    job.tasks.release();
    await job.clock.runUntil(() => successor.statistics.counts.completed === 1);
    // The tasks speak to the second alone; the first learns of its end when it wants to write.
    await expect(zombie.jobStatus('RESTARTING')).rejects.toMatchObject({ code: 'COORDINATOR_FENCED' });
    await expect(waiting).rejects.toMatchObject({ code: 'COORDINATOR_FENCED' });
    expect(successor.statistics.latestCompleted?.checkpointId).toBe(1);
  });

  it('the discards of the first are carried out by the second', async () => {
    const job = new RuntimeJob();
    const zombie = await job.start();
    await job.settle(zombie.triggerCheckpoint());
    const successor = await job.open();
    await job.settle(successor.triggerCheckpoint());
    await job.settle(successor.settled());
    await job.settle(zombie.jobStatus('RESTARTING').catch(() => {}));
    expect(job.files.files().filter((path) => path.endsWith('_metadata'))).toEqual([
      expect.stringContaining('/chk-2/_metadata'),
    ]);
  });
});
