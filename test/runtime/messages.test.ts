/** What tasks say, as it arrives: whatever is wrong with it is told to the operator and changes nothing. */
import { merge, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../src/runtime/options.ts';
import type { TaskGateway, TaskMessage } from '../../src/tasks/gateway.ts';
import { FRAME_BYTES_MAX, noMetrics } from '../../src/tasks/frame.ts';
import { coreJobId, frameOf, id, tooLargeFrame } from '../support/core-run.ts';
import { blocksOf, RuntimeJob, typesOf } from '../support/runtime-job.ts';

/** A job with a checkpoint in flight that one task holds back, and a door for messages from elsewhere. */
const openToAll = async () => {
  const job = new RuntimeJob();
  const door = new Subject<TaskMessage>();
  const tasks: TaskGateway = {
    attach: (request) => job.gateway.attach(request),
    send: (commands) => job.gateway.send(commands),
    messages$: merge(job.gateway.messages$, door),
  };
  const coordinator = await job.start({ tasks, configuration: { tolerableFailed: 10 } });
  const problems: Problem[] = [];
  coordinator.problems$.subscribe((problem) => problems.push(problem));
  job.tasks.held.add(3);
  const pending = coordinator.triggerCheckpoint();
  pending.catch(() => {});
  await job.clock.runFor(10);
  const say = async (message: object): Promise<void> => {
    door.next(message as TaskMessage);
    await job.clock.runFor(10);
  };
  const blocks = blocksOf(coordinator);
  return { job, coordinator, problems, pending, say, blocks, opened: blocks.length };
};

const sender = { jobId: coreJobId, checkpointId: 1, slot: 3, attempt: 1 };
const declined = { type: 'declined', ...sender, reason: 'CHECKPOINT_DECLINED', message: 'no' };
const metrics = { type: 'metrics', ...sender, metrics: noMetrics };
const otherJob = 'f'.repeat(32);

describe('a message that comes to nothing', () => {
  it.each([
    [
      'a decline for another job (C-096)',
      { ...declined, jobId: otherJob },
      `Error while processing DeclineCheckpoint message: Received DeclineCheckpoint message for job ${otherJob} from slot 3 while this coordinator handles job ${coreJobId}`,
    ],
    [
      'a decline of a checkpoint that is no number (C-095)',
      { ...declined, checkpointId: '__proto__' },
      'Error while processing DeclineCheckpoint message: checkpointId is __proto__, not a whole number',
    ],
    [
      'metrics for another job',
      { ...metrics, jobId: otherJob },
      `Error while processing ReportCheckpointMetrics message: it is for job ${otherJob}, this coordinator handles job ${coreJobId}`,
    ],
    [
      'metrics that are none',
      { ...metrics, metrics: { ...noMetrics, syncDurationMs: Number.NaN } },
      'Error while processing ReportCheckpointMetrics message: syncDurationMs is NaN',
    ],
    [
      'frames that are none (C-095)',
      { type: 'acknowledgements', frames: new Uint8Array(7) },
      'Error while processing AcknowledgeCheckpoint message: 1 of 1 frames are refused: 7 bytes are no whole frame',
    ],
    [
      'an acknowledgement for another job (C-082)',
      { type: 'acknowledgements', frames: frameOf({ checkpointId: 1, slot: 3, jobId: otherJob as never }) },
      'Error while processing AcknowledgeCheckpoint message: 1 of 1 frames are refused: the frame names another job',
    ],
  ])('is told to the operator: %s', async (_what, message, text) => {
    const { say, problems, blocks, opened, job, pending } = await openToAll();
    await say(message);
    expect([problems.map((problem) => problem.message), typesOf(blocks.slice(opened))]).toEqual([[text], []]);
    job.tasks.release();
    await expect(job.settle(pending)).resolves.toMatchObject({ checkpointId: 1 });
  });

  it('is nothing to speak of when the checkpoint or the attempt is not known', async () => {
    const { say, problems, blocks, opened } = await openToAll();
    await say({ ...declined, checkpointId: 9 });
    await say({ ...declined, attempt: 9 });
    await say({ ...metrics, slot: 99 });
    expect([problems, typesOf(blocks.slice(opened))]).toEqual([[], []]);
  });
});

describe('a decline with a reason that no task has (C-150)', () => {
  it('is a decline all the same, and says what it was', async () => {
    const { say, pending, job } = await openToAll();
    await say({ ...declined, reason: 'BAD_MOOD', message: { toString: () => 'x'.repeat(100_000) } });
    const error = await job.settle(pending).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'CHECKPOINT_ABORTED',
      message: expect.stringContaining(
        'Checkpoint was declined. sink#1: Unknown checkpoint failure reason : BAD_MOOD. xxx',
      ),
    });
    expect((error as Error).message.length).toBeLessThan(10_000);
  });
});

