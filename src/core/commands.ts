/** What may be asked of the core, in the imperative. The time of a command is read at the edge. */
import type { CheckpointId, JobId, OperatorId } from '../state/ids.ts';
import type { LocationReference, SavepointTarget } from '../state/location.ts';
import type { TerminalStatus } from '../retention/policy.ts';
import type { FrameBatch } from './columns.ts';
import type { CheckpointConfiguration } from './configuration.ts';
import type { Correction } from './configuration/corrections.ts';
import type { ReportedMetrics } from './facts/reported-metrics.ts';
import type { DeclineReason, FailureReason } from './failures.ts';
import type { RosterEntry } from './roster.ts';
import type { SnapshotProperties } from './snapshot-properties.ts';

/** One moment on both clocks. */
export interface Time {
  /** Wall-clock milliseconds since the epoch: for what is stored and shown. May jump. */
  readonly at: number;
  /** Whole milliseconds that only grow: for durations and pauses. Of use within one reign: the origin is its own. */
  readonly monotonicMs: number;
}

interface At<Type extends string> extends Time {
  readonly type: Type;
}

/** Begin a reign. The runtime sends it once, before anything else. */
export interface TakeOver extends At<'takeOver'> {
  readonly term: number;
  readonly configuration: CheckpointConfiguration;
  readonly corrections?: readonly Correction[] | undefined;
  /** Until the first tick of the first schedule, in ms, drawn at the edge; without it the pause (C-031). */
  readonly initialDelayMs?: number | undefined;
  /** True when the stream is empty: the job is new. */
  readonly isNew: boolean;
  /** False when the journal dies with the process: a suspended job is then never found again. */
  readonly isJournalDurable?: boolean | undefined;
  /** Who is asked before the tasks from now on; absent: nobody. */
  readonly operatorCoordinators?: readonly OperatorId[] | undefined;
  readonly masterHooks?: readonly string[] | undefined;
}

/** One more master hook. */
export interface RegisterHook extends At<'registerHook'> {
  readonly hookId: string;
}

/** What the gateway found alive when it was attached to. */
export interface Attach extends At<'attach'> {
  readonly living: readonly (RosterEntry & {
    readonly dataEnded: boolean;
    /** True unless said otherwise. */
    readonly isActive?: boolean | undefined;
  })[];
}

/** New attempts are about to start from the newest checkpoint. */
export interface Restore extends At<'restore'> {
  readonly attempts: readonly RosterEntry[];
  /** Whether what is restored stays somebody else's; undefined: as what was restored before, if it is the same. */
  readonly isUnclaimed?: boolean | undefined;
}

export type JobStatus = 'RUNNING' | 'RESTARTING' | TerminalStatus;

export interface ReportJobStatus extends At<'reportJobStatus'> {
  readonly status: JobStatus;
  readonly message: string;
}

/** Keep the schedule of periodic checkpoints; one that is kept begins anew. */
export interface StartScheduler extends At<'startScheduler'> {}

/** Keep no schedule, until somebody starts it again or the job restarts. */
export interface StopScheduler extends At<'stopScheduler'> {}

/** A source says whether it works off a backlog. */
export interface ReportBacklog extends At<'reportBacklog'> {
  readonly operatorId: OperatorId;
  readonly isBacklog: boolean;
}

/** The periodic timer fired. */
export interface Tick extends At<'tick'> {
  /** The start of the schedule whose tick it is; a tick without one is of the schedule that is kept. */
  readonly start?: number | undefined;
  /** Ticks that came to `tickDropped` since the last one that did not. */
  readonly droppedTicks?: number | undefined;
}

export interface TriggerCheckpoint extends At<'triggerCheckpoint'> {
  /** CHECKPOINT unless said otherwise. */
  readonly isFull?: boolean | undefined;
}

export interface TriggerSavepoint extends At<'triggerSavepoint'> {
  readonly target: SavepointTarget;
  /** Asking again under the same key gives the same savepoint. */
  readonly key: string | undefined;
  /** A plain savepoint in the canonical format unless said otherwise. */
  readonly snapshot?: Extract<SnapshotProperties, { readonly type: 'savepoint' }> | undefined;
}

export interface Locate extends At<'locate'> {
  readonly checkpointId: CheckpointId;
  readonly location: LocationReference;
}

