/**
 * The journal port: an append-only log of blocks per stream, with optimistic concurrency and fencing.
 *
 * The port knows bytes, not facts. Revisions count blocks: the first block of a stream is revision 1, an empty
 * stream stands at revision 0. A term is the number of a reign: whoever takes over appends with a term greater than
 * any before, and from then on every append with an older term is refused.
 */

/** What one turn decided, in three classes that are kept for different times; appended together or not at all. */
export interface BlockContent {
  /** Lifecycle facts, enough alone to fold all that outlives a checkpoint. Never empty. */
  readonly facts: Uint8Array;
  /** Columns about acknowledgements; absent when the block recorded none (an empty one reads back as absent). */
  readonly detail?: Uint8Array | undefined;
  /**
   * State bytes of acknowledgements; empty is absent. May be a view on a SharedArrayBuffer; must not change until
   * answered.
   */
  readonly bulk?: Uint8Array | undefined;
}

/** A block as it is read back. `detail` and `bulk` are absent when there were none or when they were trimmed. */
export interface StoredBlock extends BlockContent {
  readonly revision: number;
  readonly term: number;
}

/** Where a stream stands. Both are 0 for a stream that was never written. */
export interface StreamHead {
  readonly revision: number;
  readonly term: number;
}

export interface AppendRequest {
  readonly stream: string;
  /** The revision the writer believes is the last one; compared and set atomically. `any` is for taking over
   * from a writer that goes on appending: it is accepted at whatever revision, but only with a term greater than the
   * stream's, and the answer says where the block stands. */
  readonly expectedRevision: number | 'any';
  /** Must be at least the stream's term; a greater one starts a new reign. */
  readonly term: number;
  readonly block: BlockContent;
}

/**
 * - `appended`: durable at `revision`.
 * - `conflict`: the stream stands at `revision`, not where the writer believed.
 * - `fenced`: the stream's term is greater than the writer's.
 * - `unknown`: the engine cannot say whether the block is durable; the writer must read the head back before anything
 *   else.
 *
 * Fenced wins over conflict. A refused append changes nothing and never affects other streams.
 */
export type AppendResult =
  | { readonly type: 'appended'; readonly revision: number }
  | { readonly type: 'conflict'; readonly revision: number }
  | { readonly type: 'fenced'; readonly term: number }
  | { readonly type: 'unknown'; readonly message: string };

/** A fold of the stream up to and including `revision`, as bytes of the writer's choosing. */
export interface StoredSnapshot {
  readonly revision: number;
  readonly bytes: Uint8Array;
}

/** What may be forgotten. Trimming is idempotent and never touches the head, the term or the snapshot. */
export interface TrimPlan {
  /** Revisions whose bulk is deleted; not beyond the head. */
  readonly bulk?: readonly number[];
  /** Revisions whose detail is deleted; not beyond the head. */
  readonly detail?: readonly number[];
  /** Whole blocks up to and including this revision are deleted; must not exceed the newest snapshot's revision. */
  readonly through?: number;
}

/**
 * An engine. All methods reject with JOURNAL_UNAVAILABLE when the engine cannot do its work (full disk, closed) and
 * with JOURNAL_CORRUPT, naming stream and revision, when what it reads fails its checksum: every stored piece (facts,
 * detail, bulk, snapshot) carries a crc32 over its bytes and (stream, revision, term).
 */
export interface Journal {
  /**
   * True when what is appended outlives the process. A job that is suspended over a journal that does not is never
   * found again, and leaves what its retention says (C-142); over one that does it keeps all (C-141).
   */
  readonly isDurable: boolean;
  head(stream: string): Promise<StreamHead>;
  /** Resolves when the answer is known; `appended` means durable. */
  append(request: AppendRequest): Promise<AppendResult>;
  /**
   * Blocks with revision ≥ `fromRevision` in order, at most `limit`; trimmed blocks are skipped. `bulk` is left out
   * unless asked for.
   */
  read(
    stream: string,
    fromRevision: number,
    options?: { readonly limit?: number; readonly withBulk?: boolean },
  ): Promise<readonly StoredBlock[]>;
  /** The bulk of one block; undefined when it had none or was trimmed. */
  readBulk(stream: string, revision: number): Promise<Uint8Array | undefined>;
  /**
   * Stores the newest snapshot of a stream and forgets the one before. Throws INVARIANT_BROKEN for one that is beyond
   * the head. One older than the stored is not kept: a writer that was fenced and does not know it must not bring
   * back a snapshot whose tail is already trimmed.
   */
  writeSnapshot(stream: string, snapshot: StoredSnapshot): Promise<void>;
  readSnapshot(stream: string): Promise<StoredSnapshot | undefined>;
  /** Throws INVARIANT_BROKEN for a plan beyond the head or, with `through`, beyond the newest snapshot. */
  trim(stream: string, plan: TrimPlan): Promise<void>;
  /** Names of all streams ever written, sorted. */
  streams(): Promise<readonly string[]>;
  /** Waits for what was accepted, then releases the engine; later calls reject with JOURNAL_UNAVAILABLE. Idempotent. */
  close(): Promise<void>;
}
