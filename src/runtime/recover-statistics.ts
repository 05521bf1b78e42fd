/** Journal → statistics: what the snapshot kept of them, with the rows of tasks from the blocks that hold those. */
import { isAnswering, type Fact } from '../core/facts/fact.ts';
import type { AcknowledgedIn, SnapshotBeside } from '../core/facts/snapshot.ts';
import type { JobState } from '../core/job-state.ts';
import type { Journal, StoredBlock } from '../journal/journal.ts';
import { statisticsOfPlain, type PlainStatistics } from '../stats/plain-statistics.ts';
import { foldStatistics, noStatisticsState, type StatisticsState } from '../stats/statistics.ts';

const PAGE_BLOCKS = 256;

/** Statistics, and the blocks that hold the rows of checkpoints that have ended, the last ended one last. */
export interface RecoveredStatistics {
  readonly statistics: StatisticsState;
  readonly detailIn: AcknowledgedIn;
}

/** Notes which block holds acknowledgements of which checkpoint. */
export const noteAcknowledged = (
  index: Map<number, number[]>,
  facts: readonly Fact[],
  revision: number,
): void => {
  for (const fact of facts) {
    if (!isAnswering(fact)) continue;
    const revisions = index.get(fact.checkpointId) ?? [];
    if (revisions.at(-1) !== revision) index.set(fact.checkpointId, [...revisions, revision]);
  }
};

/** Notes where the acknowledgements of checkpoints that end are. */
export const noteEnded = (
  detailIn: Map<number, readonly number[]>,
  acknowledgedIn: AcknowledgedIn,
  facts: readonly Fact[],
): void => {
  for (const fact of facts) {
    if (fact.type !== 'checkpoint.completed' && fact.type !== 'checkpoint.aborted') continue;
    detailIn.set(fact.checkpointId, acknowledgedIn.get(fact.checkpointId) ?? []);
  }
};

/** A part of a journal: how it is read and decoded. */
export interface Stream {
  readonly journal: Journal;
  readonly name: string;
  readonly factsOf: (block: StoredBlock) => readonly Fact[];
}

/** Revisions as runs of consecutive ones: a read each. */
const runsOf = (revisions: readonly number[]): readonly (readonly [first: number, count: number])[] => {
  const runs: [number, number][] = [];
  for (const revision of [...new Set(revisions)].toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === revision && last[1] < PAGE_BLOCKS) last[1] += 1;
    else runs.push([revision, 1]);
  }
  return runs;
};

/** What is left of the facts of some blocks; a block that is gone is no trouble here. */
const readFacts = async (stream: Stream, revisions: readonly number[]): Promise<readonly Fact[]> => {
  const facts: Fact[] = [];
  for (const [first, count] of runsOf(revisions)) {
    const blocks = await stream.journal.read(stream.name, first, { limit: count });
    const own = blocks.filter((block) => block.revision < first + count);
    facts.push(...own.flatMap(stream.factsOf).filter((fact) => fact.type === 'tasks.acknowledged'));
  }
  return facts;
};

/** Snapshots of earlier versions hold no statistics: what the journal has not forgotten is folded. */
const foldHeld = async (stream: Stream, state: JobState, through: number): Promise<RecoveredStatistics> => {
  const { graph, roster: attempts } = state.table;
  const details = { ...noStatisticsState.details, graph, attempts };
  let statistics: StatisticsState = { ...noStatisticsState, details };
  const acknowledgedIn = new Map<number, number[]>();
  const detailIn = new Map<number, readonly number[]>();
  for (let next = 1; next <= through;) {
    const limit = Math.min(PAGE_BLOCKS, through - next + 1);
    const page = await stream.journal.read(stream.name, next, { limit });
    const blocks = page.filter(({ revision }) => revision <= through);
    for (const block of blocks) {
      const facts = stream.factsOf(block);
      statistics = foldStatistics(statistics, facts);
      noteAcknowledged(acknowledgedIn, facts, block.revision);
      noteEnded(detailIn, acknowledgedIn, facts);
    }
    next = (blocks.at(-1)?.revision ?? through) + 1;
  }
  return { statistics, detailIn };
};

/** What a snapshot says of statistics, and the acknowledgements of unfinished checkpoints, which were read already. */
export interface SnapshotStatistics {
  readonly revision: number;
  readonly state: JobState;
  readonly beside: SnapshotBeside | undefined;
  readonly acknowledged: ReadonlyMap<number, readonly Fact[]>;
}

/** The statistics as they stood at a snapshot. @throws JOURNAL_CORRUPT, JOURNAL_VERSION, JOURNAL_UNAVAILABLE */
export const readStatistics = async (
  stream: Stream,
  snapshot: SnapshotStatistics,
): Promise<RecoveredStatistics> => {
  const { beside, state, revision, acknowledged } = snapshot;
  const detailIn = new Map(beside?.detailIn);
  const ended = await readFacts(stream, [...detailIn.values()].flat());
  const statistics = statisticsOfPlain(
    beside?.statistics as PlainStatistics | undefined,
    state.table.graph,
    (checkpointId) => acknowledged.get(checkpointId) ?? ended,
  );
  return statistics === undefined ? foldHeld(stream, state, revision) : { statistics, detailIn };
};
