/** The part of the metadata bench that needs no Flink: a file on the disk, and the memory that a large one takes. */
import { closeSync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeMetadata, encodeMetadataChunks } from '../../src/metadata/encode.ts';
import type { CheckpointMetadata } from '../../src/metadata/model.ts';
import { parseJobId, type CheckpointId } from '../../src/state/ids.ts';
import { fileSystemStorage } from '../../src/storage/filesystem/storage.ts';
import type { CheckpointStorage } from '../../src/storage/storage.ts';
import { writeChunks } from '../../src/storage/write-chunks.ts';
import { checkpointOf } from './metadata-content.ts';

const TASKS = 10_000;
const TURNS = 9;
const RAW_SHARE_MIN = 0.5;
const LARGE_BYTES = 100e6;
/** Two chunks of a mebibyte, and room for what the engine has not swept yet. */
const MEMORY_BYTES_MAX = 16 * 1024 * 1024;

const jobId = parseJobId('00000000000000000000000000000abc');

/** Encodes from objects into the storage's own stream: synced, published under its name, directories synced. */
const writeOurs = async (
  storage: CheckpointStorage,
  id: number,
  model: CheckpointMetadata,
): Promise<void> => {
  const location = await storage.initializeLocationForCheckpoint(jobId, id as CheckpointId);
  const stream = await location.createMetadataOutputStream();
  await writeChunks(stream, encodeMetadataChunks(model, { reusesBuffers: true }));
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

const benchDisk = async (directory: string, storage: CheckpointStorage, share: number): Promise<boolean> => {
  const model = checkpointOf('files', TASKS);
  const bytes = encodeMetadata(model);
  const turns: { readonly ours: number; readonly raw: number }[] = [];
  for (let turn = 1; turn <= TURNS; turn += 1) {
    const raw = await wallMs(() => writeRaw(join(directory, `raw-${turn}`), bytes));
    turns.push({ raw, ours: await wallMs(() => writeOurs(storage, turn, model)) });
  }
  const ratio = median(turns.map(({ raw, ours }) => raw / ours));
  const ours = median(turns.map((turn) => turn.ours));
  const raw = median(turns.map((turn) => turn.raw));
  const isReached = ratio >= RAW_SHARE_MIN * share;
  console.log(
    `to a local file, synced: ${(bytes.length / 1e6).toFixed(1)} MB in ${ours.toFixed(1)} ms,` +
      ` the bytes alone in ${raw.toFixed(1)} ms:` +
      ` ${(100 * ratio).toFixed(0)} % (at least ${100 * RAW_SHARE_MIN} %): ${isReached ? 'ok' : 'TOO SLOW'}`,
  );
  return isReached;
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

const benchMemory = async (storage: CheckpointStorage): Promise<boolean> => {
  const model = largeModel();
  const location = await storage.initializeLocationForCheckpoint(jobId, (TURNS + 1) as CheckpointId);
  const stream = await location.createMetadataOutputStream();
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
  await writeChunks(stream, watched());
  await stream.closeAndFinalizeCheckpoint();
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
  const isFastEnough = await benchDisk(directory, storage, share);
  return (await benchMemory(storage)) && isFastEnough;
};
