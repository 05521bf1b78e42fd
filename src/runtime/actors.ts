/**
 * The live actors: one for the coordinator and, as its children, one for the job, one for each checkpoint in flight and
 * (when somebody inspects, in small jobs) one for each task. They follow the fold: each hears every lifecycle fact of
 * its own once, in revision order, after it is durable.
 */
import {
  createActor,
  fromCallback,
  type AnyActorLogic,
  type AnyActorRef,
  type AnyEventObject,
  type InspectionEvent,
  type Observer,
} from 'xstate';
import { coordinatorMachine, type CoordinatorSignal } from '../../machines/coordinator.ts';
import { jobMachine } from '../../machines/job.ts';
import { schedulerMachine } from '../../machines/scheduler.ts';
import { taskMachine, type TaskSignal } from '../../machines/task.ts';
import type { Fact, FactType, SchedulerStarted, SchedulerStopped } from '../core/facts/fact.ts';
import { taskName, unfinished, type JobState, type JobTable } from '../core/job-state.ts';
import { invariant } from '../errors.ts';
import {
  checkpointPhases,
  jobPhases,
  schedulerPhases,
  taskPhases,
  type Phase,
  type PhaseTable,
} from '../core/phase.ts';
import { fromRuns, type RosterEntry } from '../core/roster.ts';
import type { CheckpointId } from '../state/ids.ts';
import { checkpointLogic, type CheckpointWork } from './checkpoint-work.ts';

/** Tasks beyond this many have no live actors: one costs 3.7 KB and 24 µs. */
const TASK_ACTORS_MAX = 256;

/** Any XState inspector. */
export type Inspect = Observer<InspectionEvent> | ((event: InspectionEvent) => void);

export interface ActorsOptions {
  readonly work: CheckpointWork;
  readonly inspect: Inspect | undefined;
  /** Starts the periodic timer of a schedule; answers how to stop it. */
  readonly startPeriodicTrigger: (started: SchedulerStarted) => () => void;
}

const jobFacts: ReadonlySet<FactType> = new Set<FactType>([
  'job.running',
  'job.restarting',
  'job.finished',
  'job.failed',
  'job.cancelled',
  'job.suspended',
]);

const checkpointFacts: ReadonlySet<FactType> = new Set<FactType>([
  'checkpoint.located',
  'coordinators.asked',
  'hooks.asked',
  'tasks.asked',
  'checkpoint.fullyAcknowledged',
  'metadata.written',
  'checkpoint.completed',
  'checkpoint.aborted',
]);

export class Actors {
  readonly #options: ActorsOptions;
  readonly #root: AnyActorRef;
  readonly #checkpoints = new Map<CheckpointId, AnyActorRef>();
  readonly #acknowledged = new Map<CheckpointId, number>();
  readonly #tasks = new Map<number, AnyActorRef>();
  #job: AnyActorRef | undefined;
  #scheduler: AnyActorRef | undefined;
  /** What the scheduler's child is started from: an invoked child takes no input. */
  #started: SchedulerStarted | undefined;

