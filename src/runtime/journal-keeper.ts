/**
 * Keeps the journal small: takes snapshots, and forgets what no recovery can need. Bulk goes when the checkpoints it
 * belongs to are final; detail a little later; facts after days.
 */
import { encodeSnapshot } from '../core/facts/snapshot.ts';
import type { Fact } from '../core/facts/fact.ts';
import type { JobState } from '../core/job-state.ts';
import type { Journal } from '../journal/journal.ts';
import { plainStatistics } from '../stats/plain-statistics.ts';
import type { StatisticsState } from '../stats/statistics.ts';
import { noteAcknowledged } from './recover-statistics.ts';

/** How long an embedder wants what outlives its use kept, for people. */
export interface JournalRetention {
  /** Facts older than this are forgotten; default three days. */
  readonly factsMs?: number | undefined;
  /** Blocks beyond this many are forgotten; default 500 000. */
  readonly blocksMax?: number | undefined;
  /** Finished checkpoints whose per-task detail is kept; default 10. */
  readonly detailCheckpoints?: number | undefined;
  /** A snapshot is due after this many blocks; default 256. */
  readonly snapshotBlocks?: number | undefined;
}

const FACTS_KEPT_MS = 3 * 24 * 3_600_000;
const BLOCKS_KEPT_MAX = 500_000;
const DETAIL_CHECKPOINTS_KEPT = 10;
const SNAPSHOT_EVERY_BLOCKS = 256;
/** What finished checkpoints leave is forgotten for this many at once: forgetting costs a sync of its own. */
export const FORGET_EVERY_CHECKPOINTS = 8;

interface FinishedCheckpoint {
  readonly checkpointId: number;
  readonly revisions: readonly number[];
}

export interface JournalKeeperOptions {
  readonly journal: Journal;
  readonly stream: string;
  readonly retention: JournalRetention;
  readonly snapshotRevision: number;
  readonly acknowledgedIn: ReadonlyMap<number, readonly number[]>;
  /** Blocks with acknowledgements of checkpoints that have ended, the last ended one last. */
  readonly detailIn: ReadonlyMap<number, readonly number[]>;
  /** Blocks whose bulk the coordinator before had no time to forget. */
  readonly superfluous: readonly number[];
  /** Keeping is housekeeping: a failure is reported and tried again at the next occasion. */
  readonly report: (error: unknown) => void;
}

export class JournalKeeper {
  readonly #options: JournalKeeperOptions;
  /** Blocks with acknowledgements, by checkpoint: decided, not yet final. */
  readonly #acknowledgedIn: Map<number, number[]>;
  readonly #finished: FinishedCheckpoint[] = [];
  readonly #blocks: { readonly revision: number; readonly at: number }[] = [];
  /** Blocks whose bulk is superfluous and still there. */
  #superfluous: number[];
  #finishedSince = 0;
  #last = { revision: 0, at: 0 };
  #snapshotRevision: number;
  #work: Promise<void> = Promise.resolve();

