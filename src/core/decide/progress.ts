/** How far the tasks had come with a checkpoint that is past its deadline: who was slow, and who is stuck (C-306). */
import type { CheckpointAborted } from '../facts/fact.ts';
import { taskName, type JobState, type UnfinishedCheckpoint } from '../job-state.ts';

/** How many of the slowest tasks are named. */
const SLOWEST_NAMED_MAX = 3;

export interface Progress {
  readonly slowest: NonNullable<CheckpointAborted['slowest']>;
  /** For people, behind the names of the tasks that are missing. */
  readonly text: string;
}

const slowestText = (names: readonly string[], quietMs: number): string =>
  names.length === 0 ? '' : ` Slowest to acknowledge, the last one ${quietMs} ms ago: ${names.join(', ')}.`;

const stuckText = (names: readonly string[]): string =>
  names.length === 0 ? '' : ` Reported without acknowledging: ${names.join(', ')}.`;

/** Times are those of the facts, which have the wall clock only: for people, never below zero. */
export const progressOf = (state: JobState, checkpoint: UnfinishedCheckpoint, at: number): Progress => {
  const { plan, triggeredAt, reported, checkpointId } = checkpoint;
  const since = (then: number, now: number): number => Math.max(0, now - then);
  const named = (slot: number, afterMs: number): string =>
    `${taskName(state.table, plan, slot)} after ${afterMs} ms`;
  const ledger = state.ledgers.get(checkpointId);
  const last = ledger?.slowest(SLOWEST_NAMED_MAX) ?? [];
  const slowest = last.map((one) => ({ slot: one.slot, afterMs: since(triggeredAt, one.at) }));
  const stuck = Object.entries(reported)
    .filter(([slot]) => ledger?.has(plan.positionOf(Number(slot))) === false)
    .slice(0, SLOWEST_NAMED_MAX)
    .map(([slot, then]) => named(Number(slot), since(triggeredAt, then)));
  const names = slowest.map(({ slot, afterMs }) => named(slot, afterMs));
  return { slowest, text: slowestText(names, since(last[0]?.at ?? at, at)) + stuckText(stuck) };
};
