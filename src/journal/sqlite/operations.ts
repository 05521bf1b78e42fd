/** What each call does to the tables, inside a transaction that the engine has begun. */
import { assertNever } from '../../errors.ts';
import { pieceChecksum } from '../checksum.ts';
import type { AppendRequest, AppendResult, StoredBlock, StoredSnapshot, TrimPlan } from '../journal.ts';
import {
  checkContinuity,
  checkExplained,
  checkSnapshot,
  checkTrim,
  firstRevision,
  isKept,
  judgeAppend,
} from '../rules.ts';
import type { StreamStanding } from '../rules.ts';
import type { CallValue, ReadCall, WriteCall } from './calls.ts';
import {
  readBlocks,
  readBulk,
  readSnapshot,
  readSnapshotRevision,
  readStanding,
  writeStanding,
} from './rows.ts';
import type { Statements } from './rows.ts';

const append = (statements: Statements, request: AppendRequest): AppendResult => {
  const { stream, term, block } = request;
  const standing = readStanding(statements, stream);
  const result = judgeAppend(standing, request);
  if (result.type !== 'appended') return result;
  const { revision } = result;
  const key = { stream, revision, term };
  const { facts, detail = null, bulk = null } = block;
  const factsCrc = pieceChecksum('facts', key, facts);
  const detailCrc = detail && pieceChecksum('detail', key, detail);
  const bulkCrc = bulk && pieceChecksum('bulk', key, bulk);
  const added = statements.addBlock.run(stream, revision, term, facts, factsCrc, detail, detailCrc, bulkCrc);
  if (bulk) statements.addBulk.run(added.lastInsertRowid, bulk);
  writeStanding(statements, stream, { ...standing, revision, term });
  return result;
};

const writeSnapshot = (statements: Statements, stream: string, snapshot: StoredSnapshot): void => {
  const standing = readStanding(statements, stream);
  checkSnapshot(stream, standing, snapshot);
  const { revision, bytes } = snapshot;
  if (revision < readSnapshotRevision(statements, stream)) return;
  const key = { stream, revision, term: standing.term };
  statements.putSnapshot.run(stream, revision, key.term, bytes, pieceChecksum('snapshot', key, bytes));
};

const trim = (statements: Statements, stream: string, plan: TrimPlan): void => {
  const standing = readStanding(statements, stream);
  checkTrim(stream, standing, readSnapshotRevision(statements, stream), plan);
  for (const revision of plan.bulk ?? []) statements.trimBulk.run(stream, revision);
  for (const revision of plan.detail ?? []) statements.trimDetail.run(stream, revision);
  const through = plan.through ?? 0;
  if (through <= standing.trimmedThrough) return;
  statements.dropBulk.run(stream, through);
  statements.dropBlocks.run(stream, through);
  writeStanding(statements, stream, { ...standing, trimmedThrough: through });
};

/** Throws a TidemarkError only before it changed anything; whatever SQLite throws leaves the transaction in doubt. */
export const performWrite = (statements: Statements, call: WriteCall): CallValue => {
  switch (call.type) {
    case 'append':
      return append(statements, call.request);
    case 'writeSnapshot':
      writeSnapshot(statements, call.stream, call.snapshot);
      return undefined;
    case 'trim':
      trim(statements, call.stream, call.plan);
      return undefined;
    default:
      return assertNever(call);
  }
};

const blocks = (
  statements: Statements,
  standing: StreamStanding,
  call: Extract<ReadCall, { type: 'read' }>,
): readonly StoredBlock[] => {
  const found = readBlocks(statements, { ...call, fromRevision: firstRevision(standing, call.fromRevision) });
  checkContinuity(call.stream, standing, call, found);
  return found;
};

const snapshotOf = (
  statements: Statements,
  standing: StreamStanding,
  stream: string,
): StoredSnapshot | undefined => {
  const snapshot = readSnapshot(statements, stream);
  checkExplained(stream, standing, snapshot?.revision ?? 0);
  return snapshot;
};

/** Throws JOURNAL_CORRUPT for what cannot be trusted. */
export const performRead = (statements: Statements, call: ReadCall): CallValue => {
  if (call.type === 'streams')
    return statements.names
      .all()
      .map((row) => String(row['name']))
      .toSorted();
  const standing = readStanding(statements, call.stream);
  switch (call.type) {
    case 'head':
      return { revision: standing.revision, term: standing.term };
    case 'read':
      return blocks(statements, standing, call);
    case 'readBulk':
      return isKept(standing, call.revision) ? readBulk(statements, call.stream, call.revision) : undefined;
    case 'readSnapshot':
      return snapshotOf(statements, standing, call.stream);
    default:
      return assertNever(call);
  }
};
