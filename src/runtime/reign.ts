/**
 * One reign: everything that lives from taking over to the end, wired together. It decides nothing and owns no state of
 * the job; it makes sure that what is durable is shown once, in order, to actors, tasks, discards and observers.
 */
import { Subject } from 'rxjs';
import { messageOf, TidemarkError } from '../errors.ts';
import { owedEffects, type Effect } from '../core/effects.ts';
import type { Fact, JobFailureRequired, SchedulerStarted } from '../core/facts/fact.ts';
import type { JobState } from '../core/job-state.ts';
import { currentIntervalMs } from '../core/schedule.ts';
import type { StatisticsState } from '../stats/statistics.ts';
import type { CheckpointId } from '../state/ids.ts';
import { Actors } from './actors.ts';
import type { BlockWriter } from './block-writer.ts';
import type { Clock } from './clock.ts';
import { Discards } from './discards.ts';
import type { Letter, Posted } from './inbox.ts';
import { Locations } from './locations.ts';
import type { MasterHooks } from './master-hooks.ts';
import { JournalKeeper } from './journal-keeper.ts';
import type { Attached, TakenOver } from './open-job.ts';
import type { CoordinatorOptions, Ended, Problem } from './options.ts';
import { OperatorCoordinators } from './operator-coordinators.ts';
import { PeriodicTrigger } from './periodic-trigger.ts';
import { streamOf } from './recover.ts';
import { StatisticsDesk } from './statistics-desk.ts';
import { Requests } from './requests.ts';
import type { TaskLink } from './task-link.ts';
import type { Turn } from './turn.ts';
import { TurnLoop } from './turn-loop.ts';

export interface ReignOptions {
  readonly options: CoordinatorOptions;
  readonly clock: Clock;
  readonly taken: TakenOver;
  readonly attached: Attached;
  readonly writer: BlockWriter;
  readonly link: TaskLink;
  readonly masterHooks: MasterHooks;
}

export class Reign {
  readonly facts$ = new Subject<readonly Fact[]>();
  readonly problems$ = new Subject<Problem>();
  readonly desk: StatisticsDesk;
  readonly requests = new Requests();
  readonly ended: Promise<Ended>;
  readonly loop: TurnLoop;
  readonly operatorCoordinators: OperatorCoordinators;
  readonly #actors: Actors;
  readonly #discards: Discards;
  readonly #keeper: JournalKeeper;
  readonly #link: TaskLink;
  readonly #onJobFailure: CoordinatorOptions['onJobFailure'];
  readonly #locations: Locations;
  readonly #masterHooks: MasterHooks;
  readonly #periodicTrigger: PeriodicTrigger;
  #end: (ended: Ended) => void = () => {};
  #isOver = false;
  #whenSettled: (() => void)[] = [];

