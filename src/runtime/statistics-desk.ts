/**
 * What is shown of a job's statistics, and who is told when a checkpoint ends. Nothing it does reaches a decision: an
 * error of a listener is a problem to report and no more (C-235).
 */
import { BehaviorSubject } from 'rxjs';
import { messageOf } from '../errors.ts';
import type { Fact } from '../core/facts/fact.ts';
import { checkpointGauges, type CheckpointGauges } from '../stats/gauges.ts';
import { recordOf, type CheckpointRecord } from '../stats/history.ts';
import {
  JobInitializations,
  type InitializationOutcome,
  type SubtaskInitialization,
} from '../stats/initialization.ts';
import { checkpointingStatistics, type CheckpointingStatisticsView } from '../stats/rest-view.ts';
import { checkpointEvent, checkpointSpan, type Span, type TraceEvent } from '../stats/spans.ts';
import type { CheckpointStatistics, EndedCheckpoint, StatisticsState } from '../stats/statistics.ts';
import { rowsOf } from '../stats/task-details.ts';
import { checkpointDetail, type CheckpointDetail } from '../stats/tasks.ts';

/**
 * Hears of what ended, once each and after it is durable; of nothing that ended under an earlier coordinator. Every
 * function is optional; what one throws is reported on `problems$` and has no other effect.
 */
export interface CheckpointListener {
  /** A checkpoint or savepoint has completed (C-236). */
  checkpointCompleted?(record: CheckpointRecord): void;
  /** A checkpoint or savepoint has failed (C-236). */
  checkpointFailed?(record: CheckpointRecord): void;
  /** `Checkpoint` with each end (C-232), `JobInitialization` with the last report of new attempts (C-234). */
  span?(span: Span): void;
  /** `CheckpointEvent` with each end (C-232). */
  event?(event: TraceEvent): void;
}

export class StatisticsDesk {
  readonly status$: BehaviorSubject<CheckpointStatistics>;
  readonly #listener: CheckpointListener | undefined;
  readonly #report: (message: string) => void;
  readonly #initializations = new JobInitializations();
  #state: StatisticsState;
  #view: { readonly of: CheckpointStatistics; readonly view: CheckpointingStatisticsView } | undefined;

  constructor(
    state: StatisticsState,
    listener: CheckpointListener | undefined,
    report: (message: string) => void,
  ) {
    this.#state = state;
    this.#listener = listener;
    this.#report = report;
    this.status$ = new BehaviorSubject(state.statistics);
  }

  /** Facts are durable; `state` is what they fold to. */
  show(facts: readonly Fact[], state: StatisticsState): void {
    this.#state = state;
    this.status$.next(state.statistics);
    this.tell(facts, state);
  }

  /** Tells of what has ended. */
  tell(facts: readonly Fact[], state: StatisticsState): void {
    this.#initializations.hear(facts, state.statistics);
    if (this.#listener === undefined) return;
    for (const ended of state.justEnded) this.#tellEnded(this.#listener, ended);
  }

  gauges(): CheckpointGauges {
    return checkpointGauges(this.#state.statistics);
  }

  /** The same value as long as nothing has changed (C-229). */
  view(): CheckpointingStatisticsView {
    const { statistics } = this.#state;
    if (this.#view?.of !== statistics) {
      this.#view = { of: statistics, view: checkpointingStatistics(statistics) };
    }
    return this.#view.view;
  }

  /** Undefined when the checkpoint or its tasks are not kept any more. */
  detail(checkpointId: number): CheckpointDetail | undefined {
    const { statistics, details } = this.#state;
    const record = recordOf(statistics, checkpointId);
    const rows = rowsOf(details, checkpointId);
    if (record === undefined || rows === undefined || details.graph === undefined) return undefined;
    return checkpointDetail(record, rows, details.graph);
  }

  reportInitialization(report: SubtaskInitialization): InitializationOutcome {
    const outcome = this.#initializations.report(report);
    if (outcome.type === 'complete') this.#try('span', () => this.#listener?.span?.(outcome.span));
    return outcome;
  }

  #tellEnded(listener: CheckpointListener, { record, rows }: EndedCheckpoint): void {
    const hears = record.status === 'COMPLETED' ? 'checkpointCompleted' : 'checkpointFailed';
    this.#try(hears, () => listener[hears]?.(record));
    this.#try('event', () => listener.event?.(checkpointEvent(record)));
    const { graph } = this.#state.details;
    if (listener.span === undefined || rows === undefined || graph === undefined) return;
    const level = this.#state.statistics.configuration?.spanDetailLevel ?? 'SPAN_PER_CHECKPOINT';
    this.#try('span', () => listener.span?.(checkpointSpan(checkpointDetail(record, rows, graph), level)));
  }

  #try(what: keyof CheckpointListener, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#report(`${what}: ${messageOf(error)}`);
    }
  }
}
