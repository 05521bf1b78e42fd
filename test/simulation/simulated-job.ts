/**
 * The whole word count in virtual time, with the real coordinator: what outlives a process (input, storage, output,
 * journal), processes and coordinators that come and go, and what must hold whatever happened.
 */
import { wordCountGraph } from '../../src/examples/word-count/word-count-graph.ts';
import { memoryInputFiles } from '../../src/examples/word-count/input-files.ts';
import { memoryOutput } from '../../src/examples/word-count/memory-output.ts';
import {
  WordCountJob,
  type JobOutcome,
  type WordCountJobOptions,
} from '../../src/examples/word-count/word-count-job.ts';
import { checkConfiguration } from '../../src/core/configuration.ts';
import { FAILURES_UNLIMITED } from '../../src/core/configuration/record.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import { unfinished } from '../../src/core/job-state.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import type { CheckpointMetadata } from '../../src/metadata/model.ts';
import { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import type { CoordinatorOptions } from '../../src/runtime/options.ts';
import { deriveSeed, seededRandom } from '../../src/runtime/random.ts';
import { recoverJob } from '../../src/runtime/recover.ts';
import { faultyStorage } from '../../src/simulation/faulty-storage.ts';
import {
  mortalGateway,
  mortalJournal,
  mortalStorage,
  Mortality,
  type CrashPoint,
} from '../../src/simulation/mortal-edges.ts';
import { virtualClock } from '../../src/simulation/virtual-clock.ts';
import { parseJobId, type CheckpointId } from '../../src/state/ids.ts';
import { memoryStorage } from '../../src/storage/memory/storage.ts';
import type { TaskCommand, TaskGateway } from '../../src/tasks/gateway.ts';
import { inProcessTaskGateway } from '../../src/tasks/in-process/gateway.ts';
import { countOf, someText, sumOf } from '../examples/word-count-run.ts';

const jobId = parseJobId('0123456789abcdef0123456789abcdef');

/** A journal that can be copied as bytes at any moment. */
export interface JournalDisk {
  readonly journal: Journal;
  /** Opens a journal on a byte copy of what is on the disk now. */
  copy(): JournalDisk;
  dispose(): void;
}

export interface SimulationOptions extends Partial<
  Pick<WordCountJobOptions, 'releaseAlignmentEarly' | 'restarts'>
> {
  readonly seed: number;
  readonly disk: JournalDisk;
  readonly blockCommandsMax?: number;
  /** One storage operation in this many fails; absent: none. */
  readonly faultOneIn?: number;
  readonly sizeBytes?: number;
  readonly intervalMs?: number;
  /** Checkpoints in flight at once; one unless told. */
  readonly maxConcurrent?: number;
  /** An operator coordinator and a master hook are asked before the tasks. */
  readonly asksFirst?: boolean;
}

type AskedFirst = Pick<CoordinatorOptions, 'operatorCoordinators' | 'masterHooks'>;

export type Simulation = ReturnType<typeof newSimulation>;

/** What a run leaves behind for the checks. */
interface Traces {
  /** Facts shown by any coordinator, in order. */
  readonly shown: Fact[];
  readonly commands: TaskCommand[];
  readonly violations: string[];
}

const text = (options: SimulationOptions): Record<string, string> => ({
  'a.txt': someText(deriveSeed(options.seed, 'a'), options.sizeBytes ?? 1_200),
  'b.txt': someText(deriveSeed(options.seed, 'b'), (options.sizeBytes ?? 1_200) / 2),
});

/** What outlives every process. */
export const newSimulation = (options: SimulationOptions) => {
  const files = text(options);
  const input = memoryInputFiles(files);
  const record: Traces = { shown: [], commands: [], violations: [] };
  const disk = { current: options.disk };
  const kept = memoryStorage({ inlineThresholdBytes: 0 });
  const random = seededRandom(deriveSeed(options.seed, 'storage faults'));
  return {
    options,
    input,
    record,
    disk,
    kept,
    storage:
      options.faultOneIn === undefined ? kept : faultyStorage(kept, { random, oneIn: options.faultOneIn }),
    output: memoryOutput(),
    clock: virtualClock({ startAt: 1_700_000_000_000 }),
    graph: wordCountGraph({ sources: 2, counters: 3, files: input.files }),
    expected: countOf(Object.values(files)),
  };
};

/** Appends take a while, by seed: so blocks fill up, and a crash finds some of them on their way. */
const slowJournal = (simulation: Simulation, journal: Journal, life: Mortality): Journal => {
  const { clock } = simulation;
  const random = seededRandom(deriveSeed(simulation.options.seed, 'journal'));
  let lastDue = 0;
  const inOrder = (): number => {
    lastDue = Math.max(lastDue, clock.monotonic() + random.integer(3));
    return lastDue - clock.monotonic();
  };
  return {
    isDurable: journal.isDurable,
    head: (stream) => journal.head(stream),
    append: (request) =>
      new Promise((resolve, reject) => {
        clock.scheduler.schedule(() => {
          if (!life.isDead) void journal.append(request).then(resolve, reject);
        }, inOrder());
      }),
    read: (...given) => journal.read(...given),
    readBulk: (...given) => journal.readBulk(...given),
    writeSnapshot: (...given) => journal.writeSnapshot(...given),
    readSnapshot: (stream) => journal.readSnapshot(stream),
    trim: (...given) => journal.trim(...given),
    streams: () => journal.streams(),
    close: () => journal.close(),
  };
};

/** The id of the checkpoint is the state of both, so that a file tells whose states it holds. */
const stateFor = (checkpointId: CheckpointId): Uint8Array =>
  new TextEncoder().encode(`state ${checkpointId}`);

/** A coordinator and a hook that answer after a while, by seed. */
const askedFirst = ({ options, clock, graph }: Simulation): AskedFirst => {
  const operator = graph.vertices[0]?.operators[0];
  if (options.asksFirst !== true || operator === undefined) return {};
  const random = seededRandom(deriveSeed(options.seed, 'asked first'));
  const answer = (checkpointId: CheckpointId): Promise<Uint8Array> =>
    new Promise((resolve) => {
      clock.scheduler.schedule(() => resolve(stateFor(checkpointId)), random.integer(4));
    });
  const bytes = {
    version: 1,
    serialize: (state: Uint8Array) => state,
    deserialize: (_: number, state: Uint8Array) => state,
  };
  return {
    operatorCoordinators: [{ operatorId: operator.id, checkpointCoordinator: answer }],
    masterHooks: [{ identifier: 'audit', serializer: bytes, triggerCheckpoint: answer }],
  };
};

/** A completed file holds the states that were asked for it, and no others. */
const checkAskedFirst = (
  simulation: Simulation,
  checkpointId: CheckpointId,
  { masterStates, operators }: CheckpointMetadata,
): void => {
  const expected = simulation.options.asksFirst === true ? [`state ${checkpointId}`] : [];
  const coordinated = operators.flatMap(({ coordinatorState }) => coordinatorState?.data ?? []);
  for (const states of [masterStates.map(({ data }) => data), coordinated]) {
    const texts = states.map((state) => new TextDecoder().decode(state));
    if (texts.join() !== expected.join())
      simulation.record.violations.push(`checkpoint ${checkpointId} holds ${texts.join()}`);
  }
};

const CONFIGURATION = { interval: 12, timeout: 400, retained: 2 } as const;

const watched = (simulation: Simulation, gateway: TaskGateway): TaskGateway => ({
  attach: (request) => gateway.attach(request),
  send: (commands) => {
    simulation.record.commands.push(...commands);
    gateway.send(commands);
  },
  messages$: gateway.messages$,
});

/** Opens a coordinator on the present disk; resolves only if it does not die while opening. */
export const openCoordinator = async (
  simulation: Simulation,
  gateway: TaskGateway,
  life: Mortality,
): Promise<CheckpointCoordinator> => {
  const { options, clock, graph, storage, disk, record } = simulation;
  const coordinator = await CheckpointCoordinator.open({
    jobId,
    jobGraph: graph,
    tasks: mortalGateway(watched(simulation, gateway), life),
    journal: mortalJournal(slowJournal(simulation, disk.current.journal, life), life),
    storage: mortalStorage(storage, life),
    configuration: {
      ...CONFIGURATION,
      tolerableFailed: FAILURES_UNLIMITED,
      interval: options.intervalMs ?? CONFIGURATION.interval,
      maxConcurrent: options.maxConcurrent ?? 1,
    },
    journalRetention: { snapshotBlocks: 16 },
    clock,
    random: seededRandom(deriveSeed(options.seed, 'coordinator')),
    ...askedFirst(simulation),
    ...(options.blockCommandsMax === undefined ? {} : { blockCommandsMax: options.blockCommandsMax }),
  });
  if (life.isDead) return coordinator;
  coordinator.facts$.subscribe((facts) => {
    if (life.isDead)
      record.violations.push(`a dead coordinator shows ${facts.map((fact) => fact.type).join(', ')}`);
    record.shown.push(...facts);
    checkFiles(simulation, facts);
  });
  return coordinator;
};

/** What is complete refers only to files that exist. */
const checkFiles = (simulation: Simulation, facts: readonly Fact[]): void => {
  const { kept, record } = simulation;
  const files = new Set(kept.files());
  for (const fact of facts) {
    if (fact.type !== 'checkpoint.completed') continue;
    const path = `${fact.externalPointer}/_metadata`;
    if (!files.has(path))
      record.violations.push(`checkpoint ${fact.checkpointId} is complete without ${path}`);
  }
};

/** The newest completed checkpoint can be read, and every file it refers to is there. */
export const checkRestorable = async (simulation: Simulation): Promise<void> => {
  const { kept, record, disk, graph } = simulation;
  const configuration = checkConfiguration(CONFIGURATION);
  const { state } = await recoverJob(disk.current.journal, { jobId, graph, configuration });
  const newest = state.table.completed.at(-1);
  if (newest === undefined) return;
  const files = new Set(kept.files());
  const completed = await kept.resolveCheckpoint(newest.externalPointer);
  const metadata = decodeMetadata(await completed.readMetadata());
  checkAskedFirst(simulation, newest.checkpointId, metadata);
  const { operators } = metadata;
  const streams = operators.flatMap((operator) =>
    operator.subtasks.flatMap(({ state: subtask }) => [
      subtask.managedKeyedState?.kind === 'keyGroups' ? subtask.managedKeyedState.stream : undefined,
      subtask.managedOperatorState?.stream,
    ]),
  );
  for (const stream of streams) {
    if (stream?.kind !== 'relativeFile') continue;
    const path = `${newest.externalPointer}/${stream.relativePath}`;
    if (!files.has(path))
      record.violations.push(`checkpoint ${newest.checkpointId} refers to ${path}, which is missing`);
  }
};

/** What the journal on the disk says is in flight: id → slots whose acknowledgement it holds. */
export const recordedAcknowledgements = async (
  simulation: Simulation,
): Promise<Map<CheckpointId, Set<number>>> => {
  const { disk, graph } = simulation;
  const configuration = checkConfiguration(CONFIGURATION);
  const { state } = await recoverJob(disk.current.journal, { jobId, graph, configuration });
  return new Map(
    unfinished(state.table).map(({ checkpointId, plan }) => {
      const missing = new Set(state.ledgers.get(checkpointId)?.missing() ?? []);
      return [checkpointId, new Set(Array.from(plan.slots).filter((slot) => !missing.has(slot)))];
    }),
  );
};

export interface RunningJob {
  readonly gateway: ReturnType<typeof inProcessTaskGateway>;
  /** Absent when a new process found the job ended. */
  readonly job?: WordCountJob;
  /** Set when the job has ended. */
  end: JobOutcome | Error | undefined;
}

/** Runs until the condition holds. */
export const until = (simulation: Simulation, what: string, isReached: () => boolean): Promise<void> =>
  simulation.clock.runUntil(isReached, { what, actionsMax: 200_000 });

/** Waits in virtual time for something that is not driven by it alone. */
export const settle = async <T>(simulation: Simulation, what: string, promise: Promise<T>): Promise<T> => {
  let answer: { readonly value: T } | { readonly error: unknown } | undefined;
  promise.then(
    (value) => (answer = { value }),
    (error: unknown) => (answer = { error }),
  );
  await until(simulation, what, () => answer !== undefined);
  if (answer !== undefined && 'error' in answer) throw answer.error;
  return (answer as { readonly value: T }).value;
};

/** Deploys and starts the tasks under a coordinator. */
export const startJob = (
  simulation: Simulation,
  gateway: RunningJob['gateway'],
  coordinator: CheckpointCoordinator,
): RunningJob => {
  const { options, clock, storage, graph, input, output } = simulation;
  const job = new WordCountJob({
    seed: options.seed,
    throttleBytesPerSecond: 12_000,
    batchBytes: 128,
    channelDelayMsMax: 3,
    clock,
    gateway,
    storage,
    graph,
    input,
    output,
    coordinator,
    ...(options.restarts === undefined ? {} : { restarts: options.restarts }),
    ...(options.releaseAlignmentEarly === undefined
      ? {}
      : { releaseAlignmentEarly: options.releaseAlignmentEarly }),
  });
  const running: RunningJob = { gateway, job, end: undefined };
  job.run().then(
    (outcome) => (running.end = outcome),
    (error: unknown) => (running.end = error instanceof Error ? error : new Error(String(error))),
  );
  return running;
};

/** A gateway of a new process. */
export const newGateway = (simulation: Simulation): RunningJob['gateway'] =>
  inProcessTaskGateway({ clock: simulation.clock, jobId });

/** A life that no crash ends. */
export const immortal = (): Mortality => new Mortality({ isLast: () => false, onCrash: () => {} });

/** What must hold at the end, whatever happened: an empty list. */
export const checkEnd = (simulation: Simulation): readonly string[] => {
  const { record, output, expected, kept } = simulation;
  const violations = [...record.violations];
  const sums = sumOf(output);
  for (const word of new Set([...Object.keys(sums), ...Object.keys(expected)])) {
    if (sums[word] !== expected[word])
      violations.push(`${word}: ${sums[word]} committed, ${expected[word]} in the text`);
  }
  const left = kept.files();
  if (left.length > 0) violations.push(`left behind: ${left.join(', ')}`);
  violations.push(...checkIds(record.commands));
  return violations;
};

/** An id that tasks have heard of means one checkpoint for ever. */
const checkIds = (commands: readonly TaskCommand[]): string[] => {
  const timestamps = new Map<number, number>();
  const violations: string[] = [];
  for (const command of commands) {
    if (command.type !== 'trigger') continue;
    const known = timestamps.get(command.checkpointId);
    if (known !== undefined && known !== command.timestamp)
      violations.push(`id ${command.checkpointId} is used twice`);
    timestamps.set(command.checkpointId, command.timestamp);
  }
  return violations;
};

export type { CrashPoint };
