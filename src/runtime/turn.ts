/** One turn: what waited is decided, folded and put into one block. Nothing is shown yet. */
import type { Command, Time } from '../core/commands.ts';
import type { Effect } from '../core/effects.ts';
import { encodeFacts } from '../core/facts/codec.ts';
import type { Fact } from '../core/facts/fact.ts';
import type { JobState } from '../core/job-state.ts';
import type { Outcome } from '../core/outcomes.ts';
import { step } from '../core/step.ts';
import type { BlockContent } from '../journal/journal.ts';
import { Arena } from './arena.ts';
import type { Letter } from './inbox.ts';

/** An outcome and who waits for it. */
export interface Reply {
  readonly letter: Letter;
  readonly outcome: Outcome;
}

/** What a turn decided. */
export interface Turn {
  readonly state: JobState;
  readonly facts: readonly Fact[];
  readonly effects: readonly Effect[];
  readonly replies: readonly Reply[];
  /** Undefined when nothing was decided: replies only wait for the blocks before. */
  readonly block: BlockContent | undefined;
}

const commandOf = ({ content }: Letter, time: Time, { allocate }: Arena): Command => {
  switch (content.type) {
    case 'frames':
      return { type: 'acknowledge', ...time, batch: content.batch, allocate };
    case 'acknowledgeCoordinators':
    case 'acknowledgeHooks':
      return { ...content, ...time, allocate };
    default:
      return { ...content, ...time } as Command;
  }
};

/** Decides all letters in order, all at the same time. */
export const takeTurn = (
  state: JobState,
  taken: { readonly letters: readonly Letter[]; readonly frameBytes: number },
  time: Time,
): Turn => {
  const arena = new Arena(taken.frameBytes);
  const facts: Fact[] = [];
  const effects: Effect[] = [];
  const replies: Reply[] = [];
  let current = state;
  for (const letter of taken.letters) {
    const decided = step(current, commandOf(letter, time, arena));
    current = decided.state;
    facts.push(...decided.facts);
    effects.push(...decided.effects);
    replies.push({ letter, outcome: decided.outcome });
  }
  const block = facts.length === 0 ? undefined : { ...encodeFacts(facts), bulk: arena.used };
  return { state: current, facts, effects, replies, block };
};
