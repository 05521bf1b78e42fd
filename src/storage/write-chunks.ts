import type { CheckpointMetadataOutputStream } from './storage.ts';

/**
 * Writes chunks in order, each while the next is made: making a file and writing it do not wait for each other. A chunk
 * is done with when the chunk after the next is asked for. The stream stays open.
 *
 * @throws what `chunks` or the stream throws, and the reason of `signal` once it is aborted.
 */
export const writeChunks = async (
  stream: CheckpointMetadataOutputStream,
  chunks: Iterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> => {
  let writing: Promise<void> = Promise.resolve();
  try {
    for (const chunk of chunks) {
      await writing;
      signal?.throwIfAborted();
      writing = stream.write(chunk);
    }
  } finally {
    await writing;
  }
  signal?.throwIfAborted();
};
