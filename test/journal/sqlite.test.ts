import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { Journal } from '../../src/journal/journal.ts';
import { openSqliteJournal, openSqliteJournalInThread } from '../../src/journal/sqlite/journal.ts';
import { journalContract } from '../contracts/journal.contract.ts';
import type { JournalUnderTest } from '../contracts/journal.contract.ts';
import { bytes, fill, makeDirectory, openFast, temporary } from './sqlite-files.ts';

const underTest = async (open: (path: string) => Promise<Journal>): Promise<JournalUnderTest> => {
  const folder = makeDirectory();
  const path = join(folder, 'made', 'on the way', 'journal.db');
  const opened = [await open(path)];
  return {
    journal: opened[0]!,
    reopen: async () => {
      await opened[0]?.close();
      const again = await open(path);
      opened.push(again);
      return again;
    },
    dispose: async () => {
      for (const journal of opened) await journal.close();
      rmSync(folder, { recursive: true });
    },
  };
};

journalContract('SQLite journal in a worker thread', () => underTest((path) => openSqliteJournal(path)));
journalContract('SQLite journal in the calling thread', () =>
  underTest(async (path) => openSqliteJournalInThread(path, { synchronous: 'OFF' })),
);

describe('damage to a SQLite journal', () => {
  it('opens at an earlier whole block when the tail of its log is cut anywhere', async () => {
    const path = temporary();
    const journal = openFast(path);
    await fill(journal, 0, 5);
    const logSizeBytes = statSync(`${path}-wal`).size;
    const heads = new Set<number>();
    for (let cut = 1; cut <= 12; cut += 1) {
      const torn = `${path}-${cut}`;
      copyFileSync(path, torn);
      copyFileSync(`${path}-wal`, `${torn}-wal`);
      truncateSync(`${torn}-wal`, Math.floor((logSizeBytes * cut) / 12) - 1);
      const reopened = openFast(torn);
      const { revision } = await reopened.head('job');
      const blocks = await reopened.read('job', 1, { withBulk: true });
      expect(blocks.map(({ bulk }) => bulk)).toEqual(
        Array.from({ length: revision }, (_, index) => new Uint8Array(20_000).fill(index)),
      );
      heads.add(revision);
    }
    expect([...heads]).toEqual([0, 1, 2, 3, 4]);
  });

  it('names stream and revision when one byte of a piece has changed', async () => {
    const path = temporary();
    const block = { facts: bytes('FACTS-MARK'), detail: bytes('DETAIL-MARK'), bulk: bytes('BULK-MARK') };
    const journal = openFast(path);
    await journal.append({ stream: 'job', expectedRevision: 0, term: 1, block: { facts: bytes('first') } });
    await journal.append({ stream: 'job', expectedRevision: 1, term: 1, block });
    await journal.writeSnapshot('job', { revision: 2, bytes: bytes('SNAPSHOT-MARK') });
    await journal.close();
    const healthy = readFileSync(path);
    const damaged = async (marker: string): Promise<Journal> => {
      const copy = Buffer.from(healthy);
      const offset = copy.indexOf(marker);
      copy.writeUInt8(copy.readUInt8(offset) ^ 1, offset);
      writeFileSync(`${path}-${marker}`, copy);
      return openFast(`${path}-${marker}`);
    };
    const corrupt = { code: 'JOURNAL_CORRUPT', detail: { stream: 'job', revision: 2 } };
    await expect((await damaged('FACTS-MARK')).read('job', 1)).rejects.toMatchObject(corrupt);
    await expect((await damaged('DETAIL-MARK')).read('job', 1)).rejects.toMatchObject(corrupt);
    await expect((await damaged('BULK-MARK')).readBulk('job', 2)).rejects.toMatchObject(corrupt);
    await expect((await damaged('SNAPSHOT-MARK')).readSnapshot('job')).rejects.toMatchObject(corrupt);
    const withBadBulk = openFast(`${path}-BULK-MARK`);
    expect(await withBadBulk.read('job', 1)).toHaveLength(2);
    await expect(withBadBulk.read('job', 1, { withBulk: true })).rejects.toMatchObject(corrupt);
  });

  it.each([
    ['a block is gone', `delete from block where revision = 2`, 2],
    ['the newest block is gone', `delete from block where revision = 3`, 3],
    ['a bulk is gone', `delete from bulk where position = 2`, 2],
    ['a block has another term', `update block set term = 2 where revision = 2`, 2],
    [
      'a block has the bulk of another',
      `update bulk set bytes = (select bytes from bulk where position = 3)`,
      2,
    ],
    ['the head was set back', `update stream set revision = 2`, 2],
    ['more is trimmed than a snapshot explains', `delete from snapshot`, 1],
  ])('is seen when %s', async (_, sql, revision) => {
    const path = temporary();
    const journal = openFast(path);
    await fill(journal, 0, 3);
    await journal.writeSnapshot('job', { revision: 1, bytes: bytes('fold') });
    await journal.trim('job', { through: 1 });
    await journal.close();
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
    const damaged = openFast(path);
    const reading = damaged.readSnapshot('job').then(() => damaged.read('job', 1, { withBulk: true }));
    await expect(reading).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT',
      detail: { stream: 'job', revision },
    });
  });

  it('calls overwritten pages corrupt', async () => {
    const path = temporary();
    const journal = openFast(path);
    await fill(journal, 0, 3);
    await journal.close();
    const file = readFileSync(path);
    writeFileSync(path, file.fill(0xa5, 8192));
    await expect(openFast(path).head('job')).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
  });
});

