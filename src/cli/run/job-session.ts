/**
 * One process's part in the life of a job: the journal, the storage, the tasks, and the coordinators that follow each
 * other over them.
 */
import {
  BehaviorSubject,
  firstValueFrom,
  map,
  race,
  Subject,
  Subscription,
  timer,
  type Observable,
} from 'rxjs';
import { TidemarkError } from '../../errors.ts';
import type { ConfigurationGiven } from '../../core/configuration.ts';
import type { Fact } from '../../core/facts/fact.ts';
import { fileSystemOutput } from '../../examples/word-count/filesystem-output.ts';
import type { InputFiles } from '../../examples/word-count/input-files.ts';
import { WordCountJob, type JobOutcome } from '../../examples/word-count/word-count-job.ts';
import type { Journal } from '../../journal/journal.ts';
import { openSqliteJournal } from '../../journal/sqlite/journal.ts';
import { systemClock } from '../../runtime/clock.ts';
import { CheckpointCoordinator } from '../../runtime/coordinator.ts';
import type { CoordinatorOptions, Ended, Problem, Recovery } from '../../runtime/options.ts';
import { deriveSeed, seededRandom } from '../../runtime/random.ts';
import { streamOf } from '../../runtime/recover.ts';
import type { CheckpointStatistics } from '../../stats/statistics.ts';
import { fileSystemStorage } from '../../storage/filesystem/storage.ts';
import type { CheckpointStorage } from '../../storage/storage.ts';
import { inProcessTaskGateway } from '../../tasks/in-process/gateway.ts';
import { directoryUri, type DataDirectory } from '../data-directory.ts';
import type { JobIdentity } from './job-identity.ts';

/** Elements take up to this long through a channel, so that barriers do not all arrive at once. */
const CHANNEL_DELAY_MS_MAX = 10;
/** Waited for files that are to be deleted at the end; what is left then is left to the next run. */
const CLEAN_UP_MS_MAX = 10_000;

export interface SessionOptions {
  readonly directory: DataDirectory;
  readonly identity: JobIdentity;
  readonly configuration: ConfigurationGiven;
}

export interface RunJobOptions {
  readonly input: InputFiles;
  /** Of each source; 0 is full speed. */
  readonly throttleBytesPerSecond: number;
  readonly restarts: number;
  readonly savepointAtEnd: string | undefined;
}

/** The coordinator was dropped and another one has taken its place. */
export interface Replaced {
  readonly recovery: Recovery;
}

export class JobSession {
  /** Of the coordinator that reigns, the present value first. */
  readonly statistics$: Observable<CheckpointStatistics>;
  /** Durable facts in order, block by block. */
  readonly facts$: Observable<readonly Fact[]>;
  /** What failed and is tried again. */
  readonly problems$: Observable<Problem>;
  readonly replaced$: Observable<Replaced>;
  /** What the first coordinator found. */
  readonly recovery: Recovery;
  readonly #options: CoordinatorOptions;
  readonly #gateway: ReturnType<typeof inProcessTaskGateway>;
  readonly #directory: DataDirectory;
  readonly #identity: JobIdentity;
  readonly #statistics$: BehaviorSubject<CheckpointStatistics>;
  readonly #facts$ = new Subject<readonly Fact[]>();
  readonly #problems$ = new Subject<Problem>();
  readonly #replaced$ = new Subject<Replaced>();
  #coordinator: CheckpointCoordinator;
  #subscription = new Subscription();
  #replacing: Promise<void> = Promise.resolve();
  #job: WordCountJob | undefined;
  #isOver = false;

  private constructor(
    given: SessionOptions,
    options: CoordinatorOptions,
    gateway: ReturnType<typeof inProcessTaskGateway>,
    first: CheckpointCoordinator,
  ) {
    this.#directory = given.directory;
    this.#identity = given.identity;
    this.#options = options;
    this.#gateway = gateway;
    this.#coordinator = first;
    this.recovery = first.recovery;
    this.#statistics$ = new BehaviorSubject(first.statistics);
    this.statistics$ = this.#statistics$.asObservable();
    this.facts$ = this.#facts$.asObservable();
    this.problems$ = this.#problems$.asObservable();
    this.replaced$ = this.#replaced$.asObservable();
    this.#follow(first);
  }

