import { describe, expect, it } from 'vitest';
import {
  checkConfiguration,
  configurationFrom,
  type CheckpointConfigurationOptions,
} from '../../../src/core/configuration.ts';
import { standardValues, type OptionName } from '../../../src/core/configuration/options.ts';
import { beside, changes, key, read, rows, samples } from '../../support/configurations.ts';

const currentKeys = rows.map(({ key: current }) => current);
const aliases = rows.flatMap(({ name, field, key: current, aliases: old }) =>
  old.filter((alias) => !currentKeys.includes(alias)).map((alias) => ({ name, field, current, alias })),
);

describe('loading a configuration (C-005, C-015, T-403)', () => {
  it.each(rows)('reads $key', ({ name, key: current, field }) => {
    const [given, value] = samples[name];
    expect(read({ [current]: given }, beside[name])).toMatchObject({ [field]: value });
  });

  it.each(rows)('reads $name in code as it reads $key', ({ name, field, key: current }) => {
    const inCode: CheckpointConfigurationOptions = { ...beside[name], [name]: samples[name][0] };
    const inMap = configurationFrom({ [current]: samples[name][0] }, beside[name]);
    expect(checkConfiguration(inCode)[field]).toEqual(inMap.configuration[field]);
  });

  it.each(aliases)('reads $alias as $current, and says how it is called now', (row) => {
    const { name, field, current, alias } = row;
    const [given, value] = samples[name];
    const { configuration, corrections } = configurationFrom({ [alias]: given }, beside[name]);
    expect(configuration[field]).toBe(value);
    const reason = `the option is called ${current} now`;
    expect(corrections).toContainEqual(expect.objectContaining({ kind: 'renamed', option: alias, reason }));
  });

  it.each(aliases)('lets $current count before $alias', ({ name, field, current, alias }) => {
    const { standard } = rows.find((row) => row.name === name) ?? {};
    const [given, value] = samples[name];
    const map = { [alias]: standard ?? given, [current]: given };
    const { configuration, corrections } = configurationFrom(map, beside[name]);
    expect(configuration[field]).toBe(value);
    expect(corrections).toContainEqual(expect.objectContaining({ kind: 'replaced', option: alias }));
  });

  it('reads one key for two options where Flink does', () => {
    const map = { 'execution.state-recovery.from-local': true };
    expect(read(map)).toMatchObject({ recoverFromLocal: true, localBackup: true });
    expect(changes(map)).toEqual([]);
    expect(read({ ...map, [key('local-backup.enabled')]: false }).localBackup).toBe(false);
  });

  it('takes the first alias that is there, and says what became of the others', () => {
    const map = { 'state.backend.fs.memory-threshold': '1 kb', 'state.storage.fs.memory-threshold': '2 kb' };
    expect(read(map).inlineThresholdBytes).toBe(2048);
    expect(changes(map)).toEqual([
      'state.backend.fs.memory-threshold = 1 kb: state.storage.fs.memory-threshold is given too, and counts before it',
      `state.storage.fs.memory-threshold = 2 kb: the option is called ${key('data-inline-threshold')} now`,
    ]);
  });

  it('touches only what is named: what was set in code stays', () => {
    const options = { interval: '7 s', retained: 4, tolerableFailed: 2 };
    const loaded = read({ [key('num-retained')]: 5 }, options);
    expect(loaded).toMatchObject({ intervalMs: 7000, retainedMax: 5, tolerableFailed: 2 });
    expect(changes({ [key('num-retained')]: 5 }, options)).toEqual([
      `retained = 4: ${key('num-retained')} is given too, and what is configured counts before what is set in code`,
    ]);
  });

  it('reads nested keys, and leaves alone what is absent or undefined', () => {
    const map = { execution: { checkpointing: { interval: '1 s', unaligned: { enabled: true } } } };
    expect(read(map)).toMatchObject({ intervalMs: 1000, unaligned: true });
    expect(read({ [key('interval')]: undefined }).intervalMs).toBeUndefined();
  });

  it('lets keys of a job count before those of a cluster that it is spread over', () => {
    const cluster = { [key('interval')]: '1 s', [key('timeout')]: '1 min' };
    expect(read({ ...cluster, [key('interval')]: '2 s' })).toMatchObject({
      intervalMs: 2000,
      timeoutMs: 60_000,
    });
  });

  it('gives every option its default', () => {
    expect(checkConfiguration({})).toEqual({
      ...standardValues,
      mode: 'AT_LEAST_ONCE',
      writeBufferBytes: 20_480,
    });
    expect(configurationFrom({}).corrections).toEqual([]);
  });

  it('names options as the interface of options in code does', () => {
    const same: Record<OptionName, unknown> & Required<CheckpointConfigurationOptions> = standardNames;
    expect(Object.keys(same)).toEqual(rows.map(({ name }) => name));
  });
});

const standardNames = Object.fromEntries(rows.map(({ name }) => [name, undefined])) as Record<
  OptionName,
  undefined
>;

describe('unknown options (C-312)', () => {
  it.each([
    ['execution.checkpointing.intervall', key('interval')],
    ['state.checkpoints.num-retain', 'state.checkpoints.num-retained'],
    ['web.checkpoints.histroy', 'web.checkpoints.history'],
  ])('of our namespaces are reported with what may be meant: %s', (given, meant) => {
    expect(changes({ [given]: 1 })).toEqual([`${given} = 1: there is no such option; is ${meant} meant?`]);
  });

  it('of our namespaces are reported also when nothing is like them', () => {
    expect(changes({ [key('colour-of-the-barriers')]: 'red' })).toEqual([
      `${key('colour-of-the-barriers')} = red: there is no such option`,
    ]);
  });

  it('in code are reported', () => {
    const options = { tiemout: '1 s' } as CheckpointConfigurationOptions;
    expect(changes({}, options)).toEqual(['tiemout = 1 s: there is no such option; is timeout meant?']);
  });

  it('of others are none of ours', () => {
    expect(
      changes({ 'taskmanager.numberOfTaskSlots': 4, 'state.backend.type': 'rocksdb', __proto__: 1 }),
    ).toEqual([]);
  });
});
