/** The operator coordinators have answered: all in one command, so that half of them is never kept (C-063, C-092). */
import { invariant } from '../../errors.ts';
import { joinStates } from '../answers.ts';
import type { AcknowledgeCoordinators } from '../commands.ts';
import type { CoordinatorsSnapshotted } from '../facts/fact.ts';
import { isLocating, isTriggering, type JobState, type UnfinishedCheckpoint } from '../job-state.ts';
import { absent } from './absent.ts';
import { abortFacts, decided, DiscardPlanner, nothing, type Decision } from './decision.ts';
import { afterCoordinators } from './next-step.ts';

/** An answer of somebody who was not asked: what it stands for is not known, so nothing is kept (C-063). */
const refuseAnswer = (
  state: JobState,
  checkpoint: UnfinishedCheckpoint,
  command: AcknowledgeCoordinators,
): Decision => {
  const message = 'Coordinator state not acknowledged successfully: UNKNOWN';
  const why = { reason: 'TRIGGER_CHECKPOINT_FAILURE', message, time: command } as const;
  const facts = abortFacts(state, checkpoint, why, new DiscardPlanner(state, command.at));
  return decided(facts, { type: 'aborted', checkpointId: checkpoint.checkpointId });
};

export const decideAcknowledgeCoordinators = (
  state: JobState,
  command: AcknowledgeCoordinators,
): Decision => {
  const { checkpointId, states, at, allocate } = command;
  const checkpoint = state.table.checkpoints[checkpointId];
  if (checkpoint === undefined) return absent(state, checkpointId);
  const ledger = state.ledgers.get(checkpointId);
  invariant(ledger, `checkpoint ${checkpointId} has no ledger`);
  const { coordinators } = ledger;
  if (isLocating(checkpoint)) return nothing('notAsked');
  if (states.every(({ operatorId }) => coordinators.has(operatorId))) return nothing('duplicate');
  if (!isTriggering(checkpoint) || coordinators.left.length === 0) return nothing('notAsked');
  const isAsked = states.every(({ operatorId }) => coordinators.ids.includes(operatorId));
  if (!isAsked) return refuseAnswer(state, checkpoint, command);
  const answers = states.filter(({ operatorId }) => !coordinators.has(operatorId));
  const fact: CoordinatorsSnapshotted = {
    type: 'coordinators.snapshotted',
    at,
    checkpointId,
    states: answers.map(({ operatorId, bytes }) => ({ operatorId, sizeBytes: bytes?.length })),
    bytes: joinStates(answers, allocate),
  };
  const isLast = answers.length === coordinators.left.length;
  const next = isLast ? afterCoordinators(ledger, checkpointId, at) : [];
  return decided([fact, ...next], { type: isLast ? 'asked' : 'recorded', checkpointId });
};
