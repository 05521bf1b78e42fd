/**
 * The job manager of the word count: deploys attempts, has them restored, restarts them when one fails, and ends the
 * job
 * when the last checkpoint is committed. Coordinators may come and go while it runs.
 */
import { Subject, type Observable } from 'rxjs';
import { assertNever, messageOf } from '../../errors.ts';
import type { JobGraph } from '../../core/job-graph.ts';
import type { Clock } from '../../runtime/clock.ts';
import { TaskSet, type NamedTaskEvent, type TaskFailure } from '../../simulation/dataflow/task-set.ts';
import type { CheckpointId } from '../../state/ids.ts';
import type { CheckpointStorage } from '../../storage/storage.ts';
import type { InProcessTaskGateway } from '../../tasks/in-process/gateway.ts';
import { FinalCheckpoint } from './final-checkpoint.ts';
import { CoordinatorLink, type EndStatus, type JobCoordinator, type JobFact } from './job-coordinator.ts';
import { ProgressMeter, type WordCountProgress } from './job-progress.ts';
import { wordCountTasks, type WordCountTasksOptions } from './word-count-tasks.ts';

/** Batches per channel. */
const CHANNEL_CAPACITY = 4;
/** Task failures that are answered with a restart. */
const RESTARTS = 3;

export interface WordCountJobOptions extends WordCountTasksOptions {
  /** From `wordCountGraph`, with the files of `input`. */
  readonly graph: JobGraph;
  readonly clock: Clock;
  readonly gateway: InProcessTaskGateway;
  readonly storage: CheckpointStorage;
  readonly coordinator: JobCoordinator;
  /** Of ids and channel delays. */
  readonly seed: number;
  /** Task failures that are answered with a restart, {@link RESTARTS} unless told; the next one fails the job. */
  readonly restarts?: number | undefined;
  /** Leave a savepoint below this directory before the job is finished. */
  readonly savepointAtEnd?: string | undefined;
  readonly channelCapacity?: number | undefined;
  readonly channelDelayMsMax?: number | undefined;
  /** Breaks exactly-once, to show what alignment is for. */
  readonly releaseAlignmentEarly?: boolean | undefined;
}

export interface JobOutcome {
  readonly status: EndStatus;
  readonly message: string;
}

/** What people like to see of a job; the coordinator's facts tell the rest. */
export type JobEvent =
  | { readonly type: 'restored'; readonly attempt: number; readonly checkpointId: CheckpointId | undefined }
  | { readonly type: 'running'; readonly attempt: number }
  | {
      readonly type: 'taskFailed';
      readonly vertex: string;
      readonly subtask: number;
      readonly message: string;
    }
  /** Too many checkpoints failed in a row. */
  | { readonly type: 'failureRequired'; readonly message: string }
  | { readonly type: 'endOfData'; readonly vertex: string; readonly subtask: number }
  | { readonly type: 'committed'; readonly checkpointId: CheckpointId }
  | { readonly type: 'coordinatorReplaced' }
  /** State of an aborted checkpoint could not be deleted; nothing refers to it. */
  | { readonly type: 'discardFailed'; readonly message: string };

type AttemptEnd =
  | { readonly type: 'committed' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'stopped'; readonly status: 'CANCELLED' | 'SUSPENDED' };

const isFailureRequired = (fact: JobFact): fact is JobFact & { readonly message: string } =>
  fact.type === 'job.failureRequired' && 'message' in fact;

export class WordCountJob {
  /** Hot; never ends. */
  readonly events$: Observable<JobEvent>;
  readonly #options: WordCountJobOptions;
  readonly #link: CoordinatorLink;
  readonly #meter: ProgressMeter;
  readonly #events$ = new Subject<JobEvent>();
  readonly #stopped = Promise.withResolvers<AttemptEnd>();
  readonly #halted = Promise.withResolvers<never>();
  #tasks: TaskSet | undefined;
  #final: FinalCheckpoint | undefined;
  #failureRequired = Promise.withResolvers<AttemptEnd>();

