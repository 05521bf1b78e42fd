/** What other people want of a living run: Ctrl-C, `tidemark cancel`, `--take-over`. */
import { fromEvent, interval, map, merge, Subscription, takeWhile, type Observable } from 'rxjs';
import { TidemarkError } from '../../errors.ts';
import type { WordCountJob } from '../../examples/word-count/word-count-job.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { DataDirectory } from '../data-directory.ts';
import { exitStatus } from '../exit-status.ts';
import type { HeldLock } from '../lock.ts';
import { isCancelRequested } from '../requests.ts';

/** How often the directory is looked at. */
const LOOK_MS = 250;

/** npm passes on what the terminal has sent to the process anyway: within this time it is the same key stroke. */
const ONE_SIGNAL_MS = 300;

const signals = (): Observable<string> =>
  merge(
    ...['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => fromEvent(process, signal).pipe(map(() => signal))),
  );

export interface SupervisionOptions {
  readonly directory: DataDirectory;
  readonly lock: HeldLock;
  readonly job: WordCountJob;
  readonly say: (text: string) => void;
}

const takenOver = (directory: DataDirectory): TidemarkError =>
  new TidemarkError(
    'COORDINATOR_FENCED',
    `another process has taken over ${directory.path}, or its lock was removed: the tasks of this one are stopped and commit nothing more`,
    { path: directory.path },
  );

const lookAround = ({ directory, lock, job, say }: SupervisionOptions): Subscription => {
  const subscription = new Subscription();
  const looks$ = interval(LOOK_MS, systemClock.scheduler);
  const lost$ = looks$.pipe(takeWhile(() => lock.isHeld()));
  const asked$ = looks$.pipe(
    map(() => isCancelRequested(directory, lock.token)),
    takeWhile((isAsked) => !isAsked),
  );
  subscription.add(lost$.subscribe({ complete: () => job.halt(takenOver(directory)) }));
  subscription.add(
    asked$.subscribe({
      complete: () => {
        say('asked to cancel');
        job.cancel();
      },
    }),
  );
  return subscription;
};

/** The first signal suspends the job, a later one ends the process at once. */
const hearSignals = ({ job, say }: SupervisionOptions): Subscription => {
  let firstAt: number | undefined;
  return signals().subscribe((signal) => {
    const now = systemClock.monotonic();
    if (firstAt === undefined) {
      firstAt = now;
      say(`${signal}: suspending the job; once more ends the process at once`);
      job.suspend();
    } else if (now - firstAt > ONE_SIGNAL_MS) process.exit(exitStatus.suspended);
  });
};

/** Listens until it is unsubscribed. */
export const supervise = (options: SupervisionOptions): Subscription => {
  const subscription = lookAround(options);
  subscription.add(hearSignals(options));
  return subscription;
};
