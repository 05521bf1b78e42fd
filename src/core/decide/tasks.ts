/** Attempts come, go and reach the end of their input. */
import type { Attach, EndAttempt, EndData, Restore, Time } from '../commands.ts';
import type { Fact } from '../facts/fact.ts';
import { peek } from '../evolve.ts';
import { isTerminated, type JobState } from '../job-state.ts';
import { taskPhases } from '../phase.ts';
import { toRuns, type RosterEntry } from '../roster.ts';
import { rejectQueue } from './choose.ts';
import { abortAll, decided, DiscardPlanner, nothing, type Decision } from './decision.ts';
import { endOfDataFacts } from './submit.ts';

const dataEndedFact = (slot: number, at: number): Fact => ({ type: 'task.dataEnded', at, slot });

const hasEndedData = (state: JobState, slot: number): boolean =>
  !taskPhases.accepts(state.table.taskPhases[slot] ?? taskPhases.initial, 'task.dataEnded');

/**
 * A new coordinator compares the living attempts with the plan: checkpoints that lost an attempt are given up, all
 * others go on (C-291).
 */
export const decideAttach = (state: JobState, command: Attach): Decision => {
  const { living, at } = command;
  const { roster, jobPhase } = state.table;
  const alive = new Set(living.map((entry) => entry.slot));
  const lost = roster.entries().filter((entry) => !alive.has(entry.slot));
  const added = living.filter((entry) => !roster.has(entry.slot, entry.attempt));
  const facts: Fact[] = [];
  if (lost.length > 0) {
    facts.push(
      ...rejectQueue(state, at, 'CHECKPOINT_COORDINATOR_SUSPEND'),
      ...lostFacts(state, lost, command),
    );
  }
  if (lost.length > 0 && jobPhase === 'running') {
    const message = `${lost.length} of ${roster.size} tasks did not outlive their process.`;
    facts.push({ type: 'job.restarting', at, cause: 'processLost', message });
  }
  if (added.length > 0) facts.push({ type: 'tasks.deployed', at, runs: toRuns(added.map(bare)) });
  const ended = living.filter(
    (entry) => entry.dataEnded && !(roster.has(entry.slot, entry.attempt) && hasEndedData(state, entry.slot)),
  );
  facts.push(...ended.map((entry) => dataEndedFact(entry.slot, at)));
  return decided(facts, { type: 'done' });
};

const bare = ({ vertex, subtask, slot, attempt }: RosterEntry): RosterEntry => ({
  vertex,
  subtask,
  slot,
  attempt,
});

const lostFacts = (state: JobState, lost: readonly RosterEntry[], time: Time): Fact[] => {
  const { roster } = state.table;
  const message = `${lost.length} of ${roster.size} tasks did not outlive their process.`;
  const planner = new DiscardPlanner(state, time.at);
  const lostPlan = (checkpoint: { plan: typeof roster }): boolean =>
    lost.some((entry) => checkpoint.plan.positionOf(entry.slot) >= 0);
  return [
    ...abortAll(state, { reason: 'TASK_FAILURE', message, time }, planner, lostPlan),
    { type: 'tasks.lost', at: time.at, runs: toRuns(lost) },
  ];
};

/** New attempts get the state of the newest completed checkpoint; what is in flight belongs to the old ones. */
export const decideRestore = (state: JobState, command: Restore): Decision => {
  if (isTerminated(state.table)) return nothing('terminated');
  const { attempts, at } = command;
  const planner = new DiscardPlanner(state, at);
  const newest = state.table.completed.at(-1);
  const facts: Fact[] = [
    ...rejectQueue(state, at, 'CHECKPOINT_COORDINATOR_SUSPEND'),
    ...abortAll(
      state,
      { reason: 'JOB_FAILOVER_REGION', message: 'Tasks are deployed anew.', time: command },
      planner,
    ),
    { type: 'tasks.deployed', at, runs: toRuns(attempts) },
    { type: 'job.restored', at, checkpointId: newest?.checkpointId },
  ];
  if (newest === undefined) return decided(facts, { type: 'done' });
  const { checkpointId, externalPointer } = newest;
  return decided(facts, { type: 'done', checkpointId, externalPointer });
};

const endedText = {
  finished: 'CHECKPOINT_DECLINED_TASK_CLOSING',
  failed: 'TASK_FAILURE',
  cancelled: 'TASK_FAILURE',
} as const;

/** A checkpoint cannot complete without an attempt of its plan: it is given up. */
export const decideEndAttempt = (state: JobState, command: EndAttempt): Decision => {
  const { slot, attempt, status, message, at } = command;
  if (!state.table.roster.has(slot, attempt)) return nothing('unknownAttempt');
  const planner = new DiscardPlanner(state, at);
  const why = { reason: endedText[status], message, time: command };
  const aborted = abortAll(state, why, planner, (checkpoint) => checkpoint.plan.has(slot, attempt));
  const type = `task.${status}` as const;
  return decided([...aborted, { type, at, slot, message }], { type: 'done' });
};

/** The last source to reach the end of its input starts the last checkpoint at once (C-057). */
export const decideEndData = (state: JobState, command: EndData): Decision => {
  const { slot, attempt, at } = command;
  if (!state.table.roster.has(slot, attempt)) return nothing('unknownAttempt');
  if (hasEndedData(state, slot)) return nothing('duplicate');
  const ended = dataEndedFact(slot, at);
  return decided([ended, ...endOfDataFacts(peek(state, [ended]), command)], { type: 'done' });
};
