/** The job's state: a fold of facts. The table is small, nested and immutable; ledgers stand beside it. */
import type { CheckpointId, JobId, OperatorId } from '../state/ids.ts';
import type { LocationReference } from '../state/location.ts';
import { SharedStateRegistry } from '../state/shared-state.ts';
import type { RetentionPolicy } from '../retention/policy.ts';
import type { Time } from './commands.ts';
import type { CheckpointConfiguration } from './configuration.ts';
import type {
  CheckpointKind,
  CheckpointTriggered,
  DiscardPlanned,
  Fact,
  JobEnded,
  RequestQueued,
  TriggerCause,
  JobFailureRequired,
  SchedulerStarted,
  SchedulerStopped,
} from './facts/fact.ts';
import { noFailures, type FailureStreak } from './failure-threshold.ts';
import type { IdRuns } from './id-runs.ts';
import type { JobGraph } from './job-graph.ts';
import type { Ledger } from './ledger.ts';
import { checkpointPhases, jobPhases, schedulerPhases, taskPhases, type Phase } from './phase.ts';
import { emptyRoster, type Roster, type RosterEntry } from './roster.ts';
import { isSynchronous, type SnapshotProperties } from './snapshot-properties.ts';

/** A checkpoint that is neither finalized nor disposed. */
export interface UnfinishedCheckpoint {
  readonly checkpointId: CheckpointId;
  readonly kind: CheckpointKind;
  readonly snapshot: SnapshotProperties;
  readonly options: CheckpointTriggered['options'];
  readonly cause: TriggerCause;
  readonly triggeredAt: number;
  /** The reign it was triggered in, and that reign's monotonic time then. */
  readonly term: number;
  readonly monotonicMs: number;
  readonly isForced: boolean;
  readonly timeoutMs: number;
  /** The policy in force at the trigger (C-285). */
  readonly retention: RetentionPolicy;
  readonly plan: Roster;
  readonly phase: Phase;
  readonly location: LocationReference | undefined;
  readonly savepoint: CheckpointTriggered['savepoint'];
  /** Slots that have reported what they measured without acknowledging, and when (C-091). */
  readonly reported: Readonly<Record<number, number>>;
  /** Its lifecycle so far, acknowledgements left out: what a journal snapshot keeps of it. */
  readonly facts: readonly Fact[];
}

/** A checkpoint the job can be restored from, kept until newer ones are enough. */
export interface CompletedCheckpoint {
  readonly checkpointId: CheckpointId;
  readonly triggeredAt: number;
  readonly externalPointer: string;
  readonly location: LocationReference;
  readonly retention: RetentionPolicy;
  readonly stateSizeBytes: number;
}

/** What is remembered of an aborted checkpoint, so that its late state is discarded. */
export interface DisposedCheckpoint {
  readonly checkpointId: CheckpointId;
  readonly location: LocationReference | undefined;
}

/** A savepoint that was asked for under a key: asking again gives the same one. */
export interface KeyedSavepoint {
  readonly checkpointId: CheckpointId;
  /** Absent while it is in flight. */
  readonly externalPointer: string | undefined;
}

