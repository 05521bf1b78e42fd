/** One execution attempt's side of the gateway: it hears commands, acknowledges, and remembers what it must repeat. */
import { Observable, type Subscriber } from 'rxjs';
import { invariant, isTidemarkError } from '../../errors.ts';
import { CHECKPOINTS_IN_FLIGHT_MAX } from '../../core/job-state.ts';
import type { DeclineReason } from '../../core/failures.ts';
import type { CheckpointId, JobId, OperatorId, Slot, VertexId } from '../../state/ids.ts';
import { encodeFrame, type Acknowledgement, type AcknowledgementMetrics } from '../frame.ts';
import type {
  AnnounceCommand,
  AttemptEndedMessage,
  LatestCompletion,
  LivingAttempt,
  NotifyAbortedCommand,
  NotifyCompletedCommand,
  TaskCommand,
  TriggerCommand,
} from '../gateway.ts';
import { HeardTriggers } from './heard-triggers.ts';
import type { Outbox } from './outbox.ts';

/**
 * Acknowledgements kept for repetition: as many as checkpoints can be in flight, and as many whose end is not known
 * yet; beyond it the oldest is given up.
 */
const KEPT_FRAMES_MAX = 2 * CHECKPOINTS_IN_FLIGHT_MAX;
/** Aborts remembered, so that one that is told again is not passed on again: as many as are told at once. */
const ABORTS_REMEMBERED_MAX = 2 * CHECKPOINTS_IN_FLIGHT_MAX;
/** Commands kept until the task listens. */
const UNHEARD_COMMANDS_MAX = 1_024;

/** What the task hands over with an acknowledgement; the endpoint adds who it is. */
export type TaskAcknowledgement = Pick<
  Acknowledgement,
  'checkpointId' | 'metrics' | 'slices' | 'claimedStateSizeBytes'
>;

/** The task's view of the gateway. After {@link TaskEndpoint.ended} all methods do nothing and say so. */
export interface TaskEndpoint {
  readonly slot: Slot;
  readonly attempt: number;
  readonly living: LivingAttempt;
  /**
   * The commands for this slot, each once and in a sensible order: a repeated trigger or notice is not passed on, and
   * the
   * completed id of an announcement comes as a notice of its own before it. For one subscriber; what came before is
   * handed to it first. Completes when the attempt has ended.
   */
  readonly commands$: Observable<TaskCommand>;
  /**
   * Keeps the acknowledgement until its checkpoint has completed or aborted for this task. False after the end, and for
   * one that is larger than a frame may be: the task has declined with it, so that nobody waits for the deadline.
   */
  acknowledge(acknowledgement: TaskAcknowledgement): boolean;
  decline(checkpointId: CheckpointId, reason: DeclineReason, message: string): boolean;
  /** False: it is being deployed or cancelled, and no periodic checkpoint is taken. It begins as active. */
  reportActivity(isActive: boolean): boolean;
  /** A source operator of this task works off a backlog, or has done so; the last word of any subtask counts. */
  reportBacklog(operatorId: OperatorId, isBacklog: boolean): boolean;
  /** What was measured of a checkpoint that is not acknowledged; for the statistics. */
  reportMetrics(checkpointId: CheckpointId, metrics: AcknowledgementMetrics): boolean;
  /** Said once; a second time is a mistake of the task. */
  endOfData(): boolean;
  /** All effects of the completion of this and every older checkpoint are done. */
  confirmCompleted(checkpointId: CheckpointId): boolean;
  ended(status: AttemptEndedMessage['status'], message: string): boolean;
}

export interface EndpointIdentity {
  readonly jobId: JobId;
  readonly slot: Slot;
  readonly attempt: number;
  readonly vertexId: VertexId;
  readonly subtask: number;
}

