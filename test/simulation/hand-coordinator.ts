/**
 * A coordinator reduced to what a dataflow notices of one: it triggers, collects whole frames, notifies, restores. What
 * it knows is in a record that a successor goes on with. It keeps no metadata and no policy; for tests of tasks only.
 */
import { Subject, type Subscription } from 'rxjs';
import type { JobGraph } from '../../src/core/job-graph.ts';
import type { JobCoordinator, JobFact } from '../../src/examples/word-count/job-coordinator.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import type { RestoredJob } from '../../src/simulation/dataflow/task-set.ts';
import { checkpointId, type CheckpointId, type JobId, type Slot } from '../../src/state/ids.ts';
import type { CheckpointStorage, LocationReference } from '../../src/storage/storage.ts';
import type { InProcessTaskGateway } from '../../src/tasks/in-process/gateway.ts';
import type { LivingAttempt, TaskCommand, TaskMessage } from '../../src/tasks/gateway.ts';
import { readFrames } from './read-frames.ts';

interface InFlight {
  readonly id: CheckpointId;
  readonly cause: 'periodic' | 'manual' | 'endOfData';
  readonly location: LocationReference;
  readonly plan: readonly LivingAttempt[];
  readonly slices: Map<Slot, readonly Uint8Array[]>;
  onCompleted: (() => void) | undefined;
}

/** What survives a coordinator. */
export interface HandRecord {
  term: number;
  lastId: number;
  slotFloor: number;
  nextAttempt: number;
  restarts: number;
  status: string;
  attempts: readonly LivingAttempt[];
  ended: Set<Slot>;
  isEndTriggered: boolean;
  /** Of the living attempts. */
  endCompletedId: CheckpointId | undefined;
  inFlight: InFlight | undefined;
  completed: InFlight | undefined;
  readonly facts: JobFact[];
}

export const newRecord = (): HandRecord => ({
  term: 0,
  lastId: 0,
  slotFloor: 0,
  nextAttempt: 1,
  restarts: 0,
  status: 'CREATED',
  attempts: [],
  ended: new Set(),
  isEndTriggered: false,
  endCompletedId: undefined,
  inFlight: undefined,
  completed: undefined,
  facts: [],
});

export interface HandCoordinatorOptions {
  readonly jobId: JobId;
  readonly graph: JobGraph;
  readonly clock: Clock;
  readonly gateway: InProcessTaskGateway;
  readonly storage: CheckpointStorage;
  readonly record: HandRecord;
  /** 0: only when told. */
  readonly intervalMs: number;
}

/** The answer of one who has died. */
const never = new Promise<never>(() => undefined);

const taskKey = ({ vertexId, subtask }: LivingAttempt): string => `${vertexId} ${subtask}`;

export class HandCoordinator implements JobCoordinator {
  readonly facts$ = new Subject<readonly JobFact[]>();
  readonly #options: HandCoordinatorOptions;
  readonly #term: number;
  readonly #subscriptions: Subscription[] = [];
  #isAlive = true;
  #isTriggering = false;

  static async open(options: HandCoordinatorOptions): Promise<HandCoordinator> {
    const coordinator = new HandCoordinator(options);
    await options.storage.initializeBaseLocations(options.jobId);
    await coordinator.#attach();
    return coordinator;
  }

  private constructor(options: HandCoordinatorOptions) {
    this.#options = options;
    this.#term = ++options.record.term;
  }

  get record(): HandRecord {
    return this.#options.record;
  }

  get nextAttempt(): number {
    return this.record.nextAttempt;
  }

  get restarts(): number {
    return this.record.restarts;
  }

  get recovery(): JobCoordinator['recovery'] {
    return { endOfData: this.record.endCompletedId };
  }

