/** What an error on the way to the tasks means for its checkpoint (C-067). */
import { isTidemarkError, messageOf, type TidemarkError } from '../errors.ts';
import { failureReasons, type FailureReason } from '../core/failures.ts';

/** Causes looked at: a chain that is longer, or bites its own tail, says nothing more. */
const CAUSES_MAX = 32;

export interface TriggerFailure {
  readonly reason: FailureReason;
  readonly message: string;
}

function* causesOf(error: unknown): Generator<unknown> {
  let current = error;
  for (let depth = 0; current !== undefined && current !== null && depth < CAUSES_MAX; depth++) {
    yield current;
    current = current instanceof Error ? current.cause : undefined;
  }
}

const ioCodes: ReadonlySet<TidemarkError['code']> = new Set<TidemarkError['code']>([
  'STORAGE_CONFLICT',
  'STORAGE_STREAM_CLOSED',
  'STORAGE_UNAVAILABLE',
]);

/** A refusal of the storage, or an error of the operating system as Node reports it. */
const isIo = (error: unknown): boolean =>
  isTidemarkError(error) ? ioCodes.has(error.code) : error instanceof Error && 'syscall' in error;

const reasonOf = (error: unknown): FailureReason | undefined => {
  const reason = isTidemarkError(error) ? error.detail['reason'] : undefined;
  return typeof reason === 'string' && Object.hasOwn(failureReasons, reason)
    ? (reason as FailureReason)
    : undefined;
};

/** The texts of an error and its causes, each once. */
const textOf = (error: unknown): string =>
  [...new Set(Array.from(causesOf(error), messageOf))].filter((text) => text !== '').join(': ');

/**
 * IO_EXCEPTION when an error of I/O is anywhere among the causes, else the first reason of a checkpoint among them,
 * else TRIGGER_CHECKPOINT_FAILURE. The message names every cause.
 */
export const triggerFailure = (error: unknown): TriggerFailure => {
  const causes = [...causesOf(error)];
  const named = causes.map(reasonOf).find((reason) => reason !== undefined);
  const reason = causes.some(isIo) ? 'IO_EXCEPTION' : (named ?? 'TRIGGER_CHECKPOINT_FAILURE');
  return { reason, message: textOf(error) };
};
