/** A job that is opened again must be the one the journal knows: a difference is refused, naming both values. */
import { TidemarkError } from '../errors.ts';
import { edgesOf, type JobEdge, type JobGraph, type JobVertex } from './job-graph.ts';

const refuse = (what: string, journaled: unknown, given: unknown): never => {
  const text = `${what} is ${String(given)}, but the job was started with ${String(journaled)}`;
  throw new TidemarkError('JOB_MISMATCH', text, { what, journaled: String(journaled), given: String(given) });
};

const compareVertex = (journaled: JobVertex, given: JobVertex): void => {
  const { name } = journaled;
  const operators = (vertex: JobVertex): string => vertex.operators.map((operator) => operator.id).join(' ');
  if (journaled.id !== given.id) refuse(`vertex ${name}`, journaled.id, given.id);
  if (journaled.parallelism !== given.parallelism) {
    refuse(`parallelism of ${name}`, journaled.parallelism, given.parallelism);
  }
  if (journaled.maxParallelism !== given.maxParallelism) {
    refuse(`max parallelism of ${name}`, journaled.maxParallelism, given.maxParallelism);
  }
  if (operators(journaled) !== operators(given))
    refuse(`operators of ${name}`, operators(journaled), operators(given));
  const attempts = (vertex: JobVertex): string =>
    vertex.supportsConcurrentExecutionAttempts === false ? 'one attempt at a time' : 'concurrent attempts';
  if (attempts(journaled) !== attempts(given)) refuse(name, attempts(journaled), attempts(given));
};

const edgeText = ({ distribution, isBlocking, hasCustomPartitioner }: Required<JobEdge>): string => {
  const marks = [isBlocking ? 'blocking' : '', hasCustomPartitioner ? 'custom partitioner' : ''];
  return [distribution, ...marks].filter((mark) => mark !== '').join(', ');
};

/** Edges by their ends; several between the same vertices are one line. */
const edgeTexts = (graph: JobGraph): Map<string, string> => {
  const names = new Map(graph.vertices.map(({ id, name }) => [id as string, name]));
  const texts = new Map<string, string>();
  for (const edge of edgesOf(graph)) {
    const ends = `edge ${names.get(edge.source)} → ${names.get(edge.target)}`;
    const before = texts.get(ends);
    texts.set(ends, before === undefined ? edgeText(edge) : `${before}; ${edgeText(edge)}`);
  }
  return texts;
};

const compareEdges = (journaled: JobGraph, given: JobGraph): void => {
  // Under the journaled names: a vertex may have been renamed.
  const named = {
    ...given,
    vertices: given.vertices.map((vertex, index) => ({
      ...vertex,
      name: journaled.vertices[index]?.name ?? vertex.name,
    })),
  };
  const [before, now] = [edgeTexts(journaled), edgeTexts(named)];
  for (const ends of new Set([...before.keys(), ...now.keys()])) {
    if (before.get(ends) !== now.get(ends))
      refuse(ends, before.get(ends) ?? 'nothing', now.get(ends) ?? 'nothing');
  }
};

const kindOf = ({ isIterative, isDynamic }: JobGraph): string =>
  [isIterative === true ? 'iterative' : 'not iterative', isDynamic === true ? 'dynamic' : 'fixed'].join(', ');

/** @throws JOB_MISMATCH naming the first difference and both values. */
export const compareJobGraphs = (journaled: JobGraph, given: JobGraph): void => {
  const names = new Set([...Object.keys(journaled.settings), ...Object.keys(given.settings)]);
  for (const name of names) {
    const [before, now] = [journaled.settings[name], given.settings[name]];
    if (before !== now) refuse(name, before ?? 'nothing', now ?? 'nothing');
  }
  if (journaled.vertices.length !== given.vertices.length) {
    refuse('number of vertices', journaled.vertices.length, given.vertices.length);
  }
  journaled.vertices.forEach((vertex, index) => {
    compareVertex(vertex, given.vertices[index] as JobVertex);
  });
  compareEdges(journaled, given);
  if (kindOf(journaled) !== kindOf(given)) refuse('the graph', kindOf(journaled), kindOf(given));
};
