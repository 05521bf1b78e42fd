/**
 * The task gateway port: how the coordinator reaches the tasks of a job, and the stream of what they say.
 *
 * Tasks outlive coordinators. The job manager deploys execution attempts; the gateway gives each a slot, never given
 * twice in one life of the job. A task keeps an acknowledgement until its checkpoint has completed or aborted for it
 * and repeats it when a new coordinator announces itself; it refuses commands of an older term.
 */
import type { Observable } from 'rxjs';
import type { CheckpointId, JobId, OperatorId, Slot, VertexId } from '../state/ids.ts';
import type { LocationReference } from '../state/location.ts';
import type { DeclineReason } from '../core/failures.ts';
import type { AcknowledgementMetrics } from './frame.ts';
import type { SnapshotOptions } from '../core/snapshot-options.ts';

/** An execution attempt of one subtask that is alive: it can be triggered and can acknowledge. */
export interface LivingAttempt {
  readonly slot: Slot;
  /** The job manager's number of the attempt; grows with every restart. */
  readonly attempt: number;
  readonly vertexId: VertexId;
  readonly subtask: number;
  /** True once the attempt has reported the end of its input; it still answers barriers. */
  readonly dataEnded: boolean;
  /** False while it is being deployed, initialized or cancelled; true unless said otherwise. */
  readonly isActive?: boolean | undefined;
}

/** Orders to tasks. Every one carries the term of the coordinator that gave it. All are idempotent. */
export type TaskCommand = AnnounceCommand | TriggerCommand | NotifyCompletedCommand | NotifyAbortedCommand;

/** The newest completion there is something to say about. */
export interface LatestCompletion {
  readonly latestCompletedId: CheckpointId | undefined;
  /** Of its trigger. */
  readonly latestTimestamp?: number | undefined;
  /** The newest checkpoint that is not kept any more since then. */
  readonly lastSubsumedId?: CheckpointId | undefined;
}

/** To every task, once after attaching: what it missed. Tasks repeat the acknowledgements of the ids in flight. */
export interface AnnounceCommand extends LatestCompletion {
  readonly type: 'announce';
  readonly term: number;
  readonly jobId: JobId;
  readonly inFlight: readonly CheckpointId[];
}

/** To the tasks that start the barriers. A repeated one for a checkpoint the task has begun is ignored. */
export interface TriggerCommand {
  readonly type: 'trigger';
  readonly term: number;
  readonly checkpointId: CheckpointId;
  /** Wall-clock milliseconds of the trigger: one timestamp for tasks and metadata (C-058). */
  readonly timestamp: number;
  /** Travels on with every barrier. */
  readonly location: LocationReference;
  /** What to take and how; travels on with every barrier. */
  readonly options: SnapshotOptions;
  readonly slots: readonly Slot[];
}

/** To every task of the plan, repeated until the task confirms it or a newer one supersedes it (C-296). */
export interface NotifyCompletedCommand {
  readonly type: 'notifyCompleted';
  readonly term: number;
  readonly checkpointId: CheckpointId;
  /** Wall-clock milliseconds of the trigger. */
  readonly timestamp: number;
  /** The newest checkpoint that is not kept any more since this one is; undefined: none went (C-111). */
  readonly lastSubsumedId: CheckpointId | undefined;
  /** Older ones that are not at their end with it, such as savepoints: their acknowledgements are kept. */
  readonly olderInFlight: readonly CheckpointId[];
  readonly slots: readonly Slot[];
}

/**
 * To every task of the plan: drop what was written for this checkpoint. Repeated until the task confirms it or a newer
 * completion (C-297).
 */
export interface NotifyAbortedCommand extends LatestCompletion {
  readonly type: 'notifyAborted';
  readonly term: number;
  readonly checkpointId: CheckpointId;
  /** Wall-clock milliseconds of the trigger. */
  readonly timestamp: number;
  /** Older ones than the latest that are in flight. */
  readonly olderInFlight: readonly CheckpointId[];
  readonly slots: readonly Slot[];
}

/** What tasks say. Acknowledgements come as frames, many in one message; everything else is one object each. */
export type TaskMessage =
  | AcknowledgementsMessage
  | DeclinedMessage
  | MetricsMessage
  | AttemptEndedMessage
  | ActivityChangedMessage
  | BacklogReportedMessage
  | EndOfDataMessage
  | CompletionConfirmedMessage
  | AbortConfirmedMessage;

/** One or more whole frames (see `frame.ts`), one after the other. The buffer must not change afterwards. */
export interface AcknowledgementsMessage {
  readonly type: 'acknowledgements';
  readonly frames: Uint8Array;
}

/**
 * What a task measured of a checkpoint that it cannot acknowledge, such as one it declines; it is kept for the
 * statistics, also when the checkpoint was given up before (C-091).
 */
export interface MetricsMessage {
  readonly type: 'metrics';
  readonly jobId: JobId;
  readonly checkpointId: CheckpointId;
  readonly slot: Slot;
  readonly attempt: number;
  readonly metrics: AcknowledgementMetrics;
}

export interface DeclinedMessage {
  readonly type: 'declined';
  readonly jobId: JobId;
  readonly checkpointId: CheckpointId;
  readonly slot: Slot;
  readonly attempt: number;
  readonly reason: DeclineReason;
  /** Text, no live object (C-098). */
  readonly message: string;
}

export interface AttemptEndedMessage {
  readonly type: 'attemptEnded';
  readonly slot: Slot;
  readonly attempt: number;
  readonly status: 'finished' | 'failed' | 'cancelled';
  readonly message: string;
}

/**
 * Attempts can be checkpointed from now on (Flink's RUNNING), or cannot yet or any more (any other state of a living
 * attempt). While some cannot, periodic checkpoints stand still. A gateway that never says so has active attempts only.
 */
export interface ActivityChangedMessage {
  readonly type: 'activityChanged';
  readonly isActive: boolean;
  /** As many as change at once: each message is one command. */
  readonly attempts: readonly { readonly slot: Slot; readonly attempt: number }[];
}

/** A source has begun, or ended, to work off a backlog. The last report of an operator counts. */
export interface BacklogReportedMessage {
  readonly type: 'backlogReported';
  readonly operatorId: OperatorId;
  readonly isBacklog: boolean;
}

export interface EndOfDataMessage {
  readonly type: 'endOfData';
  readonly slot: Slot;
  readonly attempt: number;
}

export interface CompletionConfirmedMessage {
  readonly type: 'completionConfirmed';
  readonly slot: Slot;
  readonly attempt: number;
  readonly checkpointId: CheckpointId;
}

/** The task has heard that the checkpoint is given up. */
export interface AbortConfirmedMessage {
  readonly type: 'abortConfirmed';
  readonly slot: Slot;
  readonly attempt: number;
  readonly checkpointId: CheckpointId;
}

export interface TaskGateway {
  /**
   * A coordinator of the given term takes over; commands of older terms are refused from now on. Slots below
   * `slotFloor` were given in an earlier life of the process and must not be given again.
   */
  attach(request: { readonly term: number; readonly slotFloor: number }): Promise<readonly LivingAttempt[]>;
  /**
   * Hands commands over and promises no delivery. May throw at a trigger that cannot be handed over, which gives up its
   * checkpoint; never at anything else.
   */
  send(commands: readonly TaskCommand[]): void;
  /** Hot; one consumer at a time is served: the latest coordinator that attached. */
  readonly messages$: Observable<TaskMessage>;
}
