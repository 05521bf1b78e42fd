import { describe, expect, it } from 'vitest';
import { checkpointId } from '../../src/state/ids.ts';
import { memoryStorage } from '../../src/storage/memory/storage.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import {
  exactly,
  jobId,
  patterned,
  publish,
  refusal,
  storageContract,
  writeState,
} from '../contracts/storage.contract.ts';

storageContract('memory', async (options) => {
  const storage = memoryStorage(options);
  return {
    storage,
    savepointBase: storage.defaultSavepointBase ?? '',
    files: async () => storage.files(),
    release: async () => undefined,
  };
});

describe('memory storage', () => {
  it('keeps files under paths of its own scheme', async () => {
    const storage = memoryStorage();
    await storage.initializeBaseLocations(jobId);
    await publish(await storage.initializeLocationForCheckpoint(jobId, checkpointId(7)), patterned(3));
    expect(storage.files()).toEqual([`memory:/${jobId}/chk-7/_metadata`]);
  });

  it('refuses state over its limit and lets metadata be of any size (C-256, T-400)', async () => {
    const storage = memoryStorage({ maxStateSizeBytes: 1000 });
    await storage.initializeBaseLocations(jobId);
    const location = await storage.initializeLocationForCheckpoint(jobId, checkpointId(7));
    const factory = storage.streamFactory(location.reference);
    await expect(writeState(factory, 'EXCLUSIVE', patterned(900), patterned(101))).rejects.toEqual(
      refusal(
        'STATE_TOO_LARGE',
        exactly(
          'Size of the state is larger than the maximum permitted memory-backed state. Size=1001, maxSize=1000. Consider using a different checkpoint storage, like the FileSystemCheckpointStorage.',
        ),
      ),
    );
    expect(await writeState(factory, 'EXCLUSIVE', patterned(1000))).toMatchObject({ kind: 'byteStream' });
    expect((await publish(location, patterned(100_000))).metadataSizeBytes).toBe(100_000);
  });

  it('keeps up to 5 MiB of state in one piece when it is told nothing (C-025, T-314)', async () => {
    const storage = memoryStorage();
    await storage.initializeBaseLocations(jobId);
    const { reference } = await storage.initializeLocationForCheckpoint(jobId, checkpointId(7));
    const factory = storage.streamFactory(reference);
    const most = patterned(5_242_880);
    expect(await writeState(factory, 'EXCLUSIVE', most)).toBeDefined();
    await expect(writeState(factory, 'EXCLUSIVE', most, patterned(1))).rejects.toEqual(
      refusal('STATE_TOO_LARGE', /Size=5242881, maxSize=5242880\./),
    );
  });

  it.each([0, -1, 0.5])('refuses a limit of %d bytes (C-025, T-316)', (maxStateSizeBytes) => {
    expect(() => memoryStorage({ maxStateSizeBytes })).toThrow(
      refusal('CONFIGURATION_INVALID', 'maxStateSize must be > 0'),
    );
  });

  it('gives files the same names in every run, and names of the given randomness', async () => {
    const namesOf = async (random?: { integer(bound: number): number }) => {
      const storage = memoryStorage({ inlineThresholdBytes: 0, random });
      await storage.initializeBaseLocations(jobId);
      const { reference } = await storage.initializeLocationForCheckpoint(jobId, checkpointId(1));
      for (let i = 0; i < 3; i++)
        await writeState(storage.streamFactory(reference), 'EXCLUSIVE', patterned(1));
      return storage.files();
    };
    expect(await namesOf()).toEqual(await namesOf());
    expect(await namesOf(seededRandom(1))).toEqual(await namesOf(seededRandom(1)));
    expect(await namesOf(seededRandom(1))).not.toEqual(await namesOf(seededRandom(2)));
    for (const path of await namesOf(seededRandom(3))) {
      expect(path).toMatch(/\/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it('gives up after ten names that are taken (C-254)', async () => {
    const storage = memoryStorage({ inlineThresholdBytes: 0, random: { integer: () => 0 } });
    await storage.initializeBaseLocations(jobId);
    const { reference } = await storage.initializeLocationForCheckpoint(jobId, checkpointId(1));
    await writeState(storage.streamFactory(reference), 'EXCLUSIVE', patterned(1));
    await expect(writeState(storage.streamFactory(reference), 'EXCLUSIVE', patterned(1))).rejects.toEqual(
      refusal('STORAGE_UNAVAILABLE', /^Could not open output stream for state backend/),
    );
    expect(storage.files()).toHaveLength(1);
  });

  it('answers without waiting for time or input to pass', async () => {
    const storage = memoryStorage({ inlineThresholdBytes: 0 });
    let hasTimePassed = false;
    setImmediate(() => {
      hasTimePassed = true;
    });
    await storage.initializeBaseLocations(jobId);
    const location = await storage.initializeLocationForCheckpoint(jobId, checkpointId(1));
    await writeState(storage.streamFactory(location.reference), 'EXCLUSIVE', patterned(1));
    await (await publish(location, patterned(1))).dispose();
    expect(hasTimePassed).toBe(false);
  });
});
