import { describe, expect, it } from 'vitest';
import { checkConfiguration } from '../../src/core/configuration.ts';
import {
  checkJobGraph,
  edgesOf,
  hasBlockingOutput,
  type JobEdge,
  type JobGraph,
  type JobVertex,
} from '../../src/core/job-graph.ts';
import { compareJobGraphs } from '../../src/core/job-mismatch.ts';
import { checkUnaligned } from '../../src/core/unaligned-graph.ts';
import { coreGraph } from '../support/core-run.ts';

const [source, sink] = coreGraph.vertices as [JobVertex, JobVertex];
const edge: JobEdge = { source: source.id, target: sink.id };
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
    [
      `edge ${sink.id} → ${source.id}: the target has no such input`,
      { ...coreGraph, edges: [{ source: sink.id, target: source.id }] },
    ],
    [
      `edge ${source.id} → ${sink.id}: distribution BROADCAST is not POINTWISE or ALL_TO_ALL`,
      { ...coreGraph, edges: [{ ...edge, distribution: 'BROADCAST' as never }] },
    ],
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

  it.each([
    [
      'edge source → sink is POINTWISE, but the job was started with ALL_TO_ALL',
      { ...coreGraph, edges: [{ ...edge, distribution: 'POINTWISE' as const }] },
    ],
    [
      'edge source → sink is ALL_TO_ALL, blocking, custom partitioner, but the job was started with ALL_TO_ALL',
      { ...coreGraph, edges: [{ ...edge, isBlocking: true, hasCustomPartitioner: true }] },
    ],
    [
      'edge source → sink is ALL_TO_ALL; ALL_TO_ALL, but the job was started with ALL_TO_ALL',
      { ...coreGraph, edges: [edge, edge] },
    ],
    [
      'edge source → sink is nothing, but the job was started with ALL_TO_ALL',
      graphOf(source, { ...sink, inputs: [] }),
    ],
    [
      'sink is one attempt at a time, but the job was started with concurrent attempts',
      graphOf(source, { ...sink, supportsConcurrentExecutionAttempts: false }),
    ],
    [
      'the graph is iterative, fixed, but the job was started with not iterative, fixed',
      { ...coreGraph, isIterative: true },
    ],
  ])('with other edges or marks is refused: %s', (message, given) => {
    expect(() => compareJobGraphs(coreGraph, given)).toThrow(
      expect.objectContaining({ code: 'JOB_MISMATCH', message }),
    );
  });

  it('with every default said aloud is the one that says nothing', () => {
    const marks = { distribution: 'ALL_TO_ALL', isBlocking: false, hasCustomPartitioner: false } as const;
    const spoken: JobGraph = {
      ...coreGraph,
      vertices: coreGraph.vertices.map((vertex) => ({
        ...vertex,
        supportsConcurrentExecutionAttempts: true,
      })),
      edges: [{ ...edge, ...marks }],
      isIterative: false,
      isDynamic: false,
    };
    expect(checkJobGraph(spoken)).toBe(spoken);
    expect(() => compareJobGraphs(coreGraph, spoken)).not.toThrow();
    expect(edgesOf(spoken)).toEqual(edgesOf(coreGraph));
  });

  it('has a blocking output when one of its edges blocks', () => {
    expect(hasBlockingOutput(coreGraph)).toBe(false);
    expect(hasBlockingOutput({ ...coreGraph, edges: [edge, { ...edge, isBlocking: true }] })).toBe(true);
  });

  it('of the same job under other names is accepted', () => {
    expect(() => compareJobGraphs(coreGraph, graphOf({ ...source, name: 'reader' }, sink))).not.toThrow();
  });
});

describe('unaligned checkpoints (C-017)', () => {
  const unaligned = { interval: '1 s', unaligned: true };
  const iterative = { ...coreGraph, isIterative: true };
  const partitioned = { ...coreGraph, edges: [{ ...edge, hasCustomPartitioner: true }] };

  it.each([
    [iterative, /^Unaligned Checkpoints are currently not supported for iterative jobs, /],
    [partitioned, /^Unaligned checkpoints are currently not supported for custom partitioners, /],
  ])('are refused for a graph that cannot be rescaled with them: %#', (graph, message) => {
    const refusal = { code: 'CONFIGURATION_INVALID', message: expect.stringMatching(message) };
    expect(() => checkUnaligned(graph, checkConfiguration(unaligned))).toThrow(
      expect.objectContaining(refusal),
    );
    expect(() => checkUnaligned(graph, checkConfiguration(unaligned))).toThrow(
      "by using 'execution.checkpointing.unaligned.forced'",
    );
  });

  it.each([iterative, partitioned])('are taken when they are forced, or not in force: %#', (graph) => {
    expect(() =>
      checkUnaligned(graph, checkConfiguration({ ...unaligned, unalignedForced: true })),
    ).not.toThrow();
    expect(() => checkUnaligned(graph, checkConfiguration({ unaligned: true }))).not.toThrow();
    expect(() => checkUnaligned(coreGraph, checkConfiguration(unaligned))).not.toThrow();
  });
});