  async restore(attempts: readonly LivingAttempt[]): Promise<RestoredJob> {
    const { record } = this;
    if (!this.#isAlive) return await never;
    await this.#abort();
    record.inFlight = undefined;
    record.attempts = attempts;
    record.ended = new Set();
    record.isEndTriggered = false;
    record.endCompletedId = undefined;
    record.nextAttempt = Math.max(record.nextAttempt, ...attempts.map(({ attempt }) => attempt + 1));
    record.slotFloor = Math.max(record.slotFloor, ...attempts.map(({ slot }) => slot + 1));
    const { completed } = record;
    if (completed === undefined) return { checkpointId: undefined, exclusive: undefined, slices: new Map() };
    const byTask = new Map(
      completed.plan.map((living) => [taskKey(living), completed.slices.get(living.slot) ?? []]),
    );
    const slices = new Map(attempts.map((living) => [living.slot, byTask.get(taskKey(living)) ?? []]));
    return { checkpointId: completed.id, exclusive: completed.location.exclusive, slices };
  }

  async jobStatus(status: string): Promise<void> {
    if (!this.#isAlive) return await never;
    this.record.status = status;
    if (status === 'RESTARTING') this.record.restarts += 1;
    if (status !== 'RUNNING') await this.#abort();
  }

  async triggerSavepoint(): Promise<void> {
    await this.checkpoint('manual');
  }

  /** Triggers a checkpoint, and resolves when it has completed. */
  async checkpoint(cause: InFlight['cause'] = 'manual'): Promise<void> {
    await new Promise<void>((resolve) => this.#trigger(cause, resolve));
  }

  /** As if the process had died. */
  abandon(): void {
    this.#isAlive = false;
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  async #attach(): Promise<void> {
    const { gateway, intervalMs, jobId, record } = this.#options;
    const living = await gateway.attach({ term: this.#term, slotFloor: record.slotFloor });
    for (const { slot, dataEnded } of living) if (dataEnded) record.ended.add(slot);
    this.#subscriptions.push(gateway.messages$.subscribe((message) => this.#hear(message)));
    const inFlight = record.inFlight === undefined ? [] : [record.inFlight.id];
    const latestCompletedId = record.completed?.id;
    this.#send({ type: 'announce', term: this.#term, jobId, latestCompletedId, inFlight });
    if (record.inFlight !== undefined) this.#sendTrigger(record.inFlight);
    if (record.inFlight === undefined) record.isEndTriggered = record.endCompletedId !== undefined;
    if (intervalMs > 0) this.#tick(intervalMs);
    this.#endWhenAllHaveEnded();
  }

  #tick(intervalMs: number): void {
    const tick = this.#options.clock.scheduler.schedule(() => {
      this.#subscriptions.splice(this.#subscriptions.indexOf(tick), 1);
      if (this.record.status === 'RUNNING' && !this.#isBusy) this.#trigger('periodic', undefined);
      this.#endWhenAllHaveEnded();
      this.#tick(intervalMs);
    }, intervalMs);
    this.#subscriptions.push(tick);
  }

  get #isBusy(): boolean {
    return this.#isTriggering || this.record.inFlight !== undefined;
  }

  #trigger(cause: InFlight['cause'], onCompleted: (() => void) | undefined): void {
    const { record } = this;
    const { jobId, storage } = this.#options;
    if (record.inFlight !== undefined) throw new Error(`checkpoint ${record.inFlight.id} is in flight`);
    const id = checkpointId(++record.lastId);
    const plan = record.attempts;
    this.#isTriggering = true;
    void storage.initializeLocationForCheckpoint(jobId, id).then(({ reference }) => {
      this.#isTriggering = false;
      if (!this.#isAlive || record.attempts !== plan) return;
      record.inFlight = { id, cause, location: reference, plan, slices: new Map(), onCompleted };
      this.#sendTrigger(record.inFlight);
    });
  }

  #sendTrigger({ id, location, plan }: InFlight): void {
    const { graph, clock } = this.#options;
    const sources = new Set(
      graph.vertices.filter(({ inputs }) => inputs.length === 0).map((vertex) => vertex.id),
    );
    const slots = plan.filter(({ vertexId }) => sources.has(vertexId)).map(({ slot }) => slot);
    const timestamp = clock.now();
    this.#send({ type: 'trigger', term: this.#term, checkpointId: id, timestamp, location, slots });
  }

  #send(command: TaskCommand): void {
    if (this.#isAlive) this.#options.gateway.send([command]);
  }

  #hear(message: TaskMessage): void {
    const { record } = this;
    if (message.type === 'acknowledgements')
      for (const frame of readFrames(message.frames)) this.#record(frame);
    if (message.type === 'declined' && message.checkpointId === record.inFlight?.id) void this.#abort();
    if (message.type === 'endOfData') record.ended.add(message.slot);
    this.#endWhenAllHaveEnded();
  }

  #record(frame: { checkpointId: number; slot: number; slices: readonly Uint8Array[] }): void {
    const { inFlight } = this.record;
    if (inFlight === undefined || frame.checkpointId !== inFlight.id) return;
    inFlight.slices.set(frame.slot as Slot, frame.slices);
    if (inFlight.slices.size < inFlight.plan.length) return;
    this.record.inFlight = undefined;
    this.record.completed = inFlight;
    const { id, cause } = inFlight;
    if (cause === 'endOfData') this.record.endCompletedId = id;
    this.#show({ type: 'checkpoint.completed', checkpointId: id, cause } as JobFact);
    const slots = inFlight.plan.map(({ slot }) => slot);
    this.#send({ type: 'notifyCompleted', term: this.#term, checkpointId: id, slots });
    inFlight.onCompleted?.();
  }

  #endWhenAllHaveEnded(): void {
    const { record } = this;
    const { graph } = this.#options;
    const sources = graph.vertices.filter(({ inputs }) => inputs.length === 0);
    const expected = sources.reduce((total, { parallelism }) => total + parallelism, 0);
    if (record.isEndTriggered || this.#isBusy || record.ended.size < expected) return;
    record.isEndTriggered = true;
    this.#trigger('endOfData', undefined);
  }

  async #abort(): Promise<void> {
    const { inFlight, completed } = this.record;
    if (inFlight === undefined) return;
    this.record.inFlight = undefined;
    if (inFlight.cause === 'endOfData') this.record.isEndTriggered = false;
    this.#show({ type: 'checkpoint.aborted', checkpointId: inFlight.id } as JobFact);
    const slots = inFlight.plan.map(({ slot }) => slot);
    const { id } = inFlight;
    this.#send({
      type: 'notifyAborted',
      term: this.#term,
      checkpointId: id,
      latestCompletedId: completed?.id,
      slots,
    });
    await this.#options.storage.locationOf(inFlight.location).dispose();
  }

  #show(fact: JobFact): void {
    this.record.facts.push(fact);
    this.facts$.next([fact]);
  }
}
