/**
 * What tasks said in one turn, on its way out: frames together in one message, everything else behind them in order.
 */
import type { SchedulerLike } from 'rxjs';
import type { TaskMessage } from '../gateway.ts';

/** Frames go out in messages of at most this size (or one frame, if that is larger), to keep single copies short. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

export class Outbox {
  #frames: Uint8Array[] = [];
  #messages: TaskMessage[] = [];
  #isScheduled = false;
  readonly #scheduler: SchedulerLike;
  readonly #send: (message: TaskMessage) => void;

  constructor(scheduler: SchedulerLike, send: (message: TaskMessage) => void) {
    this.#scheduler = scheduler;
    this.#send = send;
  }

  postFrame(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#schedule();
  }

  post(message: TaskMessage): void {
    this.#messages.push(message);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#scheduler.schedule(() => this.#flush());
  }

  #flush(): void {
    this.#isScheduled = false;
    const frames = this.#frames;
    const messages = this.#messages;
    this.#frames = [];
    this.#messages = [];
    this.#sendFrames(frames);
    for (const message of messages) this.#send(message);
  }

  #sendFrames(frames: readonly Uint8Array[]): void {
    let first = 0;
    let sizeBytes = 0;
    frames.forEach((frame, index) => {
      if (index > first && sizeBytes + frame.length > MESSAGE_BYTES_MAX) {
        this.#send(concatenated(frames.slice(first, index)));
        first = index;
        sizeBytes = 0;
      }
      sizeBytes += frame.length;
    });
    if (first < frames.length) this.#send(concatenated(frames.slice(first)));
  }
}

const concatenated = (frames: readonly Uint8Array[]): TaskMessage => ({
  type: 'acknowledgements',
  frames: frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames),
});
