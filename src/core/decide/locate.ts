/** The storage has prepared a checkpoint's place, or could not. */
import type { FailLocation, Locate } from '../commands.ts';
import type { Fact } from '../facts/fact.ts';
import type { JobState } from '../job-state.ts';
import { checkpointPhases } from '../phase.ts';
import { abortFacts, decided, DiscardPlanner, nothing, type Decision } from './decision.ts';
import { fullyAcknowledgedFact } from './acknowledge.ts';
import { absent } from './absent.ts';

export const decideLocate = (state: JobState, command: Locate): Decision => {
  const checkpoint = state.table.checkpoints[command.checkpointId];
  if (checkpoint === undefined) return absent(state, command.checkpointId);
  if (!checkpointPhases.accepts(checkpoint.phase, 'checkpoint.located')) return nothing('duplicate');
  const { checkpointId, at, location } = command;
  const facts: Fact[] = [{ type: 'checkpoint.located', at, checkpointId, location }];
  const ledger = state.ledgers.get(checkpointId);
  if (ledger?.left === 0) facts.push(fullyAcknowledgedFact(checkpointId, at, ledger.totals));
  return decided(facts, { type: 'located', checkpointId });
};

export const decideFailLocation = (state: JobState, command: FailLocation): Decision => {
  const { checkpointId, at, message } = command;
  const checkpoint = state.table.checkpoints[checkpointId];
  if (checkpoint === undefined) return absent(state, checkpointId);
  if (!checkpointPhases.accepts(checkpoint.phase, 'checkpoint.located')) return nothing('duplicate');
  const why = { reason: 'IO_EXCEPTION', message, time: command } as const;
  const facts = abortFacts(state, checkpoint, why, new DiscardPlanner(state, at));
  return decided(facts, { type: 'aborted', checkpointId });
};
