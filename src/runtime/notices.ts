/**
 * Completion notices: repeated until the task confirms or a newer one supersedes (C-296). They need no fact of their
 * own.
 */
import type { Subscription } from 'rxjs';
import type { CheckpointId, Slot } from '../state/ids.ts';
import type { NotifyCompletedCommand } from '../tasks/gateway.ts';
import type { Clock } from './clock.ts';

/** Wait before the first repetition; doubled each time up to the maximum. */
export const NOTICE_RETRY_MS = 1_000;
export const NOTICE_RETRY_MS_MAX = 30_000;

export class Notices {
  readonly #clock: Clock;
  readonly #send: (command: NotifyCompletedCommand) => void;
  #command: NotifyCompletedCommand | undefined;
  #unconfirmed = new Set<Slot>();
  #timer: Subscription | undefined;

  constructor(clock: Clock, send: (command: NotifyCompletedCommand) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /**
   * Tells the tasks now, and again until each has confirmed; an older notice ends. One that is itself older than the
   * present one is not sent: whoever hears the newer one has heard it.
   */
  start(command: NotifyCompletedCommand): void {
    if (command.checkpointId < (this.#command?.checkpointId ?? 0)) return;
    this.#command = command;
    this.#unconfirmed = new Set(command.slots);
    this.#repeat(NOTICE_RETRY_MS);
  }

  confirm(slot: Slot, checkpointId: CheckpointId): void {
    if (checkpointId !== this.#command?.checkpointId) return;
    this.#unconfirmed.delete(slot);
    if (this.#unconfirmed.size === 0) this.stop();
  }

  /** An attempt that ended is told nothing more. */
  forget(slot: Slot): void {
    this.#unconfirmed.delete(slot);
    if (this.#unconfirmed.size === 0) this.stop();
  }

  stop(): void {
    this.#timer?.unsubscribe();
    this.#timer = undefined;
  }

  #repeat(waitMs: number): void {
    this.stop();
    if (this.#command === undefined || this.#unconfirmed.size === 0) return;
    this.#send({ ...this.#command, slots: [...this.#unconfirmed] });
    const next = Math.min(waitMs * 2, NOTICE_RETRY_MS_MAX);
    this.#timer = this.#clock.scheduler.schedule(() => this.#repeat(next), waitMs);
  }
}