  /**
   * Opens the journal and a coordinator on it. What the caller owes: it holds the lock, and calls {@link close} or
   * {@link abandon}.
   * @throws what `CheckpointCoordinator.open` throws, and the codes of the journal.
   */
  static async open(given: SessionOptions): Promise<JobSession> {
    const { directory, identity, configuration } = given;
    const { jobId, graph: jobGraph } = identity;
    const gateway = inProcessTaskGateway({ clock: systemClock, jobId });
    const journal = await openSqliteJournal(directory.journal);
    try {
      const random = await seededForTerm(journal, identity);
      const storage = storageIn(directory, random('file names'));
      const options: CoordinatorOptions = {
        jobId,
        jobGraph,
        journal,
        storage,
        configuration,
        tasks: gateway,
        random: random('coordinator'),
      };
      return new JobSession(given, options, gateway, await CheckpointCoordinator.open(options));
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  get statistics(): CheckpointStatistics {
    return this.#statistics$.value;
  }

  get coordinator(): CheckpointCoordinator {
    return this.#coordinator;
  }

  /** Makes the job; called once, before {@link runJob}. */
  createJob(options: RunJobOptions): WordCountJob {
    const { jobGraph: graph, storage } = this.#options;
    const job = new WordCountJob({
      ...options,
      graph,
      storage,
      clock: systemClock,
      gateway: this.#gateway,
      coordinator: this.#coordinator,
      output: fileSystemOutput(this.#directory.output),
      seed: this.#identity.seed,
      channelDelayMsMax: CHANNEL_DELAY_MS_MAX,
    });
    this.#job = job;
    return job;
  }

  /** Runs the job to its end, whatever coordinators come and go. */
  async runJob(job: WordCountJob): Promise<JobOutcome> {
    try {
      return await job.run();
    } finally {
      this.#isOver = true;
      await this.#replacing;
    }
  }

  /**
   * Drops the coordinator as if it had died, and opens another one on the same journal while the tasks live on. Does
   * nothing once the job is over.
   */
  async crashCoordinator(): Promise<void> {
    const before = this.#replacing;
    this.#replacing = before.then(async () => await this.#replace());
    await this.#replacing;
  }

  /** Waits a while for what is to be deleted. False when something is still to be done. */
  async settled(): Promise<boolean> {
    const settled = this.#coordinator.settled().then(() => true);
    return await firstValueFrom(
      race(settled, timer(CLEAN_UP_MS_MAX, systemClock.scheduler).pipe(map(() => false))),
    );
  }

  /** Ends in order; what was decided is durable. */
  async close(): Promise<void> {
    this.#isOver = true;
    await this.#coordinator.close();
    this.#subscription.unsubscribe();
    await this.#options.journal.close();
  }

  /** Ends at once, as if the process had died: nothing more is written. */
  async abandon(): Promise<void> {
    this.#isOver = true;
    this.#coordinator.abandon();
    this.#subscription.unsubscribe();
    await this.#options.journal.close();
  }

  async #replace(): Promise<void> {
    if (this.#isOver) return;
    this.#coordinator.abandon();
    this.#subscription.unsubscribe();
    try {
      this.#coordinator = await CheckpointCoordinator.open(this.#options);
    } catch (error) {
      this.#job?.halt(error);
      return;
    }
    this.#replaced$.next({ recovery: this.#coordinator.recovery });
    this.#follow(this.#coordinator);
    this.#job?.replaceCoordinator(this.#coordinator);
  }

  #follow(coordinator: CheckpointCoordinator): void {
    this.#subscription = coordinator.status$.subscribe((statistics) => this.#statistics$.next(statistics));
    this.#subscription.add(coordinator.facts$.subscribe((facts) => this.#facts$.next(facts)));
    this.#subscription.add(coordinator.problems$.subscribe((problem) => this.#problems$.next(problem)));
    void coordinator.ended.then((ended) => this.#heardEnd(ended));
  }

  #heardEnd({ how, error }: Ended): void {
    if (how === 'closed') return;
    const text = how === 'fenced' ? 'another process has taken over this job' : 'the coordinator has stopped';
    this.#job?.halt(error ?? new TidemarkError('COORDINATOR_CLOSED', text));
  }
}

type RandomFor = (consumer: string) => ReturnType<typeof seededRandom>;

// Names drawn in one reign must not come again in the next: its files may still stand there.
const seededForTerm = async (journal: Journal, identity: JobIdentity): Promise<RandomFor> => {
  const { term } = await journal.head(streamOf(identity.jobId));
  return (consumer) => seededRandom(deriveSeed(identity.seed, `${consumer} of term ${term + 1}`));
};

const storageIn = (directory: DataDirectory, random: ReturnType<typeof seededRandom>): CheckpointStorage =>
  fileSystemStorage({ checkpoints: directoryUri(directory.checkpoints), random });
