/** The checkpoint coordinator as a job manager embeds it. */
import { concat, of, type Observable } from 'rxjs';
import { TidemarkError } from '../errors.ts';
import type { JobStatus } from '../core/commands.ts';
import type { Fact } from '../core/facts/fact.ts';
import type { Outcome } from '../core/outcomes.ts';
import type { CheckpointGauges } from '../stats/gauges.ts';
import type { InitializationOutcome, SubtaskInitialization } from '../stats/initialization.ts';
import type { CheckpointingStatisticsView } from '../stats/rest-view.ts';
import type { CheckpointStatistics } from '../stats/statistics.ts';
import type { CheckpointDetail } from '../stats/tasks.ts';
import type { CheckpointId } from '../state/ids.ts';
import type { LivingAttempt } from '../tasks/gateway.ts';
import { BlockWriter } from './block-writer.ts';
import { systemClock, timeOf } from './clock.ts';
import type { Letter } from './inbox.ts';
import { checkedIdentifier, loadHooks, MasterHooks, type AnyMasterHook } from './master-hooks.ts';
import { checkCoordinators } from './operator-coordinator.ts';
import { attach, recoveryOf, rosterEntry, takeOver } from './open-job.ts';
import type {
  CoordinatorOptions,
  Ended,
  FinalizedCheckpoint,
  Problem,
  Recovery,
  RestoredState,
} from './options.ts';
import { systemRandom, type Random } from './random.ts';
import { streamOf } from './recover.ts';
import { Reign } from './reign.ts';
import { readRestored, slicesByAttempt } from './read-slices.ts';
import {
  checkpointCommand,
  savepointCommand,
  type CheckpointRequest,
  type SavepointRequest,
} from './snapshot-requests.ts';
import { takeCheckpoint } from './take-checkpoint.ts';
import { TaskLink } from './task-link.ts';

export class CheckpointCoordinator implements AsyncDisposable {
  /** Durable facts in order, one array per block; every subscriber first gets what was decided while opening. */
  readonly facts$: Observable<readonly Fact[]>;
  /** Counts, history and what the job does; the present value first. */
  readonly status$: Observable<CheckpointStatistics>;
  /** What failed and is tried again. */
  readonly problems$: Observable<Problem>;
  /** What opening found. */
  readonly recovery: Recovery;
  readonly #options: CoordinatorOptions;
  readonly #reign: Reign;
  readonly #random: Random;
  readonly #masterHooks: MasterHooks;

  private constructor(
    options: CoordinatorOptions,
    reign: Reign,
    recovery: Recovery,
    opening: readonly Fact[],
    masterHooks: MasterHooks,
  ) {
    this.#masterHooks = masterHooks;
    this.#options = options;
    this.#reign = reign;
    this.#random = options.random ?? systemRandom;
    this.recovery = recovery;
    this.facts$ = concat(of(opening), reign.facts$);
    this.status$ = reign.desk.status$.asObservable();
    this.problems$ = reign.problems$.asObservable();
  }

  /**
   * Opens the coordinator of a job: reads the journal, fences whoever coordinated before, attaches to the living tasks
   * and goes on with what was in flight.
   * @throws CONFIGURATION_INVALID, JOB_MISMATCH, JOURNAL_BEHIND_STORAGE, JOURNAL_CORRUPT, JOURNAL_VERSION,
   *   JOURNAL_UNAVAILABLE, COORDINATOR_FENCED
   */
  static async open(options: CoordinatorOptions): Promise<CheckpointCoordinator> {
    const clock = options.clock ?? systemClock;
    const { jobId, journal } = options;
    const hooks = await loadHooks(options.masterHooks ?? []);
    const taken = await takeOver(options, timeOf(clock), {
      operatorCoordinators: checkCoordinators(options.operatorCoordinators ?? [], options.jobGraph),
      masterHooks: hooks.map(({ identifier }) => identifier),
    });
    const writer = new BlockWriter(journal, streamOf(jobId), taken.term, taken.revision);
    const link = new TaskLink({ clock, gateway: options.tasks, term: taken.term, jobId });
    link.listen();
    const attached = await attach(options, taken, writer, timeOf(clock)).catch((error: unknown) => {
      link.stop();
      throw error;
    });
    const masterHooks = new MasterHooks(hooks);
    const reign = new Reign({ options, clock, taken, attached, writer, link, masterHooks });
    const opening = [...taken.facts, ...attached.facts];
    const recovery = recoveryOf(taken, attached);
    const coordinator = new CheckpointCoordinator(options, reign, recovery, opening, masterHooks);
    reign.start(attached);
    return coordinator;
  }

