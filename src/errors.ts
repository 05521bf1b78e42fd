/**
 * The one error class of the project and the table of its codes.
 *
 * Expected trouble that a caller can act on carries a code, the facts of the case and the way out. A broken
 * invariant is a bug and throws through {@link invariant}. `docs/reference/errors.md` lists the same table; a test
 * keeps the two equal.
 */

/** Every code with the sentence that says what to do about it. */
export const errorCodes = {
  ACKNOWLEDGEMENT_TOO_LARGE:
    'Let the task keep its state in files instead of in the handles; the message names the limit.',
  ARGUMENT_INVALID: 'Correct the named argument; `--help` shows what is accepted.',
  CHECKPOINT_ABORTED: 'The message says why the checkpoint was given up; mend that and trigger a new one.',
  CHECKPOINT_REFUSED:
    'The message says why nothing can be triggered now; trigger again when that has changed.',
  CONFIGURATION_INVALID: 'Correct the named option; the message gives the accepted range.',
  COORDINATOR_CLOSED: 'Open a new coordinator on the same journal.',
  COORDINATOR_FENCED:
    'Another coordinator has taken over this job; talk to that one. Nothing needs to be undone.',
  DATA_DIRECTORY_HELD:
    'Stop the run that holds the directory, wait for it, or pass `--take-over` to fence it.',
  DATA_DIRECTORY_MISSING: 'Check the path given with `--data`, or start a job there with `tidemark run`.',
  HOOK_FAILED: 'Mend the master hook that the message names, then restore again.',
  INPUT_MISSING: 'Check the path of the input file; give at least one file that exists and can be read.',
  INVARIANT_BROKEN: 'This is a bug in Tidemark; please report it with the message.',
  JOB_MISMATCH: 'Use the values the job was started with, or another data directory.',
  JOB_TERMINATED: 'The job has ended; start a new job with its own data directory.',
  JOURNAL_BEHIND_STORAGE:
    'The storage holds a newer checkpoint than the journal knows: restore the newest copy of the journal before going on.',
  JOURNAL_CORRUPT: 'Restore the journal from a copy; the named block cannot be trusted.',
  JOURNAL_UNAVAILABLE:
    'Make room or repair the disk that holds the journal, then run the same command again.',
  JOURNAL_VERSION: 'Use the version of Tidemark that wrote the journal, or a newer one.',
  METADATA_CORRUPT: 'The file is damaged or is no checkpoint metadata; use another checkpoint.',
  METADATA_UNSUPPORTED: 'This version reads and writes only what the message names.',
  OUTPUT_LOST:
    'Committed output is missing; restore the output directory, or start anew with another data directory.',
  OUTPUT_UNAVAILABLE: 'Make room or repair the disk that holds the output, then run the same command again.',
  POINTER_INVALID: 'Give the directory of a checkpoint or savepoint, or its `_metadata` file.',
  STATE_TOO_LARGE: 'Use a storage that keeps state in files, or raise the limit that the message names.',
  SIMULATION_STUCK:
    'Look for what the simulated programme waits for; nothing was left to run, or it never ends.',
  STORAGE_CONFLICT: 'Another file stands at the named place; find out who wrote it before removing it.',
  STORAGE_UNAVAILABLE: 'Make room or repair the disk that holds the checkpoints, then try again.',
  STORAGE_STREAM_CLOSED: 'Open a new stream; this one has been committed or discarded.',
} as const satisfies Record<string, string>;

/** A code of {@link errorCodes}. Match on this, never on the text of a message. */
export type ErrorCode = keyof typeof errorCodes;

/** What a {@link TidemarkError} may carry besides its message: plain values for logs and tests. */
export type ErrorDetail = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The error that every public function of Tidemark throws or rejects with. */
export class TidemarkError extends Error {
  override readonly name = 'TidemarkError';
  readonly code: ErrorCode;
  /** The values the message speaks of. */
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.detail = detail;
  }

  /** The way out, from the table. */
  get wayOut(): string {
    return errorCodes[this.code];
  }
}

/** True for an error of this project, also when two copies of the package are loaded. */
export const isTidemarkError = (error: unknown): error is TidemarkError =>
  error instanceof Error && error.name === 'TidemarkError' && 'code' in error;

/** Throws INVARIANT_BROKEN: for what cannot happen unless Tidemark itself is wrong. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new TidemarkError('INVARIANT_BROKEN', message);
}

/** Closes a `switch` over a union: the compiler refuses a forgotten member. */
export const assertNever = (value: never): never => {
  throw new TidemarkError('INVARIANT_BROKEN', `unexpected value ${JSON.stringify(value)}`);
};

/** The text of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
