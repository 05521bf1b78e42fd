/** All tasks of one attempt of a job, from deployment to their common end. */
import { merge, Subject, Subscription, type Observable } from 'rxjs';
import { invariant, messageOf } from '../../errors.ts';
import type { JobGraph, JobVertex } from '../../core/job-graph.ts';
import { deriveSeed, seededRandom, type Random } from '../../runtime/random.ts';
import type { CheckpointId, Slot } from '../../state/ids.ts';
import type { CheckpointStorage } from '../../storage/storage.ts';
import type { AttemptEndedMessage, LivingAttempt } from '../../tasks/gateway.ts';
import type { TaskEndpoint } from '../../tasks/in-process/endpoint.ts';
import type { InProcessTaskGateway } from '../../tasks/in-process/gateway.ts';
import { Network, type NetworkOptions } from './network.ts';
import { taskName, type TaskContext, type TaskEvent } from './task.ts';

/** What the coordinator's `restore` answers. */
export interface RestoredJob {
  /** Undefined when there is nothing to restore from. */
  readonly checkpointId: CheckpointId | undefined;
  readonly exclusive: string | undefined;
  readonly slices: ReadonlyMap<Slot, readonly Uint8Array[]>;
}

/** Makes the stream that runs one task. */
export type CreateTask = (context: TaskContext) => Observable<TaskEvent>;

export interface TaskSetOptions extends NetworkOptions {
  readonly graph: JobGraph;
  readonly gateway: InProcessTaskGateway;
  readonly storage: CheckpointStorage;
  readonly createTask: CreateTask;
  /** The number of all attempts in this set. */
  readonly attempt: number;
  readonly releaseAlignmentEarly?: boolean | undefined;
  readonly onDiscardFailed: (error: unknown) => void;
}

/** An event with the task it came from. */
export interface NamedTaskEvent {
  readonly vertex: JobVertex;
  readonly subtask: number;
  readonly event: TaskEvent;
}

export interface TaskFailure {
  readonly vertex: JobVertex;
  readonly subtask: number;
  readonly message: string;
}

interface Task {
  readonly vertex: JobVertex;
  readonly subtask: number;
  readonly endpoint: TaskEndpoint;
  readonly inject$: Subject<never>;
  isRunning: boolean;
}

export class TaskSet {
  readonly attempt: number;
  /** Hot; every event of every task. */
  readonly events$: Observable<NamedTaskEvent>;
  /** Resolves when every task has its state back. */
  readonly running: Promise<void>;
  /** Resolves with the first failure of a task. */
  readonly failed: Promise<TaskFailure>;
  readonly network: Network;
  readonly #options: TaskSetOptions;
  readonly #tasks: readonly Task[];
  readonly #events$ = new Subject<NamedTaskEvent>();
  readonly #subscription = new Subscription();
  #onRunning: () => void = () => undefined;
  #onFailed: (failure: TaskFailure) => void = () => undefined;

  /** Deploys an attempt of every task; nothing runs yet. */
  constructor(options: TaskSetOptions) {
    this.#options = options;
    this.attempt = options.attempt;
    this.events$ = this.#events$.asObservable();
    this.running = new Promise((resolve) => {
      this.#onRunning = resolve;
    });
    this.failed = new Promise((resolve) => {
      this.#onFailed = resolve;
    });
    const { clock, channelCapacity, channelDelayMsMax } = options;
    const seed = deriveSeed(options.seed, `attempt ${options.attempt}`);
    this.network = new Network(options.graph, { clock, seed, channelCapacity, channelDelayMsMax });
    this.#tasks = options.graph.vertices.flatMap((vertex) => this.#deploy(vertex));
  }

  get living(): readonly LivingAttempt[] {
    return this.#tasks.map((task) => task.endpoint.living);
  }

  /** Runs all tasks from what was restored. */
  start(restored: RestoredJob): void {
    for (const task of this.#tasks) {
      const stream$ = merge(this.#options.createTask(this.#context(task, restored)), task.inject$);
      this.#subscription.add(
        stream$.subscribe({
          next: (event) => this.#heard(task, event),
          error: (error: unknown) => this.#ended(task, error),
        }),
      );
    }
  }

  /** Makes a running task fail. False when there is no such task or it has ended. */
  fail(vertexName: string, subtask: number, message: string): boolean {
    const task = this.#tasks.find((each) => each.vertex.name === vertexName && each.subtask === subtask);
    if (task === undefined || !task.isRunning) return false;
    task.inject$.error(new Error(message));
    return true;
  }

  /** Stops what still runs and tells the coordinator so. Idempotent. */
  end(status: AttemptEndedMessage['status'], message: string): void {
    this.stop();
    for (const task of this.#tasks) task.endpoint.ended(status, message);
  }

  /** Stops what still runs and tells nobody: for a job that was taken over. */
  stop(): void {
    this.#subscription.unsubscribe();
    this.network.close();
    for (const task of this.#tasks) task.isRunning = false;
  }

  #deploy(vertex: JobVertex): readonly Task[] {
    const { gateway, attempt } = this.#options;
    return Array.from({ length: vertex.parallelism }, (_, subtask) => ({
      vertex,
      subtask,
      endpoint: gateway.deploy({ vertexId: vertex.id, subtask, attempt }),
      inject$: new Subject<never>(),
      isRunning: false,
    }));
  }

  #context(task: Task, restored: RestoredJob): TaskContext {
    const { vertex, subtask, endpoint } = task;
    const { clock, storage, onDiscardFailed } = this.#options;
    return {
      vertex,
      subtask,
      endpoint,
      clock,
      storage,
      onDiscardFailed,
      random: this.#random(task),
      inputs: this.network.inputs(vertex, subtask),
      outputs: this.network.outputs(vertex, subtask),
      restored: restoredTask(restored, endpoint.slot),
      releaseAlignmentEarly: this.#options.releaseAlignmentEarly ?? false,
    };
  }

  #random(task: Task): Random {
    const { seed, attempt } = this.#options;
    return seededRandom(deriveSeed(seed, `ids ${attempt} ${taskName(task.vertex, task.subtask)}`));
  }

  #heard(task: Task, event: TaskEvent): void {
    if (event.type === 'running') {
      task.isRunning = true;
      if (this.#tasks.every((each) => each.isRunning)) this.#onRunning();
    }
    const { vertex, subtask } = task;
    this.#events$.next({ vertex, subtask, event });
  }

  #ended(task: Task, error: unknown): void {
    task.isRunning = false;
    const message = messageOf(error);
    task.endpoint.ended('failed', message);
    this.#onFailed({ vertex: task.vertex, subtask: task.subtask, message });
  }
}

const restoredTask = (restored: RestoredJob, slot: Slot): TaskContext['restored'] => {
  const { checkpointId, exclusive } = restored;
  if (checkpointId === undefined) return undefined;
  invariant(exclusive !== undefined, `checkpoint ${checkpointId} has a directory`);
  return { checkpointId, exclusive, slices: restored.slices.get(slot) ?? [] };
};
