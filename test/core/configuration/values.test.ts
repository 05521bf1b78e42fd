import { describe, expect, it } from 'vitest';
import {
  checkConfiguration,
  configurationFrom,
  type CheckpointConfigurationOptions,
} from '../../../src/core/configuration.ts';
import { changes, key, read, refusal } from '../../support/configurations.ts';

describe('ranges', () => {
  it.each([
    [{ interval: 9 }, 'interval 9: Checkpoint interval must be larger than or equal to 10 ms'],
    [{ interval: 0 }, 'interval 0: Checkpoint interval must be larger than or equal to 10 ms'],
    [
      { intervalDuringBacklog: 5 },
      'intervalDuringBacklog 5: Checkpoint interval must be zero or larger than or equal to 10 ms',
    ],
    [
      { interval: '1 s', intervalDuringBacklog: '20 ms' },
      'intervalDuringBacklog "20 ms": Checkpoint interval during backlog must be larger than or equal to that in normal situation.',
    ],
    [
      { intervalDuringBacklog: '20 ms' },
      'intervalDuringBacklog "20 ms": Checkpoint interval during backlog must be larger than or equal to that in normal situation.',
    ],
    [{ timeout: '9 ms' }, 'timeout "9 ms": Checkpoint timeout must be larger than or equal to 10 ms'],
    [{ minPause: -1 }, 'minPause -1: Pause value must be zero or positive'],
    [
      { maxConcurrent: 0 },
      'maxConcurrent 0: The maximum number of concurrent attempts must be at least one.',
    ],
    [
      { tolerableFailed: -1 },
      'tolerableFailed -1: The tolerable failure checkpoint number must be non-negative.',
    ],
    [{ retained: 0 }, 'retained 0: Must retain at least one checkpoint.'],
    [
      { interval: '1 s', intervalDuringBacklog: 0, pauseSourcesUntilFirstCheckpoint: true },
      'intervalDuringBacklog 0: sources that wait for the first checkpoint need checkpoints during backlog: give an interval, or let sources not wait',
    ],
    [
      { inlineThreshold: 1_048_577 },
      "inlineThreshold 1048577: The threshold for file state size must be in [-1, 1048576], where '-1' means to use the value from the deployment's configuration.",
    ],
    [
      { writeBuffer: -2 },
      "writeBuffer -2: The write buffer size must be not less than '-1', where '-1' means to use the value from the deployment's configuration.",
    ],
    [
      { interval: '1 s', unaligned: true, maxConcurrent: 2 },
      "maxConcurrent 2: maxConcurrentCheckpoints can't be > 1 if UnalignedCheckpoints enabled",
    ],
  ])(
    'refuse %j in code: %s (C-006, C-009 to C-014, C-018, C-020, C-021, C-027, T-137)',
    (options, message) => {
      expect(() => checkConfiguration(options)).toThrow(refusal(message));
    },
  );

  it('name a refused key as it was given, be it an alias', () => {
    const map = { [key('alignment-timeout')]: 'soon' };
    expect(() => configurationFrom(map)).toThrow(
      refusal(`${key('alignment-timeout')} "soon": is not a duration such as '500 ms', '10 s' or '10 min'`),
    );
  });

  it.each([0, -3])('keep one checkpoint when a map asks for %i (C-018, T-150)', (given) => {
    expect(read({ [key('num-retained')]: given }).retainedMax).toBe(1);
    expect(changes({ [key('num-retained')]: given })).toEqual([
      `${key('num-retained')} = ${given} → 1: at least one checkpoint is kept; the default is used`,
    ]);
  });

  it('put a threshold of a map that is out of range back to its default (C-021)', () => {
    const map = { [key('data-inline-threshold')]: '2 mb' };
    expect(read(map).inlineThresholdBytes).toBe(20_480);
    expect(changes(map)).toEqual([
      `${key('data-inline-threshold')} = 2 mb → 20480 bytes: is not in [0, 1048576]; the default is used`,
    ]);
  });

  it('let a threshold and a buffer in code count before those of a map, unless they are -1 (C-021)', () => {
    const map = { [key('data-inline-threshold')]: '1 kb', [key('write-buffer-size')]: 5000 };
    const sizes = (options: CheckpointConfigurationOptions) => {
      const { inlineThresholdBytes, writeBufferBytes } = configurationFrom(map, options).configuration;
      return [inlineThresholdBytes, writeBufferBytes];
    };
    expect(sizes({ inlineThreshold: -1, writeBuffer: -1 })).toEqual([1024, 5000]);
    expect(sizes({ inlineThreshold: 2, writeBuffer: 3 })).toEqual([2, 3]);
  });
});

