/** A checkpoint task by task: what is known of each, and of how many checkpoints. */
import { describe, expect, it } from 'vitest';
import { allocateColumns } from '../../src/core/columns.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import { foldStatistics, noStatisticsState, type StatisticsState } from '../../src/stats/statistics.ts';
import { DETAILED_CHECKPOINTS_MAX, DETAILED_TASKS_MAX, rowsOf } from '../../src/stats/task-details.ts';
import { checkpointDetail, type CheckpointDetail } from '../../src/stats/tasks.ts';
import { recordOf } from '../../src/stats/history.ts';
import { coreGraph, id, runningJob, type CoreRun } from '../support/core-run.ts';
import { completed, measuredCheckpoint, metricsOf, triggered } from '../support/statistics-facts.ts';

const [sourceId = '', sinkId = ''] = coreGraph.vertices.map((vertex) => vertex.id as string);

const stateOf = (run: CoreRun): StatisticsState => foldStatistics(noStatisticsState, run.facts);

const detailOf = (run: CoreRun, checkpointId: number): CheckpointDetail | undefined => {
  const { statistics, details } = stateOf(run);
  const [record, rows] = [recordOf(statistics, checkpointId), rowsOf(details, checkpointId)];
  return record && rows && details.graph && checkpointDetail(record, rows, details.graph);
};

const measuredJob = (): CoreRun => {
  const run = runningJob();
  measuredCheckpoint(run);
  run.pass(5);
  run.recordMetadata(id(1));
  return run;
};

describe('a subtask', () => {
  it('has all that its task measured, and when that was recorded (C-224, T-330, T-351)', () => {
    const subtasks = detailOf(measuredJob(), 1)?.subtasksOf(sinkId);
    expect(subtasks).toEqual([
      {
        subtask: 0,
        acknowledgedAt: 1_050,
        durationMs: 50,
        stateSizeBytes: 200,
        checkpointedSizeBytes: 200,
        ...metricsOf(2),
      },
      {
        subtask: 1,
        acknowledgedAt: 1_050,
        durationMs: 50,
        stateSizeBytes: 200,
        checkpointedSizeBytes: 200,
        ...metricsOf(3),
      },
    ]);
    expect(subtasks?.map((subtask) => subtask?.isUnaligned)).toEqual([true, false]);
  });

  it('is not there before it has acknowledged (T-353)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.acknowledge({ checkpointId, slot: 1 }, { checkpointId, slot: 1 });
    const detail = detailOf(run, checkpointId);
    expect(detail?.subtasksOf(sourceId)?.map((subtask) => subtask?.subtask)).toEqual([undefined, 1]);
    expect(detail?.tasks.map((task) => task.acknowledged)).toEqual([1, 0]);
    expect(detail?.subtasksOf('f'.repeat(32))).toBeUndefined();
  });
});

describe('a task', () => {
  it('has least, greatest, average and sum over its subtasks (C-225, T-344, T-353)', () => {
    const [source, sink] = detailOf(measuredJob(), 1)?.tasks ?? [];
    expect(source).toMatchObject({
      vertexId: sourceId,
      name: 'source',
      subtasks: 2,
      acknowledged: 2,
      acknowledgedAt: 1_020,
      durationMs: 20,
      isUnaligned: false,
    });
    expect(sink).toMatchObject({ name: 'sink', acknowledgedAt: 1_050, durationMs: 50, isUnaligned: true });
    expect(sink?.metrics.asyncDurationMs).toMatchObject({ minimum: 30, maximum: 40, average: 35, sum: 70 });
    expect(sink?.metrics.alignmentDurationMs).toMatchObject({ minimum: 300, maximum: 400, sum: 700 });
    expect(sink?.metrics.startDelayMs).toMatchObject({ minimum: 2, maximum: 4, sum: 6 });
    expect(sink?.metrics.stateSizeBytes).toMatchObject({ sum: 400 });
    // One of the two does not know.
    expect(sink?.metrics.processedBytes).toMatchObject({ count: 1, minimum: 3_000, sum: 3_000 });
  });

  it('has no duration before it has acknowledged, and ends with a failed checkpoint (C-225)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.pass(10);
    run.acknowledge({ checkpointId, slot: 0 });
    expect(detailOf(run, 1)?.tasks.map((task) => task.durationMs)).toEqual([10, -1]);
    run.pass(90);
    run.tell({ type: 'expire', checkpointId });
    expect(detailOf(run, 1)?.tasks.map((task) => task.durationMs)).toEqual([100, 100]);
  });

  it('is there for every vertex of the job, also before anybody has acknowledged (C-226)', () => {
    const run = runningJob();
    run.trigger();
    expect(detailOf(run, 1)?.tasks).toMatchObject([
      { vertexId: sourceId, acknowledged: 0, acknowledgedAt: -1, durationMs: -1 },
      { vertexId: sinkId, acknowledged: 0, acknowledgedAt: -1, durationMs: -1 },
    ]);
  });
});