describe('file of a SQLite journal', () => {
  /** What a writer and a reader are told, and whether the file and its surroundings are as before. */
  const refusalsOf = async (
    path: string,
  ): Promise<{ readonly told: unknown[]; readonly isUntouched: boolean }> => {
    const before = readFileSync(path);
    const told = await Promise.all([
      openSqliteJournal(path).catch((error: unknown) => error),
      openSqliteJournal(path, { readOnly: true }).catch((error: unknown) => error),
    ]);
    const isUntouched = readFileSync(path).equals(before) && readdirSync(dirname(path)).length === 1;
    return { told, isUntouched };
  };

  it('is refused and left as it is when it is something else', async () => {
    const path = temporary();
    const foreign = expect.objectContaining({ code: 'ARGUMENT_INVALID', detail: { path } });
    writeFileSync(path, 'a letter to a friend');
    expect(await refusalsOf(path)).toEqual({ told: [foreign, foreign], isUntouched: true });
    writeFileSync(path, Buffer.alloc(20_000, 'a longer letter to a friend'));
    expect(await refusalsOf(path)).toEqual({ told: [foreign, foreign], isUntouched: true });
    rmSync(path);
    const database = new DatabaseSync(path);
    database.exec('pragma journal_mode = wal; create table stream (name text)');
    database.close();
    expect(await refusalsOf(path)).toEqual({ told: [foreign, foreign], isUntouched: true });
  });

  it('is refused and left as it is when a newer version wrote it', async () => {
    const path = temporary();
    await openFast(path).close();
    const database = new DatabaseSync(path);
    database.exec('pragma user_version = 99');
    database.close();
    const newer = expect.objectContaining({
      code: 'JOURNAL_VERSION',
      detail: { path, version: 99, known: 1 },
    });
    expect(await refusalsOf(path)).toEqual({ told: [newer, newer], isUntouched: true });
  });

  it('is not made by a reader', async () => {
    const path = temporary();
    const missing = { code: 'DATA_DIRECTORY_MISSING', detail: { path } };
    await expect(openSqliteJournal(path, { readOnly: true })).rejects.toMatchObject(missing);
    expect(existsSync(path)).toBe(false);
  });

  it('cannot be where a directory stands', async () => {
    const path = join(temporary(), '..');
    await expect(openSqliteJournal(path)).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  });

  it('is made where an empty file stands', async () => {
    const path = temporary();
    writeFileSync(path, '');
    await fill(openFast(path), 0, 1);
    expect(await openFast(path).head('job')).toEqual({ revision: 1, term: 1 });
  });

  it('is read by a reader while a writer appends, and not changed by it', async () => {
    const path = temporary();
    const writer = await openSqliteJournal(path);
    await fill(writer, 0, 2);
    const reader = await openSqliteJournal(path, { readOnly: true });
    expect(await reader.read('job', 1)).toHaveLength(2);
    await fill(writer, 2, 3);
    expect(await reader.head('job')).toEqual({ revision: 3, term: 1 });
    const readOnly = { code: 'ARGUMENT_INVALID' };
    const request = { stream: 'job', expectedRevision: 3, term: 1, block: { facts: bytes('x') } };
    await expect(reader.append(request)).rejects.toMatchObject(readOnly);
    await expect(reader.trim('job', { bulk: [1] })).rejects.toMatchObject(readOnly);
    await expect(reader.writeSnapshot('job', { revision: 1, bytes: bytes('x') })).rejects.toMatchObject(
      readOnly,
    );
    await writer.close();
    expect(await reader.read('job', 1)).toHaveLength(3);
    await reader.close();
    const before = readFileSync(path);
    const later = await openSqliteJournal(path, { readOnly: true });
    expect(await later.head('job')).toEqual({ revision: 3, term: 1 });
    await later.close();
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('stops growing when rounds of bulk are trimmed behind a moving snapshot', async () => {
    const path = temporary();
    const journal = openFast(path);
    const sizeBytes = (): number => statSync(path).size + statSync(`${path}-wal`).size;
    let sizeAfter100 = 0;
    for (let round = 1; round <= 300; round += 1) {
      const block = { facts: bytes(`round ${round}`), bulk: new Uint8Array(50_000).fill(round) };
      await journal.append({ stream: 'job', expectedRevision: round - 1, term: 1, block });
      if (round > 2) {
        await journal.writeSnapshot('job', { revision: round - 2, bytes: bytes(`fold ${round - 2}`) });
        await journal.trim('job', { through: round - 2 });
      }
      if (round === 100) sizeAfter100 = sizeBytes();
    }
    expect(sizeBytes()).toBeLessThanOrEqual(sizeAfter100 + 64 * 1024);
    expect(sizeAfter100).toBeLessThan(6 * 1024 * 1024);
  });
});
