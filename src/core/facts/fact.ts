/**
 * The facts: what was decided, in the past tense. They are the journal's content and the only thing that changes the
 * job's state. `at` is wall-clock milliseconds, stamped once when the fact was decided.
 */
import type { CheckpointId, JobId, OperatorId } from '../../state/ids.ts';
import type { LocationReference, SavepointTarget } from '../../state/location.ts';
import type { NumberRuns, SharedFile } from '../../state/shared-state.ts';
import type { RetentionPolicy, TerminalStatus } from '../../retention/policy.ts';
import type { CheckpointConfiguration } from '../configuration.ts';
import type { Correction } from '../configuration/corrections.ts';
import type { AcknowledgedColumns } from '../columns.ts';
import type { FailureReason } from '../failures.ts';
import type { JobGraph } from '../job-graph.ts';
import type { AcknowledgementTotals } from '../ledger.ts';
import type { At, DiscardConfirmed, DiscardPlanned, DiscardPostponed } from './discard-facts.ts';
import type { AttemptRun } from '../roster.ts';
import type { ReportedMetrics } from './reported-metrics.ts';
import type { SnapshotOptions } from '../snapshot-options.ts';
import type { SnapshotProperties } from '../snapshot-properties.ts';

export type {
  DiscardCause,
  DiscardConfirmed,
  DiscardFile,
  DiscardPlanned,
  DiscardPostponed,
  DiscardTarget,
} from './discard-facts.ts';

/** The first fact of every job. */
export interface JobOpened extends At<'job.opened'> {
  readonly jobId: JobId;
  readonly graph: JobGraph;
}

/** The first fact of every reign, and what fences the one before. */
export interface CoordinatorTookOver extends At<'coordinator.tookOver'> {
  readonly term: number;
  /** In force from now on; checkpoints keep what they were made under. */
  readonly configuration: CheckpointConfiguration;
  /** What was said and is not, or not quite, in force (C-312). */
  readonly corrections: readonly Correction[];
  /** Only there when it is not. */
  readonly isJournalDurable?: false | undefined;
  /** Operators that have a coordinator in this reign; absent: none. */
  readonly operatorCoordinators?: readonly OperatorId[] | undefined;
  /** Identifiers of the master hooks of this reign; absent: none. */
  readonly masterHooks?: readonly string[] | undefined;
  /** Until the first tick of the first schedule of this reign, in ms: drawn once (C-031, C-314). */
  readonly initialDelayMs?: number | undefined;
}

/** A master hook that was handed in later; the next checkpoint waits for it. */
export interface HookRegistered extends At<'hook.registered'> {
  readonly hookId: string;
}

export interface TasksDeployed extends At<'tasks.deployed'> {
  readonly runs: readonly AttemptRun[];
}

export interface TaskEnded extends At<'task.finished' | 'task.failed' | 'task.cancelled'> {
  readonly slot: number;
  readonly message: string;
}

/** Attempts that a new coordinator did not find alive any more. */
export interface TasksLost extends At<'tasks.lost'> {
  readonly runs: readonly AttemptRun[];
}

/** An attempt has read all its input; it still answers barriers. */
export interface TaskDataEnded extends At<'task.dataEnded'> {
  readonly slot: number;
}

/** Living attempts that cannot be checkpointed now, because they are being deployed or cancelled, or can again. */
export interface TasksActivityChanged extends At<'tasks.inactive' | 'tasks.active'> {
  readonly runs: readonly AttemptRun[];
}

/** A source works off what has piled up, or has done so: another interval is in force (C-053). */
export interface SourceBacklogChanged extends At<'source.backlogChanged'> {
  readonly operatorId: OperatorId;
  readonly isBacklog: boolean;
}

/** From now on checkpoints are triggered periodically. */
export interface SchedulerStarted extends At<'scheduler.started'> {
  /** The how manieth start of this reign it is; the ticks of an earlier one do nothing (C-050). */
  readonly start: number;
  /** Until the first tick, in ms. */
  readonly delayMs: number;
}