export interface JobTable {
  readonly jobId: JobId;
  readonly graph: JobGraph;
  readonly configuration: CheckpointConfiguration;
  readonly term: number;
  /** What a suspended job leaves can be found again by another process (C-141, C-142). */
  readonly isJournalDurable: boolean;
  readonly nextCheckpointId: number;
  /** Slots below were given in this life of the job. */
  readonly nextSlot: number;
  readonly nextAttempt: number;
  readonly nextDiscardId: number;
  readonly jobPhase: Phase;
  /** Operators with a coordinator, and identifiers of master hooks: those of the present reign. */
  readonly operatorCoordinators: readonly OperatorId[];
  readonly masterHooks: readonly string[];
  /** The fact that led to the phase; snapshots keep this, never the phase's name. */
  readonly jobFact: Fact['type'] | undefined;
  readonly jobEnd: JobEnded | undefined;
  /** Restarts after task failures. */
  readonly restarts: number;
  readonly roster: Roster;
  /** Attempts in another phase than the chart's first. */
  readonly taskPhases: Readonly<Record<number, Phase>>;
  /** Tasks whose attempt did not finish and that have no new one yet, by {@link taskEntry}. */
  readonly vacantTasks: Readonly<Record<string, true>>;
  /** Operators of sources that work off a backlog. */
  readonly backlog: Readonly<Record<string, true>>;
  readonly schedulerPhase: Phase;
  /** The newest fact about the schedule in this reign, or a stop that somebody asked for in an earlier one. */
  readonly schedulerFact: SchedulerStarted | SchedulerStopped | undefined;
  /** Starts of the schedule in this reign. */
  readonly schedulerStarts: number;
  /** Drawn for the first of them. */
  readonly initialDelayMs: number | undefined;
  readonly checkpoints: Readonly<Record<number, UnfinishedCheckpoint>>;
  /** In ascending order. */
  readonly completed: readonly CompletedCheckpoint[];
  /** Subsumed, and not yet deleted: a newer checkpoint uses a file in their directory (C-131). */
  readonly subsumed: readonly CompletedCheckpoint[];
  /** For each checkpoint in flight the newest that had completed at its trigger: its tasks may build on that. */
  readonly bases: Readonly<Record<number, number>>;
  /** By {@link savepointEntry}. */
  readonly savepoints: Readonly<Record<string, KeyedSavepoint>>;
  readonly disposed: readonly DisposedCheckpoint[];
  /** Everything that was given up, also what is no longer remembered by its place. */
  readonly abortedIds: IdRuns;
  readonly discards: Readonly<Record<number, DiscardPlanned>>;
  /** Discards that were tried in vain: they are tried again, and nothing waits for them. */
  readonly postponedDiscards: Readonly<Record<number, true>>;
  /** Requests that wait, the next one first. */
  readonly queue: readonly RequestQueued[];
  readonly nextRequestId: number;
  /** Ticks of the timer that were dropped because another one waited (C-045). */
  readonly droppedTicks: number;
  /** Monotonic time of the last completion in this reign, whatever completed (C-042). */
  readonly lastCompletedMs: number | undefined;
  /**
   * True from the request for the checkpoint at the end of all input, until it is refused or aborted, or tasks are
   * deployed anew.
   */
  readonly endTriggered: boolean;
  /** The checkpoint at the end of all input, once it is complete: nothing is left to commit behind it. */
  readonly endCompletedId: CheckpointId | undefined;
  /** The newest completed checkpoint, also after it was discarded; 0 before the first. */
  readonly latestCompletedId: number;
  /** The newest one whose completion tasks are told: it may be a savepoint that ends the job (C-110). */
  readonly latestCommittedId: number;
  /** When it was triggered, on the wall clock. */
  readonly latestTimestamp: number;
  /** The newest checkpoint that retention let go since then. */
  readonly lastSubsumedId: CheckpointId | undefined;
  readonly restoredFrom: CheckpointId | undefined;
  /** The job was restored from what is not its own, and has no checkpoint of its own yet (C-037). */
  readonly forceFull: boolean;
  /** Failures in a row, and the newest success. */
  readonly failures: FailureStreak;
  /** The job manager was told to fail the job and has neither restarted nor ended it yet. */
  readonly failureRequired: JobFailureRequired | undefined;
}

export interface JobState {
  readonly table: JobTable;
  readonly ledgers: Map<number, Ledger>;
  /** Changed in place by the fold, as the ledgers are. */
  readonly shared: SharedStateRegistry;
}

/** Checkpoints and savepoints in flight, forced ones too: each holds a ledger, and every task keeps its state. */
export const CHECKPOINTS_IN_FLIGHT_MAX = 64;
/** Aborted checkpoints remembered for their late state; Flink remembers 16 (C-090), a late file costs more here. */
export const DISPOSED_REMEMBERED_MAX = 64;
/** Runs of ids given up that are remembered: years of a job that fails now and then. */
export const ABORTED_RUNS_MAX = 1_024;
/** Keyed savepoints remembered; the oldest is forgotten first. */
export const KEYED_SAVEPOINTS_MAX = 256;
/** Where a keyed savepoint stands in the table: as a name that no object has of itself, in the order of asking. */
export const savepointEntry = (key: string): string => `key ${key}`;

/** The state before the first fact. */
export const initialState = (
  jobId: JobId,
  graph: JobGraph,
  configuration: CheckpointConfiguration,
): JobState => ({
  table: {
    jobId,
    graph,
    configuration,
    term: 0,
    isJournalDurable: true,
    nextCheckpointId: 1,
    nextSlot: 0,
    nextAttempt: 1,
    nextDiscardId: 1,
    jobPhase: jobPhases.initial,
    operatorCoordinators: [],
    masterHooks: [],
    jobFact: undefined,
    jobEnd: undefined,
    restarts: 0,
    roster: emptyRoster,
    taskPhases: {},
    vacantTasks: {},
    backlog: {},
    schedulerPhase: schedulerPhases.initial,
    schedulerFact: undefined,
    schedulerStarts: 0,
    initialDelayMs: undefined,
    checkpoints: {},
    completed: [],
    subsumed: [],
    bases: {},
    savepoints: {},
    disposed: [],
    abortedIds: [],
    discards: {},
    postponedDiscards: {},
    queue: [],
    nextRequestId: 1,
    droppedTicks: 0,
    lastCompletedMs: undefined,
    endTriggered: false,
    endCompletedId: undefined,
    latestCompletedId: 0,
    latestCommittedId: 0,
    latestTimestamp: 0,
    lastSubsumedId: undefined,
    restoredFrom: undefined,
    forceFull: false,
    failures: noFailures,
    failureRequired: undefined,
  },
  ledgers: new Map(),
  shared: new SharedStateRegistry(),
});

