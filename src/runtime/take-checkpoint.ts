/** A checkpoint or savepoint on request: asked for, waited for, and what became of it. */
import { invariant, TidemarkError } from '../errors.ts';
import { outcomeReasons, refusalReasons, type Outcome, type RefusalType } from '../core/outcomes.ts';
import type { Posted } from './inbox.ts';
import type { FinalizedCheckpoint } from './options.ts';
import type { Reign } from './reign.ts';

/** What the core said, and the end of what it began or queued. */
interface Answer {
  readonly outcome: Outcome;
  readonly ended: Promise<FinalizedCheckpoint> | undefined;
}

const endOf = (
  reign: Reign,
  { type, checkpointId, requestId }: Outcome,
): Promise<FinalizedCheckpoint> | undefined => {
  if (type === 'queued' && requestId !== undefined) return reign.requests.carriedOut(requestId);
  const isBegun = (type === 'triggered' || type === 'inFlight') && checkpointId !== undefined;
  return isBegun ? reign.requests.ended(checkpointId) : undefined;
};

const ask = (reign: Reign, content: Posted): Promise<Answer> =>
  new Promise((resolve, reject) => {
    // Whoever waits is in place before the turn is shown, so that nothing that ends in it is missed.
    const note = (outcome: Outcome): void => resolve({ outcome, ended: endOf(reign, outcome) });
    reign.post({ content, resolve: note, reject });
  });

const isRefusal = (type: string): type is RefusalType => type in refusalReasons;

/**
 * Resolves once the checkpoint is complete, however long its request had to wait.
 * @throws CHECKPOINT_REFUSED, CHECKPOINT_ABORTED
 */
export const takeCheckpoint = async (reign: Reign, content: Posted): Promise<FinalizedCheckpoint> => {
  const { outcome, ended } = await ask(reign, content);
  if (ended !== undefined) return ended;
  const { type, checkpointId, externalPointer } = outcome;
  if (isRefusal(type)) {
    const detail = { type, reason: refusalReasons[type] };
    throw new TidemarkError('CHECKPOINT_REFUSED', outcomeReasons[type], detail);
  }
  invariant(
    checkpointId !== undefined && externalPointer !== undefined,
    'what is complete has an id and a pointer',
  );
  return { checkpointId, externalPointer };
};