/** `requested` stays in force until somebody starts it again, or the job or a task stops it as well. */
export type SchedulerStopReason = 'requested' | 'restarted' | 'jobStatus' | 'tasks';

/** No tick does anything any more; what waited and what was in flight is given up by other facts (C-055). */
export interface SchedulerStopped extends At<'scheduler.stopped'> {
  readonly reason: SchedulerStopReason;
}

export interface JobRunning extends At<'job.running'> {}

export interface JobRestarting extends At<'job.restarting'> {
  /** `taskFailure` counts as a restart; `processLost` is a new process finding no tasks. */
  readonly cause: 'taskFailure' | 'processLost';
  readonly message: string;
}

export interface JobEnded extends At<'job.finished' | 'job.failed' | 'job.cancelled' | 'job.suspended'> {
  readonly message: string;
  /** What stays and why, for people. */
  readonly kept: readonly { readonly checkpointId: number; readonly clause: string }[];
}

/** State was handed to new attempts; no id means that they start empty. */
export interface JobRestored extends At<'job.restored'> {
  readonly checkpointId: CheckpointId | undefined;
  /** True when what was restored stays somebody else's: the first checkpoint refers to none of its files (C-037). */
  readonly isUnclaimed?: boolean | undefined;
}

/**
 * Too many checkpoints failed in a row (C-154), or an operator coordinator threw while it was asked (C-077): the job
 * manager is to fail the job, as it does when a task fails.
 */
export interface JobFailureRequired extends At<'job.failureRequired'> {
  /** The last of them, and why it failed. */
  readonly checkpointId: CheckpointId;
  readonly reason: FailureReason;
  /** For too many failures Flink's sentence, and the failures that were counted (C-305). */
  readonly message: string;
}

export type CheckpointKind = 'checkpoint' | 'savepoint';
export type TriggerCause = 'periodic' | 'manual' | 'endOfData';

/** A request that could not be begun at once. It is no checkpoint yet: it has no id and no place. */
export interface RequestQueued extends At<'request.queued'> {
  readonly requestId: number;
  /** The reign it was asked for in, and that reign's monotonic time. */
  readonly term: number;
  readonly monotonicMs: number;
  readonly kind: CheckpointKind;
  readonly snapshot: SnapshotProperties;
  readonly cause: TriggerCause;
  /** Begun whatever number is in flight and however short the pause was. */
  readonly isForced: boolean;
  readonly savepoint?: (SavepointTarget & { readonly key: string | undefined }) | undefined;
  /** Ticks of the timer dropped since the last one that was not, when there were any. */
  readonly droppedTicks?: number | undefined;
}

/** A request that waited is not carried out. */
export interface RequestRejected extends At<'request.rejected'> {
  readonly requestId: number;
  readonly reason: FailureReason;
  /** For a tick inside the pause: when the timer comes again, in ms. */
  readonly waitMs?: number | undefined;
}

export interface CheckpointTriggered extends At<'checkpoint.triggered'> {
  readonly checkpointId: CheckpointId;
  readonly kind: CheckpointKind;
  /** As it was asked for, and as its file will say. */
  readonly snapshot: SnapshotProperties;
  /** As the tasks are told, also when they are told again. */
  readonly options: SnapshotOptions;
  readonly cause: TriggerCause;
  /** The reign it was triggered in, and that reign's monotonic time: its durations are taken from it (C-313). */
  readonly term: number;
  readonly monotonicMs: number;
  readonly isForced: boolean;
  readonly timeoutMs: number;
  /** The policy in force: a later configuration does not change it (C-285). */
  readonly retention: RetentionPolicy;
  /** Size of the plan. */
  readonly tasks: number;
  /** The attempts it waits for. Undefined in journals of the first version: all attempts alive at this moment. */
  readonly plan: readonly AttemptRun[] | undefined;
  /** The request it carries out and how long that waited (C-047); absent when it did not have to wait. */
  readonly requestId?: number | undefined;
  readonly waitedMs?: number | undefined;
  readonly droppedTicks?: number | undefined;
  readonly savepoint?: (SavepointTarget & { readonly key: string | undefined }) | undefined;
  /** Who is asked before the tasks: operators with a coordinator, then master hooks; absent: nobody. */
  readonly operatorCoordinators?: readonly OperatorId[] | undefined;
  readonly masterHooks?: readonly string[] | undefined;
}

