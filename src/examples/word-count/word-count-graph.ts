/** The word count as the coordinator sees it: sources → counters → sink. */
import { createHash } from 'node:crypto';
import { checkJobGraph, type JobGraph, type JobVertex } from '../../core/job-graph.ts';
import { parseOperatorId, parseVertexId } from '../../state/ids.ts';

/** Key groups of the counters; fixed, so that the state of any parallelism up to it fits any other. */
export const KEY_GROUPS = 128;
/** How the job's state and output are written; another number means that one version cannot go on for another. */
const WORD_COUNT_FORMAT = '1';
/** Names of more files than this are not spelled out in the job's settings. */
const NAMED_FILES_MAX = 3;

export interface InputFile {
  readonly name: string;
  readonly sizeBytes: number;
}

export interface WordCountGraphOptions {
  /** Parallelism of the sources. */
  readonly sources: number;
  /** Parallelism of the counters. */
  readonly counters: number;
  /** In the order they are read. */
  readonly files: readonly InputFile[];
}

/** The same name gives the same id, in every run and version. */
const idOf = (kind: string, name: string): string =>
  createHash('sha256').update(`tidemark word count ${kind} ${name}`).digest('hex').slice(0, 32);

const vertexOf = (name: string, parallelism: number, inputs: readonly JobVertex[]): JobVertex => ({
  id: parseVertexId(idOf('vertex', name)),
  name,
  parallelism,
  maxParallelism: KEY_GROUPS,
  operators: [{ id: parseOperatorId(idOf('operator', name)), name, uid: `word-count-${name}` }],
  inputs: inputs.map((input) => input.id),
});

/** One line that differs when a file, its size or the order does. */
const describeFiles = (files: readonly InputFile[]): string => {
  const totalBytes = files.reduce((total, file) => total + file.sizeBytes, 0);
  const named = files.slice(0, NAMED_FILES_MAX).map((file) => `${file.name} (${file.sizeBytes} B)`);
  const more = files.length > NAMED_FILES_MAX ? ` and ${files.length - NAMED_FILES_MAX} more` : '';
  const digest = createHash('sha256').update(
    JSON.stringify(files.map((file) => [file.name, file.sizeBytes])),
  );
  return `${named.join(', ')}${more}; ${totalBytes} B, digest ${digest.digest('hex').slice(0, 12)}`;
};

/**
 * Vertices `source`, `counter` and `sink`, with one operator each.
 * @throws CONFIGURATION_INVALID for a parallelism that is not in [1, 128].
 */
export const wordCountGraph = ({ sources, counters, files }: WordCountGraphOptions): JobGraph => {
  const source = vertexOf('source', sources, []);
  const counter = vertexOf('counter', counters, [source]);
  const sink = vertexOf('sink', 1, [counter]);
  const settings = {
    files: describeFiles(files),
    parallelism: `${sources} sources, ${counters} counters`,
    format: WORD_COUNT_FORMAT,
  };
  return checkJobGraph({ vertices: [source, counter, sink], settings });
};