export class InProcessTaskEndpoint implements TaskEndpoint {
  readonly slot: Slot;
  readonly attempt: number;
  readonly commands$: Observable<TaskCommand>;
  readonly #identity: EndpointIdentity;
  readonly #outbox: Outbox;
  readonly #onEnded: () => void;
  /** In the order of acknowledging. */
  readonly #kept = new Map<CheckpointId, Uint8Array>();
  #listener: Subscriber<TaskCommand> | undefined;
  #unheard: TaskCommand[] = [];
  readonly #triggers = new HeardTriggers();
  readonly #aborted = new Set<CheckpointId>();
  /** Older than what completed last, and still in flight. */
  #survivors: ReadonlySet<CheckpointId> = new Set();
  #lastCompleted = 0;
  #lastConfirmed = 0;
  #isDataEnded = false;
  #isActive = true;
  #isEnded = false;

  constructor(identity: EndpointIdentity, outbox: Outbox, onEnded: () => void) {
    this.slot = identity.slot;
    this.attempt = identity.attempt;
    this.#identity = identity;
    this.#outbox = outbox;
    this.#onEnded = onEnded;
    this.commands$ = new Observable((subscriber) => this.#listen(subscriber));
  }

  get living(): LivingAttempt {
    const { slot, attempt, vertexId, subtask } = this.#identity;
    const living = { slot, attempt, vertexId, subtask, dataEnded: this.#isDataEnded };
    return this.#isActive ? living : { ...living, isActive: false };
  }

  acknowledge(acknowledgement: TaskAcknowledgement): boolean {
    if (this.#isEnded) return false;
    const { checkpointId } = acknowledgement;
    const frame = this.#frameOf(acknowledgement);
    if (frame === undefined) return false;
    if (checkpointId > this.#lastCompleted || this.#survivors.has(checkpointId))
      this.#keep(checkpointId, frame);
    this.#outbox.postFrame(frame);
    return true;
  }

  decline(checkpointId: CheckpointId, reason: DeclineReason, message: string): boolean {
    if (this.#isEnded) return false;
    const { slot, attempt } = this;
    const { jobId } = this.#identity;
    this.#outbox.post({ type: 'declined', jobId, checkpointId, slot, attempt, reason, message });
    return true;
  }

  reportMetrics(checkpointId: CheckpointId, metrics: AcknowledgementMetrics): boolean {
    if (this.#isEnded) return false;
    const { jobId, slot, attempt } = this.#identity;
    this.#outbox.post({ type: 'metrics', jobId, checkpointId, slot, attempt, metrics });
    return true;
  }

  reportActivity(isActive: boolean): boolean {
    if (this.#isEnded) return false;
    this.#isActive = isActive;
    const { slot, attempt } = this;
    this.#outbox.post({ type: 'activityChanged', isActive, attempts: [{ slot, attempt }] });
    return true;
  }

  reportBacklog(operatorId: OperatorId, isBacklog: boolean): boolean {
    if (this.#isEnded) return false;
    this.#outbox.post({ type: 'backlogReported', operatorId, isBacklog });
    return true;
  }

  endOfData(): boolean {
    if (this.#isEnded) return false;
    invariant(!this.#isDataEnded, `slot ${this.slot} has reported the end of its data before`);
    this.#isDataEnded = true;
    this.#outbox.post({ type: 'endOfData', slot: this.slot, attempt: this.attempt });
    return true;
  }

  confirmCompleted(checkpointId: CheckpointId): boolean {
    if (this.#isEnded) return false;
    this.#lastConfirmed = Math.max(this.#lastConfirmed, checkpointId);
    this.#outbox.post({ type: 'completionConfirmed', slot: this.slot, attempt: this.attempt, checkpointId });
    return true;
  }

  ended(status: AttemptEndedMessage['status'], message: string): boolean {
    if (this.#isEnded) return false;
    this.#isEnded = true;
    this.#kept.clear();
    this.#unheard = [];
    this.#outbox.post({ type: 'attemptEnded', slot: this.slot, attempt: this.attempt, status, message });
    this.#onEnded();
    this.#listener?.complete();
    return true;
  }

  /** The gateway hands over a command of the living term that names this slot. */
  hear(command: TaskCommand): void {
    switch (command.type) {
      case 'announce':
        return this.#hearAnnounce(command);
      case 'trigger':
        return this.#hearTrigger(command);
      case 'notifyCompleted':
        return this.#hearCompleted(command);
      case 'notifyAborted':
        return this.#hearAborted(command);
    }
  }

  #hearAnnounce(command: AnnounceCommand): void {
    this.#complete(command, command.inFlight, command.term);
    for (const id of command.inFlight) {
      const frame = this.#kept.get(id);
      if (frame !== undefined) this.#outbox.postFrame(frame);
    }
    this.#tell(command);
  }

  #hearTrigger(command: TriggerCommand): void {
    const { checkpointId } = command;
    const heard = this.#triggers.hear(checkpointId);
    if (heard === 'first') this.#tell(command);
    if (heard !== 'overtaken') return;
    const message = `checkpoint ${this.#triggers.newest} was triggered before it`;
    this.decline(checkpointId, 'CHECKPOINT_DECLINED_SUBSUMED', message);
  }

  // A notice that comes again asks for the confirmation again: the first one may have been lost.
  #hearCompleted(command: NotifyCompletedCommand): void {
    const { checkpointId, timestamp, lastSubsumedId, olderInFlight, term } = command;
    const latest = { latestCompletedId: checkpointId, latestTimestamp: timestamp, lastSubsumedId };
    if (checkpointId <= this.#lastConfirmed) this.confirmCompleted(checkpointId);
    else this.#complete(latest, olderInFlight, term);
  }

  #hearAborted(command: NotifyAbortedCommand): void {
    const { checkpointId, olderInFlight, term } = command;
    this.#kept.delete(checkpointId);
    this.#complete(command, olderInFlight, term);
    if (!this.#aborted.has(checkpointId)) {
      this.#aborted.add(checkpointId);
      const [oldest] = this.#aborted;
      if (this.#aborted.size > ABORTS_REMEMBERED_MAX && oldest !== undefined) this.#aborted.delete(oldest);
      this.#tell(command);
    }
    if (this.#isEnded) return;
    this.#outbox.post({ type: 'abortConfirmed', slot: this.slot, attempt: this.attempt, checkpointId });
  }

  #complete(latest: LatestCompletion, inFlight: readonly CheckpointId[], term: number): void {
    const { latestCompletedId: checkpointId, latestTimestamp: timestamp = 0, lastSubsumedId } = latest;
    if (checkpointId === undefined || checkpointId <= this.#lastCompleted) return;
    this.#lastCompleted = checkpointId;
    this.#survivors = new Set(inFlight.filter((id) => id < checkpointId));
    for (const id of this.#kept.keys()) {
      if (id <= checkpointId && !this.#survivors.has(id)) this.#kept.delete(id);
    }
    const olderInFlight = [...this.#survivors];
    const told = { checkpointId, timestamp, lastSubsumedId, olderInFlight };
    this.#tell({ type: 'notifyCompleted', term, ...told, slots: [this.slot] });
  }

  /** Nothing for one that is too large, which is declined. */
  #frameOf(acknowledgement: TaskAcknowledgement): Uint8Array | undefined {
    const { jobId, slot, attempt } = this.#identity;
    try {
      return encodeFrame({ jobId, slot, attempt, ...acknowledgement });
    } catch (error) {
      if (!isTidemarkError(error) || error.code !== 'ACKNOWLEDGEMENT_TOO_LARGE') throw error;
      this.decline(
        acknowledgement.checkpointId,
        'CHECKPOINT_ASYNC_EXCEPTION',
        `${error.code}: ${error.message}`,
      );
      return undefined;
    }
  }

  #keep(checkpointId: CheckpointId, frame: Uint8Array): void {
    this.#kept.set(checkpointId, frame);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_FRAMES_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }

  #tell(command: TaskCommand): void {
    if (this.#isEnded) return;
    if (this.#listener !== undefined) this.#listener.next(command);
    else if (this.#unheard.length < UNHEARD_COMMANDS_MAX) this.#unheard.push(command);
  }

  #listen(subscriber: Subscriber<TaskCommand>): () => void {
    invariant(this.#listener === undefined, `slot ${this.slot} has a listener`);
    this.#listener = subscriber;
    const unheard = this.#unheard;
    this.#unheard = [];
    for (const command of unheard) subscriber.next(command);
    if (this.#isEnded) subscriber.complete();
    return () => {
      this.#listener = undefined;
    };
  }
}