/** The place is prepared and the tasks are asked for their state: nobody has to be asked before them. */
export interface CheckpointLocated extends At<'checkpoint.located'> {
  readonly checkpointId: CheckpointId;
  readonly location: LocationReference;
}

/** The place is prepared and the operator coordinators are asked for their state (C-063). */
export interface CoordinatorsAsked extends At<'coordinators.asked'> {
  readonly checkpointId: CheckpointId;
  readonly location: LocationReference;
}

/** All asked operator coordinators have answered. The bytes are gone once the checkpoint is final and trimmed. */
export interface CoordinatorsSnapshotted extends At<'coordinators.snapshotted'> {
  readonly checkpointId: CheckpointId;
  /** In the order of their bytes; no size: the coordinator has no state. */
  readonly states: readonly { readonly operatorId: OperatorId; readonly sizeBytes: number | undefined }[];
  /** The states, one after the other, as in the journal's bulk. */
  readonly bytes: Uint8Array | undefined;
}

/** The master hooks are asked for their state, behind every operator coordinator (C-064). */
export interface HooksAsked extends At<'hooks.asked'> {
  readonly checkpointId: CheckpointId;
  /** When there was no operator coordinator to be asked before. */
  readonly location?: LocationReference | undefined;
}

/** All asked master hooks have answered. The bytes are gone once the checkpoint is final and trimmed. */
export interface HooksSnapshotted extends At<'hooks.snapshotted'> {
  readonly checkpointId: CheckpointId;
  /** In the order of their bytes; no size: the hook has no state. `version` is that of its serializer. */
  readonly states: readonly {
    readonly hookId: string;
    readonly version: number;
    readonly sizeBytes: number | undefined;
  }[];
  readonly bytes: Uint8Array | undefined;
}

/** Whoever is asked before the tasks has answered: now the tasks are asked for their state. */
export interface TasksAsked extends At<'tasks.asked'> {
  readonly checkpointId: CheckpointId;
}

/**
 * One batch of acknowledgements of one checkpoint. Columns and bytes are gone once the checkpoint is final and
 * trimmed.
 */
