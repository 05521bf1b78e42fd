/** `tidemark cancel`: asks the living run to end its job for good, or ends a dead one itself. */
import { TidemarkError } from '../../errors.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { DataDirectory } from '../data-directory.ts';
import { exitStatus, type ExitStatus } from '../exit-status.ts';
import { hasEnded, readJob, type ReadJob } from '../job-reader.ts';
import { acquireLock, livingHolder, type LockHolder } from '../lock.ts';
import { requestCancel } from '../requests.ts';
import { reportEnd } from '../run/end-report.ts';
import { JobSession } from '../run/job-session.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { wait } from '../wait.ts';

const POLL_MS = 100;
/** A living run looks for requests four times a second; this long without an answer means that it hangs. */
const ANSWER_MS_MAX = 30_000;

/** Resolves when the process has let go of the directory. */
const askLiving = async (directory: DataDirectory, holder: LockHolder): Promise<void> => {
  requestCancel(directory, holder.token);
  const until = systemClock.monotonic() + ANSWER_MS_MAX;
  while (livingHolder(directory)?.token === holder.token) {
    if (systemClock.monotonic() > until) {
      const who = `process ${holder.pid}, which holds ${directory.path},`;
      const text = `${who} has not answered for ${ANSWER_MS_MAX / 1000} s`;
      throw new TidemarkError('DATA_DIRECTORY_HELD', text, { pid: holder.pid });
    }
    await wait(POLL_MS);
  }
};

const cancelDead = async (directory: DataDirectory): Promise<boolean> => {
  const lock = acquireLock(directory, { command: 'cancel', takeOver: false });
  try {
    const known = await readJob(directory);
    if (hasEnded(known.statistics) && known.discardsOwed === 0) return true;
    const identity = {
      jobId: known.jobId,
      graph: known.graph,
      seed: Number(known.graph.settings['seed']),
      known,
    };
    const session = await JobSession.open({
      directory,
      identity,
      configuration: { configuration: known.configuration, corrections: [] },
    });
    try {
      if (!hasEnded(known.statistics)) await session.coordinator.jobStatus('CANCELLED', 'by tidemark cancel');
      return await session.settled();
    } finally {
      await session.close();
    }
  } finally {
    lock.release();
  }
};

const conclude = (
  terminal: Terminal,
  directory: DataDirectory,
  job: ReadJob,
  isSettled: boolean,
): ExitStatus => {
  const { statistics } = job;
  if (statistics.jobStatus !== 'cancelled') {
    const text = `job ${job.jobId} cannot be cancelled: it is ${statistics.jobStatus}`;
    throw new TidemarkError('JOB_TERMINATED', text, { jobId: job.jobId });
  }
  reportEnd({ terminal, directory, statistics, files: undefined, isSettled });
  return exitStatus.done;
};

/**
 * Cancels the job and waits until that is done. Again on a cancelled job: cleans up what is left.
 * @throws DATA_DIRECTORY_MISSING, DATA_DIRECTORY_HELD, JOB_TERMINATED, and the codes of the journal.
 */
export const cancel = async (directory: DataDirectory, terminal: Terminal): Promise<ExitStatus> => {
  await readJob(directory);
  const holder = livingHolder(directory);
  if (holder?.command === 'run') {
    terminal.line(`asking process ${holder.pid} to cancel the job`);
    await askLiving(directory, holder);
  }
  // Whoever was asked may have died before it answered.
  const isSettled = await cancelDead(directory);
  return conclude(terminal, directory, await readJob(directory), isSettled);
};
