import { describe, expect, it } from 'vitest';
import { configurationFrom, type ConfigurationMap } from '../../src/core/configuration.ts';
import { checkpointId, parseJobId } from '../../src/state/ids.ts';
import { chooseStorage, type StorageChoice } from '../../src/storage/choose.ts';
import { fileSystemStorage } from '../../src/storage/filesystem/storage.ts';
import { memoryStorage } from '../../src/storage/memory/storage.ts';

const jobId = parseJobId('0123456789abcdef0123456789abcdef');
const storageKey = 'execution.checkpointing.storage';
const directoryKey = 'execution.checkpointing.dir';
const savepointKey = 'execution.checkpointing.savepoint-dir';

const choose = (map: ConfigurationMap, more: Partial<StorageChoice> = {}) =>
  chooseStorage({ jobId, configuration: configurationFrom(map).configuration, ...more });

const refused = (message: string, cause?: unknown) =>
  expect.objectContaining({
    code: 'CONFIGURATION_INVALID',
    message: expect.stringContaining(message),
    ...(cause === undefined ? {} : { cause }),
  });

describe('the choice of a storage (C-024, T-391)', () => {
  it.each([
    ['the memory of the process when nothing is said', {}, 'jobmanager'],
    ['the file system when only a directory is said', { [directoryKey]: 'file:///c' }, 'filesystem'],
    [
      'the file system under its name',
      { [storageKey]: 'filesystem', [directoryKey]: 'file:///c' },
      'filesystem',
    ],
    ['a name in any case of letters', { [storageKey]: 'JobManager' }, 'jobmanager'],
    [
      'an old key',
      { 'state.checkpoint-storage': 'FileSystem', 'state.checkpoints.dir': 'file:///c' },
      'filesystem',
    ],
    [
      'the memory although there is a directory',
      { [storageKey]: 'jobmanager', [directoryKey]: 'file:///c' },
      'jobmanager',
    ],
  ])('is %s', (_what, map, name) => {
    expect(choose(map)).toMatchObject({ source: 'configuration', storage: { name } });
  });

  it('takes the directory of savepoints from the configuration', () => {
    const map = { [directoryKey]: 'file:///c/', [savepointKey]: 'file:///s' };
    expect(choose(map).storage.defaultSavepointBase).toBe('file:/s');
  });

  it('writes state as inline as the configuration says', async () => {
    const handleOf = async (threshold: string) => {
      const { storage } = choose({ 'execution.checkpointing.data-inline-threshold': threshold });
      await storage.initializeBaseLocations(jobId);
      const { reference } = await storage.initializeLocationForCheckpoint(jobId, checkpointId(1));
      const stream = await storage.streamFactory(reference).createCheckpointStateOutputStream('EXCLUSIVE');
      await stream.write(new Uint8Array(5));
      return await stream.closeAndGetHandle();
    };
    expect(await handleOf('5 b')).toMatchObject({ kind: 'byteStream' });
    expect(await handleOf('4 b')).toMatchObject({ kind: 'relativeFile' });
  });

  it('is a state backend that is itself a storage before all else', () => {
    const [stateBackend, application] = [memoryStorage(), memoryStorage()];
    const chosen = choose({ [directoryKey]: 'file:///c' }, { stateBackend, application });
    expect(chosen).toEqual({ storage: stateBackend, source: 'stateBackend' });
  });

  it('does not ask a state backend that is no storage', () => {
    const application = memoryStorage();
    const chosen = choose(
      { [directoryKey]: 'file:///c' },
      { stateBackend: { name: 'rocksdb' }, application },
    );
    expect(chosen).toEqual({ storage: application, source: 'application' });
  });

  it('is what the application hands in before what is configured', () => {
    const application = fileSystemStorage({ checkpoints: 'file:///mine' });
    expect(choose({ [storageKey]: 'jobmanager' }, { application }).storage).toBe(application);
    const made = choose({ [storageKey]: 'jobmanager' }, { application: () => application });
    expect(made).toEqual({ storage: application, source: 'application' });
  });

  it('is a factory under its name, which gets the configuration in force', () => {
    const storage = memoryStorage();
    const seen: unknown[] = [];
    const factories = { 'com.example.Mine': (configuration: unknown) => (seen.push(configuration), storage) };
    expect(choose({ [storageKey]: 'com.example.Mine' }, { factories }).storage).toBe(storage);
    expect(seen).toEqual([configurationFrom({ [storageKey]: 'com.example.Mine' }).configuration]);
  });

  it('lets the keys of a job count before those of a cluster', () => {
    const cluster = { [storageKey]: 'filesystem', [directoryKey]: 'file:///cluster' };
    const { storage } = choose({ ...cluster, [storageKey]: 'jobmanager' });
    expect(storage.name).toBe('jobmanager');
  });
});

