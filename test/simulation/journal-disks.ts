/** Journals whose disk can be copied as bytes: in memory, and SQLite files. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMemoryJournal } from '../../src/journal/memory/journal.ts';
import { openSqliteJournalInThread } from '../../src/journal/sqlite/journal.ts';
import type { JournalDisk } from './simulated-job.ts';

export const memoryDisk = (image?: Uint8Array): JournalDisk => {
  const journal = openMemoryJournal(image);
  return { journal, copy: () => memoryDisk(journal.image()), dispose: () => {} };
};

/** A SQLite file in a directory of its own; what a copy takes is the file and its write-ahead log, as after a crash. */
export const sqliteDisk = (from?: string): JournalDisk => {
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-disk-'));
  const path = join(directory, 'journal.db');
  for (const suffix of ['', '-wal']) {
    if (from !== undefined && existsSync(from + suffix)) copyFileSync(from + suffix, path + suffix);
  }
  const journal = openSqliteJournalInThread(path, { synchronous: 'OFF' });
  return {
    journal,
    copy: () => sqliteDisk(path),
    dispose: () => {
      void journal.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