describe('sums of a checkpoint', () => {
  it('grow with every acknowledgement, unknown numbers left out (C-227, T-344)', () => {
    const run = runningJob();
    const record = () => stateOf(run).statistics.inFlight[0];
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    expect(record()).toMatchObject({ acknowledged: 0, acknowledgedAt: undefined, stateSizeBytes: 0 });
    run.acknowledge({ checkpointId, slot: 0, metrics: metricsOf(0) });
    run.pass(9);
    run.acknowledge({ checkpointId, slot: 3, metrics: metricsOf(3) });
    expect(record()).toMatchObject({
      acknowledged: 2,
      acknowledgedAt: 1_009,
      stateSizeBytes: 300,
      checkpointedSizeBytes: 300,
      processedBytes: 1_000,
      persistedBytes: 50_000,
      metadataSizeBytes: undefined,
      isUnaligned: false,
    });
    run.acknowledge({ checkpointId, slot: 2, metrics: metricsOf(2) });
    expect(record()?.isUnaligned).toBe(true);
  });

  it('stay with one that fails (T-344)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.acknowledge({ checkpointId, slot: 0 });
    run.tell({ type: 'expire', checkpointId });
    expect(stateOf(run).statistics.latestFailed).toMatchObject({ stateSizeBytes: 100, acknowledged: 1 });
  });
});

describe('tasks of a checkpoint that has ended', () => {
  it(`can be looked at for the last ${DETAILED_CHECKPOINTS_MAX}`, () => {
    const run = runningJob();
    for (let n = 0; n < DETAILED_CHECKPOINTS_MAX + 3; n++) run.complete();
    const ids = Array.from({ length: DETAILED_CHECKPOINTS_MAX + 3 }, (_, index) => index + 1);
    expect(ids.filter((each) => detailOf(run, each) !== undefined)).toEqual(ids.slice(3));
    expect(detailOf(run, run.trigger())).toBeDefined();
  });

  it(`is one of fewer when they have more than ${DETAILED_TASKS_MAX} tasks in all, and always the last`, () => {
    const ofTasks = (checkpointId: number, count: number): Fact[] => [
      triggered(checkpointId),
      {
        type: 'tasks.acknowledged',
        at: 0,
        checkpointId: id(checkpointId),
        count,
        columns: allocateColumns(count),
        bytes: undefined,
      },
      completed(checkpointId),
    ];
    const third = DETAILED_TASKS_MAX / 3;
    const three = [1, 2, 3, 4].flatMap((each) => ofTasks(each, Math.floor(third)));
    const keptOf = (facts: readonly Fact[]): number[] =>
      foldStatistics(noStatisticsState, facts).details.ended.map((rows) => rows.checkpointId);
    expect(keptOf(three)).toEqual([2, 3, 4]);
    expect(keptOf([...three, ...ofTasks(5, DETAILED_TASKS_MAX + 1)])).toEqual([5]);
  });

  it('are those of the attempts it waited for, whoever runs now', () => {
    const run = measuredJob();
    run.deploy(4, 2);
    expect(detailOf(run, 1)?.tasks.map((task) => task.acknowledged)).toEqual([2, 2]);
  });

  it('take 61 bytes a task, whatever was in the message', () => {
    const run = measuredJob();
    const { details } = stateOf(run);
    const [rows] = details.ended;
    expect(rows?.count).toBe(4);
    expect(rows?.batches().map(({ columns }) => Object.keys(columns))).toEqual(
      Array.from({ length: 2 }, () => expect.not.arrayContaining(['frames'])),
    );
  });
});
