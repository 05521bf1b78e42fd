import { describe, expect, it } from 'vitest';
import { declineReasons, failureReasons } from '../../src/core/failures.ts';
import { noMetrics } from '../../src/tasks/frame.ts';
import type { DeclinedMessage, MetricsMessage } from '../../src/tasks/gateway.ts';
import { DECLINE_TEXT_MAX, readDecline, readMetrics } from '../../src/tasks/read-messages.ts';
import { coreJobId } from '../support/core-run.ts';

const sender = { jobId: coreJobId, checkpointId: 1, slot: 2, attempt: 1 };
const declined = (change: object): DeclinedMessage =>
  ({
    type: 'declined',
    ...sender,
    reason: 'CHECKPOINT_DECLINED',
    message: 'no',
    ...change,
  }) as DeclinedMessage;
const measured = (change: object): MetricsMessage =>
  ({ type: 'metrics', ...sender, metrics: noMetrics, ...change }) as MetricsMessage;

describe('a decline', () => {
  it('is read with every reason that a task has (C-096, C-098)', () => {
    for (const reason of declineReasons) expect(readDecline(declined({ reason }))).toMatchObject({ reason });
    expect(declineReasons.filter((reason) => failureReasons[reason] === undefined)).toEqual([]);
  });

  it.each(['CHECKPOINT_SUBSUMED', 'toString', '', 'undefined', '7'])(
    'with the reason %s is one without a reason of its own',
    (reason) => {
      expect(readDecline(declined({ reason }))).toMatchObject({
        reason: 'CHECKPOINT_DECLINED',
        message: `Unknown checkpoint failure reason : ${reason}. no`,
      });
    },
  );

  it.each([
    [{ checkpointId: 1.5 }, 'checkpointId is 1.5, not a whole number'],
    [{ checkpointId: 2 ** 53 }, 'checkpointId is 9007199254740992, not a whole number'],
    [{ slot: -1 }, 'slot is -1, not a whole number'],
    [{ attempt: '1' }, 'attempt is 1, not a whole number'],
    [{ attempt: undefined }, 'attempt is undefined, not a whole number'],
  ])('with %o is refused by name', (change, text) => {
    expect(readDecline(declined(change))).toBe(text);
  });

  it('keeps the beginning of what the task says', () => {
    const read = readDecline(declined({ message: 'x'.repeat(DECLINE_TEXT_MAX + 1) }));
    expect(read).toMatchObject({ message: 'x'.repeat(DECLINE_TEXT_MAX) });
    expect(readDecline(declined({ message: undefined }))).toMatchObject({ message: 'undefined' });
  });
});

describe('metrics', () => {
  it('are read with what is not known', () => {
    expect(readMetrics(measured({}), coreJobId)).toMatchObject({
      checkpointId: 1,
      metrics: { slot: 2, attempt: 1, processedBytes: -1, isUnaligned: false, stateSizeBytes: 0 },
    });
  });

  it.each([
    [{ slot: 0.5 }, 'slot is 0.5, not a whole number'],
    [{ metrics: { ...noMetrics, alignmentDurationMs: -1 } }, 'alignmentDurationMs is -1'],
    [{ metrics: { ...noMetrics, processedBytes: -2 } }, 'processedBytes is -2'],
    [{ metrics: { ...noMetrics, persistedBytes: 'all' } }, 'persistedBytes is all'],
    [{ metrics: undefined }, 'syncDurationMs is undefined'],
    [{ metrics: null }, 'syncDurationMs is undefined'],
  ])('with %o are refused by name', (change, text) => {
    expect(readMetrics(measured(change), coreJobId)).toBe(text);
  });
});
