/** Attempts come, go and reach the end of their input. */
import type { Attach, ChangeActivity, EndAttempt, EndData, Restore, Time } from '../commands.ts';
import type { Fact } from '../facts/fact.ts';
import { peek } from '../evolve.ts';
import { isTerminated, type JobState } from '../job-state.ts';
import { taskPhases } from '../phase.ts';
import { taskCount } from '../job-graph.ts';
import { toRuns, type Roster, type RosterEntry } from '../roster.ts';
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
    (entry) =>
      entry.dataEnded &&
      (entry.isActive ?? true) &&
      !(roster.has(entry.slot, entry.attempt) && hasEndedData(state, entry.slot)),
  );
  facts.push(...ended.map((entry) => dataEndedFact(entry.slot, at)));
  const isChanged = activityChange(peek(state, facts));
  for (const isActive of [false, true]) {
    const changed = living.filter(
      (entry) => (entry.isActive ?? true) === isActive && isChanged(entry, isActive),
    );
    if (changed.length > 0) facts.push(activityFact(changed, isActive, at));
  }
  return decided(facts, { type: 'done' });
};

/** Tells of an attempt whether it is news that it is active, or is not. */
const activityChange =
  ({ table }: JobState) =>
  ({ slot }: { readonly slot: number }, isActive: boolean): boolean => {
    const phase = table.taskPhases[slot] ?? taskPhases.initial;
    return taskPhases.accepts(phase, isActive ? 'task.active' : 'task.inactive');
  };

const activityFact = (entries: readonly RosterEntry[], isActive: boolean, at: number): Fact => ({
  type: isActive ? 'tasks.active' : 'tasks.inactive',
  at,
  runs: toRuns(entries.map(bare)),
});

/** Attempts are being deployed or cancelled, or run: the schedule is kept only while all of them run (C-056). */
export const decideChangeActivity = (state: JobState, command: ChangeActivity): Decision => {
  const { attempts, isActive, at } = command;
  const { roster } = state.table;
  const known = attempts.filter(({ slot, attempt }) => roster.has(slot, attempt));
  if (known.length === 0) return nothing('unknownAttempt');
  const isChanged = activityChange(state);
  const changed = known.filter((attempt) => isChanged(attempt, isActive));
  if (changed.length === 0) return nothing('already');
  // One that is named twice is meant once.
  const slots = [...new Set(changed.map(({ slot }) => slot))];
  const entries = slots.map((slot) => roster.at(roster.positionOf(slot)));
  return decided([activityFact(entries, isActive, at)], { type: 'done' });
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

/** What stands in the way of a snapshot that new attempts are deployed beside. */
const isReplaced = (plan: Roster, attempts: readonly RosterEntry[]): boolean => {
  const taskOf = (entry: RosterEntry): string => `${entry.vertex}/${entry.subtask}`;
  const replaced = new Set(attempts.map(taskOf));
  return plan.entries().some((entry) => replaced.has(taskOf(entry)));
};

/**
 * New attempts get the state of the newest completed checkpoint. Checkpoints in flight are given up whatever restarts
 * (C-103); a savepoint only if one of its own tasks does, and one that waits only if all tasks do (C-300).
 */
export const decideRestore = (state: JobState, command: Restore): Decision => {
  if (isTerminated(state.table)) return nothing('terminated');
  const { attempts, at } = command;
  // Without a checkpoint of its own, the job is restored from the same thing again.
  const isUnclaimed = command.isUnclaimed ?? state.table.forceFull;
  const planner = new DiscardPlanner(state, at);
  const newest = state.table.completed.at(-1);
  const isWhole = attempts.length >= taskCount(state.table.graph);
  const facts: Fact[] = [
    ...rejectQueue(
      state,
      at,
      'CHECKPOINT_COORDINATOR_SUSPEND',
      ({ kind }) => kind === 'checkpoint' || isWhole,
    ),
    ...abortAll(
      state,
      { reason: 'JOB_FAILOVER_REGION', message: 'Tasks are deployed anew.', time: command },
      planner,
      ({ kind, plan }) => kind === 'checkpoint' || isReplaced(plan, attempts),
    ),
    { type: 'tasks.deployed', at, runs: toRuns(attempts) },
    {
      type: 'job.restored',
      at,
      checkpointId: newest?.checkpointId,
      ...(isUnclaimed ? { isUnclaimed } : {}),
    },
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

/** A vertex that has read all its data has no backlog (C-053). */
const caughtUpFacts = (state: JobState, slot: number, at: number): Fact[] => {
  const { roster, graph, backlog } = state.table;
  const { vertex } = roster.at(roster.positionOf(slot));
  const behind = graph.vertices[vertex]!.operators.filter(({ id }) => backlog[id] === true);
  if (behind.length === 0) return [];
  const isAtEnd = roster
    .entries()
    .filter((entry) => entry.vertex === vertex)
    .every((entry) => hasEndedData(state, entry.slot));
  if (!isAtEnd) return [];
  return behind.map(({ id }) => ({
    type: 'source.backlogChanged',
    at,
    operatorId: id,
    isBacklog: false,
  }));
};

/** The last source to reach the end of its input starts the last checkpoint at once (C-057). */
export const decideEndData = (state: JobState, command: EndData): Decision => {
  const { slot, attempt, at } = command;
  if (!state.table.roster.has(slot, attempt)) return nothing('unknownAttempt');
  if (hasEndedData(state, slot)) return nothing('duplicate');
  const ended = dataEndedFact(slot, at);
  const after = peek(state, [ended]);
  const caughtUp = caughtUpFacts(after, slot, at);
  return decided([ended, ...caughtUp, ...endOfDataFacts(after, command)], { type: 'done' });
};
