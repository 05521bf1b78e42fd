/** How long new attempts took to get going with their state: one span when all of them have said (C-234). */
import type { Fact } from '../core/facts/fact.ts';
import { emptyRoster, fromRuns, Roster } from '../core/roster.ts';
import type { Span, SpanAttribute } from './spans.ts';
import type { RestoredRecord, CheckpointStatistics } from './statistics.ts';

/** What a task says of its own start. Times are wall-clock milliseconds. */
export interface SubtaskInitialization {
  readonly slot: number;
  readonly attempt: number;
  readonly isCompleted: boolean;
  readonly startedAt: number;
  readonly endedAt: number;
  /** By name, such as `DownloadStateDurationMs`; numbers of 0 and more. */
  readonly durations: Readonly<Record<string, number>>;
}

/**
 * What became of a report: `complete` with the span when it was the last; `invalid` when it ends before it starts or a
 * number is negative.
 */
export type InitializationOutcome =
  | { readonly type: 'recorded' | 'duplicate' | 'unknownAttempt' | 'invalid' }
  | { readonly type: 'complete'; readonly span: Span };

const isValid = ({ startedAt, endedAt, durations }: SubtaskInitialization): boolean =>
  startedAt >= 0 && endedAt >= startedAt && Object.values(durations).every((value) => value >= 0);

/** Greatest and sum of each duration, in the order they were first named. */
const durationAttributes = (reports: readonly SubtaskInitialization[]): Record<string, number> => {
  const attributes: Record<string, number> = {};
  for (const [name, value] of reports.flatMap(({ durations }) => Object.entries(durations))) {
    attributes[`max${name}`] = Math.max(attributes[`max${name}`] ?? 0, value);
    attributes[`sum${name}`] = (attributes[`sum${name}`] ?? 0) + value;
  }
  return attributes;
};

/** One deployment, from the fact that restored it to the last report of its attempts. */
class Initialization {
  readonly #startedAt: number;
  readonly #attempts: Roster;
  readonly #restored: RestoredRecord | undefined;
  readonly #reports = new Map<number, SubtaskInitialization>();

  constructor(startedAt: number, attempts: Roster, restored: RestoredRecord | undefined) {
    this.#startedAt = startedAt;
    this.#attempts = attempts;
    this.#restored = restored;
  }

  report(report: SubtaskInitialization): InitializationOutcome {
    if (!this.#attempts.has(report.slot, report.attempt)) return { type: 'unknownAttempt' };
    if (!isValid(report)) return { type: 'invalid' };
    if (this.#reports.has(report.slot)) return { type: 'duplicate' };
    this.#reports.set(report.slot, report);
    if (this.#reports.size < this.#attempts.size) return { type: 'recorded' };
    return { type: 'complete', span: this.#span([...this.#reports.values()]) };
  }

  #span(reports: readonly SubtaskInitialization[]): Span {
    const isCompleted = reports.every((report) => report.isCompleted);
    const attributes: Record<string, SpanAttribute> = {
      initializationStatus: isCompleted ? 'COMPLETED' : 'FAILED',
      ...durationAttributes(reports),
    };
    if (this.#restored !== undefined) {
      attributes['checkpointId'] = this.#restored.checkpointId;
      attributes['fullSize'] = this.#restored.stateSizeBytes ?? -1;
    }
    const startedAt = this.#startedAt;
    const endedAt = reports.reduce((latest, report) => Math.max(latest, report.endedAt), startedAt);
    return { type: 'span', name: 'JobInitialization', startedAt, endedAt, attributes, children: [] };
  }
}

/**
 * Follows the newest deployment. It is not journaled: when the coordinator dies before the last report there is no
 * span, and nothing else is missing.
 */
export class JobInitializations {
  #current: Initialization | undefined;

  /** Hears durable facts, block by block, with the statistics after them. */
  hear(facts: readonly Fact[], statistics: CheckpointStatistics): void {
    let deployed = emptyRoster;
    for (const fact of facts) {
      if (fact.type === 'tasks.deployed') deployed = new Roster(fromRuns(fact.runs));
      if (fact.type !== 'job.restored') continue;
      const restored = fact.checkpointId === undefined ? undefined : statistics.restored;
      this.#current = new Initialization(fact.at, deployed, restored);
    }
  }

  report(report: SubtaskInitialization): InitializationOutcome {
    return this.#current?.report(report) ?? { type: 'unknownAttempt' };
  }
}
