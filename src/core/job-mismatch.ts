/** A job that is opened again must be the one the journal knows: a difference is refused, naming both values. */
import { TidemarkError } from '../errors.ts';
import type { JobGraph, JobVertex } from './job-graph.ts';

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
};

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
};
