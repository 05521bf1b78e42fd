/** Runs programs in the foreground and tells how long they took. */
import { spawnSync } from 'node:child_process';

/** The exit status of the program; 1 when it cannot be started or was killed. Its output is shown as it comes. */
export const run = (program: string, programArguments: readonly string[], folder: string): number => {
  const { status, error } = spawnSync(program, programArguments, {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error !== undefined) console.error(error.message);
  return status ?? 1;
};

/** Since a reading of `performance.now()`, for people: `1.2 min`. */
export const minutesSince = (startedMs: number): string =>
  `${((performance.now() - startedMs) / 60_000).toFixed(1).padStart(5)} min`;
