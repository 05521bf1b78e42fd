/** Journal files that vanish with the test that made them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Journal } from '../../src/journal/journal.ts';
import { openSqliteJournalInThread } from '../../src/journal/sqlite/journal.ts';

export const makeDirectory = (): string => mkdtempSync(join(tmpdir(), 'tidemark-journal-'));

export const temporary = (): string => {
  const path = makeDirectory();
  onTestFinished(() => rmSync(path, { recursive: true }));
  return join(path, 'journal.db');
};

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const openFast = (path: string): Journal => {
  const journal = openSqliteJournalInThread(path, { synchronous: 'OFF' });
  onTestFinished(() => journal.close());
  return journal;
};

export const fill = async (journal: Journal, from: number, to: number): Promise<void> => {
  for (let revision = from; revision < to; revision += 1) {
    const block = {
      facts: bytes(`facts ${revision + 1}`),
      detail: bytes('detail'),
      bulk: new Uint8Array(20_000).fill(revision),
    };
    await journal.append({ stream: 'job', expectedRevision: revision, term: 1, block });
  }
};
