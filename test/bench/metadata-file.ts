/** The part of the metadata bench that needs no Flink: a file on the disk, and the memory that a large one takes. */
import { closeSync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assembleMetadata, type AssembledCheckpoint } from '../../src/metadata/assemble.ts';
import { encodeMetadata, encodeMetadataChunks } from '../../src/metadata/encode.ts';
import type { CheckpointMetadata } from '../../src/metadata/model.ts';
import { parseJobId, type CheckpointId } from '../../src/state/ids.ts';
import { fileSystemStorage } from '../../src/storage/filesystem/storage.ts';
import type { CheckpointStorage, CheckpointStorageLocation } from '../../src/storage/storage.ts';
import { writeChunks } from '../../src/storage/write-chunks.ts';
import { acknowledgedSlices, checkpointOf, type Content } from './metadata-content.ts';

const TASKS = 10_000;
const TURNS = 9;
const RAW_SHARE_MIN = 0.5;
const LARGE_BYTES = 100e6;
/** Two chunks of a mebibyte, and room for what the engine has not swept yet. */
const MEMORY_BYTES_MAX = 16 * 1024 * 1024;

const jobId = parseJobId('00000000000000000000000000000abc');

/** Writes chunks as a coordinator does: synced, published under its name, the directory synced. */
const writeOurs = async (
  location: CheckpointStorageLocation,
  chunks: Iterable<Uint8Array>,
): Promise<void> => {
  const stream = await location.createMetadataOutputStream();
  await writeChunks(stream, chunks);
  await stream.closeAndFinalizeCheckpoint();
};

/** The same bytes in one call, with nothing to make and nothing to publish. */
const writeRaw = (path: string, bytes: Uint8Array): void => {
  const descriptor = openSync(path, 'wx');
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
  fdatasyncSync(descriptor);
  closeSync(descriptor);
};

const wallMs = async (work: () => unknown): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

interface DiskTurn {
  readonly rawMs: number;
  readonly bytesMs: number;
  readonly objectsMs: number;
}

class Disk {
  readonly #directory: string;
  readonly #storage: CheckpointStorage;
  #lastId = 0;

  constructor(directory: string, storage: CheckpointStorage) {
    this.#directory = directory;
    this.#storage = storage;
  }

  location(): Promise<CheckpointStorageLocation> {
    this.#lastId += 1;
    return this.#storage.initializeLocationForCheckpoint(jobId, this.#lastId as CheckpointId);
  }

  async #oursMs(chunks: Iterable<Uint8Array>): Promise<number> {
    const location = await this.location();
    return await wallMs(() => writeOurs(location, chunks));
  }

  /** One after the other, so that all three meet the disk in the same mood. */
  async turn(model: CheckpointMetadata, bytes: Uint8Array, slices: AssembledCheckpoint): Promise<DiskTurn> {
    const path = join(this.#directory, `raw-${this.#lastId}`);
    return {
      rawMs: await wallMs(() => writeRaw(path, bytes)),
      bytesMs: await this.#oursMs(assembleMetadata(slices, { reusesBuffers: true })),
      objectsMs: await this.#oursMs(encodeMetadataChunks(model, { reusesBuffers: true })),
    };
  }
}

const benchDisk = async (content: Content, disk: Disk): Promise<number> => {
  const model = checkpointOf(content, TASKS);
  const bytes = encodeMetadata(model);
  const slices = acknowledgedSlices(bytes);
  const turns: DiskTurn[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) turns.push(await disk.turn(model, bytes, slices));
  const share = (name: 'bytesMs' | 'objectsMs'): number =>
    median(turns.map((turn) => turn.rawMs / turn[name]));
  const percent = (ratio: number): string => `${(100 * ratio).toFixed(0)} %`;
  console.log(
    `${content} to a local file, synced: ${(bytes.length / 1e6).toFixed(1)} MB from acknowledged bytes in` +
      ` ${median(turns.map(({ bytesMs }) => bytesMs)).toFixed(1)} ms, alone in` +
      ` ${median(turns.map(({ rawMs }) => rawMs)).toFixed(1)} ms: ${percent(share('bytesMs'))} of writing alone;` +
      ` from objects ${percent(share('objectsMs'))}`,
  );
  return share('bytesMs');
};

/** A model of a hundred megabytes that is small itself: all its entries hold the same handles. */
const largeModel = (): CheckpointMetadata => {
  const model = checkpointOf('incremental', 4);
  const [operator] = model.operators;
  const state = operator!.subtasks[0]!.state;
  const entryBytes = encodeMetadata(model).length / 4;
  const parallelism = 32_768;
  const subtasks = Array.from({ length: parallelism }, (_, subtaskIndex) => ({ subtaskIndex, state }));
  const operators = Array.from({ length: Math.ceil(LARGE_BYTES / entryBytes / parallelism) }, (_, index) => ({
    ...operator!,
    operatorId: model.operators[index % 4]!.operatorId,
    parallelism,
    maxParallelism: parallelism,
    subtasks,
  }));
  return { ...model, operators };
};

const benchMemory = async (disk: Disk): Promise<boolean> => {
  const model = largeModel();
  const location = await disk.location();
  globalThis.gc?.();
  const before = process.memoryUsage().arrayBuffers;
  let [length, peak] = [0, 0];
  const watched = function* (): Generator<Uint8Array> {
    for (const chunk of encodeMetadataChunks(model, { reusesBuffers: true })) {
      length += chunk.length;
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
      yield chunk;
    }
  };
  await writeOurs(location, watched());
  const isBounded = peak <= MEMORY_BYTES_MAX;
  const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  console.log(
    `memory: ${(length / 1e6).toFixed(0)} MB written with at most ${mebibytes(peak)} of buffers` +
      ` (at most ${mebibytes(MEMORY_BYTES_MAX)}): ${isBounded ? 'ok' : 'TOO MUCH'}`,
  );
  return isBounded;
};

/** Runs the part; true when every figure is reached. */
export const benchMetadataFile = async (directory: string, share: number): Promise<boolean> => {
  const base = join(directory, 'checkpoints');
  mkdirSync(base);
  const storage = fileSystemStorage({ checkpoints: pathToFileURL(base).href });
  await storage.initializeBaseLocations(jobId);
  const disk = new Disk(directory, storage);
  // A small file is mostly what publishing costs, whoever makes its bytes: it is told, and not judged.
  await benchDisk('files', disk);
  const ratio = await benchDisk('incremental', disk);
  const isFastEnough = ratio >= RAW_SHARE_MIN * share;
  console.log(`  (at least ${100 * RAW_SHARE_MIN} %): ${isFastEnough ? 'ok' : 'TOO SLOW'}`);
  return (await benchMemory(disk)) && isFastEnough;
};
