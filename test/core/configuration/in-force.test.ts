import { describe, expect, it } from 'vitest';
import {
  checkConfiguration,
  configurationFrom,
  journaledRecord,
  reportOn,
  type CheckpointConfiguration,
} from '../../../src/core/configuration.ts';
import { standardValues } from '../../../src/core/configuration/options.ts';
import { checkedRecord, isSameConfiguration, recordWith } from '../../../src/core/configuration/record.ts';
import { runningJob } from '../../support/core-run.ts';
import { beside, changes, key, read, refusal, rows, samples } from '../../support/configurations.ts';

describe('the configuration in force', () => {
  it('has no interval when none is given, and is then at least once (C-006, C-007, C-008)', () => {
    expect(read({ [key('mode')]: 'EXACTLY_ONCE' })).toMatchObject({
      intervalMs: undefined,
      mode: 'AT_LEAST_ONCE',
    });
    expect(changes({ [key('mode')]: 'EXACTLY_ONCE' })).toEqual([
      `${key('mode')} = EXACTLY_ONCE → AT_LEAST_ONCE: without an interval, checkpoints are taken at least once`,
    ]);
    expect(read({ [key('interval')]: '1 s' }).mode).toBe('EXACTLY_ONCE');
  });

  it('has no interval in a batch job (C-007)', () => {
    const map = {
      'execution.runtime-mode': 'BATCH',
      [key('interval')]: '1 s',
      [key('interval-during-backlog')]: '2 s',
    };
    expect(read(map)).toMatchObject({ intervalMs: undefined, intervalDuringBacklogMs: undefined });
    expect(changes(map)).toEqual([
      `${key('interval')} = 1 s → none: a batch job has no periodic checkpoints`,
      `${key('interval-during-backlog')} = 2 s → none: a batch job has no periodic checkpoints`,
    ]);
  });

  it.each([
    ['without an interval', {}],
    ['at least once', { interval: '1 s', mode: 'AT_LEAST_ONCE' as const }],
  ])('is never unaligned %s, and says so (C-016)', (_when, options) => {
    const map = {
      [key('unaligned.enabled')]: true,
      [key('unaligned.interruptible-timers.enabled')]: true,
      [key('max-concurrent-checkpoints')]: 2,
    };
    expect(read(map, options)).toMatchObject({ unaligned: false, interruptibleTimers: false });
    expect(changes(map, options)).toEqual([
      `${key('unaligned.enabled')} = true → false: only exactly-once checkpoints with an interval can be unaligned`,
      `${key('unaligned.interruptible-timers.enabled')} = true → false: checkpoints are not unaligned`,
    ]);
  });

  it('has the interval during backlog unless it is told another one, and none for 0 (C-010)', () => {
    expect(checkConfiguration({ interval: 50 }).intervalDuringBacklogMs).toBe(50);
    expect(checkConfiguration({ interval: 50, intervalDuringBacklog: 80 }).intervalDuringBacklogMs).toBe(80);
    expect(
      checkConfiguration({ interval: 50, intervalDuringBacklog: 0 }).intervalDuringBacklogMs,
    ).toBeUndefined();
    expect(checkConfiguration({ intervalDuringBacklog: 0 }).intervalDuringBacklogMs).toBeUndefined();
  });

  it('has intervals of at least the pause, and a pause of at most a year (C-028)', () => {
    expect(
      read({ [key('interval')]: '1 s', [key('interval-during-backlog')]: '2 s', [key('min-pause')]: '5 s' }),
    ).toMatchObject({ intervalMs: 5000, intervalDuringBacklogMs: 5000, minPauseMs: 5000 });
    expect(changes({ [key('interval')]: '1 s', [key('min-pause')]: '400 d' })).toEqual([
      `${key('min-pause')} = 400 d → 31536000000 ms: a pause has at most 365 days`,
      `${key('interval')} = 1 s → 31536000000 ms: an interval is never shorter than min-pause`,
    ]);
    expect(checkConfiguration({ minPause: '5 s' }).intervalMs).toBeUndefined();
  });

  it('has a buffer of at least the inline threshold (C-021)', () => {
    expect(changes({ [key('write-buffer-size')]: 100 })).toEqual([
      `${key('write-buffer-size')} = 100 → 20480 bytes: a buffer is never smaller than the inline threshold`,
    ]);
    expect(read({ [key('write-buffer-size')]: 30_000 }).writeBufferBytes).toBe(30_000);
  });

  it('is not said in silence: what has no effect yet is named whatever its value (C-312)', () => {
    for (const { name, key: current, effect, today, isOfStorage } of rows) {
      const { corrections } = configurationFrom({ [current]: samples[name][0] }, beside[name]);
      const about = corrections.filter(({ option, kind }) => option === current && kind === 'noEffect');
      expect([current, about.length]).toEqual([current, effect === 'now' && !isOfStorage ? 0 : 1]);
      expect(about[0]?.reason ?? '').toContain(isOfStorage ? 'handed in' : (today ?? ''));
    }
  });

  it('maps the three words for what stays (C-019)', () => {
    const policyOf = (word: string) => read({ [key('externalized-checkpoint-retention')]: word }).retention;
    expect(policyOf('NO_EXTERNALIZED_CHECKPOINTS')).toBe('NEVER_RETAIN_AFTER_TERMINATION');
    expect(policyOf('DELETE_ON_CANCELLATION')).toBe('RETAIN_ON_FAILURE');
    expect(policyOf('RETAIN_ON_CANCELLATION')).toBe('RETAIN_ON_CANCELLATION');
  });

  it('gives every completed checkpoint its policy and its pointer (C-019, T-019)', () => {
    const run = runningJob({ retention: 'DELETE_ON_CANCELLATION' });
    const checkpointId = run.complete();
    expect(run.state.table.completed).toEqual([
      expect.objectContaining({
        checkpointId,
        retention: 'RETAIN_ON_FAILURE',
        externalPointer: `memory:/job/chk-${checkpointId}`,
      }),
    ]);
  });
});

