/** The rows of a SQLite journal, read and checked. Every function throws JOURNAL_CORRUPT for what it cannot trust. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { PieceKey } from '../checksum.ts';
import { standingChecksum } from '../checksum.ts';
import type { StoredBlock, StoredSnapshot } from '../journal.ts';
import { corruptPiece, trusted, unwritten } from '../rules.ts';
import type { StreamStanding } from '../rules.ts';

/** All that the engine ever says to SQLite, prepared once. */
const STATEMENTS = {
  names: 'select name from stream',
  standing: 'select revision, term, trimmed_through, crc from stream where name = ?',
  putStanding:
    'insert or replace into stream (name, revision, term, trimmed_through, crc) values (?, ?, ?, ?, ?)',
  blocks: `select revision, term, facts, facts_crc, detail, detail_crc from block
    where stream = ? and revision >= ? order by revision limit ?`,
  blocksWithBulk: `select revision, term, facts, facts_crc, detail, detail_crc, bulk_crc,
    bulk.position as bulk_position, bulk.bytes as bulk from block left join bulk using (position)
    where stream = ? and revision >= ? order by revision limit ?`,
  bulk: `select revision, term, bulk_crc, bulk.position as bulk_position, bulk.bytes as bulk
    from block left join bulk using (position) where stream = ? and revision = ?`,
  addBlock: `insert into block (stream, revision, term, facts, facts_crc, detail, detail_crc, bulk_crc)
    values (?, ?, ?, ?, ?, ?, ?, ?)`,
  addBulk: 'insert into bulk (position, bytes) values (?, ?)',
  snapshot: 'select revision, term, bytes, crc from snapshot where stream = ?',
  snapshotRevision: 'select revision from snapshot where stream = ?',
  putSnapshot: 'insert or replace into snapshot (stream, revision, term, bytes, crc) values (?, ?, ?, ?, ?)',
  trimBulk: `update bulk set bytes = null
    where position = (select position from block where stream = ? and revision = ?) and bytes is not null`,
  trimDetail: 'update block set detail = null where stream = ? and revision = ? and detail is not null',
  dropBulk:
    'delete from bulk where position in (select position from block where stream = ? and revision <= ?)',
  dropBlocks: 'delete from block where stream = ? and revision <= ?',
} as const satisfies Record<string, string>;

export type Statements = Readonly<Record<keyof typeof STATEMENTS, StatementSync>>;

export const prepareStatements = (database: DatabaseSync): Statements => {
  const prepared = Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)]);
  return Object.fromEntries(prepared) as Statements;
};

interface PieceRow {
  readonly revision: number;
  readonly term: number;
}

interface BulkRow extends PieceRow {
  readonly bulk_crc: number | null;
  readonly bulk_position: number | null;
  readonly bulk: Uint8Array | null;
}

interface BlockRow extends PieceRow {
  readonly facts: Uint8Array;
  readonly facts_crc: number;
  readonly detail: Uint8Array | null;
  readonly detail_crc: number | null;
}

export const readStanding = (statements: Statements, stream: string): StreamStanding => {
  const row = statements.standing.get(stream);
  if (!row) return unwritten;
  const standing = {
    revision: Number(row['revision']),
    term: Number(row['term']),
    trimmedThrough: Number(row['trimmed_through']),
  };
  if (standingChecksum({ stream, ...standing }, standing.trimmedThrough) === row['crc']) return standing;
  throw corruptPiece('head', stream, standing.revision, 'fails its checksum');
};

export const writeStanding = (statements: Statements, stream: string, standing: StreamStanding): void => {
  const { revision, term, trimmedThrough } = standing;
  const crc = standingChecksum({ stream, revision, term }, trimmedThrough);
  statements.putStanding.run(stream, revision, term, trimmedThrough, crc);
};

const bulkOf = (stream: string, row: BulkRow): Uint8Array | undefined => {
  if (row.bulk_crc === null) return undefined;
  if (row.bulk_position === null) throw corruptPiece('bulk', stream, row.revision, 'is missing');
  return row.bulk ? trusted('bulk', { stream, ...keyOf(row) }, row.bulk, row.bulk_crc) : undefined;
};

const keyOf = ({ revision, term }: PieceRow): Omit<PieceKey, 'stream'> => ({ revision, term });

const blockOf = (stream: string, row: BlockRow): StoredBlock => {
  const key = { stream, ...keyOf(row) };
  return {
    ...keyOf(row),
    facts: trusted('facts', key, row.facts, row.facts_crc),
    ...(row.detail && { detail: trusted('detail', key, row.detail, row.detail_crc) }),
  };
};

export const readBlocks = (
  statements: Statements,
  {
    stream,
    fromRevision,
    limit,
    withBulk,
  }: {
    readonly stream: string;
    readonly fromRevision: number;
    readonly limit: number;
    readonly withBulk: boolean;
  },
): readonly StoredBlock[] => {
  const statement = withBulk ? statements.blocksWithBulk : statements.blocks;
  // The columns that the two statements name, in tables that are strict about types.
  const rows = statement.all(stream, fromRevision, limit) as unknown as readonly (BlockRow & BulkRow)[];
  return rows.map((row) => {
    const bulk = withBulk ? bulkOf(stream, row) : undefined;
    return { ...blockOf(stream, row), ...(bulk && { bulk }) };
  });
};

export const readBulk = (
  statements: Statements,
  stream: string,
  revision: number,
): Uint8Array | undefined => {
  const row = statements.bulk.get(stream, revision) as unknown as BulkRow | undefined;
  if (!row) throw corruptPiece('block', stream, revision, 'is missing');
  return bulkOf(stream, row);
};

/** The revision of the snapshot without its bytes; 0 when there is none. */
export const readSnapshotRevision = (statements: Statements, stream: string): number =>
  Number(statements.snapshotRevision.get(stream)?.['revision'] ?? 0);

export const readSnapshot = (statements: Statements, stream: string): StoredSnapshot | undefined => {
  const row = statements.snapshot.get(stream) as unknown as
    | (PieceRow & { readonly bytes: Uint8Array; readonly crc: number })
    | undefined;
  if (!row) return undefined;
  return {
    revision: row.revision,
    bytes: trusted('snapshot', { stream, ...keyOf(row) }, row.bytes, row.crc),
  };
};
