/**
 * `npm run bench -- acks`: from the trigger to the completed checkpoint, through the open coordinator and its gateway
 * port, with 100 to 100 000 tasks. Each acknowledgement carries one keyed and one operator handle.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMemoryJournal } from '../../src/journal/memory/journal.ts';
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import { parseJobId } from '../../src/state/ids.ts';
import { memoryStorage } from '../../src/storage/memory/storage.ts';
import { cutFrames, framesOf, livingAttempts, rowGraph, scriptedGateway, stampFrames } from '../support/scripted-gateway.ts';

const VERTICES = 4;
const MESSAGE_BYTES = 64 * 1024;
const jobId = parseJobId('00000000000000000000000000000abc');

export interface AckMeasurement {
  readonly tasks: number;
  readonly journal: string;
  readonly checkpoints: number;
  /** Medians over the checkpoints measured. */
  readonly wallMs: number;
  readonly mainCpuMs: number;
  readonly allCpuMs: number;
  readonly bytesPerAck: number;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const cpuMs = (usage: NodeJS.CpuUsage): number => (usage.user + usage.system) / 1000;

interface Bench {
  readonly coordinator: CheckpointCoordinator;
  /** Triggers a checkpoint whose frames are ready and waits for its end. */
  readonly checkpoint: () => Promise<void>;
  readonly frameBytes: number;
}

const openBench = async (tasks: number, journal: Journal): Promise<Bench> => {
  const graph = rowGraph(VERTICES, tasks / VERTICES);
  const living = livingAttempts(graph);
  const frames = framesOf(jobId, graph, living);
  const gateway = scriptedGateway(living);
  const storage = memoryStorage({ maxStateSizeBytes: 1 << 30 });
  const coordinator = await CheckpointCoordinator.open({ jobId, jobGraph: graph, tasks: gateway, journal, storage });
  await coordinator.jobStatus('RUNNING');
  let nextId = 1;
  const prepared: Uint8Array[][] = [];
  gateway.onCommand = (command) => {
    gateway.commands.length = 0;
    if (command.type !== 'trigger') return;
    // One message a turn of the event loop, as from a socket.
    const parts = prepared.shift()!;
    const deliver = (): void => {
      const part = parts.shift();
      if (part === undefined) return;
      gateway.messages$.next({ type: 'acknowledgements', frames: part });
      setImmediate(deliver);
    };
    deliver();
  };
  const checkpoint = async (): Promise<void> => {
    prepared.push(cutFrames(stampFrames(frames, nextId++ as never), MESSAGE_BYTES));
    globalThis.gc?.();
    await coordinator.triggerCheckpoint();
  };
  return { coordinator, checkpoint, frameBytes: frames.length };
};

const measure = async (tasks: number, name: string, journal: Journal, seconds: number): Promise<AckMeasurement> => {
  const bench = await openBench(tasks, journal);
  const wall: number[] = [];
  const main: number[] = [];
  const all: number[] = [];
  let begun = Date.now();
  for (let round = 0; round < 8 || Date.now() - begun < seconds * 1000; round++) {
    const [wallBefore, mainBefore, allBefore] = [performance.now(), process.threadCpuUsage(), process.cpuUsage()];
    await bench.checkpoint();
    if (round < 4) {
      begun = Date.now();
      continue;
    }
    wall.push(performance.now() - wallBefore);
    main.push(cpuMs(process.threadCpuUsage(mainBefore)));
    all.push(cpuMs(process.cpuUsage(allBefore)));
  }
  await bench.coordinator.close();
  return {
    tasks,
    journal: name,
    checkpoints: wall.length,
    wallMs: median(wall),
    mainCpuMs: median(main),
    allCpuMs: median(all),
    bytesPerAck: bench.frameBytes / tasks,
  };
};

const measureOne = async (tasks: number, name: string, seconds: number): Promise<AckMeasurement> => {
  if (name === 'memory') return measure(tasks, name, openMemoryJournal(), seconds);
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
  const journal = await openSqliteJournal(join(directory, 'journal.db'));
  try {
    return await measure(tasks, name, journal, seconds);
  } finally {
    await journal.close();
    rmSync(directory, { recursive: true });
  }
};

for (const name of ['memory', 'sqlite']) {
  for (const tasks of [100, 1000, 10_000, 100_000]) {
    const m = await measureOne(tasks, name, 2);
    console.log(
      `${name.padEnd(7)} ${String(tasks).padStart(7)} tasks  n=${m.checkpoints}  wall ${m.wallMs.toFixed(2)} ms  main ${m.mainCpuMs.toFixed(2)} ms  all ${m.allCpuMs.toFixed(2)} ms  ${(tasks / m.mainCpuMs).toFixed(0)}k acks/cpu-s(main) ${(tasks / m.allCpuMs).toFixed(0)}k (all) ${(tasks / m.wallMs).toFixed(0)}k wall  ${m.bytesPerAck.toFixed(0)} B/frame`,
    );
  }
}