export interface FailLocation extends At<'failLocation'> {
  readonly checkpointId: CheckpointId;
  readonly message: string;
  /** IO_EXCEPTION when it is left out. */
  readonly reason?: FailureReason | undefined;
}

/** All operator coordinators that were asked have answered; no state is an answer too. */
export interface AcknowledgeCoordinators extends At<'acknowledgeCoordinators'> {
  readonly checkpointId: CheckpointId;
  readonly states: readonly {
    readonly operatorId: OperatorId;
    readonly bytes: Uint8Array | undefined;
  }[];
  /** As in {@link Acknowledge}. */
  readonly allocate: (sizeBytes: number) => Uint8Array;
}

/** All master hooks that were asked have answered; no state is an answer too. */
export interface AcknowledgeHooks extends At<'acknowledgeHooks'> {
  readonly checkpointId: CheckpointId;
  readonly states: readonly {
    readonly hookId: string;
    /** Of the serializer that made the bytes; 0 without state. */
    readonly version: number;
    readonly bytes: Uint8Array | undefined;
  }[];
  /** As in {@link Acknowledge}. */
  readonly allocate: (sizeBytes: number) => Uint8Array;
}

/** An operator coordinator or a master hook failed, or the tasks could not be told. */
export interface FailTrigger extends At<'failTrigger'> {
  readonly checkpointId: CheckpointId;
  readonly reason: FailureReason;
  readonly message: string;
  /** What failed is part of the job: an operator coordinator that threw (C-077). */
  readonly failsJob?: boolean | undefined;
}

export interface Acknowledge extends At<'acknowledge'> {
  readonly batch: FrameBatch;
  /** Where recorded slices are copied to, once; the journal and the ledger read the same bytes. */
  readonly allocate: (sizeBytes: number) => Uint8Array;
}

/** A task says what it measured of a checkpoint that it does not acknowledge. */
export interface ReportMetrics extends At<'reportMetrics'> {
  readonly checkpointId: CheckpointId;
  readonly metrics: ReportedMetrics;
}

export interface Decline extends At<'decline'> {
  /** The job that the task names; that of the coordinator where it names none. */
  readonly jobId?: JobId | undefined;
  readonly checkpointId: CheckpointId;
  readonly slot: number;
  readonly attempt: number;
  readonly reason: DeclineReason;
  readonly message: string;
}

/** The deadline of a checkpoint passed. */
export interface Expire extends At<'expire'> {
  readonly checkpointId: CheckpointId;
}

export interface RecordMetadata extends At<'recordMetadata'> {
  readonly checkpointId: CheckpointId;
  readonly externalPointer: string;
  readonly metadataSizeBytes: number;
}

export interface FailMetadata extends At<'failMetadata'> {
  readonly checkpointId: CheckpointId;
  readonly message: string;
}

export interface EndAttempt extends At<'endAttempt'> {
  readonly slot: number;
  readonly attempt: number;
  readonly status: 'finished' | 'failed' | 'cancelled';
  readonly message: string;
}

/** Attempts can be checkpointed from now on, or cannot. */
export interface ChangeActivity extends At<'changeActivity'> {
  readonly attempts: readonly { readonly slot: number; readonly attempt: number }[];
  readonly isActive: boolean;
}

export interface EndData extends At<'endData'> {
  readonly slot: number;
  readonly attempt: number;
}

/** What a discard ordered is gone. */
export interface ConfirmDiscard extends At<'confirmDiscard'> {
  readonly discardId: number;
}

/** What was ordered cannot be deleted at once; it goes on being tried. */
export interface PostponeDiscard extends At<'postponeDiscard'> {
  readonly discardId: number;
}

export type Command =
  | TakeOver
  | RegisterHook
  | Attach
  | Restore
  | ReportJobStatus
  | StartScheduler
  | StopScheduler
  | ReportBacklog
  | Tick
  | TriggerCheckpoint
  | TriggerSavepoint
  | Locate
  | FailLocation
  | AcknowledgeCoordinators
  | AcknowledgeHooks
  | FailTrigger
  | Acknowledge
  | Decline
  | ReportMetrics
  | Expire
  | RecordMetadata
  | FailMetadata
  | EndAttempt
  | ChangeActivity
  | EndData
  | ConfirmDiscard
  | PostponeDiscard;

export type CommandType = Command['type'];
