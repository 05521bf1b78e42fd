/**
 * The registry of shared state: which files several checkpoints refer to, and from which to which (C-196 … C-203). A
 * file's key is its path, so a handle names the entry and the file at once, and nothing has to be replaced in a slice.
 *
 * It is owned by the job's state and changed by facts alone: what a decision asks (`find`, `unused`, `heldBy`) changes
 * nothing. Each entry has a number, so that a fact names a known file in a few bytes.
 */
import { invariant } from '../errors.ts';

/**
 * Where a shared file lies: in the job's directory for shared state; in the own directory of a checkpoint (its id),
 * which must then stay as long as the file is in use; or in a place that is not ours, where nothing is ever deleted.
 */
export type SharedPlace = 'shared' | 'elsewhere' | number;

/** A file as a handle names it. */
export interface SharedFile {
  /** Absolute. */
  readonly path: string;
  /** -1 when unknown. */
  readonly sizeBytes: number;
  readonly place: SharedPlace;
}

export interface SharedEntry extends SharedFile {
  readonly number: number;
  /** The oldest and the newest checkpoint that any acknowledgement named it for, in whatever order they came. */
  readonly firstUsedBy: number;
  readonly lastUsedBy: number;
}

type MutableEntry = { -readonly [Key in keyof SharedEntry]: SharedEntry[Key] };

/** An entry as a journal snapshot holds it: number, path, size, place, first used by, last used by. */
export type PlainSharedEntry = readonly [number, string, number, SharedPlace, number, number];

/** What a journal snapshot holds of the registry. */
export interface PlainSharedState {
  readonly nextNumber: number;
  readonly notClaimedThrough: number;
  readonly entries: readonly PlainSharedEntry[];
  readonly leaving: readonly string[];
}

/** Consecutive numbers as `first, last` pairs, one after the other: `[3, 3, 7, 9]` are 3, 7, 8 and 9. */
export type NumberRuns = readonly number[];

/** Ascending numbers as runs. */
export const runsOf = (ascending: readonly number[]): number[] => {
  const runs: number[] = [];
  for (const number of ascending) {
    if (runs.length > 0 && runs.at(-1) === number - 1) runs[runs.length - 1] = number;
    else runs.push(number, number);
  }
  return runs;
};

/** The numbers of runs, ascending. */
export function* numbersOf(runs: NumberRuns): Generator<number> {
  for (let at = 0; at < runs.length; at += 2) {
    for (let number = runs[at]!; number <= runs[at + 1]!; number++) yield number;
  }
}

export class SharedStateRegistry {
  #nextNumber = 0;
  #notClaimedThrough = 0;
  readonly #entries = new Map<number, MutableEntry>();
  readonly #byPath = new Map<string, MutableEntry>();
  readonly #leaving = new Set<string>();

  /** The number the next new file gets. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  /** How many files are registered. */
  get size(): number {
    return this.#entries.size;
  }

  /** In the order they were registered. */
  entries(): IterableIterator<SharedEntry> {
    return this.#entries.values();
  }

  find(path: string): SharedEntry | undefined {
    return this.#byPath.get(path);
  }

  /** True while the file is planned to be deleted: nobody may refer to it again. */
  isLeaving(path: string): boolean {
    return this.#leaving.has(path);
  }

