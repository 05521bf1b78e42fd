/**
 * A journal snapshot: the fold of a stream as JSON. No state name of a chart is stored: phases are kept as the few
 * facts that led to them and folded again, and the acknowledgements of unfinished checkpoints stay in their blocks,
 * which the snapshot names by revision. A checkpoint's plan is in the fact of its trigger: it need not be what lives.
 */
import { invariant, TidemarkError } from '../../errors.ts';
import { journaledRecord, type CheckpointConfiguration } from '../configuration.ts';
import { fold } from '../evolve.ts';
import { inactivePhase, initialState, unfinished, type JobState, type JobTable } from '../job-state.ts';
import type { AttemptRun } from '../roster.ts';
import type { JobGraph } from '../job-graph.ts';
import type { JobId } from '../../state/ids.ts';
import { fromRuns, Roster } from '../roster.ts';
import { taskPhases, jobPhases, schedulerPhases } from '../phase.ts';
import { SharedStateRegistry, type PlainSharedState } from '../../state/shared-state.ts';
import { factOfPlain, plainFact } from './codec.ts';
import type { Fact } from './fact.ts';
import type { PlainFact } from './upcasters.ts';

export const SNAPSHOT_VERSION = 2;

type KeptTable = Omit<JobTable, 'roster' | 'taskPhases' | 'checkpoints' | 'jobPhase' | 'schedulerPhase'>;

interface PlainSnapshot {
  readonly version: number;
  readonly table: KeptTable;
  readonly roster: readonly AttemptRun[];
  readonly dataEnded: readonly number[];
  /** Undefined in journals of before there was one. */
  readonly shared?: PlainSharedState | undefined;
  /** Absent where nobody said of attempts whether they are active. */
  readonly inactive?: readonly number[] | undefined;
  readonly unfinished: readonly {
    readonly checkpointId: number;
    /** Its lifecycle, the plan in its trigger. */
    readonly facts: readonly PlainFact[];
    /** Revisions of the blocks that hold its acknowledgements, ascending. */
    readonly acknowledgedIn: readonly number[];
  }[];
  /** What is folded of the same facts beside the state, in its own version; absent in older snapshots. */
  readonly beside?: SnapshotBeside | undefined;
}

/** What others than the core keep in a snapshot. */
export interface SnapshotBeside {
  /** Statistics, as their own codec writes them. */
  readonly statistics: unknown;
  /** Revisions of the blocks that hold the detail of checkpoints that have ended, by checkpoint id, ascending. */
  readonly detailIn: readonly (readonly [number, readonly number[]])[];
}

/** Where the acknowledgements of a checkpoint stand in the journal. */
export type AcknowledgedIn = ReadonlyMap<number, readonly number[]>;

const slotsOf = (phases: JobTable['taskPhases'], isMeant: (phase: string) => boolean): number[] =>
  Object.entries(phases).flatMap(([slot, phase]) => (isMeant(phase) ? [Number(slot)] : []));

/** Encodes the state; `acknowledgedIn` names the blocks of each unfinished checkpoint. */
export const encodeSnapshot = (
  state: JobState,
  acknowledgedIn: AcknowledgedIn,
  beside?: SnapshotBeside,
): Uint8Array => {
  const {
    roster,
    taskPhases: phases,
    checkpoints: _checkpoints,
    jobPhase: _jobPhase,
    schedulerPhase: _schedulerPhase,
    ...table
  } = state.table;
  const plain: PlainSnapshot = {
    version: SNAPSHOT_VERSION,
    table,
    roster: roster.runs(),
    dataEnded: slotsOf(phases, (phase) => phase !== inactivePhase),
    inactive: slotsOf(phases, (phase) => phase === inactivePhase),
    shared: state.shared.plain(),
    unfinished: unfinished(state.table).map(({ checkpointId, facts }) => ({
      checkpointId,
      facts: facts.map(plainFact),
      acknowledgedIn: acknowledgedIn.get(checkpointId) ?? [],
    })),
    beside,
  };
  return new TextEncoder().encode(JSON.stringify(plain));
};

