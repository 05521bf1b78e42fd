/** The job manager reports what the job does; when it ends for good, retention takes effect once. */
import type { CheckpointId } from '../../state/ids.ts';
import { planTermination } from '../../retention/plan.ts';
import type { TerminalStatus } from '../../retention/policy.ts';
import type { ReportJobStatus } from '../commands.ts';
import { endedFactType, type Fact } from '../facts/fact.ts';
import { isTerminated, type JobState } from '../job-state.ts';
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

/** Completed checkpoints that go at the end of the job, each with the clause of the matrix that decided. */
const discardFacts = (state: JobState, status: TerminalStatus, planner: DiscardPlanner): Fact[] =>
  planTermination(state.table.completed, status).discard.map(({ checkpointId, clause }) => {
    const completed = state.table.completed.find((candidate) => candidate.checkpointId === checkpointId);
    invariant(completed, `retention would discard checkpoint ${checkpointId}, which is not in the store`);
    const target = { kind: 'directory', location: completed.location } as const;
    return planner.plan(checkpointId as CheckpointId, 'terminated', clause, target);
  });

const decideEnd = (state: JobState, command: ReportJobStatus, status: TerminalStatus): Decision => {
  const { at, message } = command;
  const factType = endedFactType[status];
  if (state.table.jobFact === factType) return nothing('already');
  const planner = new DiscardPlanner(state, at);
  const reason =
    status === 'SUSPENDED' ? 'CHECKPOINT_COORDINATOR_SUSPEND' : 'CHECKPOINT_COORDINATOR_SHUTDOWN';
  const aborted = abortAll(state, { reason, message, time: command }, planner);
  const kept = planTermination(state.table.completed, status).keep;
  const ended: Fact = { type: factType, at, message, kept };
  const rejected = rejectQueue(state, at, reason);
  return decided([...rejected, ...aborted, ended, ...discardFacts(state, status, planner)], { type: 'done' });
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