  /** Registers files that are not registered, under the next numbers. */
  add(files: readonly SharedFile[], checkpointId: number): void {
    for (const file of files) {
      invariant(!this.#byPath.has(file.path), `shared file ${file.path} is registered twice`);
      const number = this.#nextNumber++;
      this.#put({ ...file, number, firstUsedBy: checkpointId, lastUsedBy: checkpointId });
    }
  }

  /** Registered files are referred to once more: by this checkpoint, however old it is. */
  use(numbers: NumberRuns, checkpointId: number): void {
    for (const number of numbersOf(numbers)) {
      const entry = this.#known(number);
      entry.firstUsedBy = Math.min(entry.firstUsedBy, checkpointId);
      entry.lastUsedBy = Math.max(entry.lastUsedBy, checkpointId);
    }
  }

  /** Forgets entries. */
  release(numbers: NumberRuns): void {
    for (const number of numbersOf(numbers)) {
      this.#byPath.delete(this.#known(number).path);
      this.#entries.delete(number);
    }
  }

  /** Files are planned to be deleted: from now on {@link isLeaving}. */
  leave(paths: readonly string[]): void {
    for (const path of paths) this.#leaving.add(path);
  }

  /** Files that were leaving have been deleted. */
  gone(paths: readonly string[]): void {
    for (const path of paths) this.#leaving.delete(path);
  }

  /**
   * A restored checkpoint that is not ours: what it, or any checkpoint before it, brought is never deleted (C-200).
   * What of it is in use is registered as any other file is.
   */
  keepThrough(checkpointId: number): void {
    this.#notClaimedThrough = Math.max(this.#notClaimedThrough, checkpointId);
  }

  /** True when the file goes with its entry: a file in a checkpoint's own directory goes with that. */
  isDeletedAlone(entry: SharedEntry): boolean {
    return entry.place === 'shared' && entry.firstUsedBy > this.#notClaimedThrough;
  }

  /**
   * Entries that no checkpoint needs any more (C-199): last used before `through`, and no checkpoint in `needed` is
   * from the one that used it first to the one that used it last. A task never takes up a file again that one of its
   * checkpoints did without, so whoever uses a file stands in that range; whoever stands there without using it only
   * keeps it a little longer.
   *
   * @param needed checkpoints that are retained, in flight, or what one in flight may build on.
   * @param through the newest completed checkpoint: what younger ones use may be used again, whatever became of them.
   *   With the one retained checkpoint as both this is Flink's rule, last used before the lowest.
   */
  unused(needed: readonly number[], through: number): SharedEntry[] {
    const unused: SharedEntry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.lastUsedBy < through && !isNeeded(entry, needed)) unused.push(entry);
    }
    return unused;
  }

  /** Checkpoints whose own directory holds a file that is in use, `released` entries left out. */
  heldBy(released: readonly SharedEntry[] = []): Set<number> {
    const numbers = new Set(released.map((entry) => entry.number));
    const holders = new Set<number>();
    for (const entry of this.#entries.values()) {
      if (typeof entry.place === 'number' && !numbers.has(entry.number)) holders.add(entry.place);
    }
    return holders;
  }

  /** A copy that can be changed without touching this one. */
  fork(): SharedStateRegistry {
    return SharedStateRegistry.from(this.plain());
  }

  plain(): PlainSharedState {
    return {
      nextNumber: this.#nextNumber,
      notClaimedThrough: this.#notClaimedThrough,
      entries: Array.from(
        this.#entries.values(),
        ({ number, path, sizeBytes, place, firstUsedBy, lastUsedBy }) =>
          [number, path, sizeBytes, place, firstUsedBy, lastUsedBy] as const,
      ),
      leaving: [...this.#leaving],
    };
  }

  static from(plain: PlainSharedState): SharedStateRegistry {
    const registry = new SharedStateRegistry();
    registry.#nextNumber = plain.nextNumber;
    registry.#notClaimedThrough = plain.notClaimedThrough;
    for (const [number, path, sizeBytes, place, firstUsedBy, lastUsedBy] of plain.entries) {
      registry.#put({ number, path, sizeBytes, place, firstUsedBy, lastUsedBy });
    }
    for (const path of plain.leaving) registry.#leaving.add(path);
    return registry;
  }

  #put(entry: MutableEntry): void {
    this.#entries.set(entry.number, entry);
    this.#byPath.set(entry.path, entry);
  }

  #known(number: number): MutableEntry {
    const entry = this.#entries.get(number);
    invariant(entry, `a fact speaks of shared file ${number}, which is not registered`);
    return entry;
  }
}

const isNeeded = ({ firstUsedBy, lastUsedBy }: SharedEntry, needed: readonly number[]): boolean =>
  needed.some((checkpointId) => firstUsedBy <= checkpointId && checkpointId <= lastUsedBy);