  constructor(options: WordCountJobOptions) {
    this.#options = options;
    this.events$ = this.#events$.asObservable();
    const { files } = options.input;
    this.#meter = new ProgressMeter(files.reduce((total, file) => total + file.sizeBytes, 0));
    this.#link = new CoordinatorLink(options.coordinator, {
      onFacts: (facts) => this.#hearFacts(facts),
      onLost: (error) => this.halt(error),
    });
    // Heard in `run`; a halt before it must not count as unheard.
    this.#halted.promise.catch(() => undefined);
  }

  get progress(): WordCountProgress {
    return this.#meter.progress;
  }

  /**
   * Runs the job to its end; called once. Rejects when it was halted, or when restoring or a savepoint at the end
   * fails:
   * the tasks are stopped then, and the job can be resumed.
   */
  async run(): Promise<JobOutcome> {
    try {
      return await Promise.race([this.#live(), this.#halted.promise]);
    } finally {
      this.#link.close();
      this.#tasks?.stop();
    }
  }

  /** Makes a task fail. False when it does not run. */
  failTask(vertexName: string, subtask: number, message = 'failed on request'): boolean {
    return this.#tasks?.fail(vertexName, subtask, message) ?? false;
  }

  /** Ends the job for good. */
  cancel(): void {
    this.#stopped.resolve({ type: 'stopped', status: 'CANCELLED' });
  }

  /** Stops the job so that it can be resumed. */
  suspend(): void {
    this.#stopped.resolve({ type: 'stopped', status: 'SUSPENDED' });
  }

  /** Stops all tasks at once and tells no coordinator: somebody else has the job now. `run` rejects with the reason. */
  halt(reason: unknown): void {
    this.#tasks?.stop();
    this.#halted.reject(reason);
  }

  /** The coordinator died and this one has taken over, on the same journal and gateway; the tasks live on. */
  replaceCoordinator(next: JobCoordinator): void {
    this.#final?.coordinatorReplaced(next.recovery.endOfData);
    this.#link.replace(next);
    this.#events$.next({ type: 'coordinatorReplaced' });
  }

  async #live(): Promise<JobOutcome> {
    for (;;) {
      const end = await this.#runAttempt();
      switch (end.type) {
        case 'committed':
          return await this.#conclude('FINISHED', 'all data processed and committed');
        case 'stopped':
          return await this.#conclude(end.status, 'on request');
        case 'failed': {
          const { message } = end;
          if (this.#link.current.restarts >= (this.#options.restarts ?? RESTARTS)) {
            return await this.#conclude('FAILED', message);
          }
          await this.#restart(message);
          break;
        }
        default:
          return assertNever(end);
      }
    }
  }

  async #runAttempt(): Promise<AttemptEnd> {
    const tasks = this.#deploy();
    const restored = await this.#link.ask(async (coordinator) => await coordinator.restore(tasks.living));
    this.#events$.next({ type: 'restored', attempt: tasks.attempt, checkpointId: restored.checkpointId });
    const final = new FinalCheckpoint();
    this.#final = final;
    this.#failureRequired = Promise.withResolvers();
    this.#meter.restart();
    tasks.events$.subscribe((event) => this.#hearTask(event, final));
    tasks.start(restored);
    return await Promise.race([
      this.#stopped.promise,
      tasks.failed.then((failure): AttemptEnd => ({ type: 'failed', message: this.#tellFailure(failure) })),
      this.#failureRequired.promise,
      this.#toTheEnd(tasks, final),
    ]);
  }

  #deploy(): TaskSet {
    const { channelCapacity = CHANNEL_CAPACITY, channelDelayMsMax = 0, ...options } = this.#options;
    const tasks = new TaskSet({
      ...options,
      channelCapacity,
      channelDelayMsMax,
      attempt: this.#link.current.nextAttempt,
      createTask: wordCountTasks(options.graph, options),
      onDiscardFailed: (error) => this.#events$.next({ type: 'discardFailed', message: messageOf(error) }),
    });
    this.#tasks = tasks;
    return tasks;
  }

  async #toTheEnd(tasks: TaskSet, final: FinalCheckpoint): Promise<AttemptEnd> {
    await tasks.running;
    await this.#link.ask(async (coordinator) => await coordinator.jobStatus('RUNNING'));
    this.#events$.next({ type: 'running', attempt: tasks.attempt });
    await final.committed;
    const { savepointAtEnd: target } = this.#options;
    if (target !== undefined) {
      await this.#link.ask(async (coordinator) => await coordinator.triggerSavepoint({ target, key: 'end' }));
    }
    return { type: 'committed' };
  }

  // A coordinator that died after it had recorded the restart must not make its successor count it twice.
  async #restart(message: string): Promise<void> {
    const before = this.#link.current.restarts;
    this.#tasks?.end('cancelled', message);
    await this.#link.ask(async (coordinator) => {
      if (coordinator.restarts === before) await coordinator.jobStatus('RESTARTING', message);
    });
  }

  async #conclude(status: EndStatus, message: string): Promise<JobOutcome> {
    this.#tasks?.end(status === 'FINISHED' ? 'finished' : 'cancelled', message);
    await this.#link.ask(async (coordinator) => await coordinator.jobStatus(status, message));
    return { status, message };
  }

  #tellFailure({ vertex, subtask, message }: TaskFailure): string {
    this.#events$.next({ type: 'taskFailed', vertex: vertex.name, subtask, message });
    return `${vertex.name}#${subtask}: ${message}`;
  }

  #hearFacts(facts: readonly JobFact[]): void {
    this.#final?.hearFacts(facts);
    const required = facts.find(isFailureRequired);
    if (required !== undefined) this.#failAttempt(required.message);
  }

  #failAttempt(message: string): void {
    this.#events$.next({ type: 'failureRequired', message });
    this.#failureRequired.resolve({ type: 'failed', message });
  }

  #hearTask(named: NamedTaskEvent, final: FinalCheckpoint): void {
    this.#meter.hear(named);
    const { vertex, subtask, event } = named;
    if (event.type === 'endOfData') this.#events$.next({ type: 'endOfData', vertex: vertex.name, subtask });
    if (vertex.name !== 'sink') return;
    if (event.type !== 'confirmed') return;
    this.#events$.next({ type: 'committed', checkpointId: event.checkpointId });
    final.confirmed(event.checkpointId);
  }
}
