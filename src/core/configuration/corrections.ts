/** What was said and is not, or not quite, what holds: nothing is corrected in silence (C-312 [B]). */
import { shownValue } from './values.ts';

/**
 * `changed`: another value holds. `replaced`: another spelling of the same option was given too, and that one counts.
 * `renamed`: an old key was used, with effect. `noEffect`: accepted, but nothing goes by it yet. `unknown`: no option
 * of this name exists, although its namespace is ours.
 */
export type CorrectionKind = 'changed' | 'replaced' | 'renamed' | 'noEffect' | 'unknown';

/** One line of the report on a configuration; plain data, journaled with the configuration it belongs to. */
export interface Correction {
  readonly kind: CorrectionKind;
  /** As it was given: the key in a map, or the name of the option in code. */
  readonly option: string;
  readonly given: string;
  /** What holds instead; the same as `given` when it was only renamed, absent when nothing holds. */
  readonly effective?: string | undefined;
  /** Why, and the way out where there is one. */
  readonly reason: string;
}

/** A value as corrections name it; `none` for an absent one. */
export const namedValue = (value: unknown): string =>
  value === undefined ? 'none' : typeof value === 'string' ? value : shownValue(value);

/** One line for people: `execution.checkpointing.interval = 1 s → 5000 ms: …`. */
export const correctionText = ({ kind, option, given, effective, reason }: Correction): string => {
  const change = kind === 'changed' ? ` → ${effective ?? 'none'}` : '';
  return `${option} = ${given}${change}: ${reason}`;
};
