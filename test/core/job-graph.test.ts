import { describe, expect, it } from 'vitest';
import { checkJobGraph, type JobGraph, type JobVertex } from '../../src/core/job-graph.ts';
import { compareJobGraphs } from '../../src/core/job-mismatch.ts';
import { coreGraph } from '../support/core-run.ts';

const [source, sink] = coreGraph.vertices as [JobVertex, JobVertex];
const graphOf = (...vertices: readonly JobVertex[]): JobGraph => ({ ...coreGraph, vertices });

describe('job graph', () => {
  it('is accepted as it is', () => {
    expect(checkJobGraph(coreGraph)).toBe(coreGraph);
  });

  it.each([
    ['the job graph has no vertices', graphOf()],
    [`vertex ${source.id} stands twice in the job graph`, graphOf(source, source)],
    [
      `operator ${source.operators[0]?.id} stands twice in the job graph`,
      graphOf(source, { ...sink, operators: source.operators }),
    ],
    [
      'vertex sink: parallelism 0 is not an integer in [1, 32768]',
      graphOf(source, { ...sink, parallelism: 0 }),
    ],
    ['vertex sink: max parallelism 1 is not in [2, 32768]', graphOf(source, { ...sink, maxParallelism: 1 })],
    ['vertex sink has no operators', graphOf(source, { ...sink, operators: [] })],
    [`vertex sink: input ${source.id} is no vertex of the job`, graphOf(sink)],
  ])('is refused when %s (C-069)', (message, graph) => {
    expect(() => checkJobGraph(graph)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message }),
    );
  });

  it.each([
    ['format is csv, but the job was started with text', { ...coreGraph, settings: { format: 'csv' } }],
    ['format is nothing, but the job was started with text', { ...coreGraph, settings: {} }],
    [
      'speed is 1, but the job was started with nothing',
      { ...coreGraph, settings: { ...coreGraph.settings, speed: '1' } },
    ],
    ['number of vertices is 1, but the job was started with 2', graphOf(source)],
    [
      'parallelism of sink is 3, but the job was started with 2',
      graphOf(source, { ...sink, parallelism: 3 }),
    ],
    [
      'max parallelism of sink is 64, but the job was started with 128',
      graphOf(source, { ...sink, maxParallelism: 64 }),
    ],
    [
      `vertex source is ${sink.id}, but the job was started with ${source.id}`,
      graphOf({ ...source, id: sink.id }, { ...sink, id: source.id }),
    ],
    [
      `operators of sink is ${sink.operators[0]?.id}, but the job was started with ${sink.operators[0]?.id} ${sink.operators[1]?.id}`,
      graphOf(source, { ...sink, operators: sink.operators.slice(0, 1) }),
    ],
  ])('of another job is refused: %s', (message, given) => {
    expect(() => compareJobGraphs(coreGraph, given)).toThrow(
      expect.objectContaining({ code: 'JOB_MISMATCH', message }),
    );
  });

  it('of the same job under other names is accepted', () => {
    expect(() => compareJobGraphs(coreGraph, graphOf({ ...source, name: 'reader' }, sink))).not.toThrow();
  });
});
