/** The job as the coordinator sees it: vertices (chains of operators), their parallelism and who feeds whom. */
import { TidemarkError } from '../errors.ts';
import type { OperatorId, VertexId } from '../state/ids.ts';

/** Flink's own limit; key groups are numbered with 15 bits. */
const PARALLELISM_MAX = 32_768;

export interface JobOperator {
  readonly id: OperatorId;
  readonly name: string;
  /** The user's own name for the operator, stable between versions of the program. */
  readonly uid: string;
}

/** A chain of operators that run together in one task. */
export interface JobVertex {
  readonly id: VertexId;
  readonly name: string;
  readonly parallelism: number;
  /** Number of key groups; never less than the parallelism. */
  readonly maxParallelism: number;
  /** In chain order; a task's slices stand in this order. */
  readonly operators: readonly JobOperator[];
  /** Vertices that feed this one; a vertex without inputs is triggered by the coordinator. */
  readonly inputs: readonly VertexId[];
  /** Whether a slow subtask may get a second attempt beside its first; true unless said otherwise. */
  readonly supportsConcurrentExecutionAttempts?: boolean | undefined;
}

/** Which tasks of the target read which of the source: each a few of them, or each all. */
export type EdgeDistribution = 'POINTWISE' | 'ALL_TO_ALL';

/** What there is to say about the data that goes from one vertex to another. */
export interface JobEdge {
  readonly source: VertexId;
  readonly target: VertexId;
  /** ALL_TO_ALL unless said otherwise. */
  readonly distribution?: EdgeDistribution | undefined;
  /** The target reads only when the source has written everything; false unless said otherwise. */
  readonly isBlocking?: boolean | undefined;
  /** The user's own code decides which task a record goes to; false unless said otherwise. */
  readonly hasCustomPartitioner?: boolean | undefined;
}

export interface JobGraph {
  readonly vertices: readonly JobVertex[];
  /**
   * Inputs about which there is something to say; two of the same vertices are two edges. An input that is not named
   * here is one edge about which there is nothing to say.
   */
  readonly edges?: readonly JobEdge[] | undefined;
  /** Records go round in circles; false unless said otherwise. */
  readonly isIterative?: boolean | undefined;
  /** The graph of a batch job that is still being made while it runs; false unless said otherwise. */
  readonly isDynamic?: boolean | undefined;
  /**
   * What else must be the same when the job is opened again, by name (input files, formats): a difference is refused
   * with JOB_MISMATCH naming both values.
   */
  readonly settings: Readonly<Record<string, string>>;
}

const refuse = (message: string): never => {
  throw new TidemarkError('CONFIGURATION_INVALID', message);
};

const checkVertex = (vertex: JobVertex, known: ReadonlySet<string>): void => {
  const { name, parallelism, maxParallelism } = vertex;
  if (!Number.isInteger(parallelism) || parallelism < 1 || parallelism > PARALLELISM_MAX) {
    refuse(`vertex ${name}: parallelism ${parallelism} is not an integer in [1, ${PARALLELISM_MAX}]`);
  }
  if (!Number.isInteger(maxParallelism) || maxParallelism < parallelism || maxParallelism > PARALLELISM_MAX) {
    refuse(
      `vertex ${name}: max parallelism ${maxParallelism} is not in [${parallelism}, ${PARALLELISM_MAX}]`,
    );
  }
  if (vertex.operators.length === 0) refuse(`vertex ${name} has no operators`);
  for (const input of vertex.inputs) {
    if (!known.has(input)) refuse(`vertex ${name}: input ${input} is no vertex of the job`);
  }
};

const checkUnique = (kind: string, ids: readonly string[]): void => {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) refuse(`${kind} ${twice} stands twice in the job graph`);
};

const checkEdge = (edge: JobEdge, vertices: ReadonlyMap<string, JobVertex>): void => {
  const { source, target, distribution } = edge;
  if (vertices.get(target)?.inputs.includes(source) !== true) {
    refuse(`edge ${source} → ${target}: the target has no such input`);
  }
  if (distribution !== undefined && distribution !== 'POINTWISE' && distribution !== 'ALL_TO_ALL') {
    refuse(`edge ${source} → ${target}: distribution ${String(distribution)} is not POINTWISE or ALL_TO_ALL`);
  }
};

/** @throws CONFIGURATION_INVALID naming the vertex or the edge, and the value. */
export const checkJobGraph = (graph: JobGraph): JobGraph => {
  const ids = graph.vertices.map((vertex) => vertex.id);
  if (ids.length === 0) refuse('the job graph has no vertices');
  checkUnique('vertex', ids);
  checkUnique(
    'operator',
    graph.vertices.flatMap((vertex) => vertex.operators.map((operator) => operator.id)),
  );
  const known = new Set<string>(ids);
  for (const vertex of graph.vertices) checkVertex(vertex, known);
  const vertices = new Map(graph.vertices.map((vertex) => [vertex.id as string, vertex]));
  for (const edge of graph.edges ?? []) checkEdge(edge, vertices);
  return graph;
};

/** Every edge of the job, in the order of the targets and their inputs, with nothing left unsaid. */
export const edgesOf = (graph: JobGraph): Required<JobEdge>[] =>
  graph.vertices.flatMap(({ id: target, inputs }) =>
    inputs.flatMap((source) => {
      const said = (graph.edges ?? []).filter((edge) => edge.source === source && edge.target === target);
      return (said.length === 0 ? [{ source, target }] : said).map(completeEdge);
    }),
  );

const completeEdge = (edge: JobEdge): Required<JobEdge> => ({
  source: edge.source,
  target: edge.target,
  distribution: edge.distribution ?? 'ALL_TO_ALL',
  isBlocking: edge.isBlocking ?? false,
  hasCustomPartitioner: edge.hasCustomPartitioner ?? false,
});

/** True when some vertex reads only after another has ended: such a job takes no savepoints (C-072). */
export const hasBlockingOutput = (graph: JobGraph): boolean =>
  edgesOf(graph).some(({ isBlocking }) => isBlocking);

/** Tasks of the whole job. */
export const taskCount = (graph: JobGraph): number =>
  graph.vertices.reduce((total, vertex) => total + vertex.parallelism, 0);
