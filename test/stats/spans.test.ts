/** Spans and events of checkpoints, in every detail. */
import { describe, expect, it } from 'vitest';
import type { SpanDetailLevel } from '../../src/core/configuration/record.ts';
import { checkpointEvent, checkpointSpan, type Span } from '../../src/stats/spans.ts';
import { checkpointDetail } from '../../src/stats/tasks.ts';
import { coreGraph, id, runningJob, type CoreRun } from '../support/core-run.ts';
import { folded, measuredCheckpoint } from '../support/statistics-facts.ts';

const [sourceId, sinkId] = coreGraph.vertices.map((vertex) => vertex.id);

const endedOf = (run: CoreRun) => {
  const [ended] = folded(run.facts).justEnded;
  if (ended?.rows === undefined) throw new Error('nothing has ended');
  return { record: ended.record, detail: checkpointDetail(ended.record, ended.rows, coreGraph) };
};

const measured = (): CoreRun => {
  const run = runningJob();
  measuredCheckpoint(run);
  run.pass(5);
  return run;
};

const completedRun = (): CoreRun => {
  const run = measured();
  run.recordMetadata(id(1));
  return run;
};

const spanOf = (run: CoreRun, level: SpanDetailLevel = 'SPAN_PER_CHECKPOINT'): Span =>
  checkpointSpan(endedOf(run).detail, level);

const common = {
  checkpointId: 1,
  fullSize: 600,
  checkpointedSize: 600,
  metadataSize: 500,
  checkpointStatus: 'COMPLETED',
  isUnaligned: 'true',
  checkpointType: 'Checkpoint',
};

describe('the span of a checkpoint', () => {
  it('goes from its trigger to its last acknowledgement, with maxima and sums (C-232, T-232, T-233)', () => {
    expect(spanOf(completedRun())).toEqual({
      type: 'span',
      name: 'Checkpoint',
      startedAt: 1_000,
      endedAt: 1_050,
      attributes: {
        ...common,
        maxStateSizeBytes: 200,
        maxCheckpointedSizeBytes: 200,
        maxCheckpointStartDelayMs: 8,
        sumCheckpointStartDelayMs: 20,
        maxAlignmentDurationMs: 400,
        sumAlignmentDurationMs: 1_000,
        maxSyncCheckpointDurationMs: 4,
        sumSyncCheckpointDurationMs: 10,
        maxAsyncCheckpointDurationMs: 40,
        sumAsyncCheckpointDurationMs: 100,
        maxProcessedDataBytes: 3_000,
        sumProcessedDataBytes: 6_000,
        maxPersistedDataBytes: 40_000,
        sumPersistedDataBytes: 100_000,
      },
      children: [],
    });
  });

  it('is there for one that failed, with what was acknowledged (C-232, T-232)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.pass(10);
    run.acknowledge({ checkpointId, slot: 0, metrics: { syncDurationMs: 3 } });
    run.pass(10);
    run.tell({ type: 'expire', checkpointId });
    expect(spanOf(run)).toMatchObject({
      startedAt: 1_000,
      endedAt: 1_010,
      attributes: {
        checkpointStatus: 'FAILED',
        metadataSize: -1,
        fullSize: 100,
        maxSyncCheckpointDurationMs: 3,
      },
    });
  });

  it('ends with the checkpoint when nobody had acknowledged', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.pass(30);
    run.tell({ type: 'expire', checkpointId });
    const level = 'CHILDREN_SPANS_PER_SUBTASK';
    expect(spanOf(run, level)).toMatchObject({ startedAt: 1_000, endedAt: 1_030, children: [] });
  });

  it('lists tasks by their least start delay when told to (C-233, T-234)', () => {
    const { attributes, children } = spanOf(completedRun(), 'SPAN_PER_CHECKPOINT_WITH_TASKS');
    // The sinks come first: their barriers waited 2 and 4 ms, those of the sources 6 and 8.
    expect(attributes).toMatchObject({
      ...common,
      maxCheckpointStartDelayMs: 8,
      perTaskMaxCheckpointStartDelayMs: [4, 8],
      perTaskSumCheckpointStartDelayMs: [6, 14],
      perTaskMaxStateSizeBytes: [200, 100],
      perTaskSumStateSizeBytes: [400, 200],
      perTaskSumAsyncCheckpointDurationMs: [70, 30],
      perTaskSumProcessedDataBytes: [3_000, 3_000],
    });
    expect(Object.keys(attributes).filter((name) => name.startsWith('perTask'))).toHaveLength(16);
    expect(children).toEqual([]);
  });

  it('has a child for each task when told to (C-233, T-236)', () => {
    const { attributes, children } = spanOf(completedRun(), 'CHILDREN_SPANS_PER_TASK');
    expect(Object.keys(attributes).some((name) => name.startsWith('perTask'))).toBe(false);
    expect(children).toMatchObject([
      {
        name: 'Checkpoint_Task',
        startedAt: 1_002,
        endedAt: 1_050,
        attributes: { jobVertexId: sinkId, maxSyncCheckpointDurationMs: 4, sumSyncCheckpointDurationMs: 7 },
        children: [],
      },
      { startedAt: 1_006, endedAt: 1_020, attributes: { jobVertexId: sourceId }, children: [] },
    ]);
  });

  it('has grandchildren for each subtask when told to (C-233, T-235)', () => {
    const { children } = spanOf(completedRun(), 'CHILDREN_SPANS_PER_SUBTASK');
    expect(children.map((child) => child.children.length)).toEqual([2, 2]);
    expect(children[0]?.children[1]).toEqual({
      type: 'span',
      name: 'Checkpoint_Subtask',
      startedAt: 1_002,
      endedAt: 1_050,
      attributes: expect.objectContaining({
        checkpointId: 1,
        jobVertexId: sinkId,
        subtaskId: 1,
        maxAlignmentDurationMs: 400,
        sumAlignmentDurationMs: 400,
      }),
      children: [],
    });
  });
});

describe('the event of a checkpoint', () => {
  it('has the common attributes, at the last acknowledgement (C-232, T-232)', () => {
    expect(checkpointEvent(endedOf(completedRun()).record)).toEqual({
      type: 'event',
      name: 'CheckpointEvent',
      severity: 'INFO',
      observedAt: 1_050,
      attributes: common,
    });
  });

  it('names savepoints', () => {
    const run = runningJob();
    run.tell({
      type: 'triggerSavepoint',
      target: { base: 'memory:/s', name: 'savepoint-1' },
      key: undefined,
    });
    run.complete(id(1));
    expect(checkpointEvent(endedOf(run).record).attributes['checkpointType']).toBe('Savepoint');
  });
});