  /** Resolves when the coordinator has ended, and says how; never rejects. */
  get ended(): Promise<Ended> {
    return this.#reign.ended;
  }

  /** The present statistics: frozen, and the same value as long as nothing has happened. */
  get statistics(): CheckpointStatistics {
    return this.#reign.desk.status$.value;
  }

  /** Flink's gauges of the job's checkpoints, by name. */
  gauges(): CheckpointGauges {
    return this.#reign.desk.gauges();
  }

  /** The statistics by the field names of Flink's REST interface. */
  checkpointingStatistics(): CheckpointingStatisticsView {
    return this.#reign.desk.view();
  }

  /**
   * A checkpoint with its tasks: one in flight, or one of the last ten that ended. Undefined for any other. It is made
   * anew each time, in one pass over all tasks; `checkpointView` and `taskDetailView` show it by Flink's field names.
   */
  checkpointDetail(checkpointId: number): CheckpointDetail | undefined {
    return this.#reign.desk.detail(checkpointId);
  }

  /**
   * A new attempt says how its start went. With the last one of a deployment the listener gets a span. It is not
   * journaled: a coordinator that dies before leaves no span.
   */
  reportInitialization(report: SubtaskInitialization): InitializationOutcome {
    return this.#reign.desk.reportInitialization(report);
  }

  /** An attempt number greater than any used before in the life of the job. */
  get nextAttempt(): number {
    return this.#reign.loop.state.table.nextAttempt;
  }

  /** Restarts after task failures, journaled: a new process goes on counting. */
  get restarts(): number {
    return this.#reign.loop.state.table.restarts;
  }

  /** The value a live checkpoint actor stands at, or undefined: for tests that compare it with the fold. */
  phaseOf(checkpointId: CheckpointId): unknown {
    return this.#reign.phaseOf(checkpointId);
  }

  /**
   * The job manager reports what the job does. RESTARTING aborts what is in flight; a terminal status applies retention
   * once. Reporting the same status again changes nothing.
   * @throws JOB_TERMINATED when the job has ended for good in another way.
   */
  async jobStatus(status: JobStatus, message = ''): Promise<Outcome> {
    const outcome = await this.#ask({ type: 'reportJobStatus', status, message });
    if (outcome.type !== 'terminated') return outcome;
    throw new TidemarkError(
      'JOB_TERMINATED',
      `the job has ended (${this.statistics.jobStatus}); it cannot be ${status}`,
    );
  }

  /**
   * Keeps the schedule of periodic checkpoints; one that is kept is stopped first and begins anew. It starts by itself
   * when the job runs with every task, so this is for a schedule that {@link stopCheckpointScheduler} has stopped.
   * @throws CONFIGURATION_INVALID without an interval, JOB_TERMINATED
   */
  async startCheckpointScheduler(): Promise<Outcome> {
    const outcome = await this.#ask({ type: 'startScheduler' });
    if (outcome.type === 'terminated')
      throw new TidemarkError('JOB_TERMINATED', 'Checkpoint coordinator is shut down');
    if (outcome.type !== 'noInterval') return outcome;
    const text = 'Can not start checkpoint scheduler, if no periodic checkpointing is configured';
    throw new TidemarkError('CONFIGURATION_INVALID', text, { option: 'interval' });
  }

  /**
   * Stops the schedule until it is started, or the job or a task has stopped and started it: gives up the checkpoints
   * in flight and all that waits, and leaves savepoints in flight alone. A second time changes nothing.
   */
  async stopCheckpointScheduler(): Promise<Outcome> {
    return this.#ask({ type: 'stopScheduler' });
  }

