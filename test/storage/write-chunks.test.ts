import { describe, expect, it } from 'vitest';
import { parseJobId, type CheckpointId } from '../../src/state/ids.ts';
import { memoryStorage } from '../../src/storage/memory/storage.ts';
import type { CheckpointMetadataOutputStream } from '../../src/storage/storage.ts';
import { writeChunks } from '../../src/storage/write-chunks.ts';

const jobId = parseJobId('00000000000000000000000000000abc');

/** A stream of the memory storage that tells when its writes begin and end. */
const openStream = async (events: string[]): Promise<CheckpointMetadataOutputStream> => {
  const storage = memoryStorage();
  await storage.initializeBaseLocations(jobId);
  const location = await storage.initializeLocationForCheckpoint(jobId, 1 as CheckpointId);
  const stream = await location.createMetadataOutputStream();
  const write = async (bytes: Uint8Array): Promise<void> => {
    events.push(`write ${bytes[0]}`);
    await stream.write(bytes);
    events.push(`written ${bytes[0]}`);
  };
  return {
    write,
    close: () => stream.close(),
    closeAndFinalizeCheckpoint: () => stream.closeAndFinalizeCheckpoint(),
  };
};

function* numbered(count: number, events: string[]): Generator<Uint8Array> {
  for (let number = 1; number <= count; number += 1) {
    events.push(`make ${number}`);
    yield Uint8Array.of(number);
  }
}

describe('writing chunks', () => {
  it('makes one while the one before is being written, and writes one at a time', async () => {
    const events: string[] = [];
    const stream = await openStream(events);
    await writeChunks(stream, numbered(3, events));
    expect(events.join(', ')).toBe(
      'make 1, write 1, make 2, written 1, write 2, make 3, written 2, write 3, written 3',
    );
    const completed = await stream.closeAndFinalizeCheckpoint();
    expect([...(await completed.readMetadata())]).toEqual([1, 2, 3]);
  });

  it('stops with the reason of its signal, once the write in flight has ended', async () => {
    const events: string[] = [];
    const stream = await openStream(events);
    const abort = new AbortController();
    const chunks = function* (): Generator<Uint8Array> {
      yield* numbered(1, events);
      abort.abort(new Error('no longer wanted'));
      yield Uint8Array.of(9);
    };
    await expect(writeChunks(stream, chunks(), abort.signal)).rejects.toThrow('no longer wanted');
    expect(events).toEqual(['make 1', 'write 1', 'written 1']);
  });

  it('throws what making a chunk throws, once the write in flight has ended', async () => {
    const events: string[] = [];
    const stream = await openStream(events);
    const chunks = function* (): Generator<Uint8Array> {
      yield* numbered(1, events);
      throw new Error('cannot be made');
    };
    await expect(writeChunks(stream, chunks())).rejects.toThrow('cannot be made');
    expect(events.at(-1)).toBe('written 1');
  });

  it('throws what a write throws, and asks for no more', async () => {
    const events: string[] = [];
    const stream = await openStream(events);
    await stream.close();
    await expect(writeChunks(stream, numbered(5, events))).rejects.toMatchObject({
      code: 'STORAGE_STREAM_CLOSED',
    });
    expect(events).toEqual(['make 1', 'write 1', 'make 2']);
  });
});
