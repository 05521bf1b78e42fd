/** When periodic checkpoints are scheduled: what starts and stops the timer, and which interval it goes by. */
import type {
  Command,
  CommandType,
  ReportBacklog,
  StartScheduler,
  StopScheduler,
  Time,
} from '../commands.ts';
import { peek } from '../evolve.ts';
import type { Fact, SchedulerStarted, SchedulerStopReason } from '../facts/fact.ts';
import { isTerminated, type JobState } from '../job-state.ts';
import { canSchedule, isHeld, isScheduling } from '../schedule.ts';
import { rejectQueue } from './choose.ts';
import { abortAll, decided, DiscardPlanner, nothing, type Decision } from './decision.ts';

/** The first start of a reign waits the delay that was drawn for it, every later one the pause (C-049). */
const startedFact = ({ table }: JobState, at: number): SchedulerStarted => {
  const { schedulerStarts, initialDelayMs, configuration } = table;
  const { minPauseMs } = configuration;
  const delayMs = schedulerStarts === 0 ? (initialDelayMs ?? minPauseMs) : minPauseMs;
  return { type: 'scheduler.started', at, start: schedulerStarts + 1, delayMs };
};

/**
 * Gives up what waits and what is in flight (C-055). A savepoint in flight stays: it is given up only with one of its
 * tasks (C-300).
 */
const stopFacts = (state: JobState, time: Time, reason: SchedulerStopReason): Fact[] => {
  const { at } = time;
  const planner = new DiscardPlanner(state, at);
  const why = { reason: 'CHECKPOINT_COORDINATOR_SUSPEND', message: '', time } as const;
  return [
    { type: 'scheduler.stopped', at, reason },
    ...rejectQueue(state, at, 'CHECKPOINT_COORDINATOR_SUSPEND'),
    ...abortAll(state, why, planner, ({ kind }) => kind !== 'savepoint'),
  ];
};

/** Commands that may change whether a schedule is kept. */
const steering: ReadonlySet<CommandType> = new Set<CommandType>([
  'attach',
  'restore',
  'reportJobStatus',
  'endAttempt',
  'changeActivity',
]);

const activationFacts = (state: JobState, time: Time): Fact[] => {
  const { table } = state;
  if (canSchedule(table)) return isScheduling(table) || isHeld(table) ? [] : [startedFact(state, time.at)];
  if (!isScheduling(table) && !isHeld(table)) return [];
  return stopFacts(state, time, table.jobPhase === 'running' ? 'tasks' : 'jobStatus');
};

/** A decision with what it means for the schedule: it is kept exactly while it may be (C-056). */
export const withSchedule = (state: JobState, command: Command, decision: Decision): Decision => {
  if (!steering.has(command.type)) return decision;
  const steered = activationFacts(peek(state, decision.facts), command);
  return steered.length === 0 ? decision : { ...decision, facts: [...decision.facts, ...steered] };
};

/** Starts the schedule, or starts it again: it is stopped first (C-048). */
export const decideStartScheduler = (state: JobState, command: StartScheduler): Decision => {
  const { table } = state;
  if (isTerminated(table)) return nothing('terminated');
  if (table.configuration.intervalMs === undefined) return nothing('noInterval');
  if (!canSchedule(table)) return nothing('schedulerWaits');
  const stopped = isScheduling(table) ? stopFacts(state, command, 'restarted') : [];
  return decided([...stopped, startedFact(state, command.at)], { type: 'done' });
};

export const decideStopScheduler = (state: JobState, command: StopScheduler): Decision =>
  isScheduling(state.table)
    ? decided(stopFacts(state, command, 'requested'), { type: 'done' })
    : nothing(isTerminated(state.table) ? 'terminated' : 'already');

/** The last report of an operator counts (C-053). */
export const decideReportBacklog = ({ table }: JobState, command: ReportBacklog): Decision => {
  const { at, operatorId, isBacklog } = command;
  const isKnown = table.graph.vertices.some(({ operators }) => operators.some(({ id }) => id === operatorId));
  if (!isKnown) return nothing('unknownOperator');
  if ((table.backlog[operatorId] ?? false) === isBacklog) return nothing('already');
  return decided([{ type: 'source.backlogChanged', at, operatorId, isBacklog }], { type: 'done' });
};
