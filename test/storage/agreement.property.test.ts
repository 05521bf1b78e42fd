/** Both backends answer every programme alike: what the simulation sees in memory is what a disk would do. */
import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isTidemarkError } from '../../src/errors.ts';
import type { StreamStateHandle } from '../../src/state/handles.ts';
import { checkpointId } from '../../src/state/ids.ts';
import { fileSystemStorage } from '../../src/storage/filesystem/storage.ts';
import { memoryStorage } from '../../src/storage/memory/storage.ts';
import type { CheckpointStorage, LocationReference } from '../../src/storage/storage.ts';
import { jobId, patterned, publish, writeState } from '../contracts/storage.contract.ts';
import { filesBelow } from './files-below.ts';

type Place = 1 | 2 | 3 | 'savepoint';
type Step =
  | { readonly type: 'create' | 'dispose' | 'resolve' | 'openAndClose'; readonly place: Place }
  | { readonly type: 'publish'; readonly place: Place; readonly sizeBytes: number }
  | {
      readonly type: 'state';
      readonly place: Place;
      readonly scope: 'EXCLUSIVE' | 'SHARED';
      readonly sizeBytes: number;
    }
  | { readonly type: 'delete' | 'read'; readonly place: Place; readonly handle: number }
  | { readonly type: 'completed' };

const place = fc.constantFrom<Place>(1, 2, 3, 'savepoint');
const sizeBytes = fc.constantFrom(0, 1, 10, 11, 70_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constantFrom('create', 'dispose', 'resolve', 'openAndClose'), place }),
  fc.record({ type: fc.constant('create'), place }),
  fc.record({ type: fc.constant('publish'), place, sizeBytes }),
  fc.record({ type: fc.constant('state'), place, scope: fc.constantFrom('EXCLUSIVE', 'SHARED'), sizeBytes }),
  fc.record({ type: fc.constantFrom('delete', 'read'), place, handle: fc.nat(5) }),
  fc.record({ type: fc.constant('completed') }),
);

/** One backend running a programme; its answers and files name no place of its own. */
class Run {
  readonly #storage: CheckpointStorage;
  readonly #base: string;
  readonly #handles: StreamStateHandle[] = [];

  constructor(storage: CheckpointStorage, base: string) {
    this.#storage = storage;
    this.#base = base;
  }

  /** What a step answers: plain text, or the refusal. */
  async answer(taken: Step): Promise<string> {
    try {
      return this.neutral(await this.#take(taken));
    } catch (error) {
      if (!isTidemarkError(error)) throw error;
      return this.neutral(`${error.code}: ${error.message}`);
    }
  }

  /** Base directory, scheme and random names replaced. */
  neutral(text: string): string {
    return text
      .replaceAll(this.#base, '<base>')
      .replaceAll(/'(file|memory)'/g, '<scheme>')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<name>')
      .replaceAll(/\._metadata\.<name>\.tmp/g, '_metadata');
  }

  #reference(at: Place): LocationReference {
    if (at === 'savepoint') {
      const directory = `${this.#base}/s/savepoint-a`;
      return { exclusive: directory, shared: directory };
    }
    return { exclusive: `${this.#base}/${jobId}/chk-${at}`, shared: `${this.#base}/${jobId}/shared` };
  }

  async #take(taken: Step): Promise<string> {
    if (taken.type === 'completed') return String(await this.#storage.completedCheckpoints(jobId));
    const reference = this.#reference(taken.place);
    const location = this.#storage.locationOf(reference);
    switch (taken.type) {
      case 'create':
        return JSON.stringify((await this.#create(taken.place)).reference);
      case 'dispose':
        await location.dispose();
        return 'disposed';
      case 'resolve':
        return (await this.#storage.resolveCheckpoint(reference.exclusive)).externalPointer;
      case 'openAndClose':
        await (await location.createMetadataOutputStream()).close();
        return 'closed';
      case 'publish':
        return `published ${(await publish(location, patterned(taken.sizeBytes))).metadataSizeBytes} bytes`;
      case 'state':
        return this.#write(reference, taken.scope, taken.sizeBytes);
      default:
        return this.#use(taken.type, this.#handles[taken.handle], reference.exclusive);
    }
  }

  #create(at: Place) {
    return at === 'savepoint'
      ? this.#storage.initializeLocationForSavepoint({ base: `${this.#base}/s`, name: 'savepoint-a' })
      : this.#storage.initializeLocationForCheckpoint(jobId, checkpointId(at));
  }

  async #write(reference: LocationReference, scope: 'EXCLUSIVE' | 'SHARED', size: number): Promise<string> {
    const handle = await writeState(this.#storage.streamFactory(reference), scope, patterned(size));
    if (handle) this.#handles.push(handle);
    return handle === undefined ? 'nothing' : describeHandle(handle);
  }

  async #use(
    type: 'delete' | 'read',
    handle: StreamStateHandle | undefined,
    exclusive: string,
  ): Promise<string> {
    if (handle === undefined) return 'no such handle';
    if (type === 'read') return `${(await this.#storage.readState(handle, exclusive)).length} bytes`;
    await this.#storage.deleteFiles([handle], exclusive);
    return 'deleted';
  }
}

const describeHandle = (handle: StreamStateHandle): string => {
  switch (handle.kind) {
    case 'byteStream':
      return `${handle.data.length} bytes inline as ${handle.name}`;
    case 'file':
      return `${handle.sizeBytes} bytes in ${handle.path}`;
    case 'relativeFile':
      return `${handle.sizeBytes} bytes in relative ${handle.relativePath}`;
    default:
      return handle.kind;
  }
};

const readable = (taken: Step): string => {
  const { type, ...rest } = taken;
  return `${type}(${Object.values(rest)
    .filter((value) => typeof value !== 'function')
    .join(', ')})`;
};

const programmes = fc.array(
  step.map((taken) => ({ ...taken, toString: () => readable(taken) })),
  { maxLength: 25 },
);

it('memory and file system answer every programme alike and keep the same files', async () => {
  await fc.assert(
    fc.asyncProperty(programmes, async (programme) => {
      const root = await fs.mkdtemp(join(tmpdir(), 'tidemark-agreement-'));
      try {
        const memory = memoryStorage({ inlineThresholdBytes: 10 });
        const disk = fileSystemStorage({ checkpoints: `file:${root}/b`, inlineThresholdBytes: 10 });
        const runs = [new Run(memory, 'memory:'), new Run(disk, `file:${root}/b`)] as const;
        await memory.initializeBaseLocations(jobId);
        await disk.initializeBaseLocations(jobId);
        for (const taken of programme) {
          const answers = await Promise.all(runs.map((run) => run.answer(taken)));
          const kept = [memory.files(), await filesBelow(root)];
          const [inMemory, onDisk] = runs.map((run, index) => ({
            step: readable(taken),
            answer: answers[index],
            files: kept[index]?.map((path) => run.neutral(path)).toSorted(),
          }));
          expect(onDisk).toEqual(inMemory);
        }
      } finally {
        await fs.rm(root, { recursive: true });
      }
    }),
    { numRuns: 300 },
  );
});
