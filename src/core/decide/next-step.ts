/**
 * The steps of a trigger behind its place: operator coordinators, then master hooks, then the tasks. A step in which
 * nobody is to be asked is skipped in the same turn, so a checkpoint without both goes from its place to the tasks.
 */
import type { CheckpointId } from '../../state/ids.ts';
import type { LocationReference } from '../../state/location.ts';
import type { Fact } from '../facts/fact.ts';
import type { Ledger } from '../ledger.ts';
import { fullyAcknowledgedFact } from './acknowledge.ts';

/** At the end of the steps: the tasks may have acknowledged all the while (C-066, C-106). */
const askTasks = (ledger: Ledger, asked: Fact & { readonly checkpointId: CheckpointId }): Fact[] =>
  ledger.left > 0 ? [asked] : [asked, fullyAcknowledgedFact(asked.checkpointId, asked.at, ledger.totals)];

/** The place is prepared. */
export const afterLocation = (
  ledger: Ledger,
  checkpointId: CheckpointId,
  at: number,
  location: LocationReference,
): Fact[] => {
  if (ledger.coordinators.left.length > 0)
    return [{ type: 'coordinators.asked', at, checkpointId, location }];
  if (ledger.hooks.left.length > 0) return [{ type: 'hooks.asked', at, checkpointId, location }];
  return askTasks(ledger, { type: 'checkpoint.located', at, checkpointId, location });
};

/** The operator coordinators have answered. */
export const afterCoordinators = (ledger: Ledger, checkpointId: CheckpointId, at: number): Fact[] =>
  ledger.hooks.left.length > 0
    ? [{ type: 'hooks.asked', at, checkpointId }]
    : askTasks(ledger, { type: 'tasks.asked', at, checkpointId });

/** The master hooks have answered. */
export const afterHooks = (ledger: Ledger, checkpointId: CheckpointId, at: number): Fact[] =>
  askTasks(ledger, { type: 'tasks.asked', at, checkpointId });
