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
}

export interface JobGraph {
  readonly vertices: readonly JobVertex[];
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

/** @throws CONFIGURATION_INVALID naming the vertex and the value. */
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
  return graph;
};

/** Tasks of the whole job. */
export const taskCount = (graph: JobGraph): number =>
  graph.vertices.reduce((total, vertex) => total + vertex.parallelism, 0);
