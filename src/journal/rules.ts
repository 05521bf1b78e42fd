/** What every engine must judge alike: who may append, what may be trimmed, and when stored bytes cannot be trusted. */
import { invariant, TidemarkError } from '../errors.ts';
import { pieceChecksum } from './checksum.ts';
import type { Piece, PieceKey } from './checksum.ts';
import type {
  AppendRequest,
  AppendResult,
  BlockContent,
  StoredSnapshot,
  StreamHead,
  TrimPlan,
} from './journal.ts';

/** A stream's head and how far whole blocks were trimmed; blocks after that must all be there. */
export interface StreamStanding extends StreamHead {
  readonly trimmedThrough: number;
}

/** Where a stream stands that was never written. */
export const unwritten: StreamStanding = { revision: 0, term: 0, trimmedThrough: 0 };

/** Characters in the name of a stream: engines use it as a key, and a name this long is a mistake. */
const STREAM_NAME_LENGTH_MAX = 255;

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** Throws INVARIANT_BROKEN for a name that not every engine could keep exactly. */
export const checkStreamName = (stream: string): void => {
  invariant(
    stream.length > 0 && stream.length <= STREAM_NAME_LENGTH_MAX && /^[^\p{C}]+$/u.test(stream),
    `a stream's name has 1 to ${STREAM_NAME_LENGTH_MAX} printable characters, not ${JSON.stringify(stream)}`,
  );
};

/** Throws INVARIANT_BROKEN for bytes that were given away: they would be stored as none. */
export const checkBytes = (piece: Piece, bytes: Uint8Array): void => {
  const { buffer } = bytes;
  invariant(
    !('detached' in buffer && buffer.detached),
    `the buffer of the ${piece} has been transferred away`,
  );
};

/** The block with absent instead of empty detail and bulk; throws INVARIANT_BROKEN when it has no facts. */
const tidyBlock = ({ facts, detail, bulk }: BlockContent): BlockContent => {
  checkBytes('facts', facts);
  invariant(facts.byteLength > 0, 'a block has facts');
  if (detail) checkBytes('detail', detail);
  if (bulk) checkBytes('bulk', bulk);
  return {
    facts,
    ...(detail && detail.byteLength > 0 && { detail }),
    ...(bulk && bulk.byteLength > 0 && { bulk }),
  };
};

/** The request as engines take it; throws INVARIANT_BROKEN when no engine could. */
export const tidyAppend = (request: AppendRequest): AppendRequest => {
  const { stream, expectedRevision, term } = request;
  checkStreamName(stream);
  invariant(
    expectedRevision === 'any' || isCount(expectedRevision),
    `an expected revision is a whole number, not ${expectedRevision}`,
  );
  invariant(isCount(term), `a term is a whole number, not ${term}`);
  return { stream, expectedRevision, term, block: tidyBlock(request.block) };
};

/** Whether a request may be appended to a stream at `head`. Fenced wins over conflict. */
export const judgeAppend = (head: StreamHead, { expectedRevision, term }: AppendRequest): AppendResult => {
  if (term < head.term) return { type: 'fenced', term: head.term };
  if (expectedRevision === 'any') {
    if (term === head.term) return { type: 'fenced', term: head.term };
  } else if (expectedRevision !== head.revision) return { type: 'conflict', revision: head.revision };
  return { type: 'appended', revision: head.revision + 1 };
};

/** Throws INVARIANT_BROKEN for a range that means nothing. */
export const checkRange = (fromRevision: number, limit: number): void => {
  invariant(isCount(fromRevision), `a revision is a whole number, not ${fromRevision}`);
  invariant(isCount(limit), `a limit is a whole number, not ${limit}`);
};

/** Throws INVARIANT_BROKEN for a snapshot of what is not in the journal. */
export const checkSnapshot = (stream: string, head: StreamHead, snapshot: StoredSnapshot): void => {
  const { revision } = snapshot;
  invariant(
    isCount(revision) && revision > 0 && revision <= head.revision,
    `a snapshot at revision ${revision} is before the first block or beyond the head of '${stream}' at revision ${head.revision}`,
  );
};

/** Throws INVARIANT_BROKEN for a plan that would forget what nothing else explains. */
export const checkTrim = (
  stream: string,
  head: StreamHead,
  snapshotRevision: number,
  plan: TrimPlan,
): void => {
  const through = plan.through ?? 0;
  invariant(
    isCount(through) && through <= snapshotRevision,
    `'${stream}' cannot be trimmed through revision ${through}: its newest snapshot is at ${snapshotRevision}`,
  );
  for (const revision of [...(plan.bulk ?? []), ...(plan.detail ?? [])])
    invariant(
      isCount(revision) && revision <= head.revision,
      `'${stream}' cannot be trimmed at revision ${revision}: its head is at ${head.revision}`,
    );
};

/** JOURNAL_CORRUPT, naming the piece that cannot be trusted. */
export const corruptPiece = (
  piece: string,
  stream: string,
  revision: number,
  because: string,
): TidemarkError =>
  new TidemarkError(
    'JOURNAL_CORRUPT',
    `the ${piece} of stream '${stream}' at revision ${revision} ${because}`,
    {
      stream,
      revision,
      piece,
    },
  );

/** The bytes, when they are the ones that were written; throws JOURNAL_CORRUPT when not. */
export const trusted = (
  piece: Piece,
  key: PieceKey,
  bytes: Uint8Array,
  crc: number | null | undefined,
): Uint8Array => {
  if (pieceChecksum(piece, key, bytes) === crc) return bytes;
  throw corruptPiece(piece, key.stream, key.revision, 'fails its checksum');
};

/** The first revision a read must find: everything before was trimmed or not asked for. */
export const firstRevision = (standing: StreamStanding, fromRevision: number): number =>
  Math.max(fromRevision, standing.trimmedThrough + 1);

/**
 * Throws JOURNAL_CORRUPT naming the first revision that must be there and is not (or is there and must not be).
 * `found` is what a read from `fromRevision` with `limit` came back with.
 */
export const checkContinuity = (
  stream: string,
  standing: StreamStanding,
  asked: { readonly fromRevision: number; readonly limit: number },
  found: readonly { readonly revision: number }[],
): void => {
  const first = firstRevision(standing, asked.fromRevision);
  const count = Math.max(0, Math.min(asked.limit, standing.revision - first + 1));
  for (let index = 0; index < Math.max(count, found.length); index += 1)
    if (index >= count || found[index]?.revision !== first + index)
      throw corruptPiece('block', stream, first + index, index < count ? 'is missing' : 'is beyond the head');
};

/** Whether the block at `revision` must be there: it was written and not trimmed. */
export const isKept = (standing: StreamStanding, revision: number): boolean =>
  revision > standing.trimmedThrough && revision <= standing.revision;

/** Throws JOURNAL_CORRUPT when blocks were trimmed that the snapshot found (revision 0: none) does not explain. */
export const checkExplained = (stream: string, standing: StreamStanding, snapshotRevision: number): void => {
  if (snapshotRevision < standing.trimmedThrough)
    throw corruptPiece('snapshot', stream, standing.trimmedThrough, 'is missing');
};

/** JOURNAL_UNAVAILABLE for a call that came after `close`. */
export const closedJournal = (path: string): TidemarkError =>
  new TidemarkError('JOURNAL_UNAVAILABLE', `the journal ${path} has been closed`, { path });
