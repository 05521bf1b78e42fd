import { execFileSync } from 'node:child_process';
import { promises as fs, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkpointId } from '../../src/state/ids.ts';
import { fileSystemStorage } from '../../src/storage/filesystem/storage.ts';
import type { CheckpointStorage, CheckpointStorageLocation } from '../../src/storage/storage.ts';
import {
  bytesOf,
  exactly,
  jobId,
  patterned,
  publish,
  refusal,
  storageContract,
  writeState,
} from '../contracts/storage.contract.ts';
import { filesBelow } from './files-below.ts';

const newDirectory = () => fs.mkdtemp(join(tmpdir(), 'tidemark storage #%20-'));

storageContract('filesystem', async ({ inlineThresholdBytes }) => {
  const root = await newDirectory();
  const release = () => fs.rm(root, { recursive: true });
  try {
    const storage = fileSystemStorage({ checkpoints: `file://${root}/checkpoints`, inlineThresholdBytes });
    return { storage, savepointBase: `file://${root}/savepoints`, files: () => filesBelow(root), release };
  } catch (error) {
    await release();
    throw error;
  }
});

describe('filesystem storage', () => {
  let root: string;
  let storage: CheckpointStorage;

  beforeEach(async () => {
    root = await newDirectory();
    storage = fileSystemStorage({
      checkpoints: `file:${root}/c`,
      savepoints: `file:${root}/s`,
      inlineThresholdBytes: 0,
    });
    await storage.initializeBaseLocations(jobId);
  });
  afterEach(() => fs.rm(root, { recursive: true }));

  const newCheckpoint = (id: number) => storage.initializeLocationForCheckpoint(jobId, checkpointId(id));
  const directoryOf = ({ reference }: CheckpointStorageLocation) => reference.exclusive.slice('file:'.length);
  const exists = (path: string) =>
    fs.lstat(path).then(
      () => true,
      () => false,
    );

  describe('configuration', () => {
    it.each([
      [
        '/data',
        'The scheme (hdfs://, file://, etc) is null. Please specify the file system scheme explicitly in the URI.',
      ],
      [
        '',
        'The path to store the checkpoint data in is null. Please specify a directory path for the checkpoint data.',
      ],
      ['file:///', 'Cannot use the root directory for checkpoints.'],
      ['file:/a/..', 'Cannot use the root directory for checkpoints.'],
      ['file:/../..', 'Cannot use the root directory for checkpoints.'],
      ['1x:/a', 'Cannot parse value for checkpoints . Not a valid path.'],
      ['s3://bucket/a', "checkpoints: the scheme of 's3://bucket/a' is not 'file'."],
      [
        'file://data/a',
        "checkpoints: 'file://data/a' names a host; a slash may be missing (file:///data/a).",
      ],
    ])('refuses the directory %j (C-022)', (checkpoints, message) => {
      expect(() => fileSystemStorage({ checkpoints })).toThrow(
        refusal('CONFIGURATION_INVALID', exactly(message)),
      );
    });

    it('refuses a savepoint directory by its own name', () => {
      expect(() => fileSystemStorage({ checkpoints: 'file:/a', savepoints: '2x:/a' })).toThrow(
        refusal('CONFIGURATION_INVALID', /savepoints/),
      );
    });

    it('creates nothing by itself (C-265, T-276)', async () => {
      expect(fileSystemStorage({ checkpoints: `file:${root}/never` }).name).toBe('filesystem');
      expect(await exists(join(root, 'never'))).toBe(false);
    });

    it('keeps the default base of savepoints (T-268)', () => {
      expect(storage.defaultSavepointBase).toBe(`file:${root}/s`);
      expect(fileSystemStorage({ checkpoints: 'file:/a' }).defaultSavepointBase).toBeUndefined();
    });
  });

  describe('layout', () => {
    it('has the directories of Flink (C-243, T-270)', async () => {
      await newCheckpoint(7);
      expect((await fs.readdir(join(root, 'c', jobId))).toSorted()).toEqual(['chk-7', 'shared', 'taskowned']);
    });

    it('refers to directories in Flink’s text form', async () => {
      const { reference } = await newCheckpoint(7);
      expect(reference.exclusive).toBe(`file:${root}/c/${jobId}/chk-7`);
      expect(reference.shared).toBe(`file:${root}/c/${jobId}/shared`);
    });

    it('gives files random names that a second storage does not repeat (C-254)', async () => {
      const location = await newCheckpoint(7);
      const second = fileSystemStorage({ checkpoints: `file:${root}/c`, inlineThresholdBytes: 0 });
      await writeState(storage.streamFactory(location.reference), 'EXCLUSIVE', patterned(1));
      await writeState(second.streamFactory(location.reference), 'EXCLUSIVE', patterned(1));
      expect(await fs.readdir(directoryOf(location))).toHaveLength(2);
    });

    it('accepts a plain savepoint target, also a relative one (C-269)', async () => {
      const base = relative(process.cwd(), join(root, 'elsewhere'));
      const { reference } = await storage.initializeLocationForSavepoint({ base, name: 'savepoint-a' });
      expect(reference.exclusive).toBe(`file:${root}/elsewhere/savepoint-a`);
    });

    it('says which directory cannot be made (C-244, C-265)', async () => {
      await fs.writeFile(join(root, 'file'), '');
      const blocked = fileSystemStorage({ checkpoints: `file:${root}/file` });
      await expect(blocked.initializeBaseLocations(jobId)).rejects.toEqual(
        refusal(
          'STORAGE_UNAVAILABLE',
          /^Failed to create directory for shared state: file:.*\/shared: mkdir of .* failed with E/,
        ),
      );
      const target = { base: `file:${root}/file`, name: 'savepoint-a' };
      await expect(storage.initializeLocationForSavepoint(target)).rejects.toEqual(
        refusal('STORAGE_UNAVAILABLE', /^Failed to create savepoint directory at file:/),
      );
    });
  });

  describe('a file in the place of a directory', () => {
    const bases = [
      ['shared', 'shared state'],
      ['taskowned', 'task owned state'],
    ] as const;

    it.each(bases)('%s is refused by name, and stays (C-244)', async (name, what) => {
      const jobDirectory = join(root, 'c', jobId);
      await fs.mkdir(jobDirectory, { recursive: true });
      await fs.rm(join(jobDirectory, name), { recursive: true, force: true });
      await fs.writeFile(join(jobDirectory, name), 'mine');
      const text = new RegExp(
        `^Failed to create directory for ${what}: file:.*: mkdir of file:.* failed with EEXIST`,
      );
      await expect(storage.initializeBaseLocations(jobId)).rejects.toEqual(
        refusal('STORAGE_UNAVAILABLE', text),
      );
      expect(await fs.readFile(join(jobDirectory, name), 'utf8')).toBe('mine');
    });

    it('is refused for a checkpoint too', async () => {
      await storage.initializeBaseLocations(jobId);
      await fs.writeFile(join(root, 'c', jobId, 'chk-9'), 'mine');
      const initialized = storage.initializeLocationForCheckpoint(jobId, checkpointId(9));
      await expect(initialized).rejects.toEqual(refusal('STORAGE_UNAVAILABLE', /chk-9 failed with EEXIST/));
    });
  });

  describe('what a died process leaves', () => {
    it('is removed with the checkpoint when it died while writing metadata', async () => {
      const location = await newCheckpoint(7);
      await fs.writeFile(join(directoryOf(location), '._metadata.0123.tmp'), 'half');
      await publish(location, bytesOf('whole'));
      expect(await fs.readdir(directoryOf(location))).toHaveLength(2);
      expect(await storage.completedCheckpoints(jobId)).toEqual([7]);
      await location.dispose();
      expect(await exists(directoryOf(location))).toBe(false);
    });

    it('does not keep the same metadata from being written again when it died after the link', async () => {
      const location = await newCheckpoint(7);
      const temporary = join(directoryOf(location), '._metadata.0123.tmp');
      await fs.writeFile(temporary, 'whole');
      await fs.link(temporary, join(directoryOf(location), '_metadata'));
      const completed = await publish(location, bytesOf('whole'));
      expect(Buffer.from(await completed.readMetadata()).toString()).toBe('whole');
      await completed.dispose();
      expect(await exists(directoryOf(location))).toBe(false);
    });

    it('is no checkpoint when only the temporary file stands (C-258)', async () => {
      const location = await newCheckpoint(7);
      await fs.writeFile(join(directoryOf(location), '._metadata.0123.tmp'), 'half');
      expect(await storage.completedCheckpoints(jobId)).toEqual([]);
      await expect(storage.resolveCheckpoint(location.reference.exclusive)).rejects.toEqual(
        refusal('POINTER_INVALID', /Cannot find meta data file '_metadata'/),
      );
    });
  });

  describe('publishing', () => {
    it('lets exactly one of two storages win', async () => {
      const second = fileSystemStorage({ checkpoints: `file:${root}/c` });
      for (let id = 1; id <= 20; id++) {
        const location = await newCheckpoint(id);
        const results = await Promise.allSettled([
          publish(location, patterned(70_000)),
          publish(second.locationOf(location.reference), patterned(70_001)),
        ]);
        const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
        expect(refused).toEqual([refusal('STORAGE_CONFLICT')]);
        expect(await fs.readdir(directoryOf(location))).toEqual(['_metadata']);
      }
    });

    it('does not write through a symbolic link in the place of the metadata', async () => {
      const location = await newCheckpoint(7);
      await fs.symlink(join(root, 'victim'), join(directoryOf(location), '_metadata'));
      await expect(publish(location, bytesOf('m'))).rejects.toEqual(refusal('STORAGE_UNAVAILABLE'));
      expect(await exists(join(root, 'victim'))).toBe(false);
    });
  });

  describe('disposal', () => {
    it('removes stray files and directories of others (C-136, C-293, T-157)', async () => {
      const location = await newCheckpoint(7);
      await fs.mkdir(join(directoryOf(location), 'stray', 'deep'), { recursive: true });
      await fs.writeFile(join(directoryOf(location), 'stray', 'deep', 'file'), '');
      await location.dispose();
      expect(await exists(directoryOf(location))).toBe(false);
    });

    it('does not follow symbolic links out of the directory', async () => {
      const location = await newCheckpoint(7);
      await fs.mkdir(join(root, 'outside'));
      await fs.writeFile(join(root, 'outside', 'precious'), '');
      await fs.symlink(join(root, 'outside'), join(directoryOf(location), 'directory-link'));
      await fs.symlink(join(root, 'outside', 'precious'), join(directoryOf(location), '_metadata'));
      await location.dispose();
      expect(await exists(directoryOf(location))).toBe(false);
      expect(await exists(join(root, 'outside', 'precious'))).toBe(true);
    });

    it('removes a link in the place of the directory and keeps what it points to', async () => {
      await fs.mkdir(join(root, 'outside'));
      await fs.writeFile(join(root, 'outside', '_metadata'), 'm');
      const link = join(root, 'c', jobId, 'chk-9');
      await fs.symlink(join(root, 'outside'), link);
      await (await storage.resolveCheckpoint(`file:${link}`)).dispose();
      expect(await exists(link)).toBe(false);
      expect(await exists(join(root, 'outside', '_metadata'))).toBe(true);
    });

    it('refuses a checkpoint in a directory that does not look like one, and keeps all its files', async () => {
      await fs.mkdir(join(root, 'documents'));
      await fs.writeFile(join(root, 'documents', '_metadata'), 'm');
      const found = await storage.resolveCheckpoint(join(root, 'documents'));
      await expect(found.dispose()).rejects.toEqual(
        refusal('POINTER_INVALID', /chk-<number> or savepoint-<name>/),
      );
      expect(await exists(join(root, 'documents', '_metadata'))).toBe(true);
    });
  });

  describe('pointers', () => {
    it('may be relative to the working directory', async () => {
      const { externalPointer } = await publish(await newCheckpoint(7), bytesOf('m'));
      const pointer = relative(process.cwd(), externalPointer.slice('file:'.length));
      expect((await storage.resolveCheckpoint(pointer)).externalPointer).toBe(externalPointer);
    });

    it('find a savepoint that was moved, with its relative state (C-248, T-416)', async () => {
      const target = { base: `file:${root}/s`, name: 'savepoint-a' };
      const savepoint = await storage.initializeLocationForSavepoint(target);
      const handle = await writeState(storage.streamFactory(savepoint.reference), 'SHARED', patterned(9));
      await publish(savepoint, bytesOf('m'));
      await fs.rename(join(root, 's', 'savepoint-a'), join(root, 'moved'));
      const { externalPointer } = await storage.resolveCheckpoint(join(root, 'moved', '_metadata'));
      expect(externalPointer).toBe(`file:${root}/moved`);
      if (handle === undefined) throw new Error('no handle');
      expect(await storage.readState(handle, externalPointer)).toHaveLength(9);
    });

    it('with an authority are refused, which Flink would leave out to look at this machine', async () => {
      const { externalPointer } = await publish(await newCheckpoint(7), bytesOf('m'));
      const path = externalPointer.slice('file:'.length);
      for (const pointer of [`//host${path}`, `file://host${path}`]) {
        await expect(storage.resolveCheckpoint(pointer)).rejects.toEqual(
          refusal('POINTER_INVALID', /Cannot access file system for checkpoint\/savepoint path/),
        );
      }
      expect((await storage.resolveCheckpoint(`//${path}`)).externalPointer).toBe(externalPointer);
    });

    it('may be blank, as a file name may', async () => {
      await expect(storage.resolveCheckpoint(' ')).rejects.toEqual(
        refusal('POINTER_INVALID', /Cannot find checkpoint or savepoint file\/directory ' '/),
      );
    });

    it('lead nowhere from a relative handle that begins with an authority, as in Flink', async () => {
      const exclusive = `file:${root}/c`;
      const handle = { kind: 'relativeFile', relativePath: '//auth/x', sizeBytes: 1n } as const;
      await expect(storage.readState(handle, exclusive)).rejects.toEqual(refusal('POINTER_INVALID'));
    });

    it('do not lead through a file', async () => {
      const { externalPointer } = await publish(await newCheckpoint(7), bytesOf('m'));
      await expect(storage.resolveCheckpoint(`${externalPointer}/_metadata/x`)).rejects.toEqual(
        refusal('POINTER_INVALID', /Cannot find checkpoint or savepoint file\/directory/),
      );
    });

    it('to a directory in the place of metadata are refused', async () => {
      const location = await newCheckpoint(7);
      await fs.mkdir(join(directoryOf(location), '_metadata'));
      await expect(storage.resolveCheckpoint(location.reference.exclusive)).rejects.toEqual(
        refusal('POINTER_INVALID', /Cannot find meta data file/),
      );
      expect(await storage.completedCheckpoints(jobId)).toEqual([]);
    });
  });
});

