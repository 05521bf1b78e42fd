/** SQLite's errors in the words of the journal. */
import { isTidemarkError, messageOf, TidemarkError } from '../../errors.ts';

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html) that are told apart here. */
const SQLITE_BUSY = 5;
const SQLITE_NOMEM = 7;
const SQLITE_READONLY = 8;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CONSTRAINT = 19;
const SQLITE_NOTADB = 26;

/** The extended result code of an error that SQLite reported. */
const resultCodeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode
    : undefined;

const primaryCodeOf = (error: unknown): number => (resultCodeOf(error) ?? 0) & 0xff;

// An integer that no journal writes (node:sqlite then reports a range error) and a key that is taken where the head
// says that nothing is are damage, too.
const isDamage = (error: unknown): boolean =>
  [SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CONSTRAINT].includes(primaryCodeOf(error)) ||
  error instanceof RangeError;

/**
 * True when a COMMIT that failed with this error left nothing behind that a crash could bring to light: SQLite gave
 * up before it wrote the commit record. After any other error the record may be on disk, synced or not.
 */
export const isClearlyRolledBack = (error: unknown): boolean =>
  [SQLITE_BUSY, SQLITE_NOMEM, SQLITE_READONLY, SQLITE_FULL].includes(primaryCodeOf(error));

/** The error as JOURNAL_CORRUPT (damaged pages) or JOURNAL_UNAVAILABLE (all else), with SQLite's code in `errcode`. */
export const journalFault = (error: unknown, path: string, stream?: string): TidemarkError => {
  if (error instanceof TidemarkError) return error;
  if (isTidemarkError(error)) return new TidemarkError(error.code, error.message, error.detail);
  const about = stream === undefined ? '' : ` of stream '${stream}'`;
  const detail = {
    path,
    errcode: resultCodeOf(error) ?? null,
    sqlite: messageOf(error),
    ...(stream && { stream }),
  };
  return isDamage(error)
    ? new TidemarkError('JOURNAL_CORRUPT', `pages${about} in ${path} are damaged: ${detail.sqlite}`, detail, {
        cause: error,
      })
    : new TidemarkError(
        'JOURNAL_UNAVAILABLE',
        `the journal ${path} cannot be used: ${detail.sqlite}`,
        detail,
        {
          cause: error,
        },
      );
};
