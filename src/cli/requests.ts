/** How one process asks the living run of a data directory for something: a file that names whom it asks. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, TidemarkError } from '../errors.ts';
import type { DataDirectory } from './data-directory.ts';

const cancelFile = (directory: DataDirectory): string => join(directory.requests, 'cancel');

/**
 * Asks the run that holds the lock with this token to cancel its job. Asking again changes nothing.
 * @throws JOURNAL_UNAVAILABLE when the file cannot be written.
 */
export const requestCancel = (directory: DataDirectory, token: string): void => {
  const path = cancelFile(directory);
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(directory.requests, { recursive: true });
    writeFileSync(temporary, token);
    renameSync(temporary, path);
  } catch (error) {
    throw new TidemarkError('JOURNAL_UNAVAILABLE', `${path} cannot be written: ${messageOf(error)}`, {
      path,
    });
  }
};

/** True when somebody asked the holder of this token to cancel. A request to another run is none. */
export const isCancelRequested = (directory: DataDirectory, token: string): boolean => {
  try {
    return readFileSync(cancelFile(directory), 'utf8') === token;
  } catch {
    // There is no request, or it is just being made.
    return false;
  }
};

/** Forgets what was asked. What the caller owes: it holds the lock. */
export const clearRequests = (directory: DataDirectory): void =>
  rmSync(directory.requests, { recursive: true, force: true });