describe('a record', () => {
  it.each([
    ['intervalMs', 9, /^intervalMs 9: is not an integer of at least 10$/],
    ['timeoutMs', 0, /^timeoutMs 0: /],
    ['minPauseMs', -1, /^minPauseMs -1: /],
    ['maxConcurrent', 0, /^maxConcurrent 0: /],
    ['tolerableFailed', -1, /^tolerableFailed -1: /],
    ['timeoutMs', undefined, /^timeoutMs undefined: /],
    ['retainedMax', 0, /^retainedMax 0: Must retain at least one checkpoint\.$/],
  ] as const)(
    'made by hand with %s %j is refused by field and value (C-026, C-018)',
    (field, value, message) => {
      const record = { ...standardValues, [field]: value } as CheckpointConfiguration;
      expect(() => checkedRecord(record)).toThrow(refusal(message));
      expect(() => reportOn({ configuration: record, corrections: [] })).toThrow(refusal(message));
    },
  );

  it('that is unaligned has one checkpoint in flight (C-027)', () => {
    const record = { ...standardValues, unaligned: true, maxConcurrent: 2 };
    expect(() => checkedRecord(record)).toThrow(
      refusal("maxConcurrent 2: maxConcurrentCheckpoints can't be > 1 if UnalignedCheckpoints enabled"),
    );
  });

  it("has Flink's defaults for builders, not those for users (C-029)", () => {
    expect(recordWith(standardValues, {})).toMatchObject({
      intervalMs: 10,
      intervalDuringBacklogMs: 10,
      timeoutMs: 10,
      minPauseMs: 0,
      maxConcurrent: 1,
      retention: 'NEVER_RETAIN_AFTER_TERMINATION',
      mode: 'EXACTLY_ONCE',
      tolerableFailed: 0,
      unaligned: false,
      alignedTimeoutMs: 0,
      checkpointsAfterTasksFinish: false,
      ignoredInFlightDataId: 0,
    });
    expect(recordWith(standardValues, { timeoutMs: 77 }).timeoutMs).toBe(77);
  });

  it('equals another when all its fields do (C-030)', () => {
    const record = recordWith(standardValues, {});
    expect(isSameConfiguration(record, { ...record })).toBe(true);
    expect(isSameConfiguration(record, { ...record, intervalDuringBacklogMs: 50 })).toBe(false);
    expect(isSameConfiguration(record, { ...record, pauseSourcesUntilFirstCheckpoint: true })).toBe(false);
  });

  it('comes back from a journal as it was', () => {
    const kept = (record: CheckpointConfiguration) =>
      journaledRecord(JSON.parse(JSON.stringify(record)) as CheckpointConfiguration);
    const noneDuringBacklog = checkConfiguration({ interval: '1 s', intervalDuringBacklog: 0 });
    expect(kept(noneDuringBacklog)).toEqual(noneDuringBacklog);
    expect(kept(standardValues)).toEqual(standardValues);
  });

  it('of a journal with four fields gets the others', () => {
    const old = {
      intervalMs: 5000,
      timeoutMs: 600_000,
      retainedMax: 2,
      retention: 'RETAIN_ON_FAILURE',
    } as const;
    expect(journaledRecord(old)).toEqual({ ...standardValues, ...old, intervalDuringBacklogMs: 5000 });
  });
});
