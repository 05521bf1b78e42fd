/** Where a checkpoint's files go, as plain data: journaled, sent to tasks, free of backend classes. */

/** The location of one checkpoint. */
export interface LocationReference {
  /** The checkpoint's own directory; relative handles resolve against it, and `_metadata` is written there. */
  readonly exclusive: string;
  /** Where shared state goes: the same directory for a savepoint (C-246). */
  readonly shared: string;
}

/** Where to put a savepoint. The name is drawn once and journaled, so that a replay finds the same one. */
export interface SavepointTarget {
  /** The user's base directory. */
  readonly base: string;
  /** The directory's own name, `savepoint-<first 6 hex of the job id>-<random>`. */
  readonly name: string;
}
