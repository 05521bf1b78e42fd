/**
 * Shared state of acknowledgements, registered before anything else is asked of them: of late, duplicate and unknown
 * ones too, so that the registry knows every file that was ever named and deletes what no checkpoint came to need
 * (C-083).
 */
import { invariant } from '../../errors.ts';
import { flinkPath } from '../../metadata/flink-path.ts';
import type { CheckpointId } from '../../state/ids.ts';
import type { LocationReference } from '../../state/location.ts';
import { runsOf, type SharedFile, type SharedPlace } from '../../state/shared-state.ts';
import type { FrameBatch, SharedHandles } from '../columns.ts';
import type { Fact } from '../facts/fact.ts';
import { isTerminated, unfinished, type JobState, type JobTable } from '../job-state.ts';

/** A name directly in a directory, and nothing that leads out of it. */
export const isPlainName = (name: string): boolean => !/[/\\]/.test(name) && name !== '.' && name !== '..';

const isDirectlyIn = (path: string, directory: string): boolean =>
  path.startsWith(`${directory}/`) && isPlainName(path.slice(directory.length + 1));

interface Located {
  readonly checkpointId: CheckpointId;
  readonly location: LocationReference | undefined;
}

/** Every checkpoint whose place is still remembered. */
const remembered = (table: JobTable): Located[] => [
  ...unfinished(table),
  ...table.completed,
  ...table.subsumed,
  ...table.disposed,
];

/** A savepoint shares nothing: what it calls shared is its own directory (C-246, C-202). */
const isSelfContained = ({ exclusive, shared }: LocationReference): boolean => exclusive === shared;

/** What the registry will say of a file once the batch is folded. */
type Found = 'known' | 'new' | 'refused';

/** A handle without a size: where in the frames the size stands, and what it is. */
export interface Reference {
  readonly sizeAt: number;
  readonly sizeBytes: number;
}

/** The files one checkpoint names in a batch. */
interface Named {
  /** Those nobody named before. */
  readonly own: Map<string, SharedFile>;
  readonly used: Set<string>;
}

/** Registers the shared state of one batch. Rows are handed in from the first to the last. */
export class Registrar {
  readonly #state: JobState;
  readonly #batch: FrameBatch;
  readonly #isClosed: boolean;
  readonly #located: readonly Located[];
  readonly #named = new Map<number, Named>();
  readonly #new = new Map<string, SharedFile>();
  readonly #references = new Map<number, Reference[]>();
  #next = 0;

  constructor(state: JobState, batch: FrameBatch) {
    this.#state = state;
    this.#batch = batch;
    this.#isClosed = isTerminated(state.table);
    this.#located = batch.shared === undefined ? [] : remembered(state.table);
  }