/** A snapshot as it is read back: what to fold first, and which blocks to read for the rest. */
export interface DecodedSnapshot {
  /** Revisions of the blocks whose acknowledgements {@link rebuild} needs, ascending. */
  readonly acknowledgedIn: AcknowledgedIn;
  readonly beside: SnapshotBeside | undefined;
  /** Folds the unfinished checkpoints again over the kept table. */
  rebuild(acknowledgedFacts: (checkpointId: number) => readonly Fact[]): JobState;
}

/** Facts stood in it without a version: all of them were in their first. What the table lacks is as in an empty job. */
const fromFirstVersion = (plain: PlainSnapshot): PlainSnapshot => ({
  ...plain,
  version: SNAPSHOT_VERSION,
  unfinished: plain.unfinished.map((entry) => ({
    ...entry,
    facts: entry.facts.map((fact) => ({ ...fact, v: 1 })),
  })),
});

const parse = (bytes: Uint8Array, where: string): PlainSnapshot => {
  let plain: PlainSnapshot;
  try {
    plain = JSON.parse(new TextDecoder().decode(bytes)) as PlainSnapshot;
  } catch (error) {
    throw new TidemarkError('JOURNAL_CORRUPT', `${where}: the snapshot is not JSON (${String(error)})`);
  }
  if (plain.version === SNAPSHOT_VERSION) return plain;
  if (plain.version === 1) return fromFirstVersion(plain);
  const text = `${where}: snapshot in version ${plain.version}, known is ${SNAPSHOT_VERSION}`;
  throw new TidemarkError('JOURNAL_VERSION', text);
};

const baseTable = (plain: PlainSnapshot, start: JobTable): JobTable => {
  const { jobFact, schedulerFact } = plain.table;
  const ended = taskPhases.next(taskPhases.initial, 'task.dataEnded');
  return {
    ...start,
    ...plain.table,
    latestCommittedId: plain.table.latestCommittedId ?? plain.table.latestCompletedId,
    configuration: journaledRecord(plain.table.configuration),
    jobFact,
    jobPhase: jobFact === undefined ? jobPhases.initial : jobPhases.next(jobPhases.initial, jobFact),
    roster: new Roster(fromRuns(plain.roster)),
    schedulerPhase:
      schedulerFact === undefined
        ? schedulerPhases.initial
        : schedulerPhases.next(schedulerPhases.initial, schedulerFact.type),
    taskPhases: Object.fromEntries([
      ...plain.dataEnded.map((slot) => [slot, ended] as const),
      ...(plain.inactive ?? []).map((slot) => [slot, inactivePhase] as const),
    ]),
    checkpoints: {},
  };
};

/**
 * What folding the unfinished checkpoints again must not change: counters and marks that the snapshot already holds.
 */
const keepCounters = ({ configuration, ...table }: JobTable, kept: KeptTable): JobTable => ({
  ...table,
  ...kept,
  configuration,
});

/** @throws JOURNAL_CORRUPT or JOURNAL_VERSION, naming the place. */
export const decodeSnapshot = (
  bytes: Uint8Array,
  where: string,
  job: { readonly jobId: JobId; readonly graph: JobGraph; readonly configuration: CheckpointConfiguration },
): DecodedSnapshot => {
  const plain = parse(bytes, where);
  return {
    acknowledgedIn: new Map(plain.unfinished.map((entry) => [entry.checkpointId, entry.acknowledgedIn])),
    beside: plain.beside,
    rebuild: (acknowledgedFacts) => {
      const start = initialState(job.jobId, job.graph, job.configuration);
      const shared = plain.shared === undefined ? start.shared : SharedStateRegistry.from(plain.shared);
      const base: JobState = { table: baseTable(plain, start.table), ledgers: new Map(), shared };
      const state = plain.unfinished.reduce((before, { checkpointId, facts }) => {
        const [triggered, ...others] = facts.map((fact) => factOfPlain(fact, where));
        invariant(triggered, `${where}: unfinished checkpoint ${checkpointId} has no facts`);
        return fold(before, [triggered, ...acknowledgedFacts(checkpointId), ...others]);
      }, base);
      return { table: keepCounters(state.table, plain.table), ledgers: state.ledgers, shared };
    },
  };
};
