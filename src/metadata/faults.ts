/** How trouble in a metadata file is told: with the byte, the place, what belongs there and what stood there. */
import { TidemarkError } from '../errors.ts';

/** Where and how a file departs from the format. */
export interface Fault {
  /** Offset in the bytes that were given to the reader. */
  readonly offset: number;
  /** The place in words, outermost first: `operator 3 › subtask 1 › managed keyed state`. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  /** The words with which Flink refuses the same, where it has any that people know. */
  readonly flinkMessage?: string | undefined;
}

const messageOfFault = (fault: Fault): string => {
  const place = fault.path === '' ? '' : ` (${fault.path})`;
  const known = fault.flinkMessage === undefined ? '' : ` (Flink: ${fault.flinkMessage})`;
  return `at byte ${fault.offset}${place} expected ${fault.expected}, found ${fault.found}${known}`;
};

/** METADATA_CORRUPT: the bytes are not in the format, whichever version reads them. */
export const corrupt = (fault: Fault): TidemarkError =>
  new TidemarkError('METADATA_CORRUPT', `checkpoint metadata is corrupt: ${messageOfFault(fault)}`, {
    ...fault,
  });

/** METADATA_UNSUPPORTED: legal in the format, but not read by this version of Tidemark. */
export const unsupported = (fault: Fault): TidemarkError =>
  new TidemarkError(
    'METADATA_UNSUPPORTED',
    `checkpoint metadata is not supported: ${messageOfFault(fault)}`,
    {
      ...fault,
    },
  );

/** ARGUMENT_INVALID: a model that cannot be written; `path` names the field. */
export const unwritable = (path: string, problem: string): TidemarkError =>
  new TidemarkError('ARGUMENT_INVALID', `checkpoint metadata cannot be written: ${path} ${problem}`, {
    path,
  });

/** METADATA_UNSUPPORTED: a model that the chosen format version has no words for; `path` names what it is. */
export const unsayable = (version: number, path: string, what: string): TidemarkError =>
  new TidemarkError(
    'METADATA_UNSUPPORTED',
    `checkpoint metadata cannot be written in format ${version}, which has no place for this: ${joinPath(path, what)}`,
    { path, version },
  );

/** Joins the parts of a path; empty parts vanish. */
export const joinPath = (...parts: readonly string[]): string =>
  parts.filter((part) => part !== '').join(' › ');