  /**
   * Registers what a frame shares with other checkpoints. False when it refers to a file that is not registered, or not
   * any more: then the frame cannot be believed (C-197).
   */
  register(row: number): boolean {
    const { shared } = this.#batch;
    if (shared === undefined) return true;
    const id = this.#userOf(row);
    let isKnown = true;
    for (; this.#next < shared.rows.length && shared.rows[this.#next]! <= row; this.#next++) {
      if (shared.rows[this.#next] !== row || id === undefined) continue;
      if (this.#name(shared, this.#next, id) === 'refused') isKnown = false;
    }
    return isKnown;
  }

  /** True for a file that the registry looks after, so that nobody else may delete it. */
  isRegistered(path: string): boolean {
    return this.#new.has(path) || this.#state.shared.find(path) !== undefined;
  }

  /** Handles of a frame that only refer to a registered file; what is registered replaces them (C-198). */
  referencesIn(row: number): readonly Reference[] {
    return this.#references.get(row) ?? [];
  }

  /** False spares the caller asking row by row. */
  get hasReferences(): boolean {
    return this.#references.size > 0;
  }

  /** New files are registered before any checkpoint uses one that another brought in the same batch. */
  facts(at: number): Fact[] {
    const numbers = new Map<string, number>();
    let next = this.#state.shared.nextNumber;
    for (const { own } of this.#named.values()) for (const path of own.keys()) numbers.set(path, next++);
    const numberOf = (path: string): number => {
      const number = numbers.get(path) ?? this.#state.shared.find(path)?.number;
      invariant(number !== undefined, `shared file ${path} is used and not registered`);
      return number;
    };
    const runs = (paths: ReadonlySet<string>): number[] =>
      runsOf(Array.from(paths, numberOf).toSorted((a, b) => a - b));
    const fact = (id: number, files: readonly SharedFile[], used: readonly number[]): Fact[] =>
      files.length === 0 && used.length === 0
        ? []
        : [{ type: 'shared.registered', at, checkpointId: id as CheckpointId, files, used }];
    const named = [...this.#named];
    if (named.length === 1)
      return named.flatMap(([id, { own, used }]) => fact(id, [...own.values()], runs(used)));
    return [
      ...named.flatMap(([id, { own }]) => fact(id, [...own.values()], [])),
      ...named.flatMap(([id, { used }]) => fact(id, [], runs(used))),
    ];
  }

  /**
   * The checkpoint that a frame's files are registered for; none for a savepoint (C-202), and after the end of the job
   * (C-143). An id that was never given counts as the newest one: else its files would never be older than any.
   */
  #userOf(row: number): number | undefined {
    const id = this.#batch.checkpointIds[row]!;
    const { checkpoints, nextCheckpointId } = this.#state.table;
    const location = this.#located.find((each) => each.checkpointId === id)?.location;
    const isSavepoint = checkpoints[id]?.kind === 'savepoint' || (location && isSelfContained(location));
    const user = Math.min(id, nextCheckpointId - 1);
    return this.#isClosed || isSavepoint === true || user < 1 ? undefined : user;
  }

  /** The absolute path of a handle, as the registry knows it. Undefined where nobody remembers the directory. */
  #pathOf({ paths, isRelative, rows }: SharedHandles, handle: number): string | undefined {
    const path = paths[handle]!;
    if (!isRelative[handle]!) return this.#placeOf(path) === 'elsewhere' ? flinkPath(path) : path;
    const id = this.#batch.checkpointIds[rows[handle]!];
    const location = this.#located.find((each) => each.checkpointId === id)?.location;
    return location === undefined ? undefined : `${location.exclusive}/${path}`;
  }

  #name(handles: SharedHandles, handle: number, id: number): Found {
    const path = this.#pathOf(handles, handle);
    // Who remembers no directory has none to keep either: the file goes with the directory.
    if (path === undefined) return 'known';
    const sizeBytes = handles.sizesBytes[handle]!;
    const known = this.#state.shared.find(path);
    const named = this.#namedBy(id);
    const file = known ?? this.#new.get(path);
    if (file !== undefined) {
      const isSaid = known !== undefined && known.firstUsedBy <= id && id <= known.lastUsedBy;
      if (!isSaid && !named.own.has(path)) named.used.add(path);
      if (sizeBytes < 0) this.#refer(handles, handle, file.sizeBytes);
      return 'known';
    }
    // A file that is being deleted, or one of unknown size: the task takes it for registered.
    if (sizeBytes < 0 || this.#state.shared.isLeaving(path)) return 'refused';
    const added = { path, sizeBytes, place: this.#placeOf(path) };
    this.#new.set(path, added);
    named.own.set(path, added);
    return 'new';
  }

  #refer({ rows, sizesAt }: SharedHandles, handle: number, sizeBytes: number): void {
    const row = rows[handle]!;
    const references = this.#references.get(row) ?? [];
    references.push({ sizeAt: sizesAt[handle]!, sizeBytes });
    this.#references.set(row, references);
  }

  #namedBy(id: number): Named {
    const named = this.#named.get(id) ?? { own: new Map(), used: new Set() };
    this.#named.set(id, named);
    return named;
  }

  #placeOf(path: string): SharedPlace {
    for (const { checkpointId, location } of this.#located) {
      if (location === undefined || isSelfContained(location)) continue;
      if (isDirectlyIn(path, location.shared)) return 'shared';
      if (path.startsWith(`${location.exclusive}/`)) return checkpointId;
    }
    return 'elsewhere';
  }
}
