/**
 * The gate that the events of an operator coordinator go through to its subtasks (C-077). Between the coordinator's
 * snapshot and a subtask's own, events to that subtask are held back: the coordinator's state does not know of them, so
 * the subtask's must not either. What was sent before must have arrived for the snapshot to count.
 */
import { TidemarkError } from '../errors.ts';
import type { CheckpointId } from '../state/ids.ts';

const LOST_TEXT =
  'Failing OperatorCoordinator checkpoint because some OperatorEvents before this checkpoint barrier were not received by the target tasks.';

/** Events held back for one subtask; a snapshot that takes longer than this many events fails the sender. */
export const EVENTS_HELD_MAX = 100_000;

export interface EventGateOptions<Event> {
  /** The parallelism of the operator. */
  readonly subtasks: number;
  /** Hands an event over; resolves when the subtask has received it, and rejects when it has not. */
  readonly send: (subtask: number, event: Event) => Promise<void>;
}

interface HeldEvent<Event> {
  readonly event: Event;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Events behind the snapshot of one checkpoint. */
interface Hold<Event> {
  readonly checkpointId: CheckpointId;
  readonly events: HeldEvent<Event>[];
}

/** One way to one subtask. */
class SubtaskGate<Event> {
  readonly #send: (event: Event) => Promise<void>;
  /** Ascending by checkpoint; an event waits behind the newest. */
  #holds: Hold<Event>[] = [];
  readonly underWay = new Set<Promise<void>>();
  /** An event was lost: no state of the coordinator is in step with the subtask until both are restored. */
  hasLost = false;

  constructor(send: (event: Event) => Promise<void>) {
    this.#send = send;
  }

  send(event: Event): Promise<void> {
    const last = this.#holds.at(-1);
    if (last === undefined) return this.#deliver(event);
    if (last.events.length >= EVENTS_HELD_MAX) {
      const text = `${EVENTS_HELD_MAX} events wait behind checkpoint ${last.checkpointId} already`;
      return Promise.reject(new TidemarkError('ARGUMENT_INVALID', text));
    }
    return new Promise((resolve, reject) => last.events.push({ event, resolve, reject }));
  }

  close(checkpointId: CheckpointId): void {
    if (this.#holds.some((hold) => hold.checkpointId === checkpointId)) return;
    this.#holds = [...this.#holds, { checkpointId, events: [] }].toSorted(
      (a, b) => a.checkpointId - b.checkpointId,
    );
  }

  /** What was held goes on, unless an older checkpoint still holds it. */
  open(checkpointId: CheckpointId): void {
    const at = this.#holds.findIndex((hold) => hold.checkpointId === checkpointId);
    const [opened] = at < 0 ? [] : this.#holds.splice(at, 1);
    if (opened === undefined) return;
    const older = this.#holds[at - 1];
    if (older !== undefined) older.events.push(...opened.events);
    else for (const held of opened.events) this.#deliver(held.event).then(held.resolve, held.reject);
  }

  openAll(): void {
    for (let next = this.#holds[0]; next !== undefined; next = this.#holds[0]) this.open(next.checkpointId);
  }

  #deliver(event: Event): Promise<void> {
    const delivery = this.#send(event).catch((error: unknown) => {
      this.hasLost = true;
      throw error;
    });
    const settled = delivery.then(
      () => {},
      () => {},
    );
    this.underWay.add(settled);
    void settled.then(() => this.underWay.delete(settled));
    return delivery;
  }
}

/**
 * The way of an operator coordinator to its subtasks. The coordinator's author makes one, sends every event through it
 * and hands it over with the coordinator; only the checkpoint coordinator closes and opens it.
 */
export class OperatorEventGate<Event = unknown> {
  readonly #subtasks: readonly SubtaskGate<Event>[];
  /** Checkpoints whose snapshot has begun and that are neither answered by every subtask nor given up. */
  readonly #marked = new Map<CheckpointId, Set<number>>();

  constructor({ subtasks, send }: EventGateOptions<Event>) {
    this.#subtasks = Array.from(
      { length: subtasks },
      (_, subtask) => new SubtaskGate<Event>((event) => send(subtask, event)),
    );
  }

  /**
   * Sends an event, or holds it back for as long as a snapshot demands it. Resolves when the subtask has it.
   * @throws ARGUMENT_INVALID for a subtask that is not there, or when too many events are held back.
   */
  async send(subtask: number, event: Event): Promise<void> {
    const gate = this.#subtasks[subtask];
    if (gate !== undefined) return gate.send(event);
    throw new TidemarkError('ARGUMENT_INVALID', `subtask ${subtask} is none of ${this.#subtasks.length}`);
  }

  /**
   * The coordinator is about to be asked for its state; its events still pass. What is answered is to be called once
   * the state is there: events are held back from then on, and it resolves when all that was sent before has arrived.
   * It rejects when the checkpoint was given up meanwhile or is asked for anew, and when an event was lost.
   */
  mark(checkpointId: CheckpointId): () => Promise<void> {
    // Held for an answer that was lost: the state to come knows of these events.
    this.open(checkpointId);
    const marked = new Set(this.#subtasks.keys());
    this.#marked.set(checkpointId, marked);
    return async () => {
      if (this.#marked.get(checkpointId) !== marked) throw aborted('Cannot close gateway');
      this.#close(checkpointId, marked);
      await Promise.all(this.#subtasks.flatMap((gate) => [...gate.underWay]));
      if (this.#subtasks.some((gate) => gate.hasLost)) throw aborted(LOST_TEXT);
    };
  }

  /** The subtask has answered the checkpoint, or, without a subtask, the checkpoint is at its end. */
  open(checkpointId: CheckpointId, subtask?: number): void {
    const marked = this.#marked.get(checkpointId);
    for (const each of subtask === undefined ? [...(marked ?? [])] : [subtask]) {
      if (marked?.delete(each) === true) this.#subtasks[each]?.open(checkpointId);
    }
    if (subtask === undefined) this.#marked.delete(checkpointId);
  }

  /**
   * Another checkpoint coordinator goes on with this checkpoint, whose state of the operator coordinator is recorded:
   * events to the subtasks that have not answered are held back.
   */
  resume(checkpointId: CheckpointId, unanswered: readonly number[]): void {
    const marked = new Set(unanswered);
    for (const subtask of this.#marked.get(checkpointId) ?? []) {
      if (!marked.has(subtask)) this.#subtasks[subtask]?.open(checkpointId);
    }
    this.#marked.set(checkpointId, marked);
    this.#close(checkpointId, marked);
  }

  /** Opens what is closed for any other checkpoint. */
  openOthers(checkpointIds: ReadonlySet<CheckpointId>): void {
    for (const checkpointId of this.#marked.keys()) {
      if (!checkpointIds.has(checkpointId)) this.open(checkpointId);
    }
  }

  /** Subtask and coordinator start again from the same checkpoint; without a subtask: all of them. */
  reset(subtask?: number): void {
    if (subtask === undefined) this.#marked.clear();
    for (const [each, gate] of this.#subtasks.entries()) {
      if (subtask !== undefined && each !== subtask) continue;
      gate.openAll();
      gate.hasLost = false;
    }
  }

  #close(checkpointId: CheckpointId, subtasks: ReadonlySet<number>): void {
    for (const subtask of subtasks) this.#subtasks[subtask]?.close(checkpointId);
  }
}

const aborted = (message: string): TidemarkError =>
  new TidemarkError('CHECKPOINT_ABORTED', message, { reason: 'TRIGGER_CHECKPOINT_FAILURE' });
