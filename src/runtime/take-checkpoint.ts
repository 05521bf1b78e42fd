/** A checkpoint or savepoint on request: asked for, waited for, and what became of it. */
import { invariant, TidemarkError } from '../errors.ts';
import { outcomeReasons, type Outcome } from '../core/outcomes.ts';
import type { Posted } from './inbox.ts';
import type { FinalizedCheckpoint } from './options.ts';
import type { Reign } from './reign.ts';

/** What the core said, and the end of what it began. */
interface Answer {
  readonly outcome: Outcome;
  readonly ended: Promise<FinalizedCheckpoint> | undefined;
  /** Resolves when any checkpoint ends next. */
  readonly anyEnded: Promise<void>;
}

const ask = (reign: Reign, content: Posted): Promise<Answer> =>
  new Promise((resolve, reject) => {
    // Whoever waits is in place before the turn is shown, so that nothing that ends in it is missed.
    const note = (outcome: Outcome): void => {
      const { type, checkpointId } = outcome;
      const isBegun = (type === 'triggered' || type === 'inFlight') && checkpointId !== undefined;
      const ended = isBegun ? reign.requests.ended(checkpointId) : undefined;
      resolve({ outcome, ended, anyEnded: reign.requests.anyEnded() });
    };
    reign.post({ content, resolve: note, reject });
  });

const finalized = ({ outcome, ended }: Answer): Promise<FinalizedCheckpoint> | FinalizedCheckpoint => {
  if (ended !== undefined) return ended;
  const { type, checkpointId, externalPointer } = outcome;
  if (type !== 'completed') throw new TidemarkError('CHECKPOINT_REFUSED', outcomeReasons[type], { type });
  invariant(
    checkpointId !== undefined && externalPointer !== undefined,
    'what is complete has an id and a pointer',
  );
  return { checkpointId, externalPointer };
};

/** @throws CHECKPOINT_REFUSED, CHECKPOINT_ABORTED */
export const takeCheckpoint = async (reign: Reign, content: Posted): Promise<FinalizedCheckpoint> =>
  finalized(await ask(reign, content));

/** The same, but waits while another checkpoint is in flight. */
export const takeWhenFree = async (reign: Reign, content: Posted): Promise<FinalizedCheckpoint> => {
  for (;;) {
    const answer = await ask(reign, content);
    if (answer.outcome.type !== 'tooManyPending') return finalized(answer);
    await answer.anyEnded;
  }
};