  constructor(options: JournalKeeperOptions) {
    this.#options = options;
    this.#snapshotRevision = options.snapshotRevision;
    this.#superfluous = [...options.superfluous];
    this.#acknowledgedIn = new Map(
      Array.from(options.acknowledgedIn, ([id, revisions]) => [id, [...revisions]]),
    );
    for (const [checkpointId, revisions] of options.detailIn) {
      this.#finished.push({ checkpointId, revisions });
    }
  }

  /**
   * A block was decided; its folds are `state` and `statistics`. Answers the snapshot to write once the block is
   * durable, when one is due.
   */
  decided(
    revision: number,
    facts: readonly Fact[],
    folded: { readonly state: JobState; readonly statistics: StatisticsState },
  ): Uint8Array | undefined {
    noteAcknowledged(this.#acknowledgedIn, facts, revision);
    const every = this.#options.retention.snapshotBlocks ?? SNAPSHOT_EVERY_BLOCKS;
    if (revision - this.#snapshotRevision < every) return undefined;
    this.#snapshotRevision = revision;
    return encodeSnapshot(folded.state, this.#acknowledgedIn, {
      statistics: plainStatistics(folded.statistics),
      detailIn: folded.statistics.details.ended.map(({ checkpointId }) => [
        checkpointId,
        this.#detailOf(checkpointId),
      ]),
    });
  }

  #detailOf(checkpointId: number): readonly number[] {
    const finished = this.#finished.find((each) => each.checkpointId === checkpointId);
    // One that has ended in a block that is not durable yet is not among the finished.
    return finished?.revisions ?? this.#acknowledgedIn.get(checkpointId) ?? [];
  }

  /** The block is durable: writes its snapshot, and now and then forgets what has become superfluous. */
  durable(revision: number, facts: readonly Fact[], snapshot: Uint8Array | undefined): void {
    this.#last = { revision, at: facts[0]?.at ?? 0 };
    this.#blocks.push(this.#last);
    this.#superfluous.push(...this.#finish(facts));
    if (snapshot !== undefined || this.#finishedSince >= FORGET_EVERY_CHECKPOINTS) this.#begin(snapshot);
  }

  /** Checkpoints ended while the job was opened, before the first block of this keeper. */
  ended(facts: readonly Fact[]): void {
    this.#superfluous.push(...this.#finish(facts));
  }

  /** Forgets what is left to forget; resolves when all housekeeping is done. */
  async idle(): Promise<void> {
    if (this.#superfluous.length > 0) this.#begin(undefined);
    await this.#work;
  }

  #begin(snapshot: Uint8Array | undefined): void {
    const { revision, at } = this.#last;
    const bulk = this.#superfluous;
    const detail = this.#forgottenDetail();
    this.#superfluous = [];
    this.#finishedSince = 0;
    this.#work = this.#work.then(() => this.#keep(revision, at, snapshot, bulk, detail));
  }

  /** Blocks whose bulk no checkpoint in flight needs any more. */
  #finish(facts: readonly Fact[]): number[] {
    const candidates: number[] = [];
    for (const fact of facts) {
      if (fact.type !== 'checkpoint.completed' && fact.type !== 'checkpoint.aborted') continue;
      const revisions = this.#acknowledgedIn.get(fact.checkpointId) ?? [];
      this.#acknowledgedIn.delete(fact.checkpointId);
      this.#finishedSince += 1;
      this.#finished.push({ checkpointId: fact.checkpointId, revisions });
      candidates.push(...revisions);
    }
    const needed = new Set([...this.#acknowledgedIn.values()].flat());
    return candidates.filter((revision) => !needed.has(revision));
  }

  #forgottenDetail(): number[] {
    const kept = this.#options.retention.detailCheckpoints ?? DETAIL_CHECKPOINTS_KEPT;
    const gone = this.#finished.splice(0, Math.max(0, this.#finished.length - kept));
    const needed = new Set([...this.#acknowledgedIn.values()].flat());
    return gone.flatMap((finished) => finished.revisions).filter((revision) => !needed.has(revision));
  }

  /** The last block that is old enough to go, behind the snapshot and before anything unfinished. */
  #through(now: number, snapshotRevision: number): number {
    const { factsMs = FACTS_KEPT_MS, blocksMax = BLOCKS_KEPT_MAX } = this.#options.retention;
    const limit = Math.min(
      snapshotRevision,
      ...[...this.#acknowledgedIn.values()].flat().map((each) => each - 1),
    );
    let through = 0;
    while (this.#blocks.length > 0) {
      const oldest = this.#blocks[0]!;
      const isOld = now - oldest.at > factsMs || this.#blocks.length > blocksMax;
      if (!isOld || oldest.revision > limit) break;
      through = oldest.revision;
      this.#blocks.shift();
    }
    return through;
  }

  async #keep(
    revision: number,
    now: number,
    snapshot: Uint8Array | undefined,
    bulk: readonly number[],
    detail: readonly number[],
  ): Promise<void> {
    const { journal, stream, report } = this.#options;
    try {
      if (snapshot !== undefined) await journal.writeSnapshot(stream, { revision, bytes: snapshot });
      const through = snapshot === undefined ? 0 : this.#through(now, revision);
      await journal.trim(stream, { bulk, detail, ...(through > 0 ? { through } : {}) });
    } catch (error) {
      report(error);
    }
  }
}