describe('values of the wrong type', () => {
  it.each([
    [key('interval'), true, "is not a duration such as '500 ms', '10 s' or '10 min'"],
    [key('interval'), null, "is not a duration such as '500 ms', '10 s' or '10 min'"],
    [key('interval'), '', "is not a duration such as '500 ms', '10 s' or '10 min'"],
    [key('interval'), '-5 s', "is not a duration such as '500 ms', '10 s' or '10 min'"],
    [key('interval'), '1 week', "is not a duration such as '500 ms', '10 s' or '10 min'"],
    [key('interval'), Number.NaN, 'is not a finite number of ms'],
    [key('timeout'), '9223372036854775807 d', 'is too long: at most 285000 years can be told'],
    [key('max-concurrent-checkpoints'), 'two', 'is not an integer of 32 bits'],
    [key('max-concurrent-checkpoints'), 1.5, 'is not an integer of 32 bits'],
    [key('num-retained'), 2_147_483_648, 'is not an integer of 32 bits'],
    [key('unaligned.enabled'), 'yes', 'is neither true nor false'],
    [key('unaligned.enabled'), 1, 'is neither true nor false'],
    [key('mode'), 'exactly-once', 'is not one of EXACTLY_ONCE, AT_LEAST_ONCE'],
    [
      key('externalized-checkpoint-retention'),
      'ALWAYS',
      'is not one of NO_EXTERNALIZED_CHECKPOINTS, DELETE_ON_CANCELLATION, RETAIN_ON_CANCELLATION, NEVER_RETAIN_AFTER_TERMINATION, RETAIN_ON_FAILURE',
    ],
    [key('dir'), ['file:///a'], 'is not a text with something in it'],
    [key('data-inline-threshold'), '20 parsecs', "is not a size such as '20 kb' or '1 mb'"],
    [key('file-merging.max-space-amplification'), 'much', "is not a number such as '2.0'"],
    [
      'execution.state-recovery.without-channel-state.checkpoint-id',
      2 ** 53,
      'is not the id of a checkpoint, or -1',
    ],
  ])('are refused with option, value and what is accepted: %s = %j', (option, value, text) => {
    const shown = typeof value === 'string' || Array.isArray(value) ? JSON.stringify(value) : String(value);
    expect(() => configurationFrom({ [option]: value })).toThrow(refusal(`${option} ${shown}: ${text}`));
  });

  it.each([null, 'interval', [1], 7])('are refused when %j stands for the whole configuration', (given) => {
    expect(() => configurationFrom(given as never)).toThrow(refusal(/^configuration .*: is not an object/));
  });

  it('are cut short in the message when they are long', () => {
    expect(() => checkConfiguration({ interval: 'x'.repeat(5000) })).toThrow(
      refusal(/^interval "x{99}…: is not/),
    );
  });
});

describe('durations', () => {
  it.each([
    ['500 ms', 500],
    ['10 s', 10_000],
    ['10min', 600_000],
    ['10 m', 600_000],
    ['1.5 min', 90_000],
    ['4.35 s', 4350],
    ['2 HOURS', 7_200_000],
    ['1 d', 86_400_000],
    [' 25 ', 25],
    ['10500 µs', 10],
    ['12000000 ns', 12],
    ['PT10M', 600_000],
    ['P1DT1H', 90_000_000],
    ['PT0.5S', 500],
    [12.4, 12],
  ])('read %j as %i ms', (text, ms) => {
    expect(checkConfiguration({ interval: text }).intervalMs).toBe(ms);
  });

  it.each(['P', 'PT', 'P1', 'PT1', 'T1M', 'P1M', '1 d 2 h', 'PT-5S', '+5 s', '1e3 ms'])(
    'refuse %j',
    (text) => {
      expect(() => checkConfiguration({ interval: text })).toThrow(refusal(/is not a duration/));
    },
  );
});
