/**
 * The bytes of a whole memory journal: magic, length and crc32 of a table in JSON, the table, then all pieces one
 * after another. The pieces keep the checksums they were stored with and are checked when they are read.
 */
import { crc32 } from 'node:zlib';
import { TidemarkError } from '../../errors.ts';
import type { StreamStanding } from '../rules.ts';

/** Bytes as they were stored, with the checksum of the moment they were. */
export interface SealedPiece {
  readonly bytes: Uint8Array;
  readonly crc: number;
}

export interface MemoryBlock {
  readonly term: number;
  readonly facts: SealedPiece;
  readonly detail?: SealedPiece | undefined;
  readonly bulk?: SealedPiece | undefined;
}

export interface MemorySnapshot {
  readonly revision: number;
  readonly term: number;
  readonly sealed: SealedPiece;
}

export interface MemoryStream {
  standing: StreamStanding;
  readonly blocks: Map<number, MemoryBlock>;
  snapshot?: MemorySnapshot | undefined;
}

/** Size and checksum of a piece; pieces follow the table in the order in which it names them. */
type PieceEntry = readonly [sizeBytes: number, crc: number] | null;

interface StreamEntry {
  readonly name: string;
  readonly standing: StreamStanding;
  readonly blocks: readonly (readonly [number, number, PieceEntry, PieceEntry, PieceEntry])[];
  readonly snapshot: readonly [number, number, PieceEntry] | null;
}

const MAGIC = 'TIDEMARK-JOURNAL-IMAGE-1';
const HEADER_SIZE_BYTES = MAGIC.length + 8;

const corruptImage = (because: string): TidemarkError =>
  new TidemarkError('JOURNAL_CORRUPT', `the bytes are no image of a memory journal: ${because}`, { because });

const streamEntry = (
  name: string,
  stream: MemoryStream,
  take: (piece?: SealedPiece) => PieceEntry,
): StreamEntry => ({
  name,
  standing: stream.standing,
  blocks: [...stream.blocks].map(
    ([revision, { term, facts, detail, bulk }]) =>
      [revision, term, take(facts), take(detail), take(bulk)] as const,
  ),
  snapshot: stream.snapshot
    ? [stream.snapshot.revision, stream.snapshot.term, take(stream.snapshot.sealed)]
    : null,
});

/** All streams as bytes that share nothing with them. */
export const encodeImage = (streams: ReadonlyMap<string, MemoryStream>): Uint8Array => {
  const pieces: Uint8Array[] = [];
  const take = (piece?: SealedPiece): PieceEntry => {
    if (!piece) return null;
    pieces.push(piece.bytes);
    return [piece.bytes.byteLength, piece.crc];
  };
  const entries = [...streams].map(([name, stream]) => streamEntry(name, stream, take));
  const table = Buffer.from(JSON.stringify(entries));
  const header = Buffer.alloc(HEADER_SIZE_BYTES);
  header.write(MAGIC, 'latin1');
  header.writeUInt32LE(table.byteLength, MAGIC.length);
  header.writeUInt32LE(crc32(table), MAGIC.length + 4);
  return new Uint8Array(Buffer.concat([header, table, ...pieces]));
};

const readTable = (
  image: Buffer,
): { readonly entries: readonly StreamEntry[]; readonly endOffset: number } => {
  if (image.byteLength < HEADER_SIZE_BYTES) throw corruptImage('too short');
  if (image.toString('latin1', 0, MAGIC.length) !== MAGIC) throw corruptImage('another magic');
  const endOffset = HEADER_SIZE_BYTES + image.readUInt32LE(MAGIC.length);
  const table = image.subarray(HEADER_SIZE_BYTES, endOffset);
  if (crc32(table) !== image.readUInt32LE(MAGIC.length + 4))
    throw corruptImage('the table fails its checksum');
  return { entries: JSON.parse(table.toString()) as readonly StreamEntry[], endOffset };
};

const readStream = (
  entry: StreamEntry,
  give: (piece: PieceEntry) => SealedPiece | undefined,
): MemoryStream => {
  const must = (piece: PieceEntry): SealedPiece => {
    const sealed = give(piece);
    if (!sealed) throw corruptImage('a piece is missing');
    return sealed;
  };
  const blocks = new Map<number, MemoryBlock>();
  for (const [revision, term, facts, detail, bulk] of entry.blocks)
    blocks.set(revision, { term, facts: must(facts), detail: give(detail), bulk: give(bulk) });
  const [revision, term, piece] = entry.snapshot ?? [];
  const snapshot =
    revision !== undefined && term !== undefined
      ? { revision, term, sealed: must(piece ?? null) }
      : undefined;
  return { standing: entry.standing, blocks, snapshot };
};

/** The streams of an image, sharing nothing with it. Throws JOURNAL_CORRUPT for bytes that are no image. */
export const decodeImage = (image: Uint8Array): Map<string, MemoryStream> => {
  const bytes = Buffer.from(image);
  const { entries, endOffset } = readTable(bytes);
  let offset = endOffset;
  const give = (piece: PieceEntry): SealedPiece | undefined => {
    if (!piece) return undefined;
    const [sizeBytes, crc] = piece;
    if (offset + sizeBytes > bytes.byteLength) throw corruptImage('it was cut off');
    offset += sizeBytes;
    return { bytes: new Uint8Array(bytes.subarray(offset - sizeBytes, offset)), crc };
  };
  return new Map(entries.map((entry) => [entry.name, readStream(entry, give)]));
};