const run = (command: string, ...words: readonly string[]) =>
  execFileSync(command, words, { stdio: 'ignore' });
const mountSmallDisk = (directory: string) =>
  run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory);

/** Mounting takes rights that a developer's machine does not give; the tests are then skipped and counted. */
const canMount = ((): boolean => {
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-mount-'));
  try {
    mountSmallDisk(directory);
    run('umount', directory);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true });
  }
})();

describe.skipIf(!canMount)('filesystem storage on a full disk (needs the right to mount)', () => {
  let root: string;
  let storage: CheckpointStorage;
  let location: CheckpointStorageLocation;

  beforeEach(async () => {
    root = await newDirectory();
    mountSmallDisk(root);
    storage = fileSystemStorage({ checkpoints: `file:${root}/c`, inlineThresholdBytes: 0 });
    await storage.initializeBaseLocations(jobId);
    location = await storage.initializeLocationForCheckpoint(jobId, checkpointId(1));
  });
  afterEach(async () => {
    run('umount', root);
    await fs.rmdir(root);
  });

  const full = refusal('STORAGE_UNAVAILABLE', /write of file:.* failed with ENOSPC/);

  it('names operation, file and cause, publishes nothing, and works again when there is room', async () => {
    const stream = await location.createMetadataOutputStream();
    await expect(stream.write(patterned(200_000))).rejects.toEqual(full);
    await expect(stream.closeAndFinalizeCheckpoint()).rejects.toEqual(refusal('STORAGE_STREAM_CLOSED'));
    await stream.close();
    expect(await filesBelow(root)).toEqual([]);
    expect((await publish(location, patterned(20_000))).metadataSizeBytes).toBe(20_000);
  });

  it('removes the temporary file when the disk fills while finalising (C-266, T-299)', async () => {
    await fs.writeFile(join(root, 'ballast'), patterned(40_000));
    const stream = await location.createMetadataOutputStream();
    await stream.write(patterned(60_000));
    await expect(stream.closeAndFinalizeCheckpoint()).rejects.toEqual(full);
    expect(await filesBelow(root)).toEqual([`file:${root}/ballast`]);
  });

  it('removes the file of a state stream that cannot be flushed (C-255, T-287)', async () => {
    await fs.writeFile(join(root, 'ballast'), patterned(40_000));
    await expect(
      writeState(storage.streamFactory(location.reference), 'SHARED', patterned(60_000)),
    ).rejects.toEqual(
      refusal(
        'STORAGE_UNAVAILABLE',
        /^Could not flush and close the file system output stream to file:.*ENOSPC/,
      ),
    );
    expect(await filesBelow(root)).toEqual([`file:${root}/ballast`]);
  });
});
