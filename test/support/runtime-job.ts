/** A coordinator, its tasks and their edges in virtual time: the job of `core-run.ts`, alive. */
import { onTestFinished } from 'vitest';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { openMemoryJournal } from '../../src/journal/memory/journal.ts';
import { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import type { CoordinatorOptions } from '../../src/runtime/options.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { virtualClock, type VirtualClock } from '../../src/simulation/virtual-clock.ts';
import type { CheckpointId, Slot } from '../../src/state/ids.ts';
import { memoryStorage, type MemoryStorage } from '../../src/storage/memory/storage.ts';
import type { CheckpointStorage } from '../../src/storage/storage.ts';
import { noMetrics } from '../../src/tasks/frame.ts';
import type { LivingAttempt, TaskCommand } from '../../src/tasks/gateway.ts';
import type { TaskEndpoint } from '../../src/tasks/in-process/endpoint.ts';
import { inProcessTaskGateway, type InProcessTaskGateway } from '../../src/tasks/in-process/gateway.ts';
import { coreGraph, coreJobId, slicesOf, type FrameSpec } from './core-run.ts';

/**
 * Tasks without data: a barrier that enters at any source reaches all of them at once, and each acknowledges unless the
 * test holds it back.
 */
export class BarrierTasks {
  /** In plan order; the slots of the newest deployment. */
  endpoints: TaskEndpoint[] = [];
  /** What tasks heard, as `notifyCompleted 1 at 0`, triggers left out. */
  readonly heard: string[] = [];
  /** Places in plan order whose acknowledgements are held back. */
  readonly held = new Set<number>();
  /** Places in plan order whose tasks acknowledge as finished. */
  readonly finished = new Set<number>();
  confirms = true;
  /** What the state of an acknowledgement is kept in; a file that nobody wrote, unless told. */
  stream: ((spec: FrameSpec) => NonNullable<FrameSpec['stream']>) | undefined;
  readonly #gateway: InProcessTaskGateway;
  readonly #barriers = new Set<string>();
  readonly #waiting: { readonly place: number; readonly checkpointId: CheckpointId }[] = [];

  constructor(gateway: InProcessTaskGateway) {
    this.#gateway = gateway;
  }

  get living(): LivingAttempt[] {
    return this.endpoints.map((endpoint) => endpoint.living);
  }

  /** Ends what runs and deploys every task anew. */
  deploy(attempt: number): LivingAttempt[] {
    for (const endpoint of this.endpoints) endpoint.ended('cancelled', 'deployed anew');
    this.endpoints = coreGraph.vertices.flatMap((vertex) =>
      Array.from({ length: vertex.parallelism }, (_, subtask) =>
        this.#gateway.deploy({ vertexId: vertex.id, subtask, attempt }),
      ),
    );
    for (const endpoint of this.endpoints) {
      endpoint.commands$.subscribe((command) => this.#hear(endpoint, command));
    }
    return this.living;
  }

  /** Those held back at the given places acknowledge; all of them when none is given. */
  release(...places: readonly number[]): void {
    const released = places.length === 0 ? [...this.held] : places;
    for (const place of released) this.held.delete(place);
    for (const { place, checkpointId } of this.#waiting.splice(0)) {
      if (released.includes(place)) this.#acknowledge(place, checkpointId);
      else this.#waiting.push({ place, checkpointId });
    }
  }

  #hear(endpoint: TaskEndpoint, command: TaskCommand): void {
    if (command.type === 'trigger') return this.#barrier(command.checkpointId);
    if (command.type === 'announce') return undefined;
    this.heard.push(`${command.type} ${command.checkpointId} at ${endpoint.slot}`);
    if (command.type === 'notifyCompleted' && this.confirms) endpoint.confirmCompleted(command.checkpointId);
  }

  #barrier(checkpointId: CheckpointId): void {
    const key = `${checkpointId} ${this.endpoints[0]?.slot}`;
    if (this.#barriers.has(key)) return;
    this.#barriers.add(key);
    for (const place of this.endpoints.keys()) {
      if (this.held.has(place)) this.#waiting.push({ place, checkpointId });
      else this.#acknowledge(place, checkpointId);
    }
  }

  #acknowledge(place: number, checkpointId: CheckpointId): void {
    const endpoint = this.endpoints[place];
    if (endpoint === undefined) throw new Error(`no task at place ${place}`);
    const isFinished = this.finished.has(place);
    const spec = { checkpointId, slot: endpoint.slot, attempt: endpoint.attempt, isFinished };
    const slices = slicesOf(this.stream === undefined ? spec : { ...spec, stream: this.stream(spec) });
    endpoint.acknowledge({ checkpointId, metrics: noMetrics, claimedStateSizeBytes: 0, slices });
  }
}

