/** The job manager reports what the job does; when it ends for good, retention takes effect once. */
import type { CheckpointId } from '../../state/ids.ts';
import { planTermination, type RetentionPlan } from '../../retention/plan.ts';
import type { TerminalStatus } from '../../retention/policy.ts';
import type { ReportJobStatus } from '../commands.ts';
import { endedFactType, type Fact } from '../facts/fact.ts';
import { canAbort, isTerminated, type JobState } from '../job-state.ts';
import { releaseFacts, stillInFlight, type Gone } from './release.ts';
import { jobPhases } from '../phase.ts';
import { invariant } from '../../errors.ts';
import { peek } from '../evolve.ts';
import { rejectQueue } from './choose.ts';
import { endOfDataFacts } from './submit.ts';
import { abortAll, decided, DiscardPlanner, nothing, type Decision } from './decision.ts';

const decideRunning = (state: JobState, command: ReportJobStatus): Decision => {
  if (!jobPhases.accepts(state.table.jobPhase, 'job.running')) return nothing('already');
  const running: Fact = { type: 'job.running', at: command.at };
  const atEnd = endOfDataFacts(peek(state, [running]), command);
  return decided([running, ...atEnd], { type: 'done' });
};

const decideRestarting = (state: JobState, command: ReportJobStatus): Decision => {
  const { at, message } = command;
  const planner = new DiscardPlanner(state, at);
  const aborted = abortAll(state, { reason: 'JOB_FAILOVER_REGION', message, time: command }, planner);
  const restarting: Fact = { type: 'job.restarting', at, cause: 'taskFailure', message };
  const rejected = rejectQueue(state, at, 'CHECKPOINT_COORDINATOR_SUSPEND');
  return decided([...rejected, ...aborted, restarting], { type: 'done' });
};

/**
 * What the end of the job discards: completed checkpoints, each with the clause of the matrix that decided, and shared
 * files that none of those uses that stay.
 */
const discardFacts = (state: JobState, plan: RetentionPlan, at: number, planner: DiscardPlanner): Fact[] => {
  const { completed, nextCheckpointId } = state.table;
  const gone = plan.discard.map(({ checkpointId, clause }): Gone => {
    const stored = completed.find((candidate) => candidate.checkpointId === checkpointId);
    invariant(stored, `retention would discard checkpoint ${checkpointId}, which is not in the store`);
    return { checkpointId: stored.checkpointId, location: stored.location, cause: 'terminated', clause };
  });
  const after = {
    at,
    checkpointId: (nextCheckpointId - 1) as CheckpointId,
    retained: plan.keep.map(({ checkpointId }) => checkpointId),
    inFlight: stillInFlight(state, canAbort),
    through: Number.POSITIVE_INFINITY,
    gone,
  };
  return releaseFacts(state, after, planner);
};

const decideEnd = (state: JobState, command: ReportJobStatus, status: TerminalStatus): Decision => {
  const { at, message } = command;
  const factType = endedFactType[status];
  if (state.table.jobFact === factType) return nothing('already');
  const planner = new DiscardPlanner(state, at);
  const { completed, isJournalDurable } = state.table;
  const reason = 'CHECKPOINT_COORDINATOR_SHUTDOWN';
  const aborted = abortAll(state, { reason, message, time: command }, planner);
  const plan = planTermination(completed, status, isJournalDurable);
  const ended: Fact = { type: factType, at, message, kept: plan.keep };
  const rejected = rejectQueue(state, at, reason);
  // A suspended job that comes back goes on with all it had.
  const isFinal = status !== 'SUSPENDED' || !isJournalDurable;
  const discards = isFinal ? discardFacts(state, plan, at, planner) : [];
  return decided([...rejected, ...aborted, ended, ...discards], { type: 'done' });
};

export const decideReportJobStatus = (state: JobState, command: ReportJobStatus): Decision => {
  const { status } = command;
  if (isTerminated(state.table)) {
    const isSame =
      status !== 'RUNNING' && status !== 'RESTARTING' && endedFactType[status] === state.table.jobFact;
    return nothing(isSame ? 'already' : 'terminated');
  }
  if (status === 'RUNNING') return decideRunning(state, command);
  if (status === 'RESTARTING') return decideRestarting(state, command);
  return decideEnd(state, command, status);
};
