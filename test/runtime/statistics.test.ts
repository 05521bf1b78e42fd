/** Statistics of a live coordinator: shown, told and kept over its death. */
import { describe, expect, it } from 'vitest';
import type { CheckpointListener } from '../../src/runtime/statistics-desk.ts';
import type { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import type { Span } from '../../src/stats/spans.ts';
import { coreGraph } from '../support/core-run.ts';
import { RuntimeJob } from '../support/runtime-job.ts';

/** A listener that keeps what it hears, as one line each. */
class Listening implements CheckpointListener {
  readonly heard: string[] = [];
  readonly spans: Span[] = [];

  checkpointCompleted({
    kind,
    checkpointId,
  }: {
    readonly kind: string;
    readonly checkpointId: number;
  }): void {
    this.heard.push(`completed ${kind} ${checkpointId}`);
  }

  checkpointFailed({ kind, checkpointId }: { readonly kind: string; readonly checkpointId: number }): void {
    this.heard.push(`failed ${kind} ${checkpointId}`);
  }

  span(span: Span): void {
    this.heard.push(`span ${span.name} ${String(span.attributes['checkpointId'])}`);
    this.spans.push(span);
  }

  event(event: { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }): void {
    this.heard.push(`event ${event.name} ${String(event.attributes['checkpointId'])}`);
  }
}

/** What is to be seen of one coordinator, tasks included. */
const seen = (coordinator: CheckpointCoordinator): unknown => {
  const { statistics } = coordinator;
  const ids = [...statistics.history, ...statistics.inFlight].map((record) => record.checkpointId);
  const tasks = ids.map((id) => {
    const detail = coordinator.checkpointDetail(id);
    return [id, detail?.tasks, coreGraph.vertices.map((vertex) => detail?.subtasksOf(vertex.id))];
  });
  return JSON.parse(JSON.stringify({ ...statistics, term: 0, tasks, gauges: coordinator.gauges() }));
};

const failOne = async (job: RuntimeJob, coordinator: CheckpointCoordinator): Promise<void> => {
  job.tasks.held.add(3);
  await job.settle(coordinator.triggerCheckpoint().catch(() => {}));
  job.tasks.release();
};

describe('statistics after the death of a coordinator', () => {
  it.each([
    ['the facts alone', 1_000],
    ['a snapshot and its tail', 7],
  ])('are the same from %s, task by task (C-221, C-310)', async (_, snapshotBlocks) => {
    const job = new RuntimeJob();
    const options = { journalRetention: { snapshotBlocks }, configuration: { timeout: '1 min' } };
    const first = await job.start(options);
    for (let n = 0; n < 12; n++) await job.settle(first.triggerCheckpoint());
    await job.settle(first.triggerSavepoint({ target: 'memory:/backups' }));
    await failOne(job, first);
    job.tasks.held.add(1);
    first.triggerCheckpoint().catch(() => {});
    await job.clock.runFor(100);
    const before = seen(first);
    expect(before).toMatchObject({ counts: { total: 15, inProgress: 1, completed: 13, failed: 1 } });
    first.abandon();

    const second = await job.open(options);
    expect(seen(second)).toEqual(before);
    expect(second.statistics.term).toBe(2);
    job.tasks.release();
    await job.clock.runUntil(() => second.statistics.counts.completed === 14);
    await job.settle(second.close());

    const third = await job.open(options);
    expect(third.statistics.counts).toEqual(second.statistics.counts);
    expect(third.checkpointDetail(15)?.tasks.map((task) => task.acknowledged)).toEqual([2, 2]);
    expect(third.statistics.summary.stateSizeBytes).toMatchObject({ count: 14 });
  });

  it('lose the tasks of checkpoints whose detail the journal has forgotten, and nothing else', async () => {
    const job = new RuntimeJob();
    const options = { journalRetention: { snapshotBlocks: 6, detailCheckpoints: 1 } };
    const first = await job.start(options);
    for (let n = 0; n < 9; n++) await job.settle(first.triggerCheckpoint());
    await job.settle(first.close());
    const second = await job.open(options);
    expect({ ...second.statistics, term: 1 }).toEqual(first.statistics);
    expect(second.checkpointDetail(1)).toBeUndefined();
    expect(second.checkpointDetail(9)?.tasks).toHaveLength(2);
  });
});

describe('what is shown', () => {
  it('is one value as long as nothing has happened (C-229, C-237)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start();
    await job.settle(coordinator.triggerCheckpoint());
    const [statistics, view] = [coordinator.statistics, coordinator.checkpointingStatistics()];
    expect(coordinator.statistics).toBe(statistics);
    expect(coordinator.checkpointingStatistics()).toBe(view);
    expect(view.latest.completed).toMatchObject({ id: 1, num_acknowledged_subtasks: 4 });
    await job.settle(coordinator.triggerCheckpoint());
    expect(coordinator.checkpointingStatistics().history.map((each) => each.id)).toEqual([2, 1]);
    expect(view.history.map((each) => each.id)).toEqual([1]);
  });

  it('has a history as long as configured (C-222)', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.start({ configuration: { historySize: 2 } });
    for (let n = 0; n < 4; n++) await job.settle(coordinator.triggerCheckpoint());
    expect(coordinator.statistics.history.map((record) => record.checkpointId)).toEqual([3, 4]);
  });
});

