/**
 * Edges that can die with their coordinator. A crash cuts all of them at once: what was called after it never happens
 * and
 * never answers, as when the process is gone; what tasks do goes on. Points at which a crash can come are counted, so
 * that a search visits each of them once.
 */
import type { Journal } from '../journal/journal.ts';
import type { CheckpointStorage } from '../storage/storage.ts';
import type { TaskGateway } from '../tasks/gateway.ts';

/** Where a crash can come. `append` is before the block is written, `durable` before its writer hears of it. */
export type CrashPoint = 'append' | 'durable' | 'send' | 'storage';

/** An answer that never comes. */
const never = <T>(): Promise<T> => new Promise<T>(() => {});

export interface MortalOptions {
  /** Asked at every point, in order; true kills. */
  readonly isLast: (point: CrashPoint) => boolean;
  /** Called once, at the moment of the crash. */
  readonly onCrash: (point: CrashPoint) => void;
}

/** The life of one coordinator's edges. */
export class Mortality {
  readonly #options: MortalOptions;
  #isDead = false;

  constructor(options: MortalOptions) {
    this.#options = options;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Passes a point; false when the coordinator is dead, or dies here. */
  passes(point: CrashPoint): boolean {
    if (this.#isDead) return false;
    if (!this.#options.isLast(point)) return true;
    this.kill(point);
    return false;
  }

  kill(point: CrashPoint): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#options.onCrash(point);
  }
}

/** A journal whose appends can be the last thing that happens, on either side of the disk. */
export const mortalJournal = (journal: Journal, life: Mortality): Journal => ({
  isDurable: journal.isDurable,
  head: (stream) => (life.isDead ? never() : journal.head(stream)),
  append: async (request) => {
    if (!life.passes('append')) return never();
    const result = await journal.append(request);
    return life.passes('durable') ? result : never();
  },
  read: (stream, from, options) => (life.isDead ? never() : journal.read(stream, from, options)),
  readBulk: (stream, revision) => (life.isDead ? never() : journal.readBulk(stream, revision)),
  writeSnapshot: (stream, snapshot) => (life.isDead ? never() : journal.writeSnapshot(stream, snapshot)),
  readSnapshot: (stream) => (life.isDead ? never() : journal.readSnapshot(stream)),
  trim: (stream, plan) => (life.isDead ? never() : journal.trim(stream, plan)),
  streams: () => (life.isDead ? never() : journal.streams()),
  close: () => journal.close(),
});

/** A gateway through which a dead coordinator says and hears nothing. */
export const mortalGateway = (gateway: TaskGateway, life: Mortality): TaskGateway => ({
  attach: (request) => (life.isDead ? never() : gateway.attach(request)),
  send: (commands) => {
    for (const command of commands) if (life.passes('send')) gateway.send([command]);
  },
  messages$: gateway.messages$,
});

/** The coordinator's side of a storage; reading has no crash point of its own. */
export const mortalStorage = (storage: CheckpointStorage, life: Mortality): CheckpointStorage => {
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!life.passes('storage')) return never();
    const result = await work();
    return life.isDead ? never() : result;
  };
  const mortalLocation = (location: ReturnType<CheckpointStorage['locationOf']>): typeof location => ({
    reference: location.reference,
    createMetadataOutputStream: () =>
      guard(async () => {
        const stream = await location.createMetadataOutputStream();
        return {
          write: (bytes) => guard(() => stream.write(bytes)),
          closeAndFinalizeCheckpoint: () => guard(() => stream.closeAndFinalizeCheckpoint()),
          close: () => (life.isDead ? never() : stream.close()),
        };
      }),
    dispose: () => guard(() => location.dispose()),
  });
  return {
    name: storage.name,
    ...(storage.defaultSavepointBase === undefined
      ? {}
      : { defaultSavepointBase: storage.defaultSavepointBase }),
    initializeBaseLocations: (jobId) => guard(() => storage.initializeBaseLocations(jobId)),
    initializeLocationForCheckpoint: (jobId, id) =>
      guard(async () => mortalLocation(await storage.initializeLocationForCheckpoint(jobId, id))),
    initializeLocationForSavepoint: (target) =>
      guard(async () => mortalLocation(await storage.initializeLocationForSavepoint(target))),
    locationOf: (reference) => mortalLocation(storage.locationOf(reference)),
    streamFactory: (reference) => storage.streamFactory(reference),
    readState: (handle, exclusive) => storage.readState(handle, exclusive),
    deleteFiles: (handles, exclusive) => guard(() => storage.deleteFiles(handles, exclusive)),
    resolveCheckpoint: (pointer) => (life.isDead ? never() : storage.resolveCheckpoint(pointer)),
    completedCheckpoints: (jobId) => (life.isDead ? never() : storage.completedCheckpoints(jobId)),
  };
};
