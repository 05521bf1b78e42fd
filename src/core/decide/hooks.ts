/** The master hooks have answered (C-064, C-093). */
import { invariant } from '../../errors.ts';
import { joinStates } from '../answers.ts';
import type { AcknowledgeHooks } from '../commands.ts';
import type { HooksSnapshotted } from '../facts/fact.ts';
import { isLocating, isTriggering, type JobState, type UnfinishedCheckpoint } from '../job-state.ts';
import type { Ledger } from '../ledger.ts';
import { absent } from './absent.ts';
import { decided, nothing, type Decision } from './decision.ts';
import { afterHooks } from './next-step.ts';

const areAsked = (checkpoint: UnfinishedCheckpoint, { coordinators, hooks }: Ledger): boolean =>
  isTriggering(checkpoint) &&
  !isLocating(checkpoint) &&
  coordinators.left.length === 0 &&
  hooks.left.length > 0;

/** What a hook says that nobody waits for is ignored: it may have been asked by the coordinator before. */
export const decideAcknowledgeHooks = (state: JobState, command: AcknowledgeHooks): Decision => {
  const { checkpointId, states, at, allocate } = command;
  const checkpoint = state.table.checkpoints[checkpointId];
  if (checkpoint === undefined) return absent(state, checkpointId);
  const ledger = state.ledgers.get(checkpointId);
  invariant(ledger, `checkpoint ${checkpointId} has no ledger`);
  const { hooks } = ledger;
  if (states.every(({ hookId }) => hooks.has(hookId))) return nothing('duplicate');
  const answers = states.filter(({ hookId }) => hooks.left.includes(hookId));
  if (!areAsked(checkpoint, ledger) || answers.length === 0) return nothing('notAsked');
  const fact: HooksSnapshotted = {
    type: 'hooks.snapshotted',
    at,
    checkpointId,
    states: answers.map(({ hookId, version, bytes }) => ({ hookId, version, sizeBytes: bytes?.length })),
    bytes: joinStates(answers, allocate),
  };
  const isLast = answers.length === hooks.left.length;
  const next = isLast ? afterHooks(ledger, checkpointId, at) : [];
  return decided([fact, ...next], { type: isLast ? 'asked' : 'recorded', checkpointId });
};
