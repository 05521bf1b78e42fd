/** What the table says of the schedule of periodic checkpoints. */
import { hasBlockingOutput } from './job-graph.ts';
import { hasInactive, type JobTable } from './job-state.ts';
import { schedulerPhases } from './phase.ts';

/** True while checkpoints are triggered periodically. */
export const isScheduling = ({ schedulerPhase }: JobTable): boolean =>
  schedulerPhase !== schedulerPhases.initial;

/** The interval that holds now; undefined: the timer does not come again (C-050). */
export const currentIntervalMs = ({ backlog, configuration }: JobTable): number | undefined =>
  Object.keys(backlog).length > 0 ? configuration.intervalDuringBacklogMs : configuration.intervalMs;

/**
 * True when a schedule may be kept: the job runs, no task of it is on its way up or down, and no output is blocking
 * (C-056). A task that has finished does not matter.
 */
export const canSchedule = (table: JobTable): boolean => {
  const { configuration, graph, jobPhase, vacantTasks } = table;
  if (configuration.intervalMs === undefined || jobPhase !== 'running') return false;
  return Object.keys(vacantTasks).length === 0 && !hasInactive(table) && !hasBlockingOutput(graph);
};

/** True when somebody has stopped the schedule and nobody has started it since. */
export const isHeld = ({ schedulerFact }: Pick<JobTable, 'schedulerFact'>): boolean =>
  schedulerFact?.type === 'scheduler.stopped' && schedulerFact.reason === 'requested';
