/** A short critical section between processes, which the operating system ends when its holder dies. */
import { DatabaseSync } from 'node:sqlite';
import { messageOf, TidemarkError } from '../errors.ts';

/** Waited for a holder, who needs a few milliseconds. */
const MUTEX_WAIT_MS = 5_000;

const enter = (path: string): DatabaseSync => {
  try {
    const database = new DatabaseSync(path, { timeout: MUTEX_WAIT_MS });
    try {
      // SQLite's file lock is the only portable one in Node. The file stays empty, and a full disk is no obstacle.
      database.exec('pragma journal_mode = memory');
      database.exec('begin exclusive');
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    const text = `${path} cannot be locked: ${messageOf(error)}`;
    throw new TidemarkError('JOURNAL_UNAVAILABLE', text, { path }, { cause: error });
  }
};

/**
 * Runs work that no other process does at the same time under the same path.
 * @throws JOURNAL_UNAVAILABLE when the file cannot be made or the holder does not let go.
 */
export const exclusively = <T>(path: string, work: () => T): T => {
  const database = enter(path);
  try {
    return work();
  } finally {
    database.close();
  }
};
