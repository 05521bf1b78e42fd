/**
 * `node test/bench/metadata-own.ts FILE WARM_UP SECONDS ROUNDS`: what our writer and reader cost on the content of one
 * file, as one line of JSON. A process of its own, as Flink's is: whatever else a bench holds would be marked and moved
 * with it.
 */
import { readFileSync } from 'node:fs';
import { assembleMetadata } from '../../src/metadata/assemble.ts';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { encodeMetadataChunks } from '../../src/metadata/encode.ts';
import { summarizeMetadata } from '../../src/metadata/summary.ts';
import { acknowledgedSlices } from './metadata-content.ts';

/** CPU microseconds of one run: of the whole process, all its threads, as on Flink's side. */
export interface OwnCosts {
  readonly writeMicros: number;
  readonly assembleMicros: number;
  readonly loadMicros: number;
  readonly lazyMicros: number;
}

/** Keeps results alive, so that no work is optimized away. */
let kept: unknown;

const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const perRun = (seconds: number, work: () => unknown): number => {
  const start = cpuMicros();
  let runs = 0;
  do {
    kept = work();
    runs += 1;
  } while (cpuMicros() < start + seconds * 1e6 || runs < 3);
  return (cpuMicros() - start) / runs;
};

interface Timing {
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly rounds: number;
}

const medianMicros = ({ warmUpSeconds, seconds, rounds }: Timing, work: () => unknown): number => {
  perRun(warmUpSeconds, work);
  const each = Array.from({ length: rounds }, () => perRun(seconds, work));
  return each.toSorted((left, right) => left - right)[rounds >> 1]!;
};

/** Gathers chunks in one buffer, which is where Flink's bench has Flink write to. */
const gather = (into: Uint8Array, chunks: Iterable<Uint8Array>): Uint8Array => {
  let at = 0;
  for (const chunk of chunks) {
    into.set(chunk, at);
    at += chunk.length;
  }
  return into;
};

/** One after the other, each with nothing in memory but what it needs. */
const costsOf = (bytes: Uint8Array, timing: Timing): OwnCosts => {
  const into = new Uint8Array(bytes.length);
  const time = (work: () => unknown): number => medianMicros(timing, work);
  const lazyMicros = time(() => summarizeMetadata(bytes));
  const loadMicros = time(() => decodeMetadata(bytes));
  const slices = acknowledgedSlices(bytes);
  const assembleMicros = time(() => gather(into, assembleMetadata(slices, { reusesBuffers: true })));
  const model = decodeMetadata(bytes);
  const writeMicros = time(() => gather(into, encodeMetadataChunks(model, { reusesBuffers: true })));
  if (Buffer.compare(into, bytes) !== 0) throw new Error('what was written is not what was read');
  return { writeMicros, assembleMicros, loadMicros, lazyMicros };
};

const [path, ...numbers] = process.argv.slice(2);
if (path !== undefined) {
  const [warmUpSeconds = 1, seconds = 1, rounds = 3] = numbers.map(Number);
  console.log(JSON.stringify(costsOf(readFileSync(path), { warmUpSeconds, seconds, rounds })));
  if (kept === undefined) throw new Error('nothing was measured');
}
