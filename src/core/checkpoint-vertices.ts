/** Which vertices take part in a checkpoint, and how. */
import { TidemarkError } from '../errors.ts';
import type { VertexId } from '../state/ids.ts';
import type { JobGraph } from './job-graph.ts';

/** Vertices by what the coordinator does with their tasks. */
export interface CheckpointVertices {
  /** Their tasks are told to start a checkpoint. */
  readonly toTrigger: readonly VertexId[];
  /** Their tasks acknowledge it. */
  readonly toWaitFor: readonly VertexId[];
  /** Their tasks are told that it is complete. */
  readonly toCommitTo: readonly VertexId[];
}

const refuse = (option: string, message: string): never => {
  throw new TidemarkError('CONFIGURATION_INVALID', message, { option });
};

const checked = (
  option: keyof CheckpointVertices,
  graph: JobGraph,
  given: readonly string[] | undefined,
  standard: readonly VertexId[],
): readonly VertexId[] => {
  const known = new Set<string>(graph.vertices.map(({ id }) => id));
  for (const id of given ?? []) {
    if (known.has(id)) continue;
    refuse(option, `The snapshot checkpointing settings refer to non-existent vertex ${id}`);
  }
  const asked = new Set<string>(given ?? standard);
  const odd = [...new Set([...asked, ...standard])].filter(
    (id) => !asked.has(id) || !standard.some((each) => each === id),
  );
  if (odd.length === 0) return standard;
  const text = `${option}: another choice than ${standard.join(', ')} is not possible yet`;
  return refuse(option, `${text}; the difference is ${odd.join(', ')}`);
};

/**
 * The vertices of a graph by their part in checkpoints. Without a word those without inputs are triggered, and all are
 * waited for and told; nothing else is possible yet, and what differs is refused.
 * @throws CONFIGURATION_INVALID naming the vertex, with the words of Flink when it is none of the job's.
 */
export const checkpointVertices = (
  graph: JobGraph,
  given: { readonly [Part in keyof CheckpointVertices]?: readonly string[] | undefined },
): CheckpointVertices => {
  const all = graph.vertices.map(({ id }) => id);
  const sources = graph.vertices.filter(({ inputs }) => inputs.length === 0).map(({ id }) => id);
  return {
    toTrigger: checked('toTrigger', graph, given.toTrigger, sources),
    toWaitFor: checked('toWaitFor', graph, given.toWaitFor, all),
    toCommitTo: checked('toCommitTo', graph, given.toCommitTo, all),
  };
};