describe('an acknowledgement that is larger than may be', () => {
  it('is declined by its own task, at once and with a code', async () => {
    const { job, pending } = await openToAll();
    const before = job.clock.monotonic();
    const isSent = job.tasks.endpoints[3]?.acknowledge({
      checkpointId: id(1),
      metrics: noMetrics,
      claimedStateSizeBytes: 0,
      slices: [new Uint8Array(FRAME_BYTES_MAX)],
    });
    expect(isSent).toBe(false);
    await expect(job.settle(pending)).rejects.toMatchObject({
      code: 'CHECKPOINT_ABORTED',
      message: expect.stringContaining('sink#1: ACKNOWLEDGEMENT_TOO_LARGE: an acknowledgement of 83886'),
    });
    expect(job.clock.monotonic() - before).toBeLessThan(100);
  });

  it('from another gateway gives the checkpoint up at once, and is told to the operator', async () => {
    const { say, pending, job, problems } = await openToAll();
    await say({ type: 'acknowledgements', frames: tooLargeFrame(1, 3) });
    await expect(job.settle(pending)).rejects.toMatchObject({
      message: expect.stringContaining('ACKNOWLEDGEMENT_TOO_LARGE'),
    });
    expect(problems[0]?.message).toContain('1 of 1 frames are refused: ACKNOWLEDGEMENT_TOO_LARGE');
  });
});

describe('metrics of a task that does not acknowledge', () => {
  it('are kept as they come, also when the checkpoint was given up before (C-091, T-002)', async () => {
    const { job, say, pending, blocks } = await openToAll();
    const measured = { ...noMetrics, syncDurationMs: 4 };
    expect(job.tasks.endpoints[3]?.reportMetrics(id(1), measured)).toBe(true);
    await job.clock.runFor(10);
    expect(blocks.at(-1)).toMatchObject([
      { type: 'tasks.reported', checkpointId: 1, rows: [{ slot: 3, attempt: 1, syncDurationMs: 4 }] },
    ]);
    await say(declined);
    await expect(job.settle(pending)).rejects.toMatchObject({ code: 'CHECKPOINT_ABORTED' });
    await say(metrics);
    expect(blocks.at(-1)).toContainEqual(
      expect.objectContaining({ type: 'tasks.reported', checkpointId: 1 }),
    );
  });
});

describe('the notice of an abort', () => {
  it('reaches every task and names the newest completed checkpoint (C-100, T-034, T-411)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({ configuration: { timeout: '1 s', tolerableFailed: 10 } });
    const noticed = () =>
      job.commands.flatMap((command) =>
        command.type === 'notifyAborted' ? [command.latestCompletedId] : [],
      );
    job.tasks.held.add(3);
    await job.settle(coordinator.triggerCheckpoint().catch(() => {}));
    job.tasks.held.clear();
    await job.settle(coordinator.triggerCheckpoint());
    job.tasks.held.add(3);
    await job.settle(coordinator.triggerCheckpoint().catch(() => {}));
    await job.clock.runFor(10);
    expect(noticed()).toEqual([undefined, 2]);
    expect(job.tasks.heard.filter((line) => line.startsWith('notifyAborted 3'))).toEqual(
      [0, 1, 2, 3].map((slot) => `notifyAborted 3 at ${slot}`),
    );
  });
});

describe('whoever waits for a checkpoint', () => {
  it('finds it in the statistics when the answer comes (C-109, T-014)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    const seen = coordinator.triggerCheckpoint().then(() => coordinator.statistics.counts.completed);
    await expect(job.settle(seen)).resolves.toBe(1);
  });
});
