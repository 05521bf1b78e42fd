/** An acknowledgement is larger than may be: whoever waits for it is told at once, not by the deadline. */
import type { Acknowledge } from '../commands.ts';
import type { Fact } from '../facts/fact.ts';
import { fold } from '../evolve.ts';
import { fork, taskName, type JobState } from '../job-state.ts';
import { abortFacts, type DiscardPlanner } from './decision.ts';

/** True when the checkpoint still waits for this very attempt. */
const isAwaited = ({ table, ledgers }: JobState, checkpointId: number, slot: number, attempt: number) => {
  const checkpoint = table.checkpoints[checkpointId];
  if (checkpoint === undefined || !checkpoint.plan.has(slot, attempt)) return false;
  return ledgers.get(checkpointId)?.has(checkpoint.plan.positionOf(slot)) === false;
};

/**
 * Gives up the checkpoints that wait for refused acknowledgements; `recorded` are the facts of the same batch that come
 * before. The failure is the task's, as if it had declined.
 */
export const tooLargeFacts = (
  state: JobState,
  { batch, at, monotonicMs }: Acknowledge,
  recorded: readonly Fact[],
  planner: DiscardPlanner,
): Fact[] => {
  const rows = Array.from(batch.refused).filter(([, { outcome }]) => outcome === 'tooLarge');
  if (rows.length === 0) return [];
  const after = fold(fork(state), recorded);
  const given = new Set<number>();
  return rows.flatMap(([row, { message }]) => {
    const id = batch.checkpointIds[row]!;
    const [slot, attempt] = [batch.slots[row]!, batch.attempts[row]!];
    const checkpoint = after.table.checkpoints[id];
    if (given.has(id) || checkpoint === undefined || !isAwaited(after, id, slot, attempt)) return [];
    given.add(id);
    const why = {
      reason: 'CHECKPOINT_ASYNC_EXCEPTION',
      message: `${taskName(after.table, checkpoint.plan, slot)}: ${message}.`,
      time: { at, monotonicMs },
      declinedBy: { slot, attempt },
    } as const;
    return abortFacts(after, checkpoint, why, planner);
  });
};
