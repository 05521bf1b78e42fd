/** The task gateway for tasks that live in the coordinator's own process, or in a simulation of one. */
import type { Observable, SchedulerLike } from 'rxjs';
import { invariant, TidemarkError } from '../../errors.ts';
import { slot as slotNumber, type JobId, type Slot, type VertexId } from '../../state/ids.ts';
import type { LivingAttempt, TaskCommand, TaskGateway, TaskMessage } from '../gateway.ts';
import { InProcessTaskEndpoint, type TaskEndpoint } from './endpoint.ts';
import { directLink, type InProcessLink } from './link.ts';
import { MessageConsumer } from './message-consumer.ts';
import { Outbox } from './outbox.ts';

export interface InProcessTaskGatewayOptions {
  /** Only its scheduler is used: commands reach tasks, and messages leave them, in a later turn. */
  readonly clock: { readonly scheduler: SchedulerLike };
  readonly jobId: JobId;
  /** How commands and messages travel; for simulations. */
  readonly link?: InProcessLink | undefined;
}

export interface DeployRequest {
  readonly vertexId: VertexId;
  readonly subtask: number;
  readonly attempt: number;
}

/** A gateway whose job manager is in the same process. Outlives the coordinators that attach to it. */
export interface InProcessTaskGateway extends TaskGateway {
  /**
   * Brings an execution attempt to life under a new slot. It lives until its endpoint is told that it has ended.
   * What the caller owes: a coordinator has attached before, so that slots of an earlier life are not given again.
   */
  deploy(request: DeployRequest): TaskEndpoint;
}

class Gateway implements InProcessTaskGateway {
  readonly messages$: Observable<TaskMessage>;
  readonly #jobId: JobId;
  readonly #scheduler: SchedulerLike;
  readonly #link: InProcessLink;
  readonly #consumer = new MessageConsumer();
  readonly #outbox: Outbox;
  readonly #endpoints = new Map<Slot, InProcessTaskEndpoint>();
  #term: number | undefined;
  #nextSlot = 0;

  constructor(options: InProcessTaskGatewayOptions) {
    this.#jobId = options.jobId;
    this.#scheduler = options.clock.scheduler;
    this.#link = options.link ?? directLink;
    this.messages$ = this.#consumer.messages$;
    this.#outbox = new Outbox(this.#scheduler, (message) =>
      this.#link.fromTasks(message, (arrived) => this.#consumer.deliver(arrived)),
    );
  }

  async attach(request: {
    readonly term: number;
    readonly slotFloor: number;
  }): Promise<readonly LivingAttempt[]> {
    if (this.#term !== undefined && request.term < this.#term) {
      throw new TidemarkError('COORDINATOR_FENCED', `term ${request.term} is older than term ${this.#term}`, {
        term: request.term,
        livingTerm: this.#term,
      });
    }
    this.#term = request.term;
    this.#nextSlot = Math.max(this.#nextSlot, request.slotFloor);
    this.#consumer.attach();
    return [...this.#endpoints.values()].map((endpoint) => endpoint.living);
  }

  send(commands: readonly TaskCommand[]): void {
    this.#scheduler.schedule(() => {
      for (const command of commands) this.#link.toTasks(command, (arrived) => this.#dispatch(arrived));
    });
  }

  deploy(request: DeployRequest): TaskEndpoint {
    invariant(this.#term !== undefined, 'tasks are deployed after the first coordinator has attached');
    const slot = slotNumber(this.#nextSlot++);
    const forget = (): void => {
      this.#endpoints.delete(slot);
    };
    const endpoint = new InProcessTaskEndpoint(
      { ...request, jobId: this.#jobId, slot },
      this.#outbox,
      forget,
    );
    this.#endpoints.set(slot, endpoint);
    return endpoint;
  }

  #dispatch(command: TaskCommand): void {
    if (this.#term === undefined || command.term < this.#term) return;
    if (command.type === 'announce') return this.#announce(command);
    for (const slot of command.slots) this.#endpoints.get(slot)?.hear(command);
  }

  #announce(command: Extract<TaskCommand, { type: 'announce' }>): void {
    if (command.jobId !== this.#jobId) return;
    for (const endpoint of this.#endpoints.values()) endpoint.hear(command);
  }
}

/** A gateway for one job. */
export const inProcessTaskGateway = (options: InProcessTaskGatewayOptions): InProcessTaskGateway =>
  new Gateway(options);