  constructor(options: ActorsOptions, term: number) {
    this.#options = options;
    const { inspect } = options;
    const context = { jobId: options.work.state().table.jobId, term };
    const snapshot = coordinatorMachine.resolveState({ value: 'recovering', context });
    this.#root = createActor(coordinatorMachine, {
      id: 'coordinator',
      snapshot,
      ...(inspect === undefined ? {} : { inspect }),
    }).start();
  }

  /** Starts the actors of what the fold holds; from now on they are told facts. */
  recover(): void {
    const state = this.#options.work.state();
    this.#startJob(state.table.jobPhase);
    this.#startScheduler(state.table);
    for (const { checkpointId } of unfinished(state.table)) this.#startCheckpoint(state, checkpointId);
    this.#startTasks(state, state.table.roster.entries());
    this.signal({ type: 'coordinator.recovered' });
  }

  signal(signal: CoordinatorSignal): void {
    this.#root.send(signal);
  }

  /** Tells the actors the facts of one durable block; `state` is the fold right after it. */
  follow(facts: readonly Fact[], state: JobState): void {
    const progressed = new Set<CheckpointId>();
    for (const fact of facts) {
      if (fact.type === 'tasks.acknowledged') {
        this.#acknowledged.set(
          fact.checkpointId,
          (this.#acknowledged.get(fact.checkpointId) ?? 0) + fact.count,
        );
        progressed.add(fact.checkpointId);
      } else this.#tell(fact, state);
    }
    for (const checkpointId of progressed) this.#showProgress(checkpointId, state);
  }

  /** The phase a live checkpoint actor shows, for the test that compares it with the fold. */
  phaseOf(checkpointId: CheckpointId): unknown {
    return this.#checkpoints.get(checkpointId)?.getSnapshot().value;
  }

  /** Stops every actor; what they invoked is asked to stop. */
  stop(): void {
    for (const actor of [...this.#checkpoints.values(), ...this.#tasks.values(), this.#job, this.#scheduler])
      stopActor(actor);
    this.#checkpoints.clear();
    this.#tasks.clear();
    stopActor(this.#root);
  }

  #tell(fact: Fact, state: JobState): void {
    if (fact.type === 'checkpoint.triggered')
      this.#startCheckpoint(state, fact.checkpointId, checkpointPhases.initial);
    else if (jobFacts.has(fact.type)) this.#job?.send(fact);
    else if (fact.type === 'scheduler.started' || fact.type === 'scheduler.stopped')
      this.#tellScheduler(fact);
    else if (fact.type === 'tasks.inactive') this.#tellTasks(fromRuns(fact.runs), 'task.inactive');
    else if (fact.type === 'tasks.active') this.#tellTasks(fromRuns(fact.runs), 'task.active');
    else if (fact.type === 'tasks.deployed') this.#startTasks(state, fromRuns(fact.runs));
    else if (fact.type === 'tasks.lost') this.#tellTasks(fromRuns(fact.runs), 'task.lost');
    else if ('checkpointId' in fact && checkpointFacts.has(fact.type)) this.#tellCheckpoint(fact);
    else if ('slot' in fact) this.#tellTask(fact.slot, fact);
  }

  #tellCheckpoint(fact: Fact & { readonly checkpointId: CheckpointId | undefined }): void {
    const { checkpointId } = fact;
    const actor = checkpointId === undefined ? undefined : this.#checkpoints.get(checkpointId);
    if (checkpointId === undefined || actor === undefined) return;
    actor.send(fact);
    if (actor.getSnapshot().status !== 'done') return;
    this.#checkpoints.delete(checkpointId);
    this.#acknowledged.delete(checkpointId);
  }

  #tellTask(slot: number, signal: AnyEventObject): void {
    const actor = this.#tasks.get(slot);
    actor?.send(signal);
    if (actor?.getSnapshot().status === 'done') this.#tasks.delete(slot);
  }

  #showProgress(checkpointId: CheckpointId, state: JobState): void {
    const total = state.ledgers.get(checkpointId)?.plan.size ?? state.table.roster.size;
    const acknowledged = this.#acknowledged.get(checkpointId) ?? 0;
    this.#checkpoints.get(checkpointId)?.send({ type: 'progress', acknowledged, total });
  }

  #startCheckpoint(state: JobState, checkpointId: CheckpointId, from?: Phase): void {
    const checkpoint = state.table.checkpoints[checkpointId];
    const ledger = state.ledgers.get(checkpointId);
    const total = checkpoint?.plan.size ?? 0;
    const acknowledged = from === undefined && ledger !== undefined ? total - ledger.left : 0;
    this.#acknowledged.set(checkpointId, acknowledged);
    const context = { checkpointId, kind: checkpoint?.kind ?? 'checkpoint', acknowledged, total };
    const logic = checkpointLogic(this.#options.work, checkpointId);
    const phase = from ?? checkpoint?.phase ?? checkpointPhases.initial;
    const actor = this.#start(logic, `checkpoint-${checkpointId}`, checkpointPhases, phase, context);
    this.#checkpoints.set(checkpointId, actor);
  }

  #startJob(phase: Phase): void {
    this.#job = this.#start(jobMachine, 'job', jobPhases, phase, {});
  }

  #startScheduler({ schedulerPhase, schedulerFact }: JobTable): void {
    this.#started = schedulerFact?.type === 'scheduler.started' ? schedulerFact : undefined;
    const periodicTrigger = fromCallback(() => {
      invariant(this.#started, 'the timer of a schedule runs only once that has started');
      return this.#options.startPeriodicTrigger(this.#started);
    });
    const logic = schedulerMachine.provide({ actors: { periodicTrigger } });
    this.#scheduler = this.#start(logic, 'scheduler', schedulerPhases, schedulerPhase, {});
  }

  #startTasks(state: JobState, entries: readonly RosterEntry[]): void {
    const { table } = state;
    if (this.#options.inspect === undefined || table.roster.size > TASK_ACTORS_MAX) return;
    for (const { slot, attempt } of entries) {
      const name = taskName(table, table.roster, slot);
      const phase = table.taskPhases[slot] ?? taskPhases.initial;
      this.#tasks.set(
        slot,
        this.#start(taskMachine, `task-${slot}`, taskPhases, phase, { slot, name, attempt }),
      );
    }
  }

  #tellTasks(entries: readonly RosterEntry[], type: TaskSignal['type']): void {
    for (const { slot } of entries) this.#tellTask(slot, { type });
  }

  #tellScheduler(fact: SchedulerStarted | SchedulerStopped): void {
    this.#started = fact.type === 'scheduler.started' ? fact : undefined;
    this.#scheduler?.send(fact);
  }

  /** An actor of a phase, child of the coordinator's: in its system, so that an inspector sees it there. */
  #start(logic: AnyActorLogic, id: string, phases: PhaseTable, phase: Phase, context: object): AnyActorRef {
    const snapshot = { ...phases.persisted(phase), context };
    return createActor(logic, { parent: this.#root, id, snapshot } as Parameters<
      typeof createActor
    >[1]).start();
  }
}

/** The parent stops only children it spawned itself; these hear the same signal from here. */
const stopActor = (actor: AnyActorRef | undefined): void => {
  if (actor?.getSnapshot().status === 'active') actor.send({ type: 'xstate.stop' });
};
