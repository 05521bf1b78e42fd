/**
 * `npm run bench -- metadata`: our writer and reader of metadata files and Flink's, on the same content, in turn; then
 * what a file on this machine's disk costs beside writing its bytes, and the memory that a large one takes.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import { askFlink, probeFlink } from '../flink/flink-oracle.ts';
import { checkpointOf, contents, type Content } from './metadata-content.ts';
import { benchMetadataFile } from './metadata-file.ts';
import type { OwnCosts } from './metadata-own.ts';

const TASKS = 10_000;
const isContinuousIntegration = process.env['CI'] !== undefined;
/** In CPU seconds. A virtual machine that is not warm yet would flatter us: Flink's side gets long to compile. */
const warmUpSeconds = { flink: 3, own: 2 };
const SECONDS_EACH = 0.4;
const ROUNDS = 3;
const TURNS = isContinuousIntegration ? 1 : 3;

/**
 * Both sides have room for the garbage of many runs; Flink's heap is the roomier one. A loop that loads the same file
 * again and again teaches V8 to allocate in its old space, where nothing is freed until all is marked: a job manager
 * loads a file once, so the lesson is forbidden.
 */
const nodeFlags = [
  '--min-semi-space-size=128',
  '--max-semi-space-size=128',
  '--no-allocation-site-pretenuring',
];
const javaFlags = ['-Xms2g', '-Xmx2g', '-XX:+UseG1GC'];

interface FlinkCosts {
  readonly serializeMicros: number;
  readonly loadMicros: number;
}

/** What is compared, with Flink's share of it, and how many times as fast ours has to be. */
const comparisons = [
  { name: 'write from objects', own: 'writeMicros', flink: 'serializeMicros', atLeast: 2 },
  { name: 'write from acknowledged bytes', own: 'assembleMicros', flink: 'serializeMicros', atLeast: 3 },
  { name: 'load to objects', own: 'loadMicros', flink: 'loadMicros', atLeast: 4 },
  { name: 'read lazily', own: 'lazyMicros', flink: 'loadMicros', atLeast: 12 },
] as const;

/** On a machine that is shared, half of what is promised still shows that nothing is broken. */
const share = isContinuousIntegration ? 0.5 : 1;

const timing = (warmUp: number): string[] => [`${warmUp}`, `${SECONDS_EACH}`, `${ROUNDS}`];

const ownCosts = (path: string): OwnCosts => {
  const script = join(import.meta.dirname, 'metadata-own.ts');
  const given = [...nodeFlags, script, path, ...timing(warmUpSeconds.own)];
  return JSON.parse(execFileSync(process.execPath, given, { encoding: 'utf8' })) as OwnCosts;
};

const flinkCosts = (path: string): FlinkCosts => {
  const [answer] = askFlink([['bench', path, ...timing(warmUpSeconds.flink)]], javaFlags);
  const costs = answer as Readonly<Record<string, string>>;
  return { serializeMicros: Number(costs['serializeMicros']), loadMicros: Number(costs['loadMicros']) };
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const compare = (content: Content, directory: string): boolean => {
  const bytes = encodeMetadata(checkpointOf(content, TASKS));
  const path = join(directory, content);
  writeFileSync(path, bytes);
  const turns = Array.from({ length: TURNS }, () => ({ flink: flinkCosts(path), own: ownCosts(path) }));
  const megabytes = bytes.length / 1e6;
  console.log(`${content}: ${TASKS} tasks, ${megabytes.toFixed(1)} MB; megabytes per second of CPU`);
  const results = comparisons.map(({ name, own, flink, atLeast }) => {
    const ours = median(turns.map((turn) => turn.own[own]));
    const theirs = median(turns.map((turn) => turn.flink[flink]));
    const ratio = median(turns.map((turn) => turn.flink[flink] / turn.own[own]));
    const isReached = ratio >= atLeast * share;
    console.log(
      `  ${name.padEnd(31)} ours ${(bytes.length / ours).toFixed(0).padStart(6)}` +
        `  Flink ${(bytes.length / theirs).toFixed(0).padStart(5)}` +
        `  ${ratio.toFixed(1).padStart(5)}x (at least ${atLeast}x): ${isReached ? 'ok' : 'TOO SLOW'}`,
    );
    return isReached;
  });
  return results.every(Boolean);
};

const compareAll = (directory: string): boolean => {
  const probe = probeFlink();
  if (probe.available) return contents.map((content) => compare(content, directory)).every(Boolean);
  console.log(`not compared with Flink, which cannot be asked here: ${probe.reason}`);
  return true;
};

/** Runs the bench; true when every figure is reached. */
export const benchMetadata = async (): Promise<boolean> => {
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
  try {
    const isFastEnough = compareAll(directory);
    return (await benchMetadataFile(directory, share)) && isFastEnough;
  } finally {
    rmSync(directory, { recursive: true });
  }
};
