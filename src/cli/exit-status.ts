/** What the process ends with; `docs/reference/cli.md` lists the same numbers. */

export const exitStatus = {
  done: 0,
  /** An error with a code: the disk, a held directory, another job … */
  failed: 1,
  /** An argument that cannot be meant. */
  usage: 2,
  /** The job ran and has failed for good. */
  jobFailed: 3,
  /** The job has been cancelled. */
  jobCancelled: 4,
  /** Ctrl-C or SIGTERM: the same command goes on. */
  suspended: 130,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];
