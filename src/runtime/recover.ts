/** Journal → state: the newest snapshot, then the tail. */
import { TidemarkError } from '../errors.ts';
import type { CheckpointConfiguration } from '../core/configuration.ts';
import { decodeFacts } from '../core/facts/codec.ts';
import { isAnswering, type Fact } from '../core/facts/fact.ts';
import { decodeSnapshot, type AcknowledgedIn } from '../core/facts/snapshot.ts';
import { fold } from '../core/evolve.ts';
import type { JobGraph } from '../core/job-graph.ts';
import { initialState, type JobState } from '../core/job-state.ts';
import type { Journal, StoredBlock, StreamHead } from '../journal/journal.ts';
import type { JobId } from '../state/ids.ts';
import { foldStatistics, noStatisticsState, type StatisticsState } from '../stats/statistics.ts';
import {
  noteAcknowledged,
  noteEnded,
  readStatistics,
  type RecoveredStatistics,
  type Stream,
} from './recover-statistics.ts';

/** Blocks read at a time: a page of facts, not a whole journal in memory. */
const PAGE_BLOCKS = 256;

export interface RecoveredJob extends RecoveredStatistics {
  /** Where the stream stood when it was read. */
  readonly head: StreamHead;
  readonly state: JobState;
  readonly snapshotRevision: number;
  /** The blocks that hold acknowledgements of unfinished checkpoints. */
  readonly acknowledgedIn: AcknowledgedIn;
  /** Blocks read whose acknowledgements belong to checkpoints that have ended: nobody had the time to forget them. */
  readonly superfluous: readonly number[];
}

export interface JobIdentity {
  readonly jobId: JobId;
  readonly graph: JobGraph;
  readonly configuration: CheckpointConfiguration;
}

/** The name of a job's stream. */
export const streamOf = (jobId: JobId): string => `job/${jobId}`;

const whereOf = (stream: string, revision: number): string => `stream ${stream}, revision ${revision}`;

/** The facts of a block, with their slices when the block was read with its bulk. */
export const factsOf = (stream: string, block: StoredBlock): Fact[] =>
  decodeFacts({
    where: whereOf(stream, block.revision),
    facts: block.facts,
    detail: block.detail,
    bulk: block.bulk,
  });

const readBlock = async (journal: Journal, stream: string, revision: number): Promise<Fact[]> => {
  const [block] = await journal.read(stream, revision, { limit: 1, withBulk: true });
  if (block?.revision === revision) return factsOf(stream, block);
  throw new TidemarkError(
    'JOURNAL_CORRUPT',
    `${whereOf(stream, revision)}: the snapshot refers to it, but it is gone`,
  );
};

const readSnapshot = async (journal: Journal, stream: string, job: JobIdentity) => {
  const stored = await journal.readSnapshot(stream);
  const empty = initialState(job.jobId, job.graph, job.configuration);
  const acknowledgedIn = new Map<number, number[]>();
  const nothing = { statistics: noStatisticsState, detailIn: new Map<number, readonly number[]>() };
  if (stored === undefined) return { state: empty, revision: 0, acknowledgedIn, ...nothing };
  const decoded = decodeSnapshot(stored.bytes, `snapshot of ${whereOf(stream, stored.revision)}`, job);
  const facts = new Map<number, readonly Fact[]>();
  for (const [checkpointId, revisions] of decoded.acknowledgedIn) {
    const read = await Promise.all(revisions.map((revision) => readBlock(journal, stream, revision)));
    const isOwn = (fact: Fact): boolean => isAnswering(fact) && fact.checkpointId === checkpointId;
    facts.set(checkpointId, read.flat().filter(isOwn));
    acknowledgedIn.set(checkpointId, [...revisions]);
  }
  const state = decoded.rebuild((checkpointId) => facts.get(checkpointId) ?? []);
  const { revision } = stored;
  const { beside } = decoded;
  const source: Stream = { journal, name: stream, factsOf: (block) => factsOf(stream, block) };
  const read = await readStatistics(source, { revision, state, beside, acknowledged: facts });
  return { state, revision, acknowledgedIn, ...read };
};

interface Folded extends RecoveredStatistics {
  readonly state: JobState;
  readonly acknowledgedIn: AcknowledgedIn;
}

/** Folds the blocks after `revision`, up to and including `through`. */
const foldTail = async (
  journal: Journal,
  stream: string,
  from: Folded & { readonly revision: number },
  through: number,
): Promise<Folded & { readonly superfluous: readonly number[] }> => {
  let { state, revision } = from;
  let statistics: StatisticsState = from.statistics;
  const acknowledgedIn = new Map(Array.from(from.acknowledgedIn, ([id, revisions]) => [id, [...revisions]]));
  const detailIn = new Map(from.detailIn);
  const touched = new Set<number>();
  while (revision < through) {
    const limit = Math.min(PAGE_BLOCKS, through - revision);
    const blocks = await journal.read(stream, revision + 1, { limit, withBulk: true });
    for (const block of blocks) {
      const facts = factsOf(stream, block);
      state = fold(state, facts);
      statistics = foldStatistics(statistics, facts);
      noteAcknowledged(acknowledgedIn, facts, block.revision);
      noteEnded(detailIn, acknowledgedIn, facts);
      if (block.bulk !== undefined) touched.add(block.revision);
    }
    revision = blocks.at(-1)?.revision ?? through;
  }
  for (const id of acknowledgedIn.keys()) if (!state.ledgers.has(id)) acknowledgedIn.delete(id);
  for (const needed of [...acknowledgedIn.values()].flat()) touched.delete(needed);
  return { state, statistics, acknowledgedIn, detailIn, superfluous: [...touched] };
};

/**
 * Folds a job's stream. Reads only.
 * @throws JOURNAL_CORRUPT, JOURNAL_VERSION, JOURNAL_UNAVAILABLE.
 */
export const recoverJob = async (journal: Journal, job: JobIdentity): Promise<RecoveredJob> => {
  const stream = streamOf(job.jobId);
  const head = await journal.head(stream);
  const snapshot = await readSnapshot(journal, stream, job);
  const folded = await foldTail(journal, stream, snapshot, head.revision);
  return { head, snapshotRevision: snapshot.revision, ...folded };
};

/** What the coordinator before appended between our reading and our taking over: it counts. */
export const catchUp = async (
  journal: Journal,
  stream: string,
  recovered: RecoveredJob,
  through: number,
): Promise<RecoveredJob> => {
  const from = { ...recovered, revision: recovered.head.revision };
  const folded = await foldTail(journal, stream, from, through);
  return { ...recovered, ...folded, superfluous: recovered.superfluous };
};
