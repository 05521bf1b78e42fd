/** What every checkpoint storage owes, whatever it stands on. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import type { StreamStateHandle } from '../../src/state/handles.ts';
import { checkpointId, parseJobId } from '../../src/state/ids.ts';
import type {
  CheckpointedStateScope,
  CheckpointStorage,
  CheckpointStorageLocation,
  CheckpointStreamFactory,
  CompletedCheckpointStorageLocation,
  LocationReference,
} from '../../src/storage/storage.ts';

/** One storage with nothing in it. */
export interface StorageUnderTest {
  readonly storage: CheckpointStorage;
  /** A directory for savepoints, in the storage's own scheme. */
  readonly savepointBase: string;
  /** Every file that stands in the storage, as the storage writes paths. */
  files(): Promise<readonly string[]>;
  release(): Promise<void>;
}

export interface StorageTestOptions {
  readonly inlineThresholdBytes?: number | undefined;
}

export const jobId = parseJobId('6f3c1a2b4d5e60718293a4b5c6d7e8f9');
const otherJobId = parseJobId('00000000000000000000000000000001');

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes that differ from one position to the next. */
export const patterned = (sizeBytes: number): Uint8Array =>
  Uint8Array.from({ length: sizeBytes }, (_, index) => (index * 31 + (index >> 8)) & 0xff);

export const refusal = (code: ErrorCode, message?: string | RegExp) =>
  expect.objectContaining({
    name: 'TidemarkError',
    code,
    ...(message === undefined ? {} : { message: expect.stringMatching(message) }),
  });

/** The text as a pattern that matches nothing else. */
export const exactly = (text: string): RegExp => new RegExp(`^${RegExp.escape(text)}$`);

export const publish = async (
  location: CheckpointStorageLocation,
  ...pieces: readonly Uint8Array[]
): Promise<CompletedCheckpointStorageLocation> => {
  const stream = await location.createMetadataOutputStream();
  for (const piece of pieces) await stream.write(piece);
  return await stream.closeAndFinalizeCheckpoint();
};

export const writeState = async (
  factory: CheckpointStreamFactory,
  scope: CheckpointedStateScope,
  ...pieces: readonly Uint8Array[]
): Promise<StreamStateHandle | undefined> => {
  const stream = await factory.createCheckpointStateOutputStream(scope);
  for (const piece of pieces) await stream.write(piece);
  return await stream.closeAndGetHandle();
};

const threshold = 100;

