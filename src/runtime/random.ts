/** Randomness, handed in: integers only, so that a seed gives the same run on every machine. */
import { randomInt } from 'node:crypto';

export interface Random {
  /** An integer in [0, bound); `bound` is an integer in [1, 2^32]. */
  integer(bound: number): number;
}

/** The machine's own randomness. */
export const systemRandom: Random = { integer: (bound) => randomInt(bound) };

/**
 * A generator that depends on its seed alone (splitmix32). Give each consumer a generator of its own, with
 * {@link deriveSeed}, so that one more draw in one place does not shift all others.
 */
export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return { integer: (bound) => Math.floor((next() / 0x1_0000_0000) * bound) };
};

/** A seed of its own for the consumer called `name`. */
export const deriveSeed = (seed: number, name: string): number => {
  let hash = seed >>> 0;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
};

/** Lower-case hex digits, for ids and names. */
export const hexDigits = (random: Random, length: number): string => {
  let text = '';
  for (let i = 0; i < length; i++) text += random.integer(16).toString(16);
  return text;
};
