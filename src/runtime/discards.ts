/** Carries out planned discards: each path once, retried with back-off until it is gone, and then says so. */
import type { Subscription } from 'rxjs';
import { assertNever, messageOf } from '../errors.ts';
import type { DiscardPlanned, DiscardFile, DiscardTarget } from '../core/facts/fact.ts';
import type { CheckpointId } from '../state/ids.ts';
import type { StreamStateHandle } from '../state/handles.ts';
import type { CheckpointStorage } from '../storage/storage.ts';
import type { Clock } from './clock.ts';
import type { Locations } from './locations.ts';

/** Discards at work at the same time: enough to keep a slow storage busy, few enough to leave room for checkpoints. */
export const DISCARDS_AT_WORK_MAX = 4;
export const DISCARD_RETRY_MS = 500;
export const DISCARD_RETRY_MS_MAX = 60_000;

export interface DiscardsOptions {
  readonly clock: Clock;
  readonly storage: CheckpointStorage;
  readonly locations: Locations;
  /** Work of a checkpoint that must have answered before its files go. */
  readonly running: ReadonlyMap<CheckpointId, Promise<void>>;
  readonly confirm: (discardId: number) => void;
  /** It cannot be done at once: the first try has failed, or its checkpoint's own work has not answered. */
  readonly postpone: (discardId: number) => void;
  /** Nothing is owed any more. */
  readonly onSettled: () => void;
  /** A try that failed; it will be repeated. */
  readonly report: (planned: DiscardPlanned, message: string) => void;
}

const handleOf = (file: DiscardFile): StreamStateHandle =>
  file.isRelative
    ? { kind: 'relativeFile', relativePath: file.path, sizeBytes: -1n }
    : { kind: 'file', path: file.path, sizeBytes: -1n };

const sharedHandle = (path: string): StreamStateHandle => ({ kind: 'file', path, sizeBytes: -1n });

export class Discards {
  readonly #options: DiscardsOptions;
  readonly #waiting: { planned: DiscardPlanned; retryMs: number }[] = [];
  readonly #retries = new Set<Subscription>();
  /** Wait for their checkpoint's own work: a write that hangs must not take the places of other discards. */
  #held = 0;
  #atWork = 0;
  #isStopped = false;

  constructor(options: DiscardsOptions) {
    this.#options = options;
  }

  /** Discards ordered and not confirmed. */
  get owed(): number {
    return this.#held + this.#waiting.length + this.#atWork + this.#retries.size;
  }

  order(planned: DiscardPlanned): void {
    const running = this.#options.running.get(planned.checkpointId);
    if (running === undefined) return this.#enqueue(planned);
    // It may take for ever: nothing is to wait for it.
    this.#options.postpone(planned.discardId);
    this.#held++;
    void running.then(() => {
      this.#held--;
      this.#enqueue(planned);
    });
  }

  /** Begins nothing more; what is at work may still end. */
  stop(): void {
    this.#isStopped = true;
    for (const retry of this.#retries) retry.unsubscribe();
    this.#retries.clear();
    this.#waiting.length = 0;
  }

  #enqueue(planned: DiscardPlanned): void {
    if (this.#isStopped) return;
    this.#waiting.push({ planned, retryMs: DISCARD_RETRY_MS });
    this.#work();
  }

  #work(): void {
    while (!this.#isStopped && this.#atWork < DISCARDS_AT_WORK_MAX) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#atWork++;
      void this.#carryOut(next.planned, next.retryMs).finally(() => {
        this.#atWork--;
        this.#work();
        if (this.owed === 0) this.#options.onSettled();
      });
    }
  }

  async #carryOut(planned: DiscardPlanned, retryMs: number): Promise<void> {
    try {
      await this.#delete(planned.target);
      if (!this.#isStopped) this.#options.confirm(planned.discardId);
    } catch (error) {
      if (this.#isStopped) return;
      this.#options.report(planned, messageOf(error));
      if (retryMs === DISCARD_RETRY_MS) this.#options.postpone(planned.discardId);
      this.#retryLater(planned, retryMs);
    }
  }

  #retryLater(planned: DiscardPlanned, retryMs: number): void {
    const retry = this.#options.clock.scheduler.schedule(() => {
      this.#retries.delete(retry);
      this.#waiting.push({ planned, retryMs: Math.min(retryMs * 2, DISCARD_RETRY_MS_MAX) });
      this.#work();
    }, retryMs);
    this.#retries.add(retry);
  }

  async #delete(target: DiscardTarget): Promise<void> {
    const { storage, locations } = this.#options;
    switch (target.kind) {
      case 'directory':
        return storage.locationOf(target.location).dispose();
      case 'unlocated':
        return locations.disposeUnlocated(target.checkpointId, target.savepoint);
      case 'shared':
        return storage.deleteFiles(target.files.map(sharedHandle), '');
      case 'files':
        return storage.deleteFiles(target.files.map(handleOf), target.exclusive);
      default:
        return assertNever(target);
    }
  }
}
