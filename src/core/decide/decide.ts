/** Command → facts and outcome. May refuse, never changes. */
import { assertNever } from '../../errors.ts';
import type { Command, ConfirmDiscard, TakeOver } from '../commands.ts';
import type { Fact } from '../facts/fact.ts';
import { peek } from '../evolve.ts';
import type { JobState } from '../job-state.ts';
import { decideAcknowledge } from './acknowledge.ts';
import { decided, endOfDataFacts, nothing, type Decision } from './decision.ts';
import { decideDecline, decideExpire } from './fail.ts';
import { decideFailMetadata, decideRecordMetadata } from './finalize.ts';
import { decideReportJobStatus } from './job.ts';
import { decideFailLocation, decideLocate } from './locate.ts';
import { decideAttach, decideEndAttempt, decideEndData, decideRestore } from './tasks.ts';
import { decideTick, decideTriggerCheckpoint, decideTriggerSavepoint } from './trigger.ts';

const decideTakeOver = (state: JobState, command: TakeOver): Decision => {
  const { at, term, configuration, corrections = [] } = command;
  const { jobId, graph } = state.table;
  const opened: Fact[] = command.isNew ? [{ type: 'job.opened', at, jobId, graph }] : [];
  const tookOver: Fact = { type: 'coordinator.tookOver', at, term, configuration, corrections };
  return decided([...opened, tookOver], { type: 'done' });
};

const decideConfirmDiscard = (state: JobState, command: ConfirmDiscard): Decision => {
  const { discardId, at } = command;
  if (state.table.discards[discardId] === undefined) return nothing('unknownDiscard');
  return decided([{ type: 'discard.confirmed', at, discardId }], { type: 'confirmed' });
};

const decideOne = (state: JobState, command: Command): Decision => {
  switch (command.type) {
    case 'takeOver':
      return decideTakeOver(state, command);
    case 'attach':
      return decideAttach(state, command);
    case 'restore':
      return decideRestore(state, command);
    case 'reportJobStatus':
      return decideReportJobStatus(state, command);
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
    case 'acknowledge':
      return decideAcknowledge(state, command);
    case 'decline':
      return decideDecline(state, command);
    case 'expire':
      return decideExpire(state, command);
    case 'recordMetadata':
      return decideRecordMetadata(state, command);
    case 'failMetadata':
      return decideFailMetadata(state, command);
    case 'endAttempt':
      return decideEndAttempt(state, command);
    case 'endData':
      return decideEndData(state, command);
    case 'confirmDiscard':
      return decideConfirmDiscard(state, command);
    default:
      return assertNever(command);
  }
};

const endsCheckpoint = (fact: Fact): boolean =>
  fact.type === 'checkpoint.completed' || fact.type === 'checkpoint.aborted';

const isLastFact = (fact: Fact, cause: string): boolean =>
  fact.type === 'checkpoint.completed' && fact.cause === cause;

/**
 * Where a checkpoint ends, the last one of the job may have been waiting for that. One that was aborted at the end of
 * data waits for the next tick instead, so that a broken storage cannot spin.
 */
export const decide = (state: JobState, command: Command): Decision => {
  const decision = decideOne(state, command);
  if (!decision.facts.some(endsCheckpoint) || decision.facts.some((fact) => isLastFact(fact, 'endOfData'))) {
    return decision;
  }
  const wasLast = decision.facts.some(
    (fact) =>
      fact.type === 'checkpoint.aborted' && state.table.checkpoints[fact.checkpointId]?.cause === 'endOfData',
  );
  if (wasLast) return decision;
  const after = peek(state, decision.facts);
  return { ...decision, facts: [...decision.facts, ...endOfDataFacts(after, command)] };
};
