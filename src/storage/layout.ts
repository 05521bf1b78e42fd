/**
 * Names and directories of the file layout, the same in every backend (C-243):
 *
 *     <base>/<job id>/chk-<id>/_metadata    and exclusive state
 *     <base>/<job id>/shared/               state shared between checkpoints
 *     <base>/<job id>/taskowned/            never deleted by the coordinator
 *     <savepoint base>/savepoint-<…>/_metadata   and all state
 */
import { TidemarkError } from '../errors.ts';
import { checkpointId, type CheckpointId, type JobId } from '../state/ids.ts';
import { childPath, fileNameOf, formatPath, parsePath } from './pointer.ts';
import type { LocationReference, SavepointTarget } from './storage.ts';

export const metadataFileName = '_metadata';

/** The job's own directories that exist before any checkpoint does (C-244). */
export const baseDirectories = (
  base: string,
  jobId: JobId,
): { readonly shared: string; readonly taskOwned: string } => ({
  shared: childPath(jobDirectory(base, jobId), 'shared'),
  taskOwned: childPath(jobDirectory(base, jobId), 'taskowned'),
});

export const jobDirectory = (base: string, jobId: JobId): string => childPath(base, jobId);

export const checkpointReference = (base: string, jobId: JobId, id: CheckpointId): LocationReference => ({
  exclusive: childPath(jobDirectory(base, jobId), `chk-${id}`),
  shared: baseDirectories(base, jobId).shared,
});

/**
 * A savepoint keeps everything in one directory, so that it may be moved as a whole (C-246, C-248).
 * @throws ARGUMENT_INVALID for a name that is not `savepoint-…`: what is made must be removable.
 */
export const savepointReference = (base: string, name: SavepointTarget['name']): LocationReference => {
  if (!/^savepoint-[^/\\\0]+$/.test(name)) {
    throw new TidemarkError(
      'ARGUMENT_INVALID',
      `savepoint directory name ${JSON.stringify(name)} is not savepoint-<name>`,
      { name },
    );
  }
  const directory = childPath(base, name);
  return { exclusive: directory, shared: directory };
};

/** The id in a directory name `chk-<id>`; undefined for any other name. */
export const checkpointIdOf = (directoryName: string): CheckpointId | undefined => {
  const digits = /^chk-([1-9]\d*)$/.exec(directoryName)?.[1];
  return digits !== undefined && Number.isSafeInteger(Number(digits))
    ? checkpointId(Number(digits))
    : undefined;
};

/** Whether the name says that the directory is one checkpoint's own: no other is ever removed with its contents. */
export const isCheckpointDirectory = (directory: string): boolean =>
  /^(chk-\d+|savepoint-.+)$/.test(fileNameOf(directory));

/**
 * Checks a configured base directory and gives its text form.
 * @throws CONFIGURATION_INVALID with the texts of C-022.
 */
export const checkedBase = (option: string, text: string, scheme: string): string => {
  const refuse = (message: string) =>
    new TidemarkError('CONFIGURATION_INVALID', message, { option, value: text });
  if (text === '') {
    throw refuse(
      'The path to store the checkpoint data in is null. Please specify a directory path for the checkpoint data.',
    );
  }
  const parsed = parsePath(text);
  if (parsed === undefined) throw refuse(`Cannot parse value for ${option} . Not a valid path.`);
  if (parsed.scheme === undefined) {
    throw refuse(
      'The scheme (hdfs://, file://, etc) is null. Please specify the file system scheme explicitly in the URI.',
    );
  }
  if (parsed.scheme !== scheme) throw refuse(`${option}: the scheme of '${text}' is not '${scheme}'.`);
  if (parsed.authority !== undefined) {
    throw refuse(
      `${option}: '${text}' names a host; a slash may be missing (${scheme}:///${parsed.authority}${parsed.path}).`,
    );
  }
  if (isRoot(parsed.path)) throw refuse('Cannot use the root directory for checkpoints.');
  return formatPath({ ...parsed, path: parsed.path.replace(/\/$/, '') });
};

const isRoot = (path: string): boolean =>
  path.split('/').every((segment) => segment === '' || segment === '..');