describe('a storage that cannot be made', () => {
  it.each(['com.example.Unknown', 'toString'])('is refused when nobody knows %s (C-024)', (name) => {
    expect(() => choose({ [storageKey]: name })).toThrow(
      refused(`Cannot find configured state backend factory class: ${name}`),
    );
  });

  it.each([7, () => ({ name: 'nothing else' }), () => undefined])(
    'is refused when what stands under its name makes none: %# (C-024)',
    (factory) => {
      const factories = { mine: factory as never };
      expect(() => choose({ [storageKey]: 'mine' }, { factories })).toThrow(
        refused(
          "The class configured under 'execution.checkpointing.storage' is not a valid checkpoint storage factory (mine)",
        ),
      );
    },
  );

  it('is refused for the file system without a directory (C-023)', () => {
    expect(() => choose({ [storageKey]: 'filesystem' })).toThrow(
      refused(
        "Cannot create the file system state backend: The configuration does not specify the checkpoint directory 'execution.checkpointing.dir'",
      ),
    );
  });

  it.each([
    [directoryKey, '1x:/a', 'Cannot parse value for execution.checkpointing.dir . Not a valid path.'],
    [
      savepointKey,
      '1x:/a',
      'Cannot parse value for execution.checkpointing.savepoint-dir . Not a valid path.',
    ],
    [
      directoryKey,
      '/data',
      'Invalid configuration for the state backend: The scheme (hdfs://, file://, etc) is null. Please specify the file system scheme explicitly in the URI.',
    ],
    [
      savepointKey,
      'file:///',
      'Invalid configuration for the state backend: Cannot use the root directory for checkpoints.',
    ],
    [
      directoryKey,
      'hdfs:///data',
      "Invalid configuration for the state backend: execution.checkpointing.dir: the scheme of 'hdfs:///data' is not 'file'.",
    ],
  ])('is refused for the directory %s = %s (C-022, C-023)', (key, value, message) => {
    const map = { [directoryKey]: 'file:///c', [key]: value };
    expect(() => choose(map)).toThrow(refused(message));
  });

  it('is refused with the cause when a configured factory throws (C-023)', () => {
    const cause = new Error('no bucket');
    const mine = (): never => {
      throw cause;
    };
    expect(() => choose({ [storageKey]: 'mine' }, { factories: { mine } })).toThrow(
      refused('Invalid configuration for the state backend: no bucket', cause),
    );
  });

  it("is refused with the job and the cause when the application's factory throws", () => {
    const cause = new Error('class not found');
    const application = (): never => {
      throw cause;
    };
    expect(() => choose({}, { application })).toThrow(
      refused(
        `Could not deserialize application-defined state backend. Job ${jobId}: class not found`,
        cause,
      ),
    );
  });

  it('is refused when the application hands in something else', () => {
    expect(() => choose({}, { application: {} as never })).toThrow(
      refused(
        `Could not deserialize application-defined state backend. Job ${jobId}: what was handed in is no checkpoint storage`,
      ),
    );
  });
});