export interface TasksAcknowledged extends At<'tasks.acknowledged'> {
  readonly checkpointId: CheckpointId;
  readonly count: number;
  readonly columns: AcknowledgedColumns | undefined;
  /** The slices, one acknowledgement after the other, as in the journal's bulk. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * What tasks measured of a checkpoint that they did not acknowledge in time: reported without an acknowledgement
 * (C-091), or in one that came when it had been given up (C-089). It is no part of the checkpoint.
 */
export interface TasksReported extends At<'tasks.reported'> {
  readonly checkpointId: CheckpointId;
  readonly rows: readonly ReportedMetrics[];
}

export interface CheckpointFullyAcknowledged extends At<'checkpoint.fullyAcknowledged'> {
  readonly checkpointId: CheckpointId;
  readonly totals: AcknowledgementTotals;
}

export interface MetadataWritten extends At<'metadata.written'> {
  readonly checkpointId: CheckpointId;
  readonly externalPointer: string;
  readonly metadataSizeBytes: number;
}

export interface CheckpointCompleted extends At<'checkpoint.completed'> {
  readonly checkpointId: CheckpointId;
  readonly kind: CheckpointKind;
  readonly cause: TriggerCause;
  readonly externalPointer: string;
  readonly metadataSizeBytes: number;
  readonly monotonicMs: number;
  readonly durationMs: number;
  readonly totals: AcknowledgementTotals;
}

export interface CheckpointAborted extends At<'checkpoint.aborted'> {
  readonly checkpointId: CheckpointId;
  readonly reason: FailureReason;
  readonly message: string;
  /** The phase it was given up in. */
  readonly phase: string;
  readonly acknowledged: number;
  /** Slots that had not acknowledged, at most {@link MISSING_NAMED_MAX} of them (C-307). */
  readonly missing: readonly number[];
  readonly monotonicMs: number;
  /** Undefined in journals of the first version. */
  readonly durationMs: number | undefined;
  /** Of one past its deadline: who acknowledged last, and how long after the trigger (C-306). */
  readonly slowest?: readonly { readonly slot: number; readonly afterMs: number }[] | undefined;
  /** The attempt that refused, where one did. */
  readonly declinedBy?: { readonly slot: number; readonly attempt: number } | undefined;
}

/** How many missing tasks an aborting fact names: enough to act on, small enough for every journal. */
export const MISSING_NAMED_MAX = 32;

/**
 * Files that several checkpoints may refer to were named in acknowledgements, for this checkpoint or a late one of it
 * (C-083).
 */
export interface SharedRegistered extends At<'shared.registered'> {
  /** The checkpoint they are used by; it may be in flight, ended or forgotten. */
  readonly checkpointId: CheckpointId;
  /** Named for the first time; they get the next numbers. */
  readonly files: readonly SharedFile[];
  /** Numbers of files that were registered before. */
  readonly used: NumberRuns;
}

/** Files that no checkpoint needs any more left the registry; those of them that are deleted are planned beside it. */
export interface SharedReleased extends At<'shared.released'> {
  /** The checkpoint whose completion, or the last one before the end of the job that, made them superfluous. */
  readonly checkpointId: CheckpointId;
  readonly released: NumberRuns;
}

/** A completed checkpoint left the store because newer ones are enough. */
export interface CheckpointSubsumed extends At<'checkpoint.subsumed'> {
  readonly checkpointId: CheckpointId;
  readonly clause: string;
}

export type Fact =
  | JobOpened
  | CoordinatorTookOver
  | HookRegistered
  | TasksDeployed
  | TaskEnded
  | TasksLost
  | TaskDataEnded
  | TasksActivityChanged
  | SourceBacklogChanged
  | SchedulerStarted
  | SchedulerStopped
  | JobRunning
  | JobRestarting
  | JobEnded
  | JobRestored
  | JobFailureRequired
  | RequestQueued
  | RequestRejected
  | CheckpointTriggered
  | CheckpointLocated
  | CoordinatorsAsked
  | CoordinatorsSnapshotted
  | HooksAsked
  | HooksSnapshotted
  | TasksAsked
  | TasksAcknowledged
  | TasksReported
  | CheckpointFullyAcknowledged
  | MetadataWritten
  | CheckpointCompleted
  | CheckpointAborted
  | CheckpointSubsumed
  | SharedRegistered
  | SharedReleased
  | DiscardPlanned
  | DiscardPostponed
  | DiscardConfirmed;

export type FactType = Fact['type'];

/** Facts with bytes of their own in the bulk of their block: what somebody answered to a checkpoint. */
export type AnsweringFact = TasksAcknowledged | CoordinatorsSnapshotted | HooksSnapshotted;

const answering: ReadonlySet<FactType> = new Set<FactType>([
  'tasks.acknowledged',
  'coordinators.snapshotted',
  'hooks.snapshotted',
]);

/** True for facts whose bytes stand in the bulk of their block. */
export const isAnswering = (fact: Fact): fact is AnsweringFact => answering.has(fact.type);

/** The fact that says how a job ended. */
export const endedFactType = {
  FINISHED: 'job.finished',
  FAILED: 'job.failed',
  CANCELLED: 'job.cancelled',
  SUSPENDED: 'job.suspended',
} as const satisfies Record<TerminalStatus, JobEnded['type']>;
