/** Statistics by the field names of Flink's REST interface. */
import { describe, expect, it } from 'vitest';
import { checkConfiguration } from '../../src/core/configuration.ts';
import { checkpointConfigurationView } from '../../src/stats/configuration-view.ts';
import { checkpointingStatistics, checkpointView } from '../../src/stats/rest-view.ts';
import { taskDetailView } from '../../src/stats/task-view.ts';
import { noStatistics } from '../../src/stats/statistics.ts';
import { checkpointDetail } from '../../src/stats/tasks.ts';
import { coreGraph, id, runningJob, type CoreRun } from '../support/core-run.ts';
import { folded, measuredCheckpoint } from '../support/statistics-facts.ts';

const [sourceId, sinkId] = coreGraph.vertices.map((vertex) => vertex.id);

const measuredRun = (): CoreRun => {
  const run = runningJob({ interval: '10 s', retention: 'RETAIN_ON_CANCELLATION' });
  measuredCheckpoint(run);
  run.pass(5);
  run.recordMetadata(id(1));
  return run;
};

const detailOf = (run: CoreRun) => {
  const [ended] = folded(run.facts).justEnded;
  if (ended?.rows === undefined) throw new Error('nothing has ended');
  return checkpointDetail(ended.record, ended.rows, coreGraph);
};

const nothing = { min: 0, max: 0, avg: 0, p50: 'NaN', p90: 'NaN', p95: 'NaN', p99: 'NaN', p999: 'NaN' };
const always = (value: number) => ({
  min: value,
  max: value,
  avg: value,
  p50: value,
  p90: value,
  p95: value,
  p99: value,
  p999: value,
});

const first = {
  className: 'completed',
  id: 1,
  status: 'COMPLETED',
  is_savepoint: false,
  savepointFormat: null,
  trigger_timestamp: 1_000,
  latest_ack_timestamp: 1_050,
  checkpointed_size: 600,
  state_size: 600,
  end_to_end_duration: 50,
  alignment_buffered: 0,
  processed_data: 6_000,
  persisted_data: 100_000,
  num_subtasks: 4,
  num_acknowledged_subtasks: 4,
  checkpoint_type: 'UNALIGNED_CHECKPOINT',
  tasks: {},
  external_path: 'memory:/job/chk-1',
  discarded: false,
};

describe('statistics', () => {
  it('are empty objects and nulls before anything has happened (C-237)', () => {
    expect(checkpointingStatistics(noStatistics)).toEqual({
      counts: { restored: 0, total: 0, in_progress: 0, completed: 0, failed: 0 },
      summary: {
        checkpointed_size: nothing,
        state_size: nothing,
        end_to_end_duration: nothing,
        alignment_buffered: nothing,
        processed_data: nothing,
        persisted_data: nothing,
      },
      latest: { completed: null, savepoint: null, failed: null, restored: null },
      history: [],
      config: null,
    });
  });

  it('have every field by its name (C-228, C-237)', () => {
    const run = measuredRun();
    run.deploy(4, 2);
    run.tell({
      type: 'triggerSavepoint',
      target: { base: 'memory:/s', name: 'savepoint-1' },
      key: undefined,
    });
    run.tell({ type: 'expire', checkpointId: id(2) });
    const { counts, summary, latest, history, config } = checkpointingStatistics(
      folded(run.facts).statistics,
    );
    expect(counts).toEqual({ restored: 1, total: 2, in_progress: 0, completed: 1, failed: 1 });
    expect(summary).toEqual({
      checkpointed_size: always(600),
      state_size: always(600),
      end_to_end_duration: always(50),
      alignment_buffered: nothing,
      processed_data: always(6_000),
      persisted_data: always(100_000),
    });
    expect(latest.completed).toEqual(first);
    expect(latest.savepoint).toBeNull();
    expect(latest.failed).toMatchObject({
      className: 'failed',
      id: 2,
      is_savepoint: true,
      savepointFormat: 'CANONICAL',
      checkpoint_type: 'SAVEPOINT',
      latest_ack_timestamp: -1,
      failure_timestamp: 1_055,
      failure_message: expect.stringContaining('Checkpoint expired before completing.'),
    });
    expect(latest.failed).not.toHaveProperty('external_path');
    expect(latest.restored).toEqual({
      id: 1,
      restore_timestamp: 1_055,
      is_savepoint: false,
      external_path: 'memory:/job/chk-1',
    });
    expect(history.map((each) => each.id)).toEqual([2, 1]);
    expect(config?.interval).toBe(10_000);
  });

  it('say of one in flight how far it is, and of one whose files go that they do (C-237, C-238)', () => {
    const run = runningJob();
    run.complete();
    run.complete();
    run.trigger();
    const { history } = checkpointingStatistics(folded(run.facts).statistics);
    expect(history).toMatchObject([
      { className: 'in_progress', num_acknowledged_subtasks: 0, end_to_end_duration: -1 },
      { discarded: false },
      { discarded: true },
    ]);
    expect(history[0]).not.toHaveProperty('discarded');
  });
});