/** A copy whose ledgers and registry can be changed without touching the first: for search and what-if. */
export const fork = (state: JobState): JobState => ({
  table: state.table,
  ledgers: new Map(Array.from(state.ledgers, ([id, ledger]) => [id, ledger.fork()])),
  shared: state.shared.fork(),
});

/** Unfinished checkpoints in the order they were triggered. */
export const unfinished = (table: JobTable): UnfinishedCheckpoint[] => Object.values(table.checkpoints);

/** True when the job ended for good: nothing is triggered any more and only clean-up is left. */
export const isTerminated = (table: JobTable): boolean => jobPhases.isFinal(table.jobPhase);

/** Where a task stands in the table, whatever attempt of it. */
export const taskEntry = ({ vertex, subtask }: Pick<RosterEntry, 'vertex' | 'subtask'>): string =>
  `${vertex}/${subtask}`;

/** The phase of an attempt that cannot be checkpointed now. */
export const inactivePhase: Phase = taskPhases.next(taskPhases.initial, 'task.inactive');

/** True when some living attempt is not active. */
export const hasInactive = ({ taskPhases: phases }: JobTable): boolean =>
  Object.values(phases).includes(inactivePhase);

/** True when every source of a complete roster has read all its input. */
const isInputEnded = (table: JobTable): boolean => {
  const { roster, graph } = table;
  if (!roster.isComplete(graph)) return false;
  return sourcePositions(table, roster).every(
    (position) =>
      table.taskPhases[roster.slots[position]!] === taskPhases.next(taskPhases.initial, 'task.dataEnded'),
  );
};

/** True when the checkpoint behind all data is all that is left to take, where such a one is wanted (C-057). */
export const needsLastCheckpoint = (table: JobTable): boolean =>
  table.configuration.checkpointsAfterTasksFinish && isInputEnded(table);

/** Positions of the attempts that start the barriers: those of vertices without inputs. */
export const sourcePositions = (table: JobTable, plan: Roster): number[] => {
  const positions: number[] = [];
  for (let position = 0; position < plan.size; position++) {
    if (table.graph.vertices[plan.vertices[position]!]!.inputs.length === 0) positions.push(position);
  }
  return positions;
};

/** A task's name for people: `counter#1`. */
export const taskName = (table: JobTable, plan: Roster, slot: number): string => {
  const position = plan.positionOf(slot);
  if (position < 0) return `slot ${slot}`;
  return `${table.graph.vertices[plan.vertices[position]!]!.name}#${plan.subtasks[position]!}`;
};

/** An operator's name for people. */
export const operatorName = (table: JobTable, operatorId: string): string =>
  table.graph.vertices.flatMap(({ operators }) => operators).find(({ id }) => id === operatorId)?.name ??
  operatorId;

/**
 * True for what a newer completed checkpoint makes obsolete: no savepoint (C-080), and nothing whose metadata is being
 * written, which completes beside the newer one (C-107).
 */
export const canBeSubsumed = (checkpoint: UnfinishedCheckpoint): boolean =>
  checkpoint.kind === 'checkpoint' && !checkpointPhases.accepts(checkpoint.phase, 'metadata.written');

/** True while the place is being prepared. */
export const isLocating = (checkpoint: UnfinishedCheckpoint): boolean =>
  checkpointPhases.accepts(checkpoint.phase, 'checkpoint.located');

/** True when its completion ends older checkpoints and is told to the tasks: a plain savepoint's is not (C-110). */
export const isCommitted = ({ kind, snapshot }: Pick<UnfinishedCheckpoint, 'kind' | 'snapshot'>): boolean =>
  kind === 'checkpoint' || isSynchronous(snapshot);

/** True while the request is on its way to the tasks; only one is at a time (C-003). */
export const isTriggering = (checkpoint: UnfinishedCheckpoint): boolean =>
  isLocating(checkpoint) || checkpointPhases.accepts(checkpoint.phase, 'tasks.asked');

/** True once the tasks are asked, until the last of them has answered. */
export const isCollecting = (checkpoint: UnfinishedCheckpoint): boolean =>
  checkpointPhases.accepts(checkpoint.phase, 'checkpoint.fullyAcknowledged');

/** True while the phase is one the deadline still runs in and an abort is possible. */
export const canAbort = (checkpoint: UnfinishedCheckpoint): boolean =>
  checkpointPhases.accepts(checkpoint.phase, 'checkpoint.aborted');

/** A moment of the past, and the reign whose monotonic time it names. */
type Moment = Time & { readonly term: number };

/**
 * Time since a moment: monotonic within its reign, else by the wall clock, never below zero (C-313).
 */
export const elapsedMs = (table: JobTable, since: Moment, now: Time): number =>
  Math.max(0, since.term === table.term ? now.monotonicMs - since.monotonicMs : now.at - since.at);

/** How long a checkpoint has lasted. */
export const lastedMs = (table: JobTable, checkpoint: UnfinishedCheckpoint, now: Time): number =>
  elapsedMs(table, { ...checkpoint, at: checkpoint.triggeredAt }, now);
