/** One word count in virtual time, with everything in memory, and what an independent count of its text says. */
import { FAILURES_UNLIMITED } from '../../src/core/configuration/record.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import { wordCountGraph } from '../../src/examples/word-count/word-count-graph.ts';
import { memoryInputFiles } from '../../src/examples/word-count/input-files.ts';
import { memoryOutput, type MemoryOutput } from '../../src/examples/word-count/memory-output.ts';
import type { TransactionalOutput } from '../../src/examples/word-count/transactional-output.ts';
import {
  WordCountJob,
  type JobEvent,
  type WordCountJobOptions,
} from '../../src/examples/word-count/word-count-job.ts';
import { openMemoryJournal } from '../../src/journal/memory/journal.ts';
import { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { mortalJournal, type Mortality } from '../../src/simulation/mortal-edges.ts';
import { virtualClock } from '../../src/simulation/virtual-clock.ts';
import { parseJobId } from '../../src/state/ids.ts';
import { memoryStorage } from '../../src/storage/memory/storage.ts';
import { inProcessTaskGateway, type InProcessTaskGateway } from '../../src/tasks/in-process/gateway.ts';

export const jobId = parseJobId('00112233445566778899aabbccddeeff');

export interface RunOptions extends Partial<
  Omit<WordCountJobOptions, 'graph' | 'coordinator' | 'input' | 'output'>
> {
  readonly files?: Readonly<Record<string, string>>;
  readonly sources?: number;
  readonly counters?: number;
  /** Between periodic checkpoints; `undefined`: none but the last. */
  readonly intervalMs?: number | undefined;
  readonly output?: (memory: MemoryOutput) => TransactionalOutput;
}

/** Words of few letters, so that most occur often. */
export const someText = (seed: number, sizeBytes: number): string => {
  const random = seededRandom(seed);
  let text = '';
  while (text.length < sizeBytes) {
    for (let left = 1 + random.integer(3); left > 0; left--) text += 'abcdEF'.charAt(random.integer(6));
    text += ' ,\n'.charAt(random.integer(3));
  }
  return text.slice(0, sizeBytes);
};

/** Word → count, by looking at one file after the other as a whole. */
export const countOf = (texts: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const text of texts) {
    for (const word of text.split(/[^A-Za-z]+/)) {
      const key = word.toLowerCase();
      if (key !== '') counts[key] = (counts[key] ?? 0) + 1;
    }
  }
  return counts;
};

/** Word → sum over the committed transactions. */
export const sumOf = (output: MemoryOutput): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const line of [...output.committed.values()].flat()) {
    const [count, word] = line.split(' ') as [string, string];
    sums[word] = (sums[word] ?? 0) + Number(count);
  }
  return sums;
};

const CHECKPOINT_INTERVAL_MS = 10;

/** What outlives a process: input, storage, output and journal; and the facts that any coordinator has shown. */
export const newWorld = (options: RunOptions = {}) => {
  const files = options.files ?? { 'a.txt': someText(1, 3_000), 'b.txt': someText(2, 2_000) };
  const input = memoryInputFiles(files);
  const memory = memoryOutput();
  const facts: Fact[] = [];
  return {
    options: { intervalMs: CHECKPOINT_INTERVAL_MS, ...options },
    input,
    memory,
    output: options.output?.(memory) ?? memory,
    storage: memoryStorage({ inlineThresholdBytes: 0 }),
    disk: { journal: openMemoryJournal() },
    facts,
    clock: virtualClock({ startAt: 1_700_000_000_000 }),
    expected: countOf(Object.values(files)),
    graph: wordCountGraph({
      sources: options.sources ?? 2,
      counters: options.counters ?? 3,
      files: input.files,
    }),
  };
};

export type World = ReturnType<typeof newWorld>;

/** Opens a coordinator on the present disk. Given a life, an append can be the last thing it does. */
const openCoordinator = async (
  world: World,
  gateway: InProcessTaskGateway,
  life?: Mortality,
): Promise<CheckpointCoordinator> => {
  const { options, clock, graph, storage, disk, facts } = world;
  const coordinator = await CheckpointCoordinator.open({
    jobId,
    jobGraph: graph,
    tasks: gateway,
    journal: life === undefined ? disk.journal : mortalJournal(disk.journal, life),
    storage,
    configuration: { interval: options.intervalMs, tolerableFailed: FAILURES_UNLIMITED },
    clock,
    random: seededRandom(options.seed ?? 1),
  });
  coordinator.facts$.subscribe((shown) => facts.push(...shown));
  return coordinator;
};

const newJob = (
  world: World,
  gateway: InProcessTaskGateway,
  coordinator: CheckpointCoordinator,
): WordCountJob => {
  const { options, input, output, storage, clock, graph } = world;
  return new WordCountJob({
    seed: 1,
    throttleBytesPerSecond: 50_000,
    batchBytes: 128,
    channelDelayMsMax: 3,
    ...options,
    clock,
    gateway,
    storage,
    graph,
    input,
    output,
    coordinator,
  });
};

/** Coordinator and tasks in one process, which goes on with what there is in the world. */
export class Process {
  readonly world: World;
  readonly job: WordCountJob;
  readonly events: JobEvent[] = [];
  /** How the job ended: a status, or the error it was halted with. */
  end: string | undefined;
  readonly #gateway: InProcessTaskGateway;
  #coordinator: CheckpointCoordinator;

  constructor(world: World, gateway: InProcessTaskGateway, coordinator: CheckpointCoordinator) {
    this.world = world;
    this.#gateway = gateway;
    this.#coordinator = coordinator;
    this.job = newJob(world, gateway, coordinator);
    this.job.events$.subscribe((event) => this.events.push(event));
  }

  /** The one that coordinates now, or did last. */
  get coordinator(): CheckpointCoordinator {
    return this.#coordinator;
  }

  /** Starts the job without waiting for it. */
  begin(): void {
    this.job.run().then(
      ({ status }) => (this.end = status),
      (error: unknown) => (this.end = String(error)),
    );
  }

  /** The coordinator dies and nothing but the bytes of its journal is left of it; the tasks live on. */
  crashCoordinator(): void {
    const { disk } = this.world;
    this.#coordinator.abandon();
    disk.journal = openMemoryJournal(disk.journal.image());
  }

  /** Another coordinator takes over the tasks of this process. */
  async replaceCoordinator(): Promise<void> {
    this.#coordinator = await openCoordinator(this.world, this.#gateway);
    this.job.replaceCoordinator(this.#coordinator);
  }

  /** Coordinator and tasks die at once. */
  kill(): void {
    this.crashCoordinator();
    this.job.halt(new Error('killed'));
  }

  /** Runs virtual time until the job, which has begun, has ended. */
  async untilEnd(): Promise<string | undefined> {
    const limits = { what: 'the end of the job', actionsMax: ACTIONS_MAX };
    await this.world.clock.runUntil(() => this.end !== undefined, limits);
    return this.end;
  }
}

/** Far above what any run here takes. */
export const ACTIONS_MAX = 50_000;

/** A process whose job has not begun. */
export const startProcess = async (world: World, life?: Mortality): Promise<Process> => {
  const gateway = inProcessTaskGateway({ clock: world.clock, jobId });
  return new Process(world, gateway, await openCoordinator(world, gateway, life));
};

/** Runs the job to its end. */
export const runToEnd = async (process: Process): Promise<string | undefined> => {
  process.begin();
  return await process.untilEnd();
};