/** Runs the suite against storages made by `make`, one for each test. */
export const storageContract = (
  name: string,
  make: (options: StorageTestOptions) => Promise<StorageUnderTest>,
): void => {
  describe(`storage contract: ${name}`, () => {
    let under: StorageUnderTest;
    let storage: CheckpointStorage;

    beforeEach(async () => {
      under = await make({ inlineThresholdBytes: threshold });
      storage = under.storage;
      await storage.initializeBaseLocations(jobId);
    });
    afterEach(() => under.release());

    const newCheckpoint = (id: number) => storage.initializeLocationForCheckpoint(jobId, checkpointId(id));
    const newSavepoint = (directory = 'savepoint-6f3c1a-0123456789ab') =>
      storage.initializeLocationForSavepoint({ base: under.savepointBase, name: directory });
    const large = patterned(threshold * 3);

    describe('locations', () => {
      it('refers to a checkpoint by its directory and the shared one of its job (C-239, C-240, C-246)', async () => {
        const { reference } = await newCheckpoint(7);
        expect(reference.exclusive).toMatch(new RegExp(`/${jobId}/chk-7$`));
        expect(reference.shared).toBe(reference.exclusive.replace(/chk-7$/, 'shared'));
      });

      it('accepts repeated creation while the directory is empty', async () => {
        const first = await newCheckpoint(7);
        await storage.initializeBaseLocations(jobId);
        expect((await newCheckpoint(7)).reference).toEqual(first.reference);
      });

      it('refuses to create a checkpoint where metadata stands (C-118)', async () => {
        await publish(await newCheckpoint(7), bytesOf('m'));
        await expect(newCheckpoint(7)).rejects.toEqual(refusal('STORAGE_CONFLICT', /chk-7 already exists/));
      });

      it('refuses to create a checkpoint where a state file stands (C-245)', async () => {
        const { reference } = await newCheckpoint(7);
        await writeState(storage.streamFactory(reference), 'EXCLUSIVE', large);
        await expect(newCheckpoint(7)).rejects.toEqual(refusal('STORAGE_CONFLICT'));
      });

      it('refuses a checkpoint of a job whose base locations do not exist', async () => {
        const created = storage.initializeLocationForCheckpoint(otherJobId, checkpointId(1));
        await expect(created).rejects.toEqual(refusal('STORAGE_UNAVAILABLE', /mkdir/));
      });

      it('keeps everything of a savepoint in one directory of the given name (C-246, T-263, T-274)', async () => {
        const { reference } = await newSavepoint('savepoint-6f3c1a-abc');
        expect(reference.exclusive).toMatch(/\/savepoint-6f3c1a-abc$/);
        expect(reference.shared).toBe(reference.exclusive);
        expect((await newSavepoint('savepoint-6f3c1a-abc')).reference).toEqual(reference);
      });

      it.each(['', 'chk-1', 'savepoint-', 'savepoint-a/b', '../savepoint-a', 'savepoint-\0'])(
        'refuses the savepoint name %j',
        async (directory) => {
          await expect(newSavepoint(directory)).rejects.toEqual(refusal('ARGUMENT_INVALID'));
        },
      );

      it('refuses a savepoint target in another file system', async () => {
        const created = storage.initializeLocationForSavepoint({
          base: 's3://bucket/x',
          name: 'savepoint-a',
        });
        await expect(created).rejects.toEqual(refusal('CONFIGURATION_INVALID'));
      });

      it('refuses a reference of another file system', () => {
        const foreign: LocationReference = { exclusive: 's3://b/chk-1', shared: 's3://b/shared' };
        expect(() => storage.locationOf(foreign)).toThrow(refusal('POINTER_INVALID'));
      });

      it('creates nothing when it describes a location from its reference', async () => {
        const { reference } = await newCheckpoint(7);
        await storage.locationOf(reference).dispose();
        const stream = storage.locationOf(reference).createMetadataOutputStream();
        await expect(stream).rejects.toEqual(refusal('STORAGE_UNAVAILABLE', /ENOENT/));
      });
    });

    describe('metadata', () => {
      it('appears whole when it is finalised and not before (C-258, C-264, T-300)', async () => {
        const location = await newCheckpoint(7);
        const stream = await location.createMetadataOutputStream();
        await stream.write(bytesOf('first '));
        await stream.write(bytesOf('second'));
        expect(await storage.completedCheckpoints(jobId)).toEqual([]);
        const completed = await stream.closeAndFinalizeCheckpoint();
        expect(await completed.readMetadata()).toEqual(expect.objectContaining(bytesOf('first second')));
        expect(completed.metadataSizeBytes).toBe(12);
        expect(completed.externalPointer).toBe(location.reference.exclusive);
        expect(await under.files()).toEqual([`${location.reference.exclusive}/_metadata`]);
      });

      it('keeps every byte of many small and large writes in order', async () => {
        const pieces = [1, 0, 65_535, 65_536, 65_537, 3, 200_000, 17].map(patterned);
        const completed = await publish(await newCheckpoint(7), ...pieces);
        expect(Buffer.concat(pieces).equals(await completed.readMetadata())).toBe(true);
      });

      it('takes a copy of what is written', async () => {
        const stream = await (await newCheckpoint(7)).createMetadataOutputStream();
        const bytes = bytesOf('abc');
        await stream.write(bytes);
        bytes.fill(0);
        const completed = await stream.closeAndFinalizeCheckpoint();
        expect(Buffer.from(await completed.readMetadata()).toString()).toBe('abc');
      });

      it('accepts the same bytes again', async () => {
        const location = await newCheckpoint(7);
        const bytes = patterned(200_000);
        await publish(location, bytes);
        const again = await publish(storage.locationOf(location.reference), bytes);
        expect(again.metadataSizeBytes).toBe(200_000);
        expect(await under.files()).toHaveLength(1);
      });

      it.each([
        ['other bytes', patterned(70_000).with(69_999, 0xff)],
        ['fewer bytes', patterned(69_999)],
        ['no bytes', new Uint8Array()],
      ])('refuses %s where metadata stands', async (_, bytes) => {
        const location = await newCheckpoint(7);
        await publish(location, patterned(70_000));
        const target = `${location.reference.exclusive}/_metadata`;
        await expect(publish(location, bytes)).rejects.toEqual(
          refusal('STORAGE_CONFLICT', exactly(`Target file ${target} already exists.`)),
        );
        expect(await under.files()).toEqual([target]);
        const standing = await storage.resolveCheckpoint(location.reference.exclusive);
        expect(Buffer.from(await standing.readMetadata()).equals(patterned(70_000))).toBe(true);
      });

      it('lets exactly one of two racing writers of different bytes win (C-118, T-269)', async () => {
        for (let id = 1; id <= 20; id++) {
          const location = await newCheckpoint(id);
          const texts = ['first writer', 'second one'];
          const results = await Promise.allSettled(texts.map((text) => publish(location, bytesOf(text))));
          const winner = results.findIndex(({ status }) => status === 'fulfilled');
          expect(results[1 - winner]).toMatchObject({
            status: 'rejected',
            reason: { code: 'STORAGE_CONFLICT' },
          });
          const standing = await storage.resolveCheckpoint(location.reference.exclusive);
          expect(Buffer.from(await standing.readMetadata()).toString()).toBe(texts[winner]);
        }
      });

      it('lets both of two racing writers of the same bytes succeed', async () => {
        for (let id = 1; id <= 20; id++) {
          const location = await newCheckpoint(id);
          await Promise.all([publish(location, large), publish(location, large)]);
        }
        expect(await under.files()).toHaveLength(20);
      });

      it('leaves nothing when the stream is closed before it is finalised (C-241, C-266, T-298)', async () => {
        const stream = await (await newCheckpoint(7)).createMetadataOutputStream();
        await stream.write(large);
        await stream.close();
        await stream.close();
        expect(await under.files()).toEqual([]);
        const closed = refusal(
          'STORAGE_STREAM_CLOSED',
          exactly('Stream has already been closed and discarded.'),
        );
        await expect(stream.write(large)).rejects.toEqual(closed);
        await expect(stream.closeAndFinalizeCheckpoint()).rejects.toEqual(closed);
      });

      it('stays when the stream is closed after it was finalised', async () => {
        const stream = await (await newCheckpoint(7)).createMetadataOutputStream();
        await stream.closeAndFinalizeCheckpoint();
        await stream.close();
        expect(await under.files()).toHaveLength(1);
        await expect(stream.write(large)).rejects.toEqual(refusal('STORAGE_STREAM_CLOSED'));
        await expect(stream.closeAndFinalizeCheckpoint()).rejects.toEqual(refusal('STORAGE_STREAM_CLOSED'));
      });

      it('lets a close wait for the finalising that is under way', async () => {
        const stream = await (await newCheckpoint(7)).createMetadataOutputStream();
        const finalised = stream.closeAndFinalizeCheckpoint();
        await stream.close();
        expect((await finalised).metadataSizeBytes).toBe(0);
        expect(await under.files()).toHaveLength(1);
      });

      it('is not published into a directory that was disposed meanwhile', async () => {
        const location = await newCheckpoint(7);
        const stream = await location.createMetadataOutputStream();
        await location.dispose();
        await expect(stream.closeAndFinalizeCheckpoint()).rejects.toEqual(refusal('STORAGE_UNAVAILABLE'));
        expect(await under.files()).toEqual([]);
      });
    });

    describe('state streams', () => {
      let location: CheckpointStorageLocation;
      let factory: CheckpointStreamFactory;

      beforeEach(async () => {
        location = await newCheckpoint(7);
        factory = storage.streamFactory(location.reference);
      });

      it.each(['EXCLUSIVE', 'SHARED'] as const)(
        'gives no handle for nothing written, scope %s (T-288, T-393)',
        async (scope) => {
          expect(await writeState(factory, scope)).toBeUndefined();
          expect(await writeState(factory, scope, new Uint8Array())).toBeUndefined();
          expect(await under.files()).toEqual([]);
        },
      );

      it('keeps state up to the threshold inline, named by what its path would be (T-292, T-293, T-399)', async () => {
        const handle = await writeState(factory, 'EXCLUSIVE', patterned(60), patterned(40));
        expect(handle).toMatchObject({ kind: 'byteStream' });
        if (handle?.kind !== 'byteStream') return;
        expect(Buffer.from(handle.data).equals(Buffer.concat([patterned(60), patterned(40)]))).toBe(true);
        expect(handle.name.startsWith(`${location.reference.exclusive}/`)).toBe(true);
        expect(await storage.readState(handle, location.reference.exclusive)).toEqual(handle.data);
        expect(await under.files()).toEqual([]);
      });

      it('gives exclusive state over the threshold a relative handle (C-253, T-279, T-280, T-284, T-293)', async () => {
        const handle = await writeState(factory, 'EXCLUSIVE', patterned(100), patterned(1));
        expect(handle).toMatchObject({ kind: 'relativeFile', sizeBytes: 101n });
        if (handle?.kind !== 'relativeFile') return;
        expect(await under.files()).toEqual([`${location.reference.exclusive}/${handle.relativePath}`]);
        const read = await storage.readState(handle, location.reference.exclusive);
        expect(Buffer.concat([patterned(100), patterned(1)]).equals(read)).toBe(true);
      });

      it('gives shared state over the threshold an absolute handle (C-253, T-283, T-291)', async () => {
        const handle = await writeState(factory, 'SHARED', large);
        expect(handle).toMatchObject({ kind: 'file', sizeBytes: 300n });
        if (handle?.kind !== 'file') return;
        expect(handle.path.startsWith(`${location.reference.shared}/`)).toBe(true);
        expect(await under.files()).toEqual([handle.path]);
        expect(large).toEqual(new Uint8Array(await storage.readState(handle, 's3://elsewhere/chk-1')));
      });

      it('gives relative handles in both scopes of a savepoint', async () => {
        const savepoint = await newSavepoint();
        for (const scope of ['EXCLUSIVE', 'SHARED'] as const) {
          const handle = await writeState(storage.streamFactory(savepoint.reference), scope, large);
          expect(handle).toMatchObject({ kind: 'relativeFile' });
        }
      });

      it('deletes its file when it is closed before a handle was taken (C-255, T-286, T-295, T-393)', async () => {
        const stream = await factory.createCheckpointStateOutputStream('SHARED');
        await stream.write(large);
        expect(await under.files()).toHaveLength(1);
        await stream.close();
        await stream.close();
        expect(await under.files()).toEqual([]);
        await expect(stream.write(large)).rejects.toEqual(refusal('STORAGE_STREAM_CLOSED'));
        await expect(stream.closeAndGetHandle()).rejects.toEqual(refusal('STORAGE_STREAM_CLOSED'));
      });

      it('keeps its file when it is closed after a handle was taken', async () => {
        const stream = await factory.createCheckpointStateOutputStream('EXCLUSIVE');
        await stream.write(large);
        await stream.closeAndGetHandle();
        await stream.close();
        expect(await under.files()).toHaveLength(1);
      });

      it.each(['before the first byte', 'while the file is open'])(
        'fails instead of recreating a directory disposed %s (C-102, T-285)',
        async (moment) => {
          const stream = await factory.createCheckpointStateOutputStream('EXCLUSIVE');
          if (moment === 'while the file is open') await stream.write(large);
          await location.dispose();
          const late = stream.write(large).then(() => stream.closeAndGetHandle());
          await expect(late).rejects.toEqual(refusal('STORAGE_UNAVAILABLE', /chk-7/));
          await stream.close();
          expect(await under.files()).toEqual([]);
          await expect(storage.resolveCheckpoint(location.reference.exclusive)).rejects.toEqual(
            refusal('POINTER_INVALID', /Cannot find checkpoint or savepoint file\/directory/),
          );
        },
      );

      it('refuses a handle after a failed write', async () => {
        const stream = await factory.createCheckpointStateOutputStream('EXCLUSIVE');
        await location.dispose();
        await expect(stream.write(large)).rejects.toEqual(refusal('STORAGE_UNAVAILABLE'));
        await expect(stream.closeAndGetHandle()).rejects.toEqual(refusal('STORAGE_STREAM_CLOSED'));
      });

      it('writes every byte to a file when the threshold is zero (C-251, T-297)', async () => {
        const eager = await make({ inlineThresholdBytes: 0 });
        try {
          await eager.storage.initializeBaseLocations(jobId);
          const place = await eager.storage.initializeLocationForCheckpoint(jobId, checkpointId(1));
          const handle = await writeState(
            eager.storage.streamFactory(place.reference),
            'EXCLUSIVE',
            patterned(1),
          );
          expect(handle).toMatchObject({ kind: 'relativeFile', sizeBytes: 1n });
        } finally {
          await eager.release();
        }
      });

      it.each([
        [-1, 'The threshold for file state size must be zero or larger.'],
        [1_048_577, 'The threshold for file state size cannot be larger than 1048576'],
        [0.5, 'inlineThresholdBytes is not a whole number of bytes.'],
      ])('refuses an inline threshold of %d (C-021, C-252, T-296)', async (inlineThresholdBytes, message) => {
        await expect(make({ inlineThresholdBytes })).rejects.toEqual(
          refusal('CONFIGURATION_INVALID', exactly(message)),
        );
      });
    });

    describe('reading and deleting state', () => {
      it('names the file that cannot be read', async () => {
        const { reference } = await newCheckpoint(7);
        const handle = { kind: 'relativeFile', relativePath: 'gone', sizeBytes: 1n } as const;
        await expect(storage.readState(handle, reference.exclusive)).rejects.toEqual(
          refusal('STORAGE_UNAVAILABLE', exactly(`read of ${reference.exclusive}/gone failed with ENOENT`)),
        );
      });

      it('refuses a file shorter than its handle says, and reads one of unknown size', async () => {
        const { reference } = await newCheckpoint(7);
        const handle = await writeState(storage.streamFactory(reference), 'EXCLUSIVE', large);
        if (handle?.kind !== 'relativeFile') throw new Error('no file');
        await expect(storage.readState({ ...handle, sizeBytes: 301n }, reference.exclusive)).rejects.toEqual(
          refusal('STORAGE_UNAVAILABLE'),
        );
        const read = await storage.readState({ ...handle, sizeBytes: -1n }, reference.exclusive);
        expect(read).toHaveLength(300);
      });

      describe('a segment of a merged file', () => {
        const segmentOf = async (startPosition: bigint, sizeBytes: bigint): Promise<Uint8Array> => {
          const { reference } = await newCheckpoint(7);
          const merged = await writeState(storage.streamFactory(reference), 'SHARED', patterned(300));
          if (merged?.kind !== 'file') throw new Error('no file');
          const scope = { scope: 'SHARED', logicalFileId: 'one' } as const;
          const { path } = merged;
          const segment = { kind: 'segmentFile', path, startPosition, sizeBytes, ...scope } as const;
          const keyed = {
            kind: 'keyGroupsStream',
            firstKeyGroup: 0,
            offsets: [0n],
            stream: segment,
          } as const;
          const bytes = await storage.readState(segment, reference.exclusive);
          expect(await storage.readState(keyed, reference.exclusive)).toEqual(bytes);
          return bytes;
        };

        it.each([
          ['at the start', 0n, 10n],
          ['in the middle', 100n, 150n],
          ['at the end', 290n, 10n],
          ['that is all of it', 0n, 300n],
          ['that is empty', 300n, 0n],
        ])('is read from its start, as long as it says: %s', async (_where, start, size) => {
          const expected = patterned(300).subarray(Number(start), Number(start + size));
          expect(expected).toHaveLength(Number(size));
          expect(Buffer.from(expected).equals(await segmentOf(start, size))).toBe(true);
        });

        it.each([
          ['ends behind the file', 290n, 11n],
          ['begins behind the file', 301n, 0n],
          ['begins before the file', -1n, 10n],
          ['has no length', 0n, -1n],
          ['is longer than any file', 1n, 2n ** 63n - 1n],
        ])('is refused when it %s', async (_how, start, size) => {
          await expect(segmentOf(start, size)).rejects.toEqual(refusal('STORAGE_UNAVAILABLE'));
        });

        it('does not take the file with it when its state is deleted', async () => {
          const { reference } = await newCheckpoint(7);
          const merged = await writeState(storage.streamFactory(reference), 'SHARED', patterned(300));
          if (merged?.kind !== 'file') throw new Error('no file');
          const part = { startPosition: 0n, sizeBytes: 10n, scope: 'SHARED', logicalFileId: 'one' } as const;
          const segment = { kind: 'segmentFile', path: merged.path, ...part } as const;
          const keyed = {
            kind: 'keyGroupsStream',
            firstKeyGroup: 0,
            offsets: [0n],
            stream: segment,
          } as const;
          await storage.deleteFiles([segment, keyed], reference.exclusive);
          expect(await under.files()).toContain(merged.path);
        });

        it('in which nothing was written is empty', async () => {
          const { reference } = await newCheckpoint(7);
          expect(await storage.readState({ kind: 'emptySegment' }, reference.exclusive)).toHaveLength(0);
        });
      });

      it('resolves a relative path that climbs out of the directory', async () => {
        const { reference } = await newCheckpoint(7);
        const handle = await writeState(storage.streamFactory(reference), 'SHARED', large);
        if (handle?.kind !== 'file') throw new Error('no file');
        const relativePath = `/../shared/${handle.path.slice(handle.path.lastIndexOf('/') + 1)}`;
        const read = await storage.readState(
          { ...handle, kind: 'relativeFile', relativePath },
          reference.exclusive,
        );
        expect(read).toHaveLength(300);
      });

      it('deletes single files, and again without complaint (C-257, T-306 to T-308, T-311)', async () => {
        const { reference } = await newCheckpoint(7);
        const factory = storage.streamFactory(reference);
        const kept = await writeState(factory, 'SHARED', large);
        const handles = [
          await writeState(factory, 'EXCLUSIVE', large),
          await writeState(factory, 'SHARED', large),
          await writeState(factory, 'SHARED', patterned(1)),
        ].filter((handle) => handle !== undefined);
        await storage.deleteFiles([...handles, ...handles], reference.exclusive);
        await storage.deleteFiles(handles, reference.exclusive);
        expect(await under.files()).toEqual([kept?.kind === 'file' ? kept.path : '']);
      });

      it('counts files of a checkpoint that is gone as deleted', async () => {
        const location = await newCheckpoint(7);
        const handle = await writeState(storage.streamFactory(location.reference), 'EXCLUSIVE', large);
        await location.dispose();
        if (handle) await storage.deleteFiles([handle], location.reference.exclusive);
        expect(await under.files()).toEqual([]);
      });

      it('never deletes a directory in place of a file (T-309)', async () => {
        const { reference } = await newCheckpoint(7);
        const handle = { kind: 'file', path: reference.exclusive, sizeBytes: 1n } as const;
        await expect(storage.deleteFiles([handle], reference.exclusive)).rejects.toEqual(
          refusal('STORAGE_UNAVAILABLE'),
        );
        expect((await newCheckpoint(7)).reference).toEqual(reference);
      });
    });

    describe('disposal', () => {
      it('removes the directory with all in it and leaves shared files alone (C-136, C-137)', async () => {
        const location = await newCheckpoint(7);
        const factory = storage.streamFactory(location.reference);
        await writeState(factory, 'EXCLUSIVE', large);
        const shared = await writeState(factory, 'SHARED', large);
        await publish(location, bytesOf('m'));
        await location.dispose();
        expect(await under.files()).toEqual([shared?.kind === 'file' ? shared.path : '']);
        expect(await storage.completedCheckpoints(jobId)).toEqual([]);
      });

      it('is repeatable', async () => {
        const location = await newCheckpoint(7);
        const completed = await publish(location, bytesOf('m'));
        await Promise.all([location.dispose(), completed.dispose()]);
        await storage.locationOf(location.reference).dispose();
        expect(await under.files()).toEqual([]);
      });

      it('removes a checkpoint that was never finalised', async () => {
        const location = await newCheckpoint(7);
        await location.dispose();
        await expect(storage.resolveCheckpoint(location.reference.exclusive)).rejects.toEqual(
          refusal('POINTER_INVALID'),
        );
      });

      it('touches no other checkpoint (T-265)', async () => {
        const kept = await publish(await newCheckpoint(70), bytesOf('kept'));
        await (await newCheckpoint(7)).dispose();
        expect(await under.files()).toEqual([`${kept.externalPointer}/_metadata`]);
      });

      it.each(['', '/..', '/../shared', '/../../..'])(
        'refuses to remove a directory that is not named as a checkpoint, %j from one',
        async (climb) => {
          const { reference } = await newCheckpoint(7);
          await publish(storage.locationOf(reference), bytesOf('m'));
          const job = { ...reference, exclusive: `${reference.exclusive}/..${climb}` };
          await expect(storage.locationOf(job).dispose()).rejects.toEqual(refusal('POINTER_INVALID'));
          expect(await storage.completedCheckpoints(jobId)).toEqual([7]);
        },
      );
    });

    describe('pointers', () => {
      it('finds a checkpoint by its directory, with a slash, and by its file (C-260, C-263, T-266)', async () => {
        const { externalPointer } = await publish(await newCheckpoint(7), bytesOf('meta'));
        for (const pointer of [externalPointer, `${externalPointer}/`, `${externalPointer}/_metadata`]) {
          const found = await storage.resolveCheckpoint(pointer);
          expect(found.externalPointer).toBe(externalPointer);
          expect(found.metadataSizeBytes).toBe(4);
          expect(Buffer.from(await found.readMetadata()).toString()).toBe('meta');
        }
      });

      it('finds a checkpoint by a plain path', async () => {
        const { externalPointer } = await publish(await newCheckpoint(7), bytesOf('meta'));
        const found = await storage.resolveCheckpoint(
          externalPointer.slice(externalPointer.indexOf(':') + 1),
        );
        expect(found.externalPointer).toBe(externalPointer);
      });

      it('accepts a metadata file under any name', async () => {
        const { reference } = await newCheckpoint(7);
        const handle = await writeState(storage.streamFactory(reference), 'EXCLUSIVE', large);
        if (handle?.kind !== 'relativeFile') throw new Error('no file');
        const found = await storage.resolveCheckpoint(`${reference.exclusive}/${handle.relativePath}`);
        expect(found.externalPointer).toBe(reference.exclusive);
        expect(found.metadataSizeBytes).toBe(300);
      });

      it('says in the words of Flink why a pointer leads nowhere (C-259, C-267, T-262)', async () => {
        const { reference } = await newCheckpoint(7);
        const scheme = reference.exclusive.slice(0, reference.exclusive.indexOf(':'));
        const gone = `${reference.exclusive}/gone`;
        const refusals: readonly (readonly [string, string])[] = [
          ['', 'empty checkpoint pointer'],
          [
            '1x:/a',
            "Checkpoint/savepoint path '1x:/a' is not a valid file URI. Either the pointer path is invalid, or the checkpoint was created by a different state backend.",
          ],
          ['s3://b/chk-1', "Cannot access file system for checkpoint/savepoint path 's3://b/chk-1'."],
          [gone, `Cannot find checkpoint or savepoint file/directory '${gone}' on file system '${scheme}'.`],
          [
            `${reference.exclusive}/`,
            `Cannot find meta data file '_metadata' in directory '${reference.exclusive}'. Please try to load the checkpoint/savepoint directly from the metadata file instead of the directory.`,
          ],
        ];
        for (const [pointer, message] of refusals) {
          await expect(storage.resolveCheckpoint(pointer)).rejects.toEqual(
            refusal('POINTER_INVALID', exactly(message)),
          );
        }
      });

      it('disposes a savepoint found by its pointer (C-262)', async () => {
        const savepoint = await newSavepoint();
        await writeState(storage.streamFactory(savepoint.reference), 'SHARED', large);
        const { externalPointer } = await publish(savepoint, bytesOf('m'));
        await (await storage.resolveCheckpoint(externalPointer)).dispose();
        expect(await under.files()).toEqual([]);
      });

      it('lists the completed checkpoints of one job in ascending order', async () => {
        await storage.initializeBaseLocations(otherJobId);
        for (const id of [10, 9, 100]) await publish(await newCheckpoint(id), bytesOf('m'));
        await newCheckpoint(101);
        await publish(await newSavepoint(), bytesOf('m'));
        expect(await storage.completedCheckpoints(jobId)).toEqual([9, 10, 100]);
        expect(await storage.completedCheckpoints(otherJobId)).toEqual([]);
      });

      it('lists nothing for a job it never heard of', async () => {
        expect(await storage.completedCheckpoints(parseJobId('f'.repeat(32)))).toEqual([]);
      });
    });
  });
};