describe('a listener', () => {
  it('hears of every end once (C-236, T-225, T-226)', async () => {
    const job = new RuntimeJob();
    const listener = new Listening();
    const coordinator = await job.start({ listener, configuration: { timeout: '10 s' } });
    await job.settle(coordinator.triggerCheckpoint());
    await failOne(job, coordinator);
    job.tasks.held.add(2);
    await job.settle(coordinator.triggerSavepoint({ target: 'memory:/backups' }).catch(() => {}));
    expect(listener.heard).toEqual(
      [
        ['completed checkpoint 1', 'event CheckpointEvent 1', 'span Checkpoint 1'],
        ['failed checkpoint 2', 'event CheckpointEvent 2', 'span Checkpoint 2'],
        ['failed savepoint 3', 'event CheckpointEvent 3', 'span Checkpoint 3'],
      ].flat(),
    );
    expect(listener.spans.map((span) => span.children)).toEqual([[], [], []]);
  });

  it('hears of what a new coordinator gives up, and not again of what ended before it (C-236)', async () => {
    const job = new RuntimeJob();
    const first = await job.start();
    await job.settle(first.triggerCheckpoint());
    job.tasks.held.add(0);
    first.triggerCheckpoint().catch(() => {});
    await job.clock.runFor(100);
    first.abandon();
    for (const endpoint of job.tasks.endpoints) endpoint.ended('failed', 'gone');
    const listener = new Listening();
    await job.open({ listener });
    expect(listener.heard[0]).toBe('failed checkpoint 2');
    expect(listener.heard).toHaveLength(3);
  });

  it('gets spans as detailed as configured (C-233)', async () => {
    const job = new RuntimeJob();
    const listener = new Listening();
    const configuration = { spanDetailLevel: 'CHILDREN_SPANS_PER_SUBTASK' } as const;
    const coordinator = await job.start({ listener, configuration });
    await job.settle(coordinator.triggerCheckpoint());
    const grandchildren = listener.spans[0]?.children.map((child) => child.children.length);
    expect(grandchildren).toEqual([2, 2]);
  });

  it('that throws is reported, and nothing else comes of it (C-235)', async () => {
    const job = new RuntimeJob();
    const fail = (): never => {
      throw new Error('full disk');
    };
    const listener = { checkpointCompleted: fail, checkpointFailed: fail, span: fail, event: fail };
    const coordinator = await job.start({ listener });
    const problems: string[] = [];
    coordinator.problems$.subscribe(({ what, message }) => problems.push(`${what} ${message}`));
    await job.settle(coordinator.triggerCheckpoint());
    await job.settle(coordinator.triggerCheckpoint());
    expect(coordinator.statistics.counts).toMatchObject({ completed: 2, failed: 0 });
    const each = ['checkpointCompleted', 'event', 'span'].map((name) => `listener ${name}: full disk`);
    expect(problems).toEqual([...each, ...each]);
  });

  it('gets a span when the last task has said how its start went (C-234)', async () => {
    const job = new RuntimeJob();
    const listener = new Listening();
    const coordinator = await job.start({ listener });
    const outcomes = job.tasks.living.map(
      ({ slot, attempt }) =>
        coordinator.reportInitialization({
          slot,
          attempt,
          isCompleted: true,
          startedAt: job.clock.now(),
          endedAt: job.clock.now() + 5,
          durations: { InitializeStateDurationMs: 4 },
        }).type,
    );
    expect(outcomes).toEqual(['recorded', 'recorded', 'recorded', 'complete']);
    expect(listener.spans).toMatchObject([
      { name: 'JobInitialization', attributes: { sumInitializeStateDurationMs: 16 } },
    ]);
  });
});
