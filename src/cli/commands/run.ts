/** `tidemark run`: starts the word count, or goes on with it where the directory's journal says. */
import { interval } from 'rxjs';
import { isTidemarkError } from '../../errors.ts';
import { correctionText } from '../../core/configuration/corrections.ts';
import { nodeInputFiles, type InputFiles } from '../../examples/word-count/input-files.ts';
import type { JobOutcome, WordCountJob } from '../../examples/word-count/word-count-job.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { ExitStatus } from '../exit-status.ts';
import { hasEnded, type ReadJob } from '../job-reader.ts';
import { acquireLock, requireNotHeld, type HeldLock } from '../lock.ts';
import { clearRequests } from '../requests.ts';
import { disturb } from '../run/disturbances.ts';
import { reportEnd } from '../run/end-report.ts';
import { identifyJob, type JobIdentity } from '../run/job-identity.ts';
import { JobSession } from '../run/job-session.ts';
import type { RunPlan } from '../run/run-plan.ts';
import { PAINT_MS, RunView } from '../run/run-view.ts';
import { storageFailures } from '../run/storage-watch.ts';
import { supervise } from '../run/supervision.ts';
import { openScreen, type Screen } from '../terminal/screen.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** The text of the first run is read in about this time, so that there is something to see. */
const DEMONSTRATION_SECONDS = 19;

/** Everything that a run works with once the directory is its own. */
interface Run {
  readonly plan: RunPlan;
  readonly terminal: Terminal;
  readonly input: InputFiles;
  readonly identity: JobIdentity;
  readonly lock: HeldLock;
}

const totalBytes = (input: InputFiles): number =>
  input.files.reduce((total, file) => total + file.sizeBytes, 0);

/** Of each source; 0 is full speed. */
const sourceThrottle = (plan: RunPlan, input: InputFiles): number => {
  const demonstration = plan.isDemonstration ? totalBytes(input) / DEMONSTRATION_SECONDS : 0;
  const all = plan.throttleBytesPerSecond ?? demonstration;
  return all === 0 ? 0 : Math.max(1, Math.ceil(all / plan.sources));
};

/** The job has ended before: what is owed is cleaned up, and the end is told again. */
const showEnd = async ({ plan, terminal, identity }: Run, known: ReadJob): Promise<ExitStatus> => {
  const { directory, configuration, files } = plan;
  terminal.line('this job has ended before: nothing is left to run');
  if (known.discardsOwed === 0) {
    return reportEnd({ terminal, directory, statistics: known.statistics, files, isSettled: true });
  }
  const session = await JobSession.open({ directory, identity, configuration });
  const isSettled = await session.settled();
  await session.close();
  return reportEnd({ terminal, directory, statistics: session.statistics, files, isSettled });
};

const connect = (run: Run, session: JobSession, job: WordCountJob, screen: Screen): (() => void) => {
  const { plan, terminal, lock } = run;
  const { directory } = plan;
  const view = new RunView(
    { terminal, screen, clock: systemClock, progress: () => job.progress },
    session.statistics,
  );
  view.opened(session.recovery);
  const subscription = supervise({ directory, lock, job, say: (text) => view.say(text) });
  subscription.add(session.replaced$.subscribe(({ recovery }) => view.replaced(recovery)));
  subscription.add(session.statistics$.subscribe((statistics) => view.hearStatistics(statistics)));
  subscription.add(session.problems$.subscribe((problem) => view.hearProblem(problem)));
  subscription.add(storageFailures(session.facts$).subscribe((error) => job.halt(error)));
  subscription.add(job.events$.subscribe((event) => view.hearJob(event)));
  subscription.add(interval(PAINT_MS, systemClock.scheduler).subscribe(() => view.tick()));
  subscription.add(disturb(plan, session, job));
  return () => {
    subscription.unsubscribe();
    screen.close();
  };
};

const work = async (run: Run, session: JobSession): Promise<JobOutcome> => {
  const { plan, terminal, input } = run;
  const job = session.createJob({
    input,
    throttleBytesPerSecond: sourceThrottle(plan, input),
    restarts: plan.restarts,
    savepointAtEnd: plan.savepointAtEnd,
  });
  const disconnect = connect(run, session, job, openScreen(terminal, plan.isPlain));
  try {
    return await session.runJob(job);
  } finally {
    disconnect();
  }
};

const goOn = async (run: Run): Promise<ExitStatus> => {
  const { plan, terminal, identity } = run;
  const { directory, configuration, files } = plan;
  const session = await JobSession.open({ directory, identity, configuration });
  try {
    await work(run, session);
    clearRequests(directory);
    const isSettled = await session.settled();
    await session.close();
    return reportEnd({ terminal, directory, statistics: session.statistics, files, isSettled });
  } catch (error) {
    await (isTidemarkError(error) && error.code === 'COORDINATOR_FENCED'
      ? session.abandon()
      : session.close());
    throw error;
  }
};

const greet = ({ plan, terminal, identity, lock, input }: Run): void => {
  const { directory, sources, counters } = plan;
  const job = terminal.paint('bold', identity.jobId);
  terminal.line(`word count ${job}: ${input.files.length} files, ${sources} sources, ${counters} counters`);
  terminal.line(`data directory ${directory.path}, seed ${identity.seed}`);
  for (const correction of plan.configuration.corrections)
    terminal.line(`note: ${correctionText(correction)}`);
  if (lock.replaced !== undefined) terminal.line(`taken over from process ${lock.replaced.pid}`);
};

/**
 * Runs the job to its end, or tells again how it ended.
 * @throws TidemarkError; nothing has changed then, unless the message says how far the job came.
 */
export const run = async (plan: RunPlan, terminal: Terminal): Promise<ExitStatus> => {
  const { directory, takeOver } = plan;
  if (!takeOver) requireNotHeld(directory);
  const input = await nodeInputFiles(plan.files);
  await identifyJob(plan, input);
  const lock = acquireLock(directory, { command: 'run', takeOver });
  try {
    clearRequests(directory);
    const identity = await identifyJob(plan, input);
    const started = { plan, terminal, input, identity, lock };
    greet(started);
    const { known } = identity;
    if (known === undefined || !hasEnded(known.statistics)) return await goOn(started);
    return await showEnd(started, known);
  } finally {
    lock.release();
  }
};
