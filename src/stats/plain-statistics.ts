/**
 * Statistics ↔ what a journal's snapshot keeps of them. The rows of tasks are left out: they stand in the journal's
 * detail, and the blocks that hold them are folded again.
 */
import { emptyRoster, fromRuns, Roster, type AttemptRun } from '../core/roster.ts';
import type { Fact } from '../core/facts/fact.ts';
import type { JobGraph } from '../core/job-graph.ts';
import { AcknowledgedRows } from './acknowledged-rows.ts';
import { emptyRecord, latestNames, type CheckpointRecord } from './history.ts';
import { noStatistics, type CheckpointStatistics, type StatisticsState } from './statistics.ts';
import { plainSummary, summaryOfPlain, type PlainCompletedSummary } from './summary.ts';

/** Another version on disk is not read: the facts the journal still holds are folded instead. */
const PLAIN_VERSION = 1;

type LatestName = (typeof latestNames)[number];

type KeptStatistics = Omit<CheckpointStatistics, 'history' | 'inFlight' | 'summary' | LatestName>;

interface PlainRows {
  readonly checkpointId: number;
  /** Place in `rosters`. */
  readonly roster: number;
  /** What is found later may be less: the journal forgets detail. */
  readonly count: number;
  readonly isEnded: boolean;
}

export interface PlainStatistics {
  readonly version: number;
  readonly kept: KeptStatistics;
  readonly summary: PlainCompletedSummary;
  /** Every record once. */
  readonly records: readonly CheckpointRecord[];
  readonly history: readonly number[];
  readonly inFlight: readonly number[];
  readonly latest: Readonly<Partial<Record<LatestName, number>>>;
  readonly rosters: readonly (readonly AttemptRun[])[];
  readonly attempts: number;
  readonly rows: readonly PlainRows[];
}

const idsOf = (records: readonly CheckpointRecord[]): number[] =>
  records.map((record) => record.checkpointId);

const plainDetails = ({
  details,
}: StatisticsState): Pick<PlainStatistics, 'rosters' | 'attempts' | 'rows'> => {
  const all = [...details.inFlight, ...details.ended];
  const rosters = [...new Set([details.attempts, ...all.map((rows) => rows.attempts)])];
  const rowsOf = (isEnded: boolean) => (rows: AcknowledgedRows) => ({
    checkpointId: rows.checkpointId,
    roster: rosters.indexOf(rows.attempts),
    count: rows.count,
    isEnded,
  });
  return {
    rosters: rosters.map((roster) => roster.runs()),
    attempts: 0,
    rows: [...details.inFlight.map(rowsOf(false)), ...details.ended.map(rowsOf(true))],
  };
};

/** What is put into a snapshot, as JSON. */
export const plainStatistics = (state: StatisticsState): PlainStatistics => {
  const { history, inFlight, summary, ...rest } = state.statistics;
  const { latestCompleted: _completed, latestSavepoint: _savepoint, latestFailed: _failed, ...others } = rest;
  const { lastReported: _reported, ...kept } = others;
  const latest = latestNames.map((name) => [name, state.statistics[name]] as const);
  const known = latest.filter(([, record]) => record !== undefined);
  const records = [...history, ...inFlight, ...latest.map(([, record]) => record)];
  return {
    version: PLAIN_VERSION,
    kept,
    summary: plainSummary(summary),
    records: [...new Set(records.filter((record) => record !== undefined))],
    history: idsOf(history),
    inFlight: idsOf(inFlight),
    latest: Object.fromEntries(known.map(([name, record]) => [name, record?.checkpointId])),
    ...plainDetails(state),
  };
};

const statisticsOf = (plain: PlainStatistics): CheckpointStatistics => {
  // JSON knows no undefined: a record read back lacks what it had no value for.
  const byId = new Map(
    plain.records.map((record) => [record.checkpointId, Object.freeze({ ...emptyRecord, ...record })]),
  );
  const recordsOf = (ids: readonly number[]): CheckpointRecord[] =>
    ids.map((id) => byId.get(id)).filter((record) => record !== undefined);
  const latest = Object.entries(plain.latest).map(([name, id]) => [name, byId.get(id)]);
  return {
    ...noStatistics,
    ...plain.kept,
    summary: summaryOfPlain(plain.summary),
    history: recordsOf(plain.history),
    inFlight: recordsOf(plain.inFlight),
    ...Object.fromEntries(latest),
  };
};

/** Acknowledgements of a checkpoint that the journal still holds, read with their detail. */
export type AcknowledgedFacts = (checkpointId: number) => readonly Fact[];

/** Undefined when not all of it was found: a part would tell the wrong tale. */
const rowsFrom = (plain: PlainRows, roster: Roster, facts: readonly Fact[]): AcknowledgedRows | undefined => {
  const { checkpointId, count } = plain;
  let rows = AcknowledgedRows.none(checkpointId, roster);
  for (const fact of facts) {
    if (fact.type !== 'tasks.acknowledged' || fact.checkpointId !== checkpointId) continue;
    if (fact.columns !== undefined) rows = rows.with(fact.columns, fact.at);
  }
  return rows.count === count ? rows : undefined;
};

/** The state a snapshot was taken of; undefined when the snapshot holds none that this version reads. */
export const statisticsOfPlain = (
  plain: PlainStatistics | undefined,
  graph: JobGraph,
  acknowledged: AcknowledgedFacts,
): StatisticsState | undefined => {
  if (plain?.version !== PLAIN_VERSION) return undefined;
  const rosters = plain.rosters.map((runs) => new Roster(fromRuns(runs)));
  const rowsOf = (isEnded: boolean): AcknowledgedRows[] =>
    plain.rows
      .filter((rows) => rows.isEnded === isEnded)
      .map((rows) => rowsFrom(rows, rosters[rows.roster]!, acknowledged(rows.checkpointId)))
      .filter((rows) => rows !== undefined);
  const details = {
    graph,
    attempts: rosters[plain.attempts] ?? emptyRoster,
    inFlight: rowsOf(false),
    ended: rowsOf(true),
  };
  return { statistics: statisticsOf(plain), details, justEnded: [] };
};
