/** The page of statistics names every gauge, attribute and field there is, and no other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkConfiguration } from '../../src/core/configuration.ts';
import type { SpanDetailLevel } from '../../src/core/configuration/record.ts';
import { SUMMARY_WINDOW } from '../../src/stats/metric-summary.ts';
import { checkpointGauges } from '../../src/stats/gauges.ts';
import { HISTORY_SIZE } from '../../src/stats/history.ts';
import { JobInitializations } from '../../src/stats/initialization.ts';
import { checkpointConfigurationView } from '../../src/stats/configuration-view.ts';
import { checkpointingStatistics, checkpointView } from '../../src/stats/rest-view.ts';
import { taskDetailView } from '../../src/stats/task-view.ts';
import { checkpointEvent, checkpointSpan, type Span } from '../../src/stats/spans.ts';
import { noStatistics, type EndedCheckpoint } from '../../src/stats/statistics.ts';
import { DETAILED_CHECKPOINTS_MAX, DETAILED_TASKS_MAX } from '../../src/stats/task-details.ts';
import { checkpointDetail, type CheckpointDetail } from '../../src/stats/tasks.ts';
import { coreGraph, id, runningJob, type CoreRun } from '../support/core-run.ts';
import { folded, measuredCheckpoint } from '../support/statistics-facts.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/reference/statistics.md'), 'utf8');

/** Names in the first column of the table that follows a heading. */
const namesUnder = (heading: string): string[] => {
  const [, after = ''] = text.split(`\n${heading}\n`);
  const section = after.split(/\n#+ /)[0] ?? '';
  const [table = ''] = section
    .trim()
    .split('\n\n')
    .filter((block) => block.startsWith('|'));
  return [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
};

/** Names of all leaves; a summary and what is a list or empty counts as one. */
const fieldsOf = (view: object): string[] =>
  Object.entries(view).flatMap(([name, value]) => {
    const isLeaf = typeof value !== 'object' || value === null || Array.isArray(value) || 'p999' in value;
    if (isLeaf || 'className' in value || 'rawJSON' in value || 'restore_timestamp' in value) return [name];
    return name === 'tasks' || name === 'config'
      ? [name]
      : fieldsOf(value).map((inner) => `${name}.${inner}`);
  });

const endedOf = (run: CoreRun): EndedCheckpoint => {
  const [ended] = folded(run.facts).justEnded;
  if (ended === undefined) throw new Error('nothing has ended');
  return ended;
};

const detailOf = ({ record, rows }: EndedCheckpoint): CheckpointDetail => {
  if (rows === undefined) throw new Error('no rows');
  return checkpointDetail(record, rows, coreGraph);
};

const completed = (): EndedCheckpoint => {
  const run = runningJob();
  measuredCheckpoint(run);
  run.recordMetadata(id(1));
  return endedOf(run);
};

const failed = (): EndedCheckpoint => {
  const run = runningJob();
  run.tell({ type: 'expire', checkpointId: run.trigger() });
  return endedOf(run);
};

const spanAt = (level: SpanDetailLevel): Span => checkpointSpan(detailOf(completed()), level);

const isAggregate = (name: string): boolean => /^(max|sum)[A-Z]/.test(name);

describe('the page of statistics', () => {
  it('has every gauge (C-230)', () => {
    expect(namesUnder('## Gauges')).toEqual(Object.keys(checkpointGauges(noStatistics)));
  });

  it('has every attribute of the spans and events (C-232, C-233)', () => {
    const attributes = namesUnder('### Span `Checkpoint`');
    expect(attributes).toEqual(Object.keys(spanAt('SPAN_PER_CHECKPOINT').attributes));
    expect(attributes.slice(0, 7)).toEqual(Object.keys(checkpointEvent(completed().record).attributes));
    const [task] = spanAt('CHILDREN_SPANS_PER_SUBTASK').children;
    for (const span of [task, task?.children[0]]) {
      const own = Object.keys(span?.attributes ?? {});
      expect(own.filter((name) => !isAggregate(name))).toEqual(namesUnder(`### Span \`${span?.name}\``));
      expect(own.filter(isAggregate)).toEqual(attributes.filter(isAggregate));
    }
  });

  it('has every attribute of the span of a start (C-234)', () => {
    const run = runningJob();
    run.complete();
    run.deploy(4, 2);
    const initializations = new JobInitializations();
    initializations.hear(run.facts, folded(run.facts).statistics);
    const report = { attempt: 2, isCompleted: true, startedAt: 0, endedAt: 0, durations: { Ms: 1 } };
    const outcomes = [4, 5, 6, 7].map((slot) => initializations.report({ ...report, slot }));
    const last = outcomes.at(-1);
    const attributes = last?.type === 'complete' ? Object.keys(last.span.attributes) : [];
    const names = namesUnder('### Span `JobInitialization`').map((name) => name.replace('…', 'Ms'));
    expect(attributes).toEqual(names);
  });

  it('has every field of the REST objects (C-237)', () => {
    const { record, ...ended } = completed();
    const detail = detailOf({ record, ...ended });
    const [view] = [taskDetailView(detail, detail.tasks[0]?.vertexId ?? '')];
    const summary = checkpointingStatistics(noStatistics).summary.state_size;
    const [task] = Object.values(checkpointView(record, detail.tasks).tasks);
    expect(namesUnder('### A summary')).toEqual(Object.keys(summary));
    expect(namesUnder('### All statistics')).toEqual(
      expect.arrayContaining(fieldsOf(checkpointingStatistics(noStatistics))),
    );
    expect(namesUnder('### All statistics')).toHaveLength(
      fieldsOf(checkpointingStatistics(noStatistics)).length,
    );
    const checkpointFields = [
      ...fieldsOf(checkpointView(record)),
      ...fieldsOf(checkpointView(failed().record)),
    ];
    expect(namesUnder('### A checkpoint')).toEqual([...new Set(checkpointFields)]);
    expect(namesUnder('### A task')).toEqual(fieldsOf(task ?? {}));
    const own = fieldsOf(view ?? {}).filter((name) => !namesUnder('### A task').includes(name));
    expect(namesUnder('### A task with its subtasks')).toEqual(own);
    expect(namesUnder('### A subtask')).toEqual(fieldsOf(view?.subtasks[0] ?? {}));
    const configuration = checkpointConfigurationView(checkConfiguration({}));
    expect(namesUnder('### The configuration')).toEqual(fieldsOf(configuration));
  });

  it('has every field of what was restored (C-237)', () => {
    const run = runningJob();
    run.complete();
    run.deploy(4, 2);
    const { restored } = checkpointingStatistics(folded(run.facts).statistics).latest;
    expect(namesUnder('### What was restored')).toEqual(Object.keys(restored ?? {}));
  });

  it('has the limits as they are', () => {
    const [limits = ''] = text.split('## How much is kept')[1]?.split('\n## ') ?? [];
    const shown = [HISTORY_SIZE, DETAILED_CHECKPOINTS_MAX, DETAILED_TASKS_MAX, SUMMARY_WINDOW];
    for (const limit of shown) {
      expect(limits).toContain(limit.toLocaleString('en').replaceAll(',', ' '));
    }
  });
});