  constructor(given: ReignOptions) {
    const { options, clock, taken, attached, writer } = given;
    const running = new Map<CheckpointId, Promise<void>>();
    const locations = new Locations(options.storage, options.jobId);
    this.#locations = locations;
    this.#masterHooks = given.masterHooks;
    this.operatorCoordinators = this.#makeCoordinators(options, attached);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.desk = new StatisticsDesk(attached.statistics, options.listener, (message) =>
      this.problems$.next({ what: 'listener', message }),
    );
    this.#link = given.link;
    this.#onJobFailure = options.onJobFailure;
    this.#periodicTrigger = new PeriodicTrigger(clock, () => currentIntervalMs(this.loop.state.table));
    this.#keeper = this.#makeKeeper(options, taken);
    this.loop = new TurnLoop({
      clock,
      writer,
      keeper: this.#keeper,
      state: attached.state,
      statistics: attached.statistics,
      blockCommandsMax: options.blockCommandsMax,
      show: (turn, statistics) => this.#show(turn, statistics),
      fail: (error) => this.#fail(error),
    });
    this.#discards = new Discards({
      clock,
      storage: options.storage,
      locations,
      running,
      confirm: (discardId) => this.#postDiscarded({ type: 'confirmDiscard', discardId }),
      postpone: (discardId) => this.#postDiscarded({ type: 'postponeDiscard', discardId }),
      onSettled: () => this.#settle(),
      report: (planned, message) => this.problems$.next({ what: 'discard', message, planned }),
    });
    const work = {
      clock,
      storage: options.storage,
      locations,
      operatorCoordinators: this.operatorCoordinators,
      masterHooks: given.masterHooks,
      state: () => this.loop.state,
      post: (content: Posted) => void this.post({ content }),
      running,
    };
    this.#actors = new Actors(
      {
        work,
        inspect: options.inspect,
        startPeriodicTrigger: (started) => this.#startPeriodicTrigger(started),
      },
      taken.term,
    );
  }

  /** Orders what the journal owes and begins to take turns. */
  start(attached: Attached): void {
    this.#link.announce(attached.state);
    this.operatorCoordinators.takeOver(attached.state);
    if (attached.state.table.configuration.intervalMs !== undefined) this.#prepareBase();
    this.#actors.recover();
    this.#keeper.ended(attached.facts);
    this.desk.tell(attached.facts, attached.statistics);
    for (const effect of attached.effects)
      if (effect.type !== 'discard') this.#carryOut(effect, attached.state);
    for (const effect of owedEffects(attached.state)) this.#carryOut(effect, attached.state);
    this.#link.release({
      post: (letter) => void this.post(letter),
      report: (message) => this.problems$.next({ what: 'frames', message }),
    });
  }

  /** False when the letter was refused. */
  post(letter: Letter): boolean {
    if (this.loop.post(letter)) return true;
    if (!this.#isOver)
      this.problems$.next({ what: 'inbox', message: `the inbox is full: ${letter.content.type} is dropped` });
    return false;
  }

  /** Resolves when nothing ordered to be discarded is left, or when the reign is over. */
  settled(): Promise<void> {
    if (this.#isOver || this.#discards.owed === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenSettled.push(resolve));
  }

  /** The value a live checkpoint actor stands at. */
  phaseOf(checkpointId: CheckpointId): unknown {
    return this.#actors.phaseOf(checkpointId);
  }

  async close(): Promise<void> {
    if (this.#isOver) return;
    await this.loop.drain();
    await this.#closeHooks();
    this.over({ how: 'closed' }, new TidemarkError('COORDINATOR_CLOSED', 'the coordinator is closed'));
    await this.#keeper.idle();
  }

  /** Ends without a word to the journal or the tasks. */
  over(ended: Ended, error: TidemarkError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.loop.stop(error);
    this.#link.stop();
    this.#discards.stop();
    this.#actors.signal({ type: `coordinator.${ended.how}` });
    this.#actors.stop();
    this.requests.rejectAll(error);
    this.#settle();
    this.facts$.complete();
    this.desk.status$.complete();
    this.problems$.complete();
    this.#end(ended);
  }

  #show(turn: Turn, statistics: StatisticsState): void {
    this.#actors.follow(turn.facts, turn.state);
    this.operatorCoordinators.follow(turn.facts, turn.state);
    for (const effect of turn.effects) {
      if (this.#isOver) return;
      this.#carryOut(effect, turn.state);
    }
    if (this.#isOver || turn.facts.length === 0) return;
    // Whoever waits for an answer finds it in the statistics as well (C-109).
    this.desk.show(turn.facts, statistics);
    this.requests.settle(turn.facts);
    this.facts$.next(turn.facts);
  }

  #carryOut(effect: Effect, state: JobState): void {
    if (effect.type === 'discard') this.#discards.order(effect.planned);
    else if (effect.type === 'rearmPeriodicTrigger') this.#periodicTrigger.rearm(effect.waitMs);
    else if (effect.type === 'advancePeriodicTrigger') this.#periodicTrigger.advance(effect.intervalMs);
    else if (effect.type === 'failJob') this.#failJob(effect.failure);
    else {
      this.#link.carryOut(effect, state);
      if (effect.type === 'notifyCompleted') this.operatorCoordinators.notifyCompleted(effect.checkpointId);
      if (effect.type === 'notifyAborted') this.operatorCoordinators.notifyAborted(effect.checkpointId);
    }
  }

  /** Early, so that the first checkpoint finds them; whoever needs them tries again where this fails. */
  #prepareBase(): void {
    this.#locations.prepareBase().catch((error: unknown) => {
      if (!this.#isOver) this.problems$.next({ what: 'housekeeping', message: messageOf(error) });
    });
  }

  #makeCoordinators(options: CoordinatorOptions, { state }: Attached): OperatorCoordinators {
    const report = (message: string): void => {
      if (!this.#isOver) this.problems$.next({ what: 'operatorCoordinator', message });
    };
    return new OperatorCoordinators({
      coordinators: options.operatorCoordinators ?? [],
      graph: state.table.graph,
      report,
    });
  }

  /** What the embedder's own code throws must not keep the rest from happening (C-160). */
  #failJob(failure: JobFailureRequired): void {
    try {
      this.#onJobFailure?.(failure);
    } catch (error) {
      this.problems$.next({ what: 'jobFailure', message: messageOf(error) });
    }
  }

  /** Orders nothing by itself and may wait for the next block, unless a request waits for room (C-040). */
  #postDiscarded(content: Posted): void {
    this.post({ content, isLazy: this.loop.state.table.queue.length === 0 });
  }

  async #closeHooks(): Promise<void> {
    const failures = await this.#masterHooks.close();
    if (this.#isOver) return;
    for (const { message } of failures) this.problems$.next({ what: 'masterHook', message });
  }

  #settle(): void {
    const waiting = this.#whenSettled;
    this.#whenSettled = [];
    for (const resolve of waiting) resolve();
  }

  #startPeriodicTrigger(started: SchedulerStarted): () => void {
    return this.#periodicTrigger.start(started, (letter) => void this.post(letter));
  }

  #fail(error: TidemarkError): void {
    this.over({ how: error.code === 'COORDINATOR_FENCED' ? 'fenced' : 'stopped', error }, error);
  }

  #makeKeeper(options: CoordinatorOptions, taken: TakenOver): JournalKeeper {
    return new JournalKeeper({
      journal: options.journal,
      stream: streamOf(options.jobId),
      retention: options.journalRetention ?? {},
      snapshotRevision: taken.recovered.snapshotRevision,
      acknowledgedIn: taken.recovered.acknowledgedIn,
      detailIn: taken.recovered.detailIn,
      superfluous: taken.recovered.superfluous,
      report: (error) => this.problems$.next({ what: 'housekeeping', message: String(error) }),
    });
  }
}
