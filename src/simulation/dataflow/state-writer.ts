/** Writes the pieces of one task's snapshot, and knows what to delete when the snapshot is given up. */
import { invariant } from '../../errors.ts';
import type { StreamStateHandle } from '../../state/handles.ts';
import type {
  CheckpointStateOutputStream,
  CheckpointStorage,
  LocationReference,
} from '../../storage/storage.ts';

export class StateWriter {
  readonly #storage: CheckpointStorage;
  readonly #location: LocationReference;
  readonly #open = new Set<CheckpointStateOutputStream>();
  readonly #written: StreamStateHandle[] = [];

  constructor(storage: CheckpointStorage, location: LocationReference) {
    this.#storage = storage;
    this.#location = location;
  }

  /** One state stream of the checkpoint's own. What the caller owes: at least one byte. Durable when this resolves. */
  async write(bytes: Uint8Array): Promise<StreamStateHandle> {
    invariant(bytes.length > 0, 'a state stream has content');
    const stream = await this.#storage
      .streamFactory(this.#location)
      .createCheckpointStateOutputStream('EXCLUSIVE');
    this.#open.add(stream);
    await stream.write(bytes);
    const handle = await stream.closeAndGetHandle();
    this.#open.delete(stream);
    invariant(handle !== undefined, 'a stream with content has a handle');
    this.#written.push(handle);
    return handle;
  }

  /** Deletes everything that was written. Rejects when the storage cannot. */
  async discard(): Promise<void> {
    const open = [...this.#open];
    this.#open.clear();
    await Promise.all(open.map(async (stream) => await stream.close()));
    const written = this.#written.splice(0);
    if (written.length > 0) await this.#storage.deleteFiles(written, this.#location.exclusive);
  }
}
