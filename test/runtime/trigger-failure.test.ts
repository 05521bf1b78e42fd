import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { TidemarkError } from '../../src/errors.ts';
import { triggerFailure } from '../../src/runtime/trigger-failure.ts';
import { storageUnavailable } from '../../src/storage/failures.ts';

const within = (cause: unknown): Error => new Error('the hook failed', { cause });

describe('failure on the way to the tasks (C-067)', () => {
  it('is one of I/O when any cause is an error of the storage or of the operating system', async () => {
    const missing: unknown = await readFile('/nowhere/at/all').catch((error: unknown) => error);
    expect(triggerFailure(within(within(missing))).reason).toBe('IO_EXCEPTION');
    expect(triggerFailure(within(storageUnavailable('mkdir', '/full', 'ENOSPC'))).reason).toBe(
      'IO_EXCEPTION',
    );
  });

  it('else has the first reason of a checkpoint among its causes', () => {
    const reason = 'CHECKPOINT_DECLINED_TASK_CLOSING';
    const declined = new TidemarkError('CHECKPOINT_ABORTED', 'closing', { reason });
    expect(triggerFailure(within(declined))).toEqual({ reason, message: 'the hook failed: closing' });
    const both = new TidemarkError('CHECKPOINT_ABORTED', 'closing', { reason }, { cause: declined });
    expect(triggerFailure(within(both)).reason).toBe(reason);
  });

  it('else is a failure of the trigger', () => {
    expect(triggerFailure(within(new TypeError('no function')))).toEqual({
      reason: 'TRIGGER_CHECKPOINT_FAILURE',
      message: 'the hook failed: no function',
    });
    expect(triggerFailure('text').message).toBe('text');
    const other = new TidemarkError('CHECKPOINT_ABORTED', 'odd', { reason: 'toString' });
    expect(triggerFailure(other).reason).toBe('TRIGGER_CHECKPOINT_FAILURE');
  });

  it('ends where a chain of causes bites its own tail', () => {
    const [one, other] = [new Error('one'), new Error('other')];
    one.cause = other;
    other.cause = one;
    expect(triggerFailure(one)).toEqual({ reason: 'TRIGGER_CHECKPOINT_FAILURE', message: 'one: other' });
  });
});
