/**
 * `npm run bench -- acks`: from the trigger to the completed checkpoint, through the open coordinator and its gateway
 * port, with 100 to 100 000 tasks. Each acknowledgement carries one keyed and one operator handle.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom, timer } from 'rxjs';
import { openMemoryJournal } from '../../src/journal/memory/journal.ts';
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import { parseJobId, type CheckpointId } from '../../src/state/ids.ts';
import { memoryStorage } from '../../src/storage/memory/storage.ts';
import {
  cutFrames,
  framesOf,
  livingAttempts,
  rowGraph,
  scriptedGateway,
  stampFrames,
} from '../support/scripted-gateway.ts';

const VERTICES = 4;
const MESSAGE_BYTES = 64 * 1024;
const jobId = parseJobId('00000000000000000000000000000abc');

const TASKS = [100, 1000, 10_000, 100_000] as const;
const JOURNALS = ['memory', 'sqlite'] as const;
/** Checkpoints that are not counted: the engine is still compiling. */
const WARM_UP_ROUNDS = 4;
const ROUNDS_MIN = 6;
const SECONDS_EACH = 2.5;
/** The cost per acknowledgement from 1 000 tasks up stays within this many times its best. */
const SPREAD_MAX = 3;

interface Measurement {
  readonly tasks: number;
  readonly journal: string;
  readonly checkpoints: number;
  /** Median of the checkpoints. */
  readonly wallMs: number;
  /** CPU of the process (all its threads) per checkpoint, over the whole run: single ones are too short to time. */
  readonly cpuMs: number;
  /** The part of it on the main thread. */
  readonly mainCpuMs: number;
  /** What a checkpoint with all acknowledgements recorded holds on to, per acknowledgement. */
  readonly pendingBytesPerAck: number;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const milliseconds = (usage: NodeJS.CpuUsage): number => (usage.user + usage.system) / 1000;

interface Bench {
  readonly coordinator: CheckpointCoordinator;
  /** Makes the frames of the next checkpoint; not part of what is measured. */
  readonly prepare: () => void;
  /** Triggers it and waits for its end. */
  readonly checkpoint: () => Promise<unknown>;
  /** Triggers one that misses its last acknowledgement, and answers what it holds on to. */
  readonly pendingBytes: () => Promise<number>;
}

const openBench = async (tasks: number, journal: Journal): Promise<Bench> => {
  const graph = rowGraph(VERTICES, tasks / VERTICES);
  const living = livingAttempts(graph);
  const frames = framesOf(jobId, graph, living);
  const gateway = scriptedGateway(living);
  const storage = memoryStorage({ maxStateSizeBytes: 1 << 30 });
  const coordinator = await CheckpointCoordinator.open({
    jobId,
    jobGraph: graph,
    tasks: gateway,
    journal,
    storage,
  });
  await coordinator.jobStatus('RUNNING');
  let nextId = 1;
  let parts: Uint8Array[] = [];
  let onDelivered = (): void => {};
  gateway.onCommand = (command) => {
    gateway.commands.length = 0;
    if (command.type !== 'trigger') return;
    // One message a turn of the event loop, as from a socket.
    const deliver = (): void => {
      const part = parts.shift();
      if (part === undefined) return onDelivered();
      gateway.messages$.next({ type: 'acknowledgements', frames: part });
      setImmediate(deliver);
    };
    deliver();
  };
  const prepare = (count = frames.length): void => {
    parts = cutFrames(stampFrames(frames.subarray(0, count), nextId++ as CheckpointId), MESSAGE_BYTES);
  };
  const pendingBytes = async (): Promise<number> => {
    await coordinator.settled();
    const before = await heldBytes();
    prepare(frames.length - lastFrameLength(frames));
    const delivered = new Promise<void>((resolve) => {
      onDelivered = resolve;
    });
    const aborted = coordinator.triggerCheckpoint().catch(() => undefined);
    await delivered;
    await coordinator.jobStatus('RUNNING');
    const held = (await heldBytes()) - before;
    await coordinator.jobStatus('CANCELLED');
    await aborted;
    return held;
  };
  return {
    coordinator,
    prepare: () => prepare(),
    checkpoint: () => coordinator.triggerCheckpoint(),
    pendingBytes,
  };
};

const lastFrameLength = (frames: Buffer): number => {
  let length = 0;
  for (let at = 0; at < frames.length; at += length) length = frames.readUInt32BE(at);
  return length;
};

/** Time for the engine to give freed buffers back, which it does beside the programme. */
const SWEEP_MS = 100;

/** Heap and array buffers after a collection. */
const heldBytes = async (): Promise<number> => {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await firstValueFrom(timer(SWEEP_MS));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const measureCost = async (
  tasks: number,
  name: string,
  journal: Journal,
): Promise<Omit<Measurement, 'pendingBytesPerAck'>> => {
  const bench = await openBench(tasks, journal);
  const wall: number[] = [];
  let [cpu, main] = [0, 0];
  let begun = performance.now();
  for (let round = 0; ; round++) {
    bench.prepare();
    const [mainBefore, cpuBefore, wallBefore] = [
      process.threadCpuUsage(),
      process.cpuUsage(),
      performance.now(),
    ];
    await bench.checkpoint();
    if (round < WARM_UP_ROUNDS) {
      begun = performance.now();
      continue;
    }
    wall.push(performance.now() - wallBefore);
    main += milliseconds(process.threadCpuUsage(mainBefore));
    cpu += milliseconds(process.cpuUsage(cpuBefore));
    if (wall.length >= ROUNDS_MIN && performance.now() - begun > SECONDS_EACH * 1000) break;
  }
  await bench.coordinator.close();
  return {
    tasks,
    journal: name,
    checkpoints: wall.length,
    wallMs: median(wall),
    cpuMs: cpu / wall.length,
    mainCpuMs: main / wall.length,
  };
};

/** In a life of its own: what earlier checkpoints leave behind would be counted, or missed when it goes. */
const measurePending = async (tasks: number, _name: string, journal: Journal): Promise<number> => {
  const bench = await openBench(tasks, journal);
  const held = await bench.pendingBytes();
  await bench.coordinator.close();
  return held / tasks;
};

/** Opens a journal for the work, and removes it afterwards. */
const withJournal = async <T>(
  tasks: number,
  name: string,
  work: (tasks: number, name: string, journal: Journal) => Promise<T>,
): Promise<T> => {
  if (name === 'memory') return work(tasks, name, openMemoryJournal());
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
  const journal = await openSqliteJournal(join(directory, 'journal.db'));
  try {
    return await work(tasks, name, journal);
  } finally {
    await journal.close();
    rmSync(directory, { recursive: true });
  }
};

const measureOne = async (tasks: number, name: string): Promise<Measurement> => ({
  ...(await withJournal(tasks, name, measureCost)),
  pendingBytesPerAck: await withJournal(tasks, name, measurePending),
});

const perSecond = (tasks: number, ms: number): string => `${Math.round(tasks / ms)}k`.padStart(7);

const print = (m: Measurement): void => {
  console.log(
    `${m.journal.padEnd(7)}${String(m.tasks).padStart(8)} tasks ${String(m.checkpoints).padStart(6)} checkpoints` +
      `  wall ${m.wallMs.toFixed(2).padStart(8)} ms  cpu ${m.cpuMs.toFixed(2).padStart(8)} ms` +
      `  acks/s: wall${perSecond(m.tasks, m.wallMs)}, cpu${perSecond(m.tasks, m.cpuMs)},` +
      ` main thread${perSecond(m.tasks, m.mainCpuMs)}` +
      // In a small checkpoint the measure is lost in what the engine itself allocates.
      (m.tasks < 10_000 ? '' : `  pending ${m.pendingBytesPerAck.toFixed(0)} B/ack`),
  );
};

/** Least squares of cost = fixed + tasks × each, weighted so that every size counts by its relative error. */
const fit = (
  points: readonly { readonly tasks: number; readonly ms: number }[],
): { fixedMs: number; eachUs: number } => {
  let [w, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (const { tasks, ms } of points) {
    const weight = 1 / (ms * ms);
    w += weight;
    x += weight * tasks;
    y += weight * ms;
    xx += weight * tasks * tasks;
    xy += weight * tasks * ms;
  }
  const each = (w * xy - x * y) / (w * xx - x * x);
  return { fixedMs: (y - each * x) / w, eachUs: each * 1000 };
};

/** How far the cost per acknowledgement spreads from 1 000 tasks up, the fixed cost of a checkpoint left out. */
const spread = (measurements: readonly Measurement[], fixedMs: number): number => {
  const each = measurements
    .filter(({ tasks }) => tasks >= 1000)
    .map(({ tasks, cpuMs }) => Math.max(cpuMs - fixedMs, 0) / tasks);
  return Math.max(...each) / Math.min(...each);
};

const judge = (name: string, measurements: readonly Measurement[]): boolean => {
  const cpu = fit(measurements.map(({ tasks, cpuMs }) => ({ tasks, ms: cpuMs })));
  const wall = fit(measurements.map(({ tasks, wallMs }) => ({ tasks, ms: wallMs })));
  const ratio = spread(measurements, Math.max(cpu.fixedMs, 0));
  const isGood = ratio <= SPREAD_MAX;
  console.log(
    `${name.padEnd(7)}fitted: a checkpoint ${cpu.fixedMs.toFixed(2)} ms cpu, ${wall.fixedMs.toFixed(2)} ms wall;` +
      ` an acknowledgement ${cpu.eachUs.toFixed(2)} µs cpu, ${wall.eachUs.toFixed(2)} µs wall;` +
      ` cost per acknowledgement spreads ${ratio.toFixed(2)}x (limit ${SPREAD_MAX}x): ${isGood ? 'ok' : 'TOO WIDE'}`,
  );
  return isGood;
};

const benchJournal = async (name: string): Promise<boolean> => {
  const measurements: Measurement[] = [];
  for (const tasks of TASKS) {
    measurements.push(await measureOne(tasks, name));
    print(measurements.at(-1)!);
  }
  return judge(name, measurements);
};

/** Measurements of one journal before its shape counts as broken: other work on the machine disturbs one or two. */
const TRIES_MAX = 3;

const benchUntilGood = async (name: string): Promise<boolean> => {
  for (let tries = 0; tries < TRIES_MAX; tries++) if (await benchJournal(name)) return true;
  return false;
};

/** Runs the bench; true when the shape holds for every journal. */
export const benchAcks = async (): Promise<boolean> => {
  let isGood = true;
  for (const name of JOURNALS) isGood = (await benchUntilGood(name)) && isGood;
  return isGood;
};
