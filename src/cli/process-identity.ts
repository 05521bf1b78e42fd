/** Which process a number means: process ids are used again, in a container nearly always. */
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to start, from `/proc`; undefined where there is no such file. */
  readonly startTime: string | undefined;
  /** Changes with every boot; undefined off Linux. */
  readonly bootId: string | undefined;
}

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // No such process, or a system without /proc: both mean that nothing is known.
    return undefined;
  }
};

interface ProcessStatus {
  readonly state: string | undefined;
  readonly startTime: string | undefined;
}

/** Fields 3 and 22 of `stat`; the second field is the command in parentheses, and may hold any character. */
const statusOf = (pid: number): ProcessStatus | undefined => {
  const stat = readText(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields && { state: fields[0], startTime: fields[19] };
};

const bootId = (): string | undefined => readText('/proc/sys/kernel/random/boot_id')?.trim();

export const ownIdentity = (): ProcessIdentity => ({
  pid: process.pid,
  startTime: statusOf(process.pid)?.startTime,
  bootId: bootId(),
});

const canBeSignalled = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/** True when this very process still runs on this machine. */
export const isLiving = (identity: ProcessIdentity): boolean => {
  if (identity.bootId !== bootId()) return false;
  if (identity.startTime === undefined) return canBeSignalled(identity.pid);
  const status = statusOf(identity.pid);
  // A zombie has died already; only its parent has not asked how.
  return status?.startTime === identity.startTime && status.state !== 'Z' && status.state !== 'X';
};
