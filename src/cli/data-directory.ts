/** Where everything of one job is: the one place that knows the names inside a data directory. */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf, TidemarkError } from '../errors.ts';
import { toFileUri } from '../storage/pointer.ts';

/** Where `run` works unless it is told. */
export const DATA_DIRECTORY_DEFAULT = 'tidemark-data';

export interface DataDirectory {
  /** Absolute, as are all others. */
  readonly path: string;
  readonly journal: string;
  readonly checkpoints: string;
  readonly output: string;
  /** Names the living run. */
  readonly lock: string;
  /** Held while `lock` changes. */
  readonly mutex: string;
  /** What other processes ask of the living run. */
  readonly requests: string;
  /** Names of the input files, for the command that checks the counts. */
  readonly inputList: string;
}

/** Touches nothing. */
export const dataDirectory = (given: string): DataDirectory => {
  const path = resolve(given);
  return {
    path,
    journal: join(path, 'journal.db'),
    checkpoints: join(path, 'checkpoints'),
    output: join(path, 'output'),
    lock: join(path, 'lock'),
    mutex: join(path, 'lock.mutex'),
    requests: join(path, 'requests'),
    inputList: join(path, 'input-files.txt'),
  };
};

/** A directory as the storage wants it. */
export const directoryUri = (path: string): string => toFileUri(path);

export const hasJournal = (directory: DataDirectory): boolean => existsSync(directory.journal);

/**
 * Refuses to read where no job was ever started.
 * @throws DATA_DIRECTORY_MISSING, ARGUMENT_INVALID when the path is no directory.
 */
export const requireJournal = (directory: DataDirectory): void => {
  requireDirectory(directory);
  if (hasJournal(directory)) return;
  const text = existsSync(directory.path) ? 'holds no journal' : 'does not exist';
  throw new TidemarkError('DATA_DIRECTORY_MISSING', `the data directory ${directory.path} ${text}`, {
    path: directory.path,
  });
};

const requireDirectory = (directory: DataDirectory): void => {
  const { path } = directory;
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined || status.isDirectory()) return;
  throw new TidemarkError('ARGUMENT_INVALID', `--data ${path} is no directory`, { path });
};

/** Committed output: one file per checkpoint that had some, sorted. */
export const outputFiles = (directory: DataDirectory): readonly string[] => {
  if (!existsSync(directory.output)) return [];
  return readdirSync(directory.output)
    .filter((name) => name.endsWith('.txt'))
    .toSorted();
};

/**
 * Refuses a place for a new job that already holds output: it would be counted with the job's own.
 * @throws ARGUMENT_INVALID
 */
export const requireFresh = (directory: DataDirectory): void => {
  requireDirectory(directory);
  const [first] = hasJournal(directory) ? [] : outputFiles(directory);
  if (first === undefined) return;
  const text = `${directory.output} holds ${first}, but there is no journal of its job; give another --data`;
  throw new TidemarkError('ARGUMENT_INVALID', text, { path: directory.output });
};

/** Makes the directory itself. @throws JOURNAL_UNAVAILABLE when the file system refuses. */
export const makeDataDirectory = (directory: DataDirectory): void => {
  try {
    mkdirSync(directory.path, { recursive: true });
  } catch (error) {
    const text = `the data directory ${directory.path} cannot be made: ${messageOf(error)}`;
    throw new TidemarkError('JOURNAL_UNAVAILABLE', text, { path: directory.path }, { cause: error });
  }
};
