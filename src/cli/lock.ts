/**
 * The lock of a data directory: who runs there. It only keeps honest processes from starting by mistake; what fences a
 * run for good is the term in the journal.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf, TidemarkError } from '../errors.ts';
import { systemClock } from '../runtime/clock.ts';
import { makeDataDirectory, type DataDirectory } from './data-directory.ts';
import { exclusively } from './mutex.ts';
import { isLiving, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** Enough that two holders never have the same. */
const TOKEN_BYTES = 12;

export interface LockHolder extends ProcessIdentity {
  readonly token: string;
  /** What the process was asked to do: `run` or `cancel`. */
  readonly command: string;
  /** Wall-clock milliseconds. */
  readonly since: number;
}

export interface AcquireOptions {
  readonly command: 'run' | 'cancel';
  /** Also from a living holder. */
  readonly takeOver: boolean;
}

export interface HeldLock {
  readonly token: string;
  /** The living run that was taken over. */
  readonly replaced: LockHolder | undefined;
  /** False once another process has taken over. */
  isHeld(): boolean;
  /** Gives it back, unless it is somebody else's by now. Idempotent. */
  release(): void;
}

const isHolder = (value: unknown): value is LockHolder =>
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  typeof value.pid === 'number' &&
  'token' in value &&
  typeof value.token === 'string';

/** What the lock says; a file that a power cut left half written says nothing. */
const readLock = (directory: DataDirectory): LockHolder | undefined => {
  try {
    const parsed: unknown = JSON.parse(readFileSync(directory.lock, 'utf8'));
    return isHolder(parsed) ? parsed : undefined;
  } catch {
    // No lock, or one that cannot be read: nobody can be asked whether it is still meant.
    return undefined;
  }
};

/** The process that works in the directory now. Changes nothing. */
export const livingHolder = (directory: DataDirectory): LockHolder | undefined => {
  const holder = readLock(directory);
  return holder !== undefined && isLiving(holder) ? holder : undefined;
};

const heldBy = (directory: DataDirectory, holder: LockHolder): TidemarkError => {
  const since = new Date(holder.since).toISOString();
  const who = `process ${holder.pid} (tidemark ${holder.command}, since ${since})`;
  const text = `the data directory ${directory.path} is held by ${who}`;
  return new TidemarkError('DATA_DIRECTORY_HELD', text, { path: directory.path, pid: holder.pid });
};

/** @throws DATA_DIRECTORY_HELD naming the process that holds the directory. Changes nothing. */
export const requireNotHeld = (directory: DataDirectory): void => {
  const holder = livingHolder(directory);
  if (holder !== undefined) throw heldBy(directory, holder);
};

const replaceLock = (directory: DataDirectory, holder: LockHolder): void => {
  const temporary = `${directory.lock}.${holder.token}`;
  try {
    writeFileSync(temporary, `${JSON.stringify(holder)}\n`, { flag: 'wx' });
    renameSync(temporary, directory.lock);
  } catch (error) {
    rmSync(temporary, { force: true });
    const text = `${directory.lock} cannot be written: ${messageOf(error)}`;
    throw new TidemarkError('JOURNAL_UNAVAILABLE', text, { path: directory.lock }, { cause: error });
  }
};

const held = (directory: DataDirectory, token: string, replaced: LockHolder | undefined): HeldLock => {
  const isHeld = (): boolean => readLock(directory)?.token === token;
  return {
    token,
    replaced,
    isHeld,
    release: () => {
      if (!isHeld()) return;
      try {
        exclusively(directory.mutex, () => {
          if (isHeld()) rmSync(directory.lock, { force: true });
        });
      } catch {
        // On a disk that refuses everything the lock stays; it is stale as soon as this process ends.
      }
    },
  };
};

/**
 * Takes the directory, which is made when it does not exist. Of processes that try at once exactly one succeeds; the
 * lock of a process that no longer lives is taken without a word.
 * @throws DATA_DIRECTORY_HELD, JOURNAL_UNAVAILABLE
 */
export const acquireLock = (directory: DataDirectory, options: AcquireOptions): HeldLock => {
  makeDataDirectory(directory);
  return exclusively(directory.mutex, () => {
    const holder = livingHolder(directory);
    if (holder !== undefined && !options.takeOver) throw heldBy(directory, holder);
    const token = randomBytes(TOKEN_BYTES).toString('hex');
    replaceLock(directory, { ...ownIdentity(), token, command: options.command, since: systemClock.now() });
    return held(directory, token, holder);
  });
};
