/** One word count in virtual time, with everything in memory, and what an independent count of its text says. */
import { wordCountGraph } from '../../src/examples/word-count/word-count-graph.ts';
import { memoryInputFiles } from '../../src/examples/word-count/input-files.ts';
import { memoryOutput, type MemoryOutput } from '../../src/examples/word-count/memory-output.ts';
import type { TransactionalOutput } from '../../src/examples/word-count/transactional-output.ts';
import {
  WordCountJob,
  type JobEvent,
  type WordCountJobOptions,
} from '../../src/examples/word-count/word-count-job.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { virtualClock } from '../../src/simulation/virtual-clock.ts';
import { parseJobId } from '../../src/state/ids.ts';
import { memoryStorage } from '../../src/storage/memory/storage.ts';
import { inProcessTaskGateway } from '../../src/tasks/in-process/gateway.ts';
import { HandCoordinator, newRecord, type HandRecord } from '../simulation/hand-coordinator.ts';

export const jobId = parseJobId('00112233445566778899aabbccddeeff');

export interface RunOptions extends Partial<
  Omit<WordCountJobOptions, 'graph' | 'coordinator' | 'input' | 'output'>
> {
  readonly files?: Readonly<Record<string, string>>;
  readonly sources?: number;
  readonly counters?: number;
  readonly intervalMs?: number;
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

/** What outlives a process: input, storage, output, and the coordinator's record. */
export const newWorld = (options: RunOptions = {}) => {
  const files = options.files ?? { 'a.txt': someText(1, 3_000), 'b.txt': someText(2, 2_000) };
  const input = memoryInputFiles(files);
  const memory = memoryOutput();
  return {
    options,
    input,
    memory,
    output: options.output?.(memory) ?? memory,
    storage: memoryStorage({ inlineThresholdBytes: 0 }),
    record: newRecord(),
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

/** A process that goes on with what there is. */
export const startProcess = async (world: World) => {
  const { options, input, output, storage, record, clock, graph } = world;
  const gateway = inProcessTaskGateway({ clock, jobId });
  const coordinators: HandCoordinator[] = [];
  const openCoordinator = async (known: HandRecord): Promise<HandCoordinator> => {
    const opened = await HandCoordinator.open({
      jobId,
      graph,
      clock,
      gateway,
      storage,
      record: known,
      intervalMs: options.intervalMs ?? 10,
    });
    coordinators.push(opened);
    return opened;
  };
  const coordinator = await openCoordinator(record);
  const job = new WordCountJob({
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
  const events: JobEvent[] = [];
  job.events$.subscribe((event) => events.push(event));
  return { world, gateway, coordinator, coordinators, job, events, openCoordinator };
};

export type Process = Awaited<ReturnType<typeof startProcess>>;

/** Runs the job to its end. */
export const runToEnd = async ({ world, job }: Process): Promise<string> => {
  let end: string | undefined;
  job.run().then(
    ({ status }) => (end = status),
    (error: unknown) => (end = String(error)),
  );
  await world.clock.runUntil(() => end !== undefined, { what: 'the end of the job', actionsMax: 20_000 });
  return end ?? '';
};
