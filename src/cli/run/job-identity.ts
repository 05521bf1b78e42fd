/** Which job a run is about: the one its directory knows, or a new one. Reads only. */
import { randomInt } from 'node:crypto';
import { isTidemarkError, TidemarkError } from '../../errors.ts';
import type { JobGraph } from '../../core/job-graph.ts';
import { compareJobGraphs } from '../../core/job-mismatch.ts';
import { wordCountGraph } from '../../examples/word-count/word-count-graph.ts';
import type { InputFiles } from '../../examples/word-count/input-files.ts';
import { deriveSeed, hexDigits, seededRandom } from '../../runtime/random.ts';
import { parseJobId, type JobId } from '../../state/ids.ts';
import { hasJournal, requireFresh } from '../data-directory.ts';
import { jobIn, readingJournal, readKnownJob, type ReadJob } from '../job-reader.ts';
import type { RunPlan } from './run-plan.ts';

/** Seeds are unsigned 32-bit integers. */
const SEEDS = 2 ** 32;
const JOB_ID_DIGITS = 32;

export interface JobIdentity {
  readonly jobId: JobId;
  readonly seed: number;
  /** With the seed among its settings, so that it is journaled with the job. */
  readonly graph: JobGraph;
  /** The job as its journal knows it; undefined when it is new. */
  readonly known: ReadJob | undefined;
}

const readExisting = async (plan: RunPlan): Promise<ReadJob | undefined> => {
  if (!hasJournal(plan.directory)) return undefined;
  try {
    return await readingJournal(plan.directory, async (journal) => {
      const jobId = await jobIn(journal);
      return jobId === undefined ? undefined : await readKnownJob(journal, jobId);
    });
  } catch (error) {
    // A run that was killed while it made the journal: there is a file, but nothing in it yet.
    if (isTidemarkError(error) && error.code === 'DATA_DIRECTORY_MISSING') return undefined;
    throw error;
  }
};

const mismatch = (what: string, journaled: string, given: string): TidemarkError =>
  new TidemarkError('JOB_MISMATCH', `${what} is ${given}, but the job was started with ${journaled}`, {
    what,
    journaled,
    given,
  });

const seedOf = (plan: RunPlan, known: ReadJob | undefined): number =>
  plan.seed ?? Number(known?.graph.settings['seed'] ?? randomInt(SEEDS));

/** The job id that belongs to a seed. */
const seededJobId = (seed: number): JobId =>
  parseJobId(hexDigits(seededRandom(deriveSeed(seed, 'job id')), JOB_ID_DIGITS));

/**
 * Finds out which job the directory holds and whether these arguments may go on with it. Changes nothing.
 * @throws JOB_MISMATCH naming both values, ARGUMENT_INVALID for a directory that holds other things, and the codes of
 *   the journal.
 */
export const identifyJob = async (plan: RunPlan, input: InputFiles): Promise<JobIdentity> => {
  requireFresh(plan.directory);
  const known = await readExisting(plan);
  const seed = seedOf(plan, known);
  const { sources, counters } = plan;
  const graph = wordCountGraph({ sources, counters, files: input.files });
  const settings = { ...graph.settings, seed: String(seed) };
  const identity = { seed, graph: { ...graph, settings }, known };
  if (known === undefined) return { ...identity, jobId: plan.jobId ?? seededJobId(seed) };
  const given = plan.jobId ?? known.jobId;
  if (given !== known.jobId) throw mismatch('--job-id', known.jobId, given);
  compareJobGraphs(known.graph, identity.graph);
  return { ...identity, jobId: known.jobId };
};
