/** Writes a file in chunks that a storage stream can take, so that a large one is never in memory as a whole. */
import { ByteWriter } from './byte-writer.ts';

/** Chunks are at most this long, unless a single entry is longer: large enough for a disk, small enough to pace. */
export const CHUNK_BYTES_MAX = 1024 * 1024;
/** A chunk is handed out when less than this is free: most entries are smaller, and grow no chunk. */
const SPARE_BYTES = 64 * 1024;

/** How chunks are handed out. */
export interface ChunkOptions {
  /**
   * A chunk is then good until the chunk after the next is asked for: enough to write one while the next is made. Two
   * buffers serve for a file of any size. Otherwise what was handed out is never written to again.
   */
  readonly reusesBuffers?: boolean | undefined;
}

/** Collects writes into chunks. */
export class ChunkWriter extends ByteWriter {
  readonly #reusesBuffers: boolean;
  #handedOut: ArrayBuffer | undefined;

  constructor({ reusesBuffers = false }: ChunkOptions) {
    super(CHUNK_BYTES_MAX);
    this.#reusesBuffers = reusesBuffers;
  }

  /** Adds bytes that are encoded already; what is too long for a chunk becomes one of its own, uncopied. */
  *append(slice: Uint8Array): Generator<Uint8Array> {
    if (this.length + slice.length > CHUNK_BYTES_MAX) yield* this.flush();
    if (slice.length > CHUNK_BYTES_MAX) yield slice;
    else this.raw(slice);
  }

  /** To be asked between the writes of whole entries. */
  get isFull(): boolean {
    return this.length > CHUNK_BYTES_MAX - SPARE_BYTES;
  }

  *flush(): Generator<Uint8Array> {
    if (this.length === 0) return;
    const chunk = this.take(CHUNK_BYTES_MAX, this.#handedOut);
    if (this.#reusesBuffers) this.#handedOut = chunk.buffer;
    yield chunk;
  }
}
