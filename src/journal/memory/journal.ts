/** The journal in memory: a real engine without a disk, for tests and for simulations in virtual time. */
import { pieceChecksum } from '../checksum.ts';
import type { Piece, PieceKey } from '../checksum.ts';
import type {
  AppendRequest,
  AppendResult,
  Journal,
  StoredBlock,
  StoredSnapshot,
  StreamHead,
  TrimPlan,
} from '../journal.ts';
import {
  checkBytes,
  checkContinuity,
  checkExplained,
  checkRange,
  checkSnapshot,
  checkStreamName,
  checkTrim,
  closedJournal,
  corruptPiece,
  firstRevision,
  isKept,
  judgeAppend,
  tidyAppend,
  trusted,
  unwritten,
} from '../rules.ts';
import { decodeImage, encodeImage } from './image.ts';
import type { MemoryBlock, MemoryStream, SealedPiece } from './image.ts';

const seal = (piece: Piece, key: PieceKey, bytes: Uint8Array): SealedPiece => {
  const copy = new Uint8Array(bytes);
  return { bytes: copy, crc: pieceChecksum(piece, key, copy) };
};

const unseal = (piece: Piece, key: PieceKey, sealed: SealedPiece): Uint8Array =>
  new Uint8Array(trusted(piece, key, sealed.bytes, sealed.crc));

const readBlock = (key: PieceKey, block: MemoryBlock, withBulk: boolean): StoredBlock => ({
  revision: key.revision,
  term: key.term,
  facts: unseal('facts', key, block.facts),
  ...(block.detail && { detail: unseal('detail', key, block.detail) }),
  ...(withBulk && block.bulk && { bulk: unseal('bulk', key, block.bulk) }),
});

/**
 * A journal whose disk is a byte image. Every call does its work before it returns and answers with a resolved
 * promise: no timers, so that virtual time sees the same order of answers in every run.
 */
export class MemoryJournal implements Journal {
  readonly isDurable = false;
  readonly #streams: Map<string, MemoryStream>;
  #isClosed = false;

  constructor(image?: Uint8Array) {
    this.#streams = image ? decodeImage(image) : new Map<string, MemoryStream>();
  }

  /** A copy of everything durable, also after `close`: what a disk would hold if the process died now. */
  image(): Uint8Array {
    return encodeImage(this.#streams);
  }

  async head(stream: string): Promise<StreamHead> {
    const { revision, term } = this.#find(stream)?.standing ?? unwritten;
    return { revision, term };
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const { stream: name, term, block } = tidyAppend(request);
    const stream = this.#find(name) ?? { standing: unwritten, blocks: new Map<number, MemoryBlock>() };
    const result = judgeAppend(stream.standing, request);
    if (result.type !== 'appended') return result;
    const key = { stream: name, revision: result.revision, term };
    stream.blocks.set(result.revision, {
      term,
      facts: seal('facts', key, block.facts),
      detail: block.detail && seal('detail', key, block.detail),
      bulk: block.bulk && seal('bulk', key, block.bulk),
    });
    stream.standing = { ...stream.standing, revision: result.revision, term };
    this.#streams.set(name, stream);
    return result;
  }

  async read(
    name: string,
    fromRevision: number,
    {
      limit = Number.MAX_SAFE_INTEGER,
      withBulk = false,
    }: { readonly limit?: number; readonly withBulk?: boolean } = {},
  ): Promise<readonly StoredBlock[]> {
    checkRange(fromRevision, limit);
    const stream = this.#find(name);
    if (!stream) return [];
    const { standing, blocks } = stream;
    const found: StoredBlock[] = [];
    for (let revision = firstRevision(standing, fromRevision); found.length < limit; revision += 1) {
      const block = blocks.get(revision);
      if (!block) break;
      found.push(readBlock({ stream: name, revision, term: block.term }, block, withBulk));
    }
    checkContinuity(name, standing, { fromRevision, limit }, found);
    return found;
  }

  async readBulk(name: string, revision: number): Promise<Uint8Array | undefined> {
    checkRange(revision, 1);
    const { standing = unwritten, blocks } = this.#find(name) ?? {};
    if (!isKept(standing, revision)) return undefined;
    const block = blocks?.get(revision);
    if (!block) throw corruptPiece('block', name, revision, 'is missing');
    return block.bulk && unseal('bulk', { stream: name, revision, term: block.term }, block.bulk);
  }

  async writeSnapshot(name: string, snapshot: StoredSnapshot): Promise<void> {
    const stream = this.#find(name);
    const { revision, bytes } = snapshot;
    checkBytes('snapshot', bytes);
    checkSnapshot(name, stream?.standing ?? unwritten, snapshot);
    if (!stream || revision < (stream.snapshot?.revision ?? 0)) return;
    const key = { stream: name, revision, term: stream.standing.term };
    stream.snapshot = { revision, term: key.term, sealed: seal('snapshot', key, bytes) };
  }

  async readSnapshot(name: string): Promise<StoredSnapshot | undefined> {
    const { standing = unwritten, snapshot } = this.#find(name) ?? {};
    checkExplained(name, standing, snapshot?.revision ?? 0);
    if (!snapshot) return undefined;
    const { revision, term, sealed } = snapshot;
    return { revision, bytes: unseal('snapshot', { stream: name, revision, term }, sealed) };
  }

  async trim(name: string, plan: TrimPlan): Promise<void> {
    const stream = this.#find(name);
    checkTrim(name, stream?.standing ?? unwritten, stream?.snapshot?.revision ?? 0, plan);
    if (!stream) return;
    const { blocks, standing } = stream;
    for (const [piece, revisions] of [
      ['bulk', plan.bulk],
      ['detail', plan.detail],
    ] as const)
      for (const revision of revisions ?? []) {
        const block = blocks.get(revision);
        if (block?.[piece]) blocks.set(revision, { ...block, [piece]: undefined });
      }
    const through = Math.max(plan.through ?? 0, standing.trimmedThrough);
    for (let revision = standing.trimmedThrough + 1; revision <= through; revision += 1)
      blocks.delete(revision);
    stream.standing = { ...standing, trimmedThrough: through };
  }

  async streams(): Promise<readonly string[]> {
    this.#mustBeOpen();
    return [...this.#streams.keys()].toSorted();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw closedJournal('in memory');
  }

  #find(stream: string): MemoryStream | undefined {
    this.#mustBeOpen();
    checkStreamName(stream);
    return this.#streams.get(stream);
  }
}

/** A new journal, empty or as it was in an {@link MemoryJournal.image}. Throws JOURNAL_CORRUPT for other bytes. */
export const openMemoryJournal = (image?: Uint8Array): MemoryJournal => new MemoryJournal(image);
