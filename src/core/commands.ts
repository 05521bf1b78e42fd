/** What may be asked of the core, in the imperative. The time of a command is read at the edge. */
import type { CheckpointId } from '../state/ids.ts';
import type { LocationReference, SavepointTarget } from '../state/location.ts';
import type { TerminalStatus } from '../retention/policy.ts';
import type { FrameBatch } from './columns.ts';
import type { CheckpointConfiguration } from './configuration.ts';
import type { Correction } from './configuration/corrections.ts';
import type { DeclineReason } from './failures.ts';
import type { RosterEntry } from './roster.ts';

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
  /** True when the stream is empty: the job is new. */
  readonly isNew: boolean;
}

/** What the gateway found alive when it was attached to. */
export interface Attach extends At<'attach'> {
  readonly living: readonly (RosterEntry & { readonly dataEnded: boolean })[];
}

/** New attempts are about to start from the newest checkpoint. */
export interface Restore extends At<'restore'> {
  readonly attempts: readonly RosterEntry[];
}

export type JobStatus = 'RUNNING' | 'RESTARTING' | TerminalStatus;

export interface ReportJobStatus extends At<'reportJobStatus'> {
  readonly status: JobStatus;
  readonly message: string;
}

/** The periodic timer fired. */
export interface Tick extends At<'tick'> {
  /** Ticks that came to `tickDropped` since the last one that did not. */
  readonly droppedTicks?: number | undefined;
}

export interface TriggerCheckpoint extends At<'triggerCheckpoint'> {}

export interface TriggerSavepoint extends At<'triggerSavepoint'> {
  readonly target: SavepointTarget;
  /** Asking again under the same key gives the same savepoint. */
  readonly key: string | undefined;
}

export interface Locate extends At<'locate'> {
  readonly checkpointId: CheckpointId;
  readonly location: LocationReference;
}

export interface FailLocation extends At<'failLocation'> {
  readonly checkpointId: CheckpointId;
  readonly message: string;
}

export interface Acknowledge extends At<'acknowledge'> {
  readonly batch: FrameBatch;
  /** Where recorded slices are copied to, once; the journal and the ledger read the same bytes. */
  readonly allocate: (sizeBytes: number) => Uint8Array;
}

export interface Decline extends At<'decline'> {
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
  | Attach
  | Restore
  | ReportJobStatus
  | Tick
  | TriggerCheckpoint
  | TriggerSavepoint
  | Locate
  | FailLocation
  | Acknowledge
  | Decline
  | Expire
  | RecordMetadata
  | FailMetadata
  | EndAttempt
  | EndData
  | ConfirmDiscard
  | PostponeDiscard;

export type CommandType = Command['type'];
