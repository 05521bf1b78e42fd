/** The part of the fold that lets checkpoints and shared files go. */
import { castDraft, type Draft } from 'immer';
import type { CheckpointId } from '../state/ids.ts';
import type { SharedStateRegistry } from '../state/shared-state.ts';
import type { DiscardPlanned } from './facts/fact.ts';
import type { JobTable } from './job-state.ts';

type Table = Draft<JobTable>;
/** Undefined for a look ahead, which must not change it. */
export type Shared = SharedStateRegistry | undefined;

export const subsume = (table: Table, checkpointId: CheckpointId): void => {
  const subsumed = table.completed.find((completed) => completed.checkpointId === checkpointId);
  table.completed = table.completed.filter((completed) => completed.checkpointId !== checkpointId);
  if (subsumed !== undefined) table.subsumed.push(subsumed);
  table.lastSubsumedId = Math.max(table.lastSubsumedId ?? 0, checkpointId) as CheckpointId;
};

export const planDiscard = (table: Table, shared: Shared, fact: DiscardPlanned): void => {
  table.discards[fact.discardId] = castDraft(fact);
  table.nextDiscardId = Math.max(table.nextDiscardId, fact.discardId + 1);
  if (fact.target.kind === 'shared') shared?.leave(fact.target.files);
  if (fact.cause !== 'subsumed' || fact.target.kind !== 'directory') return;
  table.subsumed = table.subsumed.filter((waiting) => waiting.checkpointId !== fact.checkpointId);
};

export const confirmDiscard = (table: Table, shared: Shared, discardId: number): void => {
  const target = table.discards[discardId]?.target;
  if (target?.kind === 'shared') shared?.gone(target.files);
  delete table.discards[discardId];
  delete table.postponedDiscards[discardId];
};