export interface RuntimeJobOptions {
  readonly journal?: Journal;
  /** Wraps the storage in memory. */
  readonly storage?: (storage: MemoryStorage) => CheckpointStorage;
}

/** What outlives a coordinator: clock, tasks, storage and journal. */
export class RuntimeJob {
  readonly clock: VirtualClock = virtualClock({ startAt: 1_000_000 });
  /** Every command on its way to the tasks. */
  readonly commands: TaskCommand[] = [];
  readonly files = memoryStorage();
  readonly storage: CheckpointStorage;
  readonly journal: Journal;
  readonly gateway: InProcessTaskGateway;
  readonly tasks: BarrierTasks;

  constructor(options: RuntimeJobOptions = {}) {
    this.journal = options.journal ?? openMemoryJournal();
    this.storage = options.storage?.(this.files) ?? this.files;
    this.gateway = inProcessTaskGateway({
      clock: this.clock,
      jobId: coreJobId,
      link: {
        toTasks: (command, arrive) => {
          this.commands.push(command);
          arrive(command);
        },
        fromTasks: (message, arrive) => arrive(message),
      },
    });
    this.tasks = new BarrierTasks(this.gateway);
  }

  /** A coordinator on the journal; it ends with the test at the latest. */
  async open(options: Partial<CoordinatorOptions> = {}): Promise<CheckpointCoordinator> {
    const coordinator = await CheckpointCoordinator.open({
      jobId: coreJobId,
      jobGraph: coreGraph,
      tasks: this.gateway,
      journal: this.journal,
      storage: this.storage,
      clock: this.clock,
      random: seededRandom(1),
      ...options,
    });
    onTestFinished(() => coordinator.abandon());
    return coordinator;
  }

  /** A coordinator whose tasks are deployed from the newest checkpoint and whose job runs. */
  async start(options: Partial<CoordinatorOptions> = {}): Promise<CheckpointCoordinator> {
    const coordinator = await this.open(options);
    await coordinator.restore(this.tasks.deploy(coordinator.nextAttempt));
    await coordinator.jobStatus('RUNNING');
    return coordinator;
  }

  /** Runs virtual time until the promise settles, and answers what it did. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const note = (): void => {
      isSettled = true;
    };
    promise.then(note, note);
    await this.clock.runUntil(() => isSettled, { what: 'the promise' });
    return promise;
  }

  /** Slots that were asked for their state of a checkpoint, since the commands were counted last. */
  triggered(checkpointId: number): Slot[] {
    return this.commands.flatMap((command) =>
      command.type === 'trigger' && command.checkpointId === checkpointId ? [...command.slots] : [],
    );
  }
}

/** Collects what a coordinator decides, block by block, from now on. */
export const blocksOf = (coordinator: CheckpointCoordinator): (readonly Fact[])[] => {
  const blocks: (readonly Fact[])[] = [];
  coordinator.facts$.subscribe((facts) => blocks.push(facts));
  return blocks;
};

/** Types of the facts of all blocks, in order. */
export const typesOf = (blocks: readonly (readonly Fact[])[]): string[] =>
  blocks.flatMap((block) => block.map((fact) => fact.type));