  /**
   * Takes a checkpoint as soon as fewer than `maxConcurrent` are in flight; resolves when it is complete. A request
   * that waits is journaled: it goes on under the next coordinator, and is refused when the job restarts or ends.
   * @throws CHECKPOINT_REFUSED, CHECKPOINT_ABORTED, CONFIGURATION_INVALID
   */
  async triggerCheckpoint(request: CheckpointRequest = {}): Promise<FinalizedCheckpoint> {
    return takeCheckpoint(this.#reign, checkpointCommand(request));
  }

  /**
   * Takes a savepoint beside what is in flight; with unaligned checkpoints it waits as a checkpoint does, but before
   * all of them. A job with a blocking output takes none (C-072).
   * @throws CHECKPOINT_REFUSED, CHECKPOINT_ABORTED, CONFIGURATION_INVALID
   */
  async triggerSavepoint(request: SavepointRequest = {}): Promise<FinalizedCheckpoint> {
    const { jobId, storage } = this.#options;
    const place = { jobId, defaultBase: storage.defaultSavepointBase, random: this.#random };
    return takeCheckpoint(this.#reign, savepointCommand(request, place));
  }

  /**
   * Adds a hook that is called from the next checkpoint on. False, and nothing changes, when there is one of this
   * identifier already (C-076). Whoever opens the next coordinator hands it in again.
   * @throws CONFIGURATION_INVALID, JOB_TERMINATED
   */
  async addMasterHook(hook: AnyMasterHook): Promise<boolean> {
    const hookId = checkedIdentifier(hook);
    if (this.#masterHooks.has(hookId)) return false;
    this.#masterHooks.add(hook);
    const { type } = await this.#ask({ type: 'registerHook', hookId });
    if (type === 'terminated') {
      this.#masterHooks.remove(hookId);
      throw new TidemarkError('JOB_TERMINATED', 'the job has ended for good');
    }
    return true;
  }

  /**
   * Hands the state of the newest completed checkpoint to attempts that are about to start, and journals that they are
   * the ones that run from now on. What is in flight belongs to older attempts and is given up. Master hooks get their
   * state first, then operator coordinators, when all tasks start anew.
   * @throws JOB_TERMINATED, STORAGE_UNAVAILABLE, METADATA_CORRUPT, HOOK_FAILED, or what an operator coordinator throws
   */
  async restore(attempts: readonly LivingAttempt[]): Promise<RestoredState> {
    const { graph } = this.#reign.loop.state.table;
    const entries = attempts.map((attempt) => rosterEntry(graph, attempt));
    const outcome = await this.#ask({ type: 'restore', attempts: entries });
    if (outcome.type === 'terminated')
      throw new TidemarkError('JOB_TERMINATED', 'the job has ended for good');
    const { checkpointId, externalPointer } = outcome;
    const { operatorCoordinators } = this.#reign;
    if (externalPointer === undefined || checkpointId === undefined) {
      await this.#masterHooks.reset();
      await operatorCoordinators.restore(graph, attempts, undefined, undefined);
      return { checkpointId: undefined, exclusive: undefined, slices: new Map() };
    }
    const restored = await readRestored(this.#options.storage, externalPointer);
    await this.#masterHooks.restore(checkpointId, restored.masterStates);
    await operatorCoordinators.restore(graph, attempts, checkpointId, restored);
    return { checkpointId, exclusive: externalPointer, slices: slicesByAttempt(restored, graph, attempts) };
  }

  /** Resolves when every discard that was ordered is carried out. */
  settled(): Promise<void> {
    return this.#reign.settled();
  }

  /** Waits for what was decided, then ends. The job can be resumed by opening a coordinator on the same journal. */
  close(): Promise<void> {
    return this.#reign.close();
  }

  /** Ends as if the process had died: nothing more is written, sent or shown. For tests and demonstrations. */
  abandon(): void {
    this.#reign.over(
      { how: 'closed' },
      new TidemarkError('COORDINATOR_CLOSED', 'the coordinator was abandoned'),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ask(content: Letter['content']): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#reign.post({ content, resolve, reject });
    });
  }
}
