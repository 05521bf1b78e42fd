/** Reads the job of a data directory, running or dead, and changes nothing. */
import { isTidemarkError, TidemarkError } from '../errors.ts';
import { checkConfiguration, type CheckpointConfiguration } from '../core/configuration.ts';
import type { Fact } from '../core/facts/fact.ts';
import type { JobGraph } from '../core/job-graph.ts';
import type { Journal, StoredBlock } from '../journal/journal.ts';
import { openSqliteJournal } from '../journal/sqlite/journal.ts';
import { factsOf, recoverJob, streamOf } from '../runtime/recover.ts';
import { parseJobId, type JobId } from '../state/ids.ts';
import type { CheckpointStatistics } from '../stats/statistics.ts';
import { requireJournal, type DataDirectory } from './data-directory.ts';

/** Blocks read at a time. */
const PAGE_BLOCKS = 500;
const STREAM_PREFIX = streamOf('' as JobId);

/** A block with its facts decoded. */
export interface FactBlock {
  readonly revision: number;
  readonly term: number;
  readonly facts: readonly Fact[];
}

/** Everything that must be the same when a job is opened again, how it is, and what people ask about it. */
export interface ReadJob {
  readonly jobId: JobId;
  readonly graph: JobGraph;
  readonly configuration: CheckpointConfiguration;
  /** The term of the last reign. */
  readonly term: number;
  /** Files that are to be deleted and may still be there. */
  readonly discardsOwed: number;
  readonly statistics: CheckpointStatistics;
}

const emptyGraph: JobGraph = { vertices: [], settings: {} };

/** Errors of the journal name the file they are about. */
const naming = async <T>(directory: DataDirectory, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    const isNamed = !isTidemarkError(error) || error.message.includes(directory.journal);
    if (isNamed || !error.code.startsWith('JOURNAL_')) throw error;
    const text = `${directory.journal}: ${error.message}`;
    throw new TidemarkError(error.code, text, error.detail, { cause: error });
  }
};

/** Gives the journal to some work that only reads. @throws DATA_DIRECTORY_MISSING and the codes of the journal. */
export const readingJournal = async <T>(
  directory: DataDirectory,
  work: (journal: Journal) => Promise<T>,
): Promise<T> => {
  requireJournal(directory);
  return await naming(directory, async () => {
    const journal = await openSqliteJournal(directory.journal, { readOnly: true });
    try {
      return await work(journal);
    } finally {
      await journal.close();
    }
  });
};

/** The one job whose journal it is; undefined when nothing was journaled yet. */
export const jobIn = async (journal: Journal): Promise<JobId | undefined> => {
  const [stream] = (await journal.streams()).filter((name) => name.startsWith(STREAM_PREFIX));
  return stream === undefined ? undefined : parseJobId(stream.slice(STREAM_PREFIX.length));
};

/** @throws DATA_DIRECTORY_MISSING when nothing was journaled yet. */
export const requireJob = async (directory: DataDirectory, journal: Journal): Promise<JobId> => {
  const jobId = await jobIn(journal);
  if (jobId !== undefined) return jobId;
  const text = `the journal ${directory.journal} holds no job yet`;
  throw new TidemarkError('DATA_DIRECTORY_MISSING', text, { path: directory.journal });
};

const decoded = (stream: string, block: StoredBlock): FactBlock => ({
  revision: block.revision,
  term: block.term,
  facts: factsOf(stream, block),
});

/** What the journal still holds from a revision on, one page of blocks after the other. */
export async function* factPages(
  journal: Journal,
  jobId: JobId,
  fromRevision: number,
): AsyncGenerator<readonly FactBlock[]> {
  const stream = streamOf(jobId);
  let next = fromRevision;
  for (;;) {
    const blocks = await journal.read(stream, next, { limit: PAGE_BLOCKS });
    const last = blocks.at(-1);
    if (last === undefined) return;
    next = last.revision + 1;
    yield blocks.map((block) => decoded(stream, block));
  }
}

/** The job as its journal knows it. */
export const readKnownJob = async (journal: Journal, jobId: JobId): Promise<ReadJob> => {
  const identity = { jobId, graph: emptyGraph, configuration: checkConfiguration({}) };
  const { state, head, statistics: folded } = await recoverJob(journal, identity);
  const { graph, configuration, discards } = state.table;
  const discardsOwed = Object.keys(discards).length;
  return { jobId, graph, configuration, term: head.term, discardsOwed, statistics: folded.statistics };
};

/** @throws DATA_DIRECTORY_MISSING and the codes of the journal. */
export const readJob = async (directory: DataDirectory): Promise<ReadJob> =>
  await readingJournal(directory, async (journal) =>
    readKnownJob(journal, await requireJob(directory, journal)),
  );

const endings: readonly string[] = ['finished', 'failed', 'cancelled'];

/** True when the job ended for good. */
export const hasEnded = ({ jobStatus }: CheckpointStatistics): boolean => endings.includes(jobStatus);