describe('the configuration', () => {
  it('has every field by its name, and the greatest long for no interval (C-032, C-237)', () => {
    const view = checkpointConfigurationView(checkConfiguration({}));
    expect(JSON.stringify(view)).toContain('"interval":9223372036854775807,');
    expect(view).toMatchObject({
      mode: 'at_least_once',
      timeout: 600_000,
      min_pause: 0,
      max_concurrent: 1,
      externalization: { enabled: false, delete_on_cancellation: true },
      state_backend: 'HashMapStateBackend',
      checkpoint_storage: 'FileSystemCheckpointStorage',
      unaligned_checkpoints: false,
      tolerable_failed_checkpoints: 0,
      aligned_checkpoint_timeout: 0,
      checkpoints_after_tasks_finish: true,
      state_changelog_enabled: false,
      changelog_periodic_materialization_interval: 0,
      changelog_storage: null,
    });
    const names = { stateBackend: 'Rocks', checkpointStorage: 'Disk' };
    expect(checkpointConfigurationView(checkConfiguration({ interval: '1 s' }), names)).toMatchObject({
      mode: 'exactly_once',
      interval: 1_000,
      state_backend: 'Rocks',
      checkpoint_storage: 'Disk',
    });
  });
});

describe('the detail of a checkpoint', () => {
  it('has its tasks by vertex (C-225, C-237)', () => {
    const { record, tasks } = detailOf(measuredRun());
    const view = checkpointView(record, tasks);
    expect({ ...view, tasks: {} }).toEqual(first);
    expect(Object.keys(view.tasks)).toEqual([sourceId, sinkId]);
    expect(view.tasks[sinkId ?? '']).toEqual({
      id: sinkId,
      status: 'COMPLETED',
      latest_ack_timestamp: 1_050,
      checkpointed_size: 400,
      state_size: 400,
      end_to_end_duration: 50,
      alignment_buffered: 0,
      processed_data: 3_000,
      persisted_data: 70_000,
      num_subtasks: 2,
      num_acknowledged_subtasks: 2,
    });
  });

  it('has the subtasks of a vertex (C-224, C-237)', () => {
    const view = taskDetailView(detailOf(measuredRun()), sinkId ?? '');
    expect(view?.subtasks[1]).toEqual({
      className: 'completed',
      index: 1,
      status: 'completed',
      ack_timestamp: 1_050,
      end_to_end_duration: 50,
      checkpointed_size: 200,
      state_size: 200,
      checkpoint: { sync: 4, async: 40 },
      alignment: { buffered: 0, processed: -1, persisted: 40_000, duration: 400 },
      start_delay: 2,
      unaligned_checkpoint: false,
      aborted: false,
    });
    expect(view?.summary).toMatchObject({
      checkpoint_duration: { sync: { min: 3, max: 4, avg: 3, p50: 3.5 }, async: { max: 40 } },
      alignment: { buffered: nothing, processed: { min: 3_000 }, duration: { max: 400 } },
      start_delay: { min: 2, max: 4 },
    });
    expect(taskDetailView(detailOf(measuredRun()), 'f'.repeat(32))).toBeUndefined();
  });

  it('has no percentiles and names who is missing when it failed (C-237)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.acknowledge({ checkpointId, slot: 1 });
    run.tell({ type: 'expire', checkpointId });
    const view = taskDetailView(detailOf(run), sourceId ?? '');
    expect(view?.subtasks).toMatchObject([
      { className: 'pending', index: 0, status: 'pending_or_failed' },
      { className: 'completed', index: 1 },
    ]);
    expect(view?.summary.state_size).toMatchObject({ max: 100, p50: 'NaN' });
  });
});
