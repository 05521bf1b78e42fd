/**
 * What a coordinator does, told a second time and as plainly as possible: arrays, no facts, no charts, no effects. It
 * knows checkpoints and savepoints of one job with four tasks, asked for by hand.
 */

export type Kind = 'checkpoint' | 'savepoint';

/** Who is asked before the tasks, in this order. */
export type Step = 'coordinators' | 'hooks';

export interface PendingModel {
  readonly id: number;
  readonly kind: Kind;
  /** Where it stands: the storage is asked, others are, the tasks are, the file is written. */
  stage: 'locating' | Step | 'collecting' | 'writing';
  readonly acknowledged: Set<number>;
}

export interface ModelOptions {
  readonly tasks: number;
  readonly maxConcurrent: number;
  readonly retained: number;
  readonly steps: readonly Step[];
}

export class CoordinatorModel {
  readonly options: ModelOptions;
  readonly pending: PendingModel[] = [];
  /** Completed checkpoints that are kept, oldest first. */
  kept: number[] = [];
  readonly savepoints: number[] = [];
  /** Kinds of the requests that wait, in the order they were made. */
  queue: Kind[] = [];
  nextId = 1;
  latest = 0;
  failed = 0;

  constructor(options: ModelOptions) {
    this.options = options;
  }

  ask(kind: Kind): 'triggered' | 'queued' {
    if (!this.#mayBegin(kind)) {
      this.queue.push(kind);
      return 'queued';
    }
    this.#begin(kind);
    return 'triggered';
  }

  locate(id: number): void {
    const found = this.#find(id);
    if (found?.stage === 'locating') this.#goOn(found, this.options.steps);
  }

  /** Those who are asked in a step have answered. */
  answer(id: number, step: Step): void {
    const found = this.#find(id);
    const { steps } = this.options;
    if (found?.stage === step) this.#goOn(found, steps.slice(steps.indexOf(step) + 1));
  }

  /** One of those who are asked before the tasks failed. */
  failTrigger(id: number): void {
    this.decline(id);
  }

  acknowledge(id: number, task: number): void {
    const found = this.#find(id);
    if (found === undefined || found.stage === 'writing') return;
    found.acknowledged.add(task);
    this.#finishCollecting(found);
  }

  decline(id: number): void {
    const found = this.#find(id);
    if (found !== undefined && found.stage !== 'writing') this.#abort(found);
    this.#choose();
  }

  /** Time is up, or the file could not be written. */
  fail(id: number, isOnlyWriting: boolean): void {
    const found = this.#find(id);
    if (found !== undefined && (!isOnlyWriting || found.stage === 'writing')) this.#abort(found);
    this.#choose();
  }

  complete(id: number): void {
    const found = this.#find(id);
    if (found?.stage !== 'writing') return;
    this.#remove(found);
    if (found.kind === 'savepoint') this.savepoints.push(id);
    else this.#store(id);
    this.#choose();
  }

  /** All tasks are replaced. */
  restart(): void {
    this.queue = [];
    for (const each of this.pending.slice()) this.#abort(each);
  }

  #store(id: number): void {
    this.latest = Math.max(this.latest, id);
    this.kept = [...this.kept, id].toSorted((one, other) => one - other).slice(-this.options.retained);
    // What is older and still collects is of no use any more; savepoints are, and what is being written goes on.
    for (const each of this.pending.slice()) {
      if (each.id < id && each.kind === 'checkpoint' && each.stage !== 'writing') this.#abort(each);
    }
  }

  #goOn(found: PendingModel, [next]: readonly Step[]): void {
    found.stage = next ?? 'collecting';
    this.#finishCollecting(found);
    this.#choose();
  }

  #finishCollecting(found: PendingModel): void {
    if (found.stage === 'collecting' && found.acknowledged.size === this.options.tasks)
      found.stage = 'writing';
  }

  #mayBegin(kind: Kind): boolean {
    if (this.pending.some(({ stage }) => stage !== 'collecting' && stage !== 'writing')) return false;
    return kind === 'savepoint' || this.pending.length < this.options.maxConcurrent;
  }

  #begin(kind: Kind): void {
    this.pending.push({ id: this.nextId, kind, stage: 'locating', acknowledged: new Set() });
    this.nextId += 1;
  }

  /** Savepoints first, then in the order of asking; what cannot begin does not stand in the way of the next. */
  #choose(): void {
    const ordered = [...this.queue.keys()].toSorted(
      (one, other) => this.#rank(one) - this.#rank(other) || one - other,
    );
    const next = ordered.find((index) => this.#mayBegin(this.queue[index]!));
    if (next === undefined) return;
    const [kind] = this.queue.splice(next, 1);
    if (kind !== undefined) this.#begin(kind);
  }

  #rank(index: number): number {
    return this.queue[index] === 'savepoint' ? 0 : 1;
  }

  #find(id: number): PendingModel | undefined {
    return this.pending.find((each) => each.id === id);
  }

  #abort(found: PendingModel): void {
    this.#remove(found);
    this.failed += 1;
  }

  #remove(found: PendingModel): void {
    this.pending.splice(this.pending.indexOf(found), 1);
  }
}
