/** Command → facts and outcome. May refuse, never changes. */
import { assertNever } from '../../errors.ts';
import type { Command, ConfirmDiscard, PostponeDiscard, RegisterHook, TakeOver } from '../commands.ts';
import type { Fact, FactType } from '../facts/fact.ts';
import { peek } from '../evolve.ts';
import { jobFailureFacts } from '../job-failure.ts';
import { isTerminated, type JobState } from '../job-state.ts';
import { decideAcknowledge } from './acknowledge.ts';
import { chooseFacts } from './choose.ts';
import { decideAcknowledgeCoordinators } from './coordinators.ts';
import { askedBefore, decided, nothing, type Decision } from './decision.ts';
import { decideDecline, decideExpire, decideFailTrigger } from './fail.ts';
import { decideFailMetadata, decideRecordMetadata } from './finalize.ts';
import { decideAcknowledgeHooks } from './hooks.ts';
import { decideReportJobStatus } from './job.ts';
import { decideReportMetrics } from './report.ts';
import { decideFailLocation, decideLocate } from './locate.ts';
import { decideReportBacklog, decideStartScheduler, decideStopScheduler, withSchedule } from './scheduler.ts';
import {
  decideAttach,
  decideChangeActivity,
  decideEndAttempt,
  decideEndData,
  decideRestore,
} from './tasks.ts';
import { decideTick, decideTriggerCheckpoint, decideTriggerSavepoint } from './trigger.ts';

const decideTakeOver = (state: JobState, command: TakeOver): Decision => {
  const { at, term, isJournalDurable = true, configuration, corrections = [] } = command;
  const { operatorCoordinators = [], masterHooks = [], initialDelayMs } = command;
  const { jobId, graph } = state.table;
  if (term <= state.table.term) return nothing('wrongTerm');
  const opened: Fact[] = command.isNew ? [{ type: 'job.opened', at, jobId, graph }] : [];
  const tookOver: Fact = {
    type: 'coordinator.tookOver',
    at,
    term,
    configuration,
    corrections,
    ...(isJournalDurable ? {} : { isJournalDurable }),
    ...(initialDelayMs === undefined ? {} : { initialDelayMs }),
    ...askedBefore(operatorCoordinators, masterHooks),
  };
  return decided([...opened, tookOver], { type: 'done' });
};

const decideRegisterHook = (state: JobState, command: RegisterHook): Decision => {
  const { hookId, at } = command;
  if (isTerminated(state.table)) return nothing('terminated');
  if (state.table.masterHooks.includes(hookId)) return nothing('already');
  return decided([{ type: 'hook.registered', at, hookId }], { type: 'done' });
};

const decideConfirmDiscard = (state: JobState, command: ConfirmDiscard): Decision => {
  const { discardId, at } = command;
  if (state.table.discards[discardId] === undefined) return nothing('unknownDiscard');
  return decided([{ type: 'discard.confirmed', at, discardId }], { type: 'confirmed' });
};

const decidePostponeDiscard = (state: JobState, command: PostponeDiscard): Decision => {
  const { discardId, at } = command;
  if (state.table.discards[discardId] === undefined) return nothing('unknownDiscard');
  if (state.table.postponedDiscards[discardId] === true) return nothing('duplicate');
  return decided([{ type: 'discard.postponed', at, discardId }], { type: 'postponed' });
};

const decideOne = (state: JobState, command: Command): Decision => {
  switch (command.type) {
    case 'takeOver':
      return decideTakeOver(state, command);
    case 'registerHook':
      return decideRegisterHook(state, command);
    case 'attach':
      return decideAttach(state, command);
    case 'restore':
      return decideRestore(state, command);
    case 'reportJobStatus':
      return decideReportJobStatus(state, command);
    case 'startScheduler':
      return decideStartScheduler(state, command);
    case 'stopScheduler':
      return decideStopScheduler(state, command);
    case 'reportBacklog':
      return decideReportBacklog(state, command);
    case 'tick':
      return decideTick(state, command);
    case 'triggerCheckpoint':
      return decideTriggerCheckpoint(state, command);
    case 'triggerSavepoint':
      return decideTriggerSavepoint(state, command);
    case 'locate':
      return decideLocate(state, command);
    case 'failLocation':
      return decideFailLocation(state, command);
    case 'acknowledgeCoordinators':
      return decideAcknowledgeCoordinators(state, command);
    case 'acknowledgeHooks':
      return decideAcknowledgeHooks(state, command);
    case 'failTrigger':
      return decideFailTrigger(state, command);
    case 'acknowledge':
      return decideAcknowledge(state, command);
    case 'decline':
      return decideDecline(state, command);
    case 'reportMetrics':
      return decideReportMetrics(state, command);
    case 'expire':
      return decideExpire(state, command);
    case 'recordMetadata':
      return decideRecordMetadata(state, command);
    case 'failMetadata':
      return decideFailMetadata(state, command);
    case 'endAttempt':
      return decideEndAttempt(state, command);
    case 'changeActivity':
      return decideChangeActivity(state, command);
    case 'endData':
      return decideEndData(state, command);
    case 'confirmDiscard':
      return decideConfirmDiscard(state, command);
    case 'postponeDiscard':
      return decidePostponeDiscard(state, command);
    default:
      return assertNever(command);
  }
};

/** After these a request that waits may have nothing in its way any more (C-044). */
const freeing: ReadonlySet<FactType> = new Set<FactType>([
  'job.running',
  'checkpoint.located',
  'tasks.asked',
  'checkpoint.completed',
  'checkpoint.aborted',
  'discard.confirmed',
  'discard.postponed',
]);

/** A decision with what it means for the job, if checkpoints failed. */
const withJobFailure = (state: JobState, decision: Decision): Decision => {
  if (decision.facts.some(({ type }) => type === 'job.failureRequired')) return decision;
  const required = jobFailureFacts(state, decision.facts);
  return required.length === 0 ? decision : { ...decision, facts: [...decision.facts, ...required] };
};

/** Decides a command, and then begins the request that is next, if one waits and something became free. */
export const decide = (state: JobState, command: Command): Decision => {
  const steered = withSchedule(state, command, decideOne(state, command));
  const decision = withJobFailure(state, steered);
  if (state.table.queue.length === 0) return decision;
  const isFreed = command.type === 'attach' || decision.facts.some((fact) => freeing.has(fact.type));
  if (!isFreed) return decision;
  const chosen = chooseFacts(peek(state, decision.facts), command);
  return chosen.length === 0 ? decision : { ...decision, facts: [...decision.facts, ...chosen] };
};
