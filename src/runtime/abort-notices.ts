/**
 * Abort notices: repeated until each task has confirmed or ended, or has confirmed a newer completion, which tells it
 * the same (C-297). They need no fact of their own: a new coordinator announces what is in flight instead.
 */
import type { Subscription } from 'rxjs';
import type { CheckpointId, Slot } from '../state/ids.ts';
import type { NotifyAbortedCommand } from '../tasks/gateway.ts';
import type { Clock } from './clock.ts';
import { NOTICE_RETRY_MS, NOTICE_RETRY_MS_MAX } from './notices.ts';

/** Aborts told at once; tasks that did not hear of an older one learn of it with the next completion. */
const ABORTS_TOLD_MAX = 64;

interface Told {
  readonly command: NotifyAbortedCommand;
  readonly unconfirmed: Set<Slot>;
  timer?: Subscription | undefined;
}

export class AbortNotices {
  readonly #clock: Clock;
  readonly #send: (command: NotifyAbortedCommand) => void;
  /** The oldest first. */
  readonly #told = new Map<CheckpointId, Told>();

  constructor(clock: Clock, send: (command: NotifyAbortedCommand) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Tells the tasks now, and again until each has confirmed. */
  start(command: NotifyAbortedCommand): void {
    const told = { command, unconfirmed: new Set(command.slots) };
    this.#told.set(command.checkpointId, told);
    const [oldest] = this.#told.keys();
    if (this.#told.size > ABORTS_TOLD_MAX && oldest !== undefined) this.#end(oldest);
    this.#repeat(told, NOTICE_RETRY_MS);
  }

  confirm(slot: Slot, checkpointId: CheckpointId): void {
    const told = this.#told.get(checkpointId);
    if (told?.unconfirmed.delete(slot) === true && told.unconfirmed.size === 0) this.#end(checkpointId);
  }

  /** The task has confirmed a completion: what is older and was aborted is at its end for it. */
  supersede(slot: Slot, completedId: CheckpointId): void {
    // A map may lose entries while it is walked.
    for (const id of this.#told.keys()) if (id < completedId) this.confirm(slot, id);
  }

  /** An attempt that ended is told nothing more. */
  forget(slot: Slot): void {
    for (const id of this.#told.keys()) this.confirm(slot, id);
  }

  stop(): void {
    for (const { timer } of this.#told.values()) timer?.unsubscribe();
    this.#told.clear();
  }

  #end(checkpointId: CheckpointId): void {
    this.#told.get(checkpointId)?.timer?.unsubscribe();
    this.#told.delete(checkpointId);
  }

  #repeat(told: Told, waitMs: number): void {
    this.#send({ ...told.command, slots: [...told.unconfirmed] });
    const next = Math.min(waitMs * 2, NOTICE_RETRY_MS_MAX);
    told.timer = this.#clock.scheduler.schedule(() => this.#repeat(told, next), waitMs);
  }
}
