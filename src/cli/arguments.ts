/** Text of the command line → values. Each parser refuses with ARGUMENT_INVALID naming what it got. */
import { TidemarkError } from '../errors.ts';
import { parseDurationMs } from '../core/configuration/values.ts';
import type { TaskFailurePlan } from './run/run-plan.ts';

const SEED_MAX = 2 ** 32 - 1;

const refuse = (option: string, text: string, expected: string): never => {
  throw new TidemarkError('ARGUMENT_INVALID', `${option} ${JSON.stringify(text)} is not ${expected}`, {
    option,
    value: text,
  });
};

const integer = (option: string, text: string, min: number, max: number, expected: string): number => {
  const value = Number(text);
  return /^\d{1,15}$/.test(text) && value >= min && value <= max ? value : refuse(option, text, expected);
};

/** An integer of at least `min`. */
export const integerFrom =
  (option: string, min: number) =>
  (text: string): number =>
    integer(option, text, min, Number.MAX_SAFE_INTEGER, `an integer of at least ${min}`);

export const parseSeed = (text: string): number =>
  integer('--seed', text, 0, SEED_MAX, `an integer from 0 to ${SEED_MAX}`);

/** One of a few words. */
export const oneOf =
  <Word extends string>(option: string, words: readonly Word[]) =>
  (text: string): Word =>
    words.find((word) => word === text) ?? refuse(option, text, `one of ${words.join(', ')}`);

const durationOf = (option: string, text: string): number => {
  try {
    return parseDurationMs(option, text);
  } catch {
    return refuse(option, text, "a duration such as '500ms', '3s' or '2 min'");
  }
};

/** `key=value`; more than one is collected. */
export const parseSetting = (
  text: string,
  before: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> => {
  const [, key, value] = /^([^=\s]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    return refuse('--set', text, "an option and its value such as 'execution.checkpointing.min-pause=1 s'");
  }
  return new Map([...before, [key, value]]);
};

/** `2s`; more than one is collected. */
export const parseCrash = (text: string, before: readonly number[] = []): readonly number[] => [
  ...before,
  durationOf('--crash-coordinator', text),
];

/** `counter#1@3s`; more than one is collected. */
export const parseFailTask = (
  text: string,
  before: readonly TaskFailurePlan[] = [],
): readonly TaskFailurePlan[] => {
  const match = /^([^#@]+)#(\d{1,6})@(.+)$/.exec(text);
  const [, vertex, subtask, after] = match ?? [];
  if (vertex === undefined || after === undefined) {
    return refuse('--fail-task', text, 'a task and a time such as counter#1@3s');
  }
  return [...before, { vertex, subtask: Number(subtask), afterMs: durationOf('--fail-task', after) }];
};
