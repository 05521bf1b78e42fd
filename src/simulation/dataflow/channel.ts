/** A bounded, ordered channel between two tasks. Everything in it takes its time to arrive; nothing overtakes. */
import type { Subscription } from 'rxjs';
import { invariant } from '../../errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { StreamElement } from './elements.ts';

/**
 * Barriers and the end of data take no room, for a full channel must not stop a checkpoint; this many are a mistake.
 */
const CHANNEL_ELEMENTS_MAX = 10_000;

export interface ChannelOptions {
  readonly name: string;
  readonly clock: Clock;
  /** Of this channel alone, so that the delays of one do not depend on the traffic in another. */
  readonly random: Random;
  /** Batches of records it holds, arrived or on their way. */
  readonly capacity: number;
  /** Every element is under way for 0 to this many milliseconds. */
  readonly delayMsMax: number;
}

interface Transit {
  readonly element: StreamElement;
  readonly arrivesAt: number;
}

export class Channel {
  readonly name: string;
  /** Called when something has arrived. */
  onArrival: () => void = () => undefined;
  /** Called when there is room again. */
  onRoom: () => void = () => undefined;
  readonly #options: ChannelOptions;
  readonly #transits: Transit[] = [];
  #arrived = 0;
  #batches = 0;
  #lastArrivesAt = 0;
  #timer: Subscription | undefined;
  #isClosed = false;

  constructor(options: ChannelOptions) {
    invariant(options.capacity >= 1, `channel ${options.name} has room for at least one batch`);
    this.name = options.name;
    this.#options = options;
  }

  /** Batches of records in the channel. */
  get batches(): number {
    return this.#batches;
  }

  /** Whether a batch may be sent. */
  get hasRoom(): boolean {
    return this.#batches < this.#options.capacity;
  }

  /** What the caller owes: a batch only when there is room. */
  send(element: StreamElement): void {
    if (this.#isClosed) return;
    if (element.kind === 'records') {
      invariant(this.hasRoom, `channel ${this.name} is full`);
      this.#batches += 1;
    }
    invariant(this.#transits.length < CHANNEL_ELEMENTS_MAX, `channel ${this.name} is not read`);
    const { clock, random, delayMsMax } = this.#options;
    const delayMs = delayMsMax === 0 ? 0 : random.integer(delayMsMax + 1);
    this.#lastArrivesAt = Math.max(this.#lastArrivesAt, clock.monotonic() + delayMs);
    this.#transits.push({ element, arrivesAt: this.#lastArrivesAt });
    this.#awaitNext();
  }

  /** The next element, if it has arrived. */
  peek(): StreamElement | undefined {
    return this.#arrived > 0 ? this.#transits[0]?.element : undefined;
  }

  /** Takes the next element out; what the caller owes: it has arrived. */
  take(): StreamElement {
    const head = this.#arrived > 0 ? this.#transits.shift() : undefined;
    invariant(head !== undefined, `nothing has arrived in channel ${this.name}`);
    this.#arrived -= 1;
    if (head.element.kind === 'records') this.#makeRoom();
    return head.element;
  }

  /** Nothing arrives any more, and nobody is called. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.unsubscribe();
    this.#transits.length = 0;
    this.#arrived = 0;
    this.#batches = 0;
  }

  #makeRoom(): void {
    const wasFull = !this.hasRoom;
    this.#batches -= 1;
    if (wasFull) this.onRoom();
  }

  #awaitNext(): void {
    const next = this.#transits[this.#arrived];
    if (this.#timer !== undefined || next === undefined) return;
    const { clock } = this.#options;
    const delayMs = Math.max(0, next.arrivesAt - clock.monotonic());
    this.#timer = clock.scheduler.schedule(() => this.#arrive(), delayMs);
  }

  // A real timer may fire a little early: whatever it was set for has arrived.
  #arrive(): void {
    this.#timer = undefined;
    const now = this.#options.clock.monotonic();
    this.#arrived += 1;
    for (;;) {
      const next = this.#transits[this.#arrived];
      if (next === undefined || next.arrivesAt > now) break;
      this.#arrived += 1;
    }
    this.#awaitNext();
    this.onArrival();
  }
}
