/**
 * The execution attempts that live at one moment, in plan order (vertex of the graph, then subtask). Immutable: a
 * change gives a new roster. A checkpoint's plan is a roster of its own, mostly the one of its trigger.
 */
import { invariant } from '../errors.ts';
import type { Slot } from '../state/ids.ts';
import { taskCount, type JobGraph } from './job-graph.ts';

/** Consecutive subtasks of one vertex with consecutive slots: 100 000 attempts are a few runs. */
export interface AttemptRun {
  readonly vertex: number;
  readonly subtask: number;
  readonly slot: number;
  readonly attempt: number;
  readonly count: number;
}

/** One attempt: `vertex` is the index in the job graph. */
export interface RosterEntry {
  readonly vertex: number;
  readonly subtask: number;
  readonly slot: Slot;
  readonly attempt: number;
}

/** A sparse slot range wider than this many times the attempts is looked up in a map instead of an array. */
const DENSE_SPAN_FACTOR = 8;

const planOrder = (a: RosterEntry, b: RosterEntry): number => a.vertex - b.vertex || a.subtask - b.subtask;

export class Roster {
  readonly size: number;
  readonly vertices: Int32Array;
  readonly subtasks: Int32Array;
  readonly slots: Uint32Array;
  readonly attempts: Uint32Array;
  readonly #firstSlot: number;
  readonly #dense: Int32Array | undefined;
  readonly #sparse: Map<number, number> | undefined;
  #runs: readonly AttemptRun[] | undefined;

  constructor(entries: readonly RosterEntry[]) {
    const sorted = entries.toSorted(planOrder);
    this.size = sorted.length;
    this.vertices = Int32Array.from(sorted, (entry) => entry.vertex);
    this.subtasks = Int32Array.from(sorted, (entry) => entry.subtask);
    this.slots = Uint32Array.from(sorted, (entry) => entry.slot);
    this.attempts = Uint32Array.from(sorted, (entry) => entry.attempt);
    const low = this.slots.reduce((least, slot) => Math.min(least, slot), 0xffff_ffff);
    const high = this.slots.reduce((most, slot) => Math.max(most, slot), 0);
    this.#firstSlot = low;
    const span = this.size === 0 ? 0 : high - low + 1;
    if (span <= this.size * DENSE_SPAN_FACTOR) {
      this.#dense = new Int32Array(span).fill(-1);
      for (const [position, slot] of this.slots.entries()) this.#dense[slot - low] = position;
    } else {
      this.#sparse = new Map(Array.from(this.slots, (slot, position) => [slot, position]));
    }
  }

  /** The attempt's place in plan order, or -1. */
  positionOf(slot: number): number {
    if (this.#dense !== undefined) return this.#dense[slot - this.#firstSlot] ?? -1;
    return this.#sparse?.get(slot) ?? -1;
  }

  at(position: number): RosterEntry {
    invariant(position >= 0 && position < this.size, `position ${position} of ${this.size}`);
    return {
      vertex: this.vertices[position]!,
      subtask: this.subtasks[position]!,
      slot: this.slots[position]! as Slot,
      attempt: this.attempts[position]!,
    };
  }

  entries(): RosterEntry[] {
    return Array.from({ length: this.size }, (_, position) => this.at(position));
  }

  has(slot: number, attempt: number): boolean {
    const position = this.positionOf(slot);
    return position >= 0 && this.attempts[position] === attempt;
  }

  /** With these attempts too; one that replaces an older attempt of the same subtask takes its place. */
  with(added: readonly RosterEntry[]): Roster {
    const key = (entry: RosterEntry): string => `${entry.vertex}/${entry.subtask}`;
    const byTask = new Map(this.entries().map((entry) => [key(entry), entry]));
    for (const entry of added) byTask.set(key(entry), entry);
    return new Roster([...byTask.values()]);
  }

  without(slots: ReadonlySet<number>): Roster {
    return new Roster(this.entries().filter((entry) => !slots.has(entry.slot)));
  }

  /** True when every subtask of the graph has an attempt: a checkpoint can be triggered. */
  isComplete(graph: JobGraph): boolean {
    return this.size === taskCount(graph);
  }

  /** The attempts as a fact holds them. */
  runs(): readonly AttemptRun[] {
    this.#runs ??= toRuns(this.entries());
    return this.#runs;
  }

  /** True when these are the attempts of the roster. */
  isOf(runs: readonly AttemptRun[]): boolean {
    const own = this.runs();
    return own.length === runs.length && own.every((run, index) => isSameRun(run, runs[index]!));
  }
}

export const emptyRoster = new Roster([]);

const isSameRun = (a: AttemptRun, b: AttemptRun): boolean =>
  a.vertex === b.vertex &&
  a.subtask === b.subtask &&
  a.slot === b.slot &&
  a.attempt === b.attempt &&
  a.count === b.count;

const continues = (run: AttemptRun, entry: RosterEntry): boolean =>
  run.vertex === entry.vertex &&
  run.attempt === entry.attempt &&
  run.subtask + run.count === entry.subtask &&
  run.slot + run.count === entry.slot;

/** Packs attempts for a fact. */
export const toRuns = (entries: readonly RosterEntry[]): AttemptRun[] => {
  const runs: AttemptRun[] = [];
  for (const entry of entries.toSorted(planOrder)) {
    const last = runs.at(-1);
    if (last !== undefined && continues(last, entry))
      runs[runs.length - 1] = { ...last, count: last.count + 1 };
    else runs.push({ ...entry, count: 1 });
  }
  return runs;
};

/** Unpacks what {@link toRuns} packed. */
export const fromRuns = (runs: readonly AttemptRun[]): RosterEntry[] =>
  runs.flatMap((run) =>
    Array.from({ length: run.count }, (_, offset) => ({
      vertex: run.vertex,
      subtask: run.subtask + offset,
      slot: (run.slot + offset) as Slot,
      attempt: run.attempt,
    })),
  );
