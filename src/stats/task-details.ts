/**
 * Which checkpoints can be looked at task by task: all in flight and the last that ended. It stands beside the other
 * statistics, as ledgers stand beside the job's table, and is changed by the same facts.
 */
import type { Fact } from '../core/facts/fact.ts';
import type { JobGraph } from '../core/job-graph.ts';
import { emptyRoster, fromRuns, type Roster } from '../core/roster.ts';
import { AcknowledgedRows } from './acknowledged-rows.ts';

/** Checkpoints that have ended whose tasks can still be looked at: as many as the journal keeps the detail of. */
export const DETAILED_CHECKPOINTS_MAX = 10;
/**
 * Fewer when they have more tasks than this in all, 15 MB in memory; the last one always stays. Ten checkpoints of
 * 25 000 tasks fit.
 */
export const DETAILED_TASKS_MAX = 250_000;

export interface TaskDetails {
  /** Undefined before the job was opened. */
  readonly graph: JobGraph | undefined;
  /** The newest attempt of every task, whether it still lives or not. */
  readonly attempts: Roster;
  readonly inFlight: readonly AcknowledgedRows[];
  /** The last ended one last. */
  readonly ended: readonly AcknowledgedRows[];
}

export const noTaskDetails: TaskDetails = {
  graph: undefined,
  attempts: emptyRoster,
  inFlight: [],
  ended: [],
};

/** The last ended checkpoints that are within both limits. */
const kept = (ended: readonly AcknowledgedRows[]): readonly AcknowledgedRows[] => {
  let tasks = 0;
  const tooOld = ended.findLastIndex((rows, index) => {
    tasks += rows.count;
    const isLast = index === ended.length - 1;
    return !isLast && (ended.length - index > DETAILED_CHECKPOINTS_MAX || tasks > DETAILED_TASKS_MAX);
  });
  return tooOld < 0 ? ended : ended.slice(tooOld + 1);
};

const without = (rows: readonly AcknowledgedRows[], checkpointId: number): readonly AcknowledgedRows[] =>
  rows.filter((each) => each.checkpointId !== checkpointId);

const acknowledge = (
  details: TaskDetails,
  { checkpointId, columns, at }: Fact & { readonly type: 'tasks.acknowledged' },
): TaskDetails => {
  const index = details.inFlight.findIndex((rows) => rows.checkpointId === checkpointId);
  if (index < 0) return details;
  // The journal has forgotten a part of it: a part would tell the wrong tale.
  if (columns === undefined) return { ...details, inFlight: without(details.inFlight, checkpointId) };
  const rows = details.inFlight[index]!.with(columns, at);
  return { ...details, inFlight: details.inFlight.with(index, rows) };
};

const end = (details: TaskDetails, checkpointId: number): TaskDetails => {
  const ended = details.inFlight.filter((rows) => rows.checkpointId === checkpointId);
  const inFlight = without(details.inFlight, checkpointId);
  return { ...details, inFlight, ended: kept([...details.ended, ...ended]) };
};

/** What a fact changes of the details. */
export const foldTaskDetails = (details: TaskDetails, fact: Fact): TaskDetails => {
  switch (fact.type) {
    case 'job.opened':
      return { ...details, graph: fact.graph };
    case 'tasks.deployed':
      return { ...details, attempts: details.attempts.with(fromRuns(fact.runs)) };
    case 'checkpoint.triggered': {
      const rows = AcknowledgedRows.none(fact.checkpointId, details.attempts);
      return { ...details, inFlight: [...details.inFlight, rows] };
    }
    case 'tasks.acknowledged':
      return acknowledge(details, fact);
    case 'checkpoint.completed':
    case 'checkpoint.aborted':
      return end(details, fact.checkpointId);
    default:
      return details;
  }
};

/** The rows of a checkpoint; undefined when they are no longer, or not, kept. */
export const rowsOf = (details: TaskDetails, checkpointId: number): AcknowledgedRows | undefined =>
  [...details.inFlight, ...details.ended].find((rows) => rows.checkpointId === checkpointId);
