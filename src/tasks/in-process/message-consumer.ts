/** Who hears the tasks: one subscriber at a time, that of the coordinator that attached last. */
import { Observable, type Subscriber } from 'rxjs';
import type { TaskMessage } from '../gateway.ts';

/** Messages kept between attaching and subscribing: a coordinator subscribes at once, so this is never near. */
const BACKLOG_MESSAGES_MAX = 65_536;

/**
 * A coordinator may subscribe before it attaches or after. The first one to subscribe since the last attach is served;
 * one who comes while the place is taken waits for the next attach, which ends the service to the one before.
 */
export class MessageConsumer {
  #served: Subscriber<TaskMessage> | undefined;
  #waiting: Subscriber<TaskMessage> | undefined;
  #isTaken = true;
  #backlog: TaskMessage[] = [];

  readonly messages$ = new Observable<TaskMessage>((subscriber) => {
    if (this.#isTaken) this.#waiting = subscriber;
    else this.#serve(subscriber);
    return () => this.#leave(subscriber);
  });

  /** A new coordinator takes over. */
  attach(): void {
    this.#served = undefined;
    this.#isTaken = false;
    this.#backlog = [];
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#serve(waiting);
  }

  /** Nobody to hear it: lost, as with a coordinator that is down; tasks repeat what matters on the next announce. */
  deliver(message: TaskMessage): void {
    if (this.#served !== undefined) this.#served.next(message);
    else if (!this.#isTaken && this.#backlog.length < BACKLOG_MESSAGES_MAX) this.#backlog.push(message);
  }

  #serve(subscriber: Subscriber<TaskMessage>): void {
    this.#isTaken = true;
    this.#served = subscriber;
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const message of backlog) subscriber.next(message);
  }

  #leave(subscriber: Subscriber<TaskMessage>): void {
    if (this.#served === subscriber) this.#served = undefined;
    if (this.#waiting === subscriber) this.#waiting = undefined;
  }
}
