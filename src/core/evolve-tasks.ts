/** How attempts and the schedule of periodic checkpoints are folded: parts of {@link fold}. */
import { castDraft, type Draft } from 'immer';
import type { SchedulerStarted, SchedulerStopped, TaskEnded, TasksActivityChanged } from './facts/fact.ts';
import { taskEntry, type JobTable } from './job-state.ts';
import { schedulerPhases, taskPhases } from './phase.ts';
import { fromRuns, type Roster } from './roster.ts';
import { isHeld } from './schedule.ts';

type Table = Draft<JobTable>;

/** Their tasks have nobody until new attempts are deployed. */
export const vacate = (table: Table, slots: Iterable<number>): void => {
  const roster = table.roster as Roster;
  for (const slot of slots) {
    const position = roster.positionOf(slot);
    if (position >= 0) table.vacantTasks[taskEntry(roster.at(position))] = true;
  }
};

export const removeAttempts = (table: Table, slots: ReadonlySet<number>): void => {
  table.roster = castDraft((table.roster as Roster).without(slots));
  for (const slot of slots) delete table.taskPhases[slot];
};

export const moveTask = (
  table: Table,
  slot: number,
  factType: TaskEnded['type'] | 'task.dataEnded',
): void => {
  const phase = taskPhases.next(table.taskPhases[slot] ?? taskPhases.initial, factType);
  if (factType === 'task.failed' || factType === 'task.cancelled') vacate(table, [slot]);
  if (taskPhases.isFinal(phase)) removeAttempts(table, new Set([slot]));
  else table.taskPhases[slot] = phase;
};

export const changeActivity = (table: Table, { type, runs }: TasksActivityChanged): void => {
  const signal = type === 'tasks.active' ? 'task.active' : 'task.inactive';
  for (const { slot } of fromRuns(runs)) {
    const phase = taskPhases.next(table.taskPhases[slot] ?? taskPhases.initial, signal);
    if (phase === taskPhases.initial) delete table.taskPhases[slot];
    else table.taskPhases[slot] = phase;
  }
};

export const moveScheduler = (table: Table, fact: SchedulerStarted | SchedulerStopped): void => {
  table.schedulerPhase = schedulerPhases.next(table.schedulerPhase, fact.type);
  table.schedulerFact = fact;
  if (fact.type === 'scheduler.started') table.schedulerStarts = fact.start;
};

/** A new reign keeps no schedule yet; that somebody has stopped it goes on. */
export const resetScheduler = (table: Table, initialDelayMs: number | undefined): void => {
  if (!isHeld(table)) table.schedulerFact = undefined;
  table.schedulerPhase = schedulerPhases.initial;
  table.schedulerStarts = 0;
  table.initialDelayMs = initialDelayMs;
};
