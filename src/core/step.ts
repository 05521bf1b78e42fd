/** The one door of the core: a command in, facts, effects and an outcome out. */
import type { Command } from './commands.ts';
import { decide } from './decide/decide.ts';
import { effectsOf, type Effect } from './effects.ts';
import { fold } from './evolve.ts';
import type { Fact } from './facts/fact.ts';
import type { JobState } from './job-state.ts';
import type { Outcome } from './outcomes.ts';

export interface Step {
  /** The state after the facts. Its ledgers are the ones of the state before, changed in place. */
  readonly state: JobState;
  readonly facts: readonly Fact[];
  readonly effects: readonly Effect[];
  readonly outcome: Outcome;
}

/** Decides a command and folds what was decided. */
export const step = (state: JobState, command: Command): Step => {
  const { facts, outcome } = decide(state, command);
  if (facts.length === 0) return { state, facts, effects: [], outcome };
  const next = fold(state, facts);
  return { state: next, facts, effects: facts.flatMap((fact) => effectsOf(state, next, fact)), outcome };
};
