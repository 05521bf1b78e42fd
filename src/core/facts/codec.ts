/**
 * Facts ↔ the bytes of a block. Lifecycle facts are JSON, each with its version; what an acknowledgement adds per task
 * stands in the block's detail (columns) and bulk (slices), in the order of its facts; so do the states of operator
 * coordinators and master hooks in the bulk.
 */
import { invariant, TidemarkError } from '../../errors.ts';
import { decodeColumns, encodeColumns } from '../columns.ts';
import { isAnswering, type Fact, type FactType, type TasksAcknowledged } from './fact.ts';
import { upcasters, type PlainFact } from './upcasters.ts';

/** The version each fact type is written in. A greater one on disk was written by a newer Tidemark. */
export const factVersions: Readonly<Record<FactType, number>> = {
  'job.opened': 1,
  'coordinator.tookOver': 2,
  'hook.registered': 1,
  'tasks.deployed': 1,
  'tasks.lost': 1,
  'task.finished': 1,
  'task.failed': 1,
  'task.cancelled': 1,
  'task.dataEnded': 1,
  'tasks.inactive': 1,
  'tasks.active': 1,
  'source.backlogChanged': 1,
  'scheduler.started': 1,
  'scheduler.stopped': 1,
  'job.running': 1,
  'job.restarting': 1,
  'job.finished': 1,
  'job.failed': 1,
  'job.cancelled': 1,
  'job.suspended': 1,
  'job.restored': 1,
  'job.failureRequired': 1,
  'request.queued': 2,
  'request.rejected': 1,
  'checkpoint.triggered': 3,
  'checkpoint.located': 1,
  'coordinators.asked': 1,
  'coordinators.snapshotted': 1,
  'hooks.asked': 1,
  'hooks.snapshotted': 1,
  'tasks.asked': 1,
  'tasks.acknowledged': 1,
  'tasks.reported': 1,
  'checkpoint.fullyAcknowledged': 1,
  'metadata.written': 1,
  'checkpoint.completed': 2,
  'checkpoint.aborted': 2,
  'checkpoint.subsumed': 1,
  'shared.registered': 1,
  'shared.released': 1,
  'discard.planned': 1,
  'discard.postponed': 1,
  'discard.confirmed': 1,
};

/** A block in its three classes; `bulk` is left to the caller, who owns the bytes of the slices. */
export interface EncodedFacts {
  readonly facts: Uint8Array;
  readonly detail: Uint8Array | undefined;
}

/** The JSON form of one fact, for the journal and for people. */
export const plainFact = (fact: Fact): PlainFact => {
  const version = { v: factVersions[fact.type] };
  if (!isAnswering(fact)) return { ...version, ...fact };
  const { bytes, ...answer } = fact;
  const bulk = { bulkBytes: bytes?.length ?? 0 };
  if (answer.type !== 'tasks.acknowledged') return { ...version, ...answer, ...bulk };
  const { type, at, checkpointId, count } = answer;
  return { ...version, type, at, checkpointId, count, ...bulk };
};

const concatenate = (parts: readonly Uint8Array[]): Uint8Array | undefined => {
  if (parts.length <= 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

const acknowledgements = (facts: readonly Fact[]): TasksAcknowledged[] =>
  facts.filter((fact) => fact.type === 'tasks.acknowledged');

/** Encodes the facts of one block. Every acknowledging fact must still have its columns. */
export const encodeFacts = (facts: readonly Fact[]): EncodedFacts => {
  const columns = acknowledgements(facts).map((fact) => {
    invariant(fact.columns, 'an acknowledging fact is journaled with its columns');
    return encodeColumns(fact.columns);
  });
  return {
    facts: new TextEncoder().encode(JSON.stringify(facts.map(plainFact))),
    detail: concatenate(columns),
  };
};

const corrupt = (where: string, what: string): never => {
  throw new TidemarkError('JOURNAL_CORRUPT', `${where}: ${what}`);
};

const parseArray = (bytes: Uint8Array, where: string): PlainFact[] => {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (Array.isArray(parsed)) return parsed;
  } catch (error) {
    return corrupt(where, `facts are not JSON (${String(error)})`);
  }
  return corrupt(where, 'facts are not a JSON array');
};

/** A fact of an older version is brought to the present one step by step; a newer one is not understood. */
const upcast = (plain: PlainFact, where: string): PlainFact => {
  const known = factVersions[plain.type as FactType] as number | undefined;
  const { v: version, ...fact } = plain;
  if (typeof version !== 'number') return corrupt(where, `fact ${String(plain.type)} has no version`);
  if (version === known) return fact;
  const next = upcasters[plain.type as FactType]?.[version];
  if (next !== undefined) return upcast({ ...next(fact), v: version + 1 }, where);
  const text = `${where}: fact ${plain.type} in version ${version}; known is ${known ?? 'no such fact'}`;
  throw new TidemarkError('JOURNAL_VERSION', text);
};

/**
 * A fact without bytes from its JSON form ({@link plainFact}), whatever version it was written in.
 * @throws JOURNAL_CORRUPT or JOURNAL_VERSION, naming the place.
 */
export const factOfPlain = (plain: PlainFact, where: string): Fact => upcast(plain, where) as unknown as Fact;

/** Where a block was read from, for errors, and what is left of its detail and bulk. */
export interface StoredFacts {
  readonly where: string;
  readonly facts: Uint8Array;
  readonly detail?: Uint8Array | undefined;
  readonly bulk?: Uint8Array | undefined;
}

/**
 * Decodes the facts of one block.
 * @throws JOURNAL_CORRUPT or JOURNAL_VERSION, naming the block.
 */
export const decodeFacts = (stored: StoredFacts): Fact[] => {
  let detailAt = 0;
  let bulkAt = 0;
  return parseArray(stored.facts, stored.where).map((plain) => {
    const { bulkBytes, ...fact } = upcast(plain, stored.where);
    if (bulkBytes === undefined) return fact as unknown as Fact;
    const length = bulkBytes as number;
    const bytes = length === 0 ? new Uint8Array(0) : stored.bulk?.subarray(bulkAt, bulkAt + length);
    bulkAt += length;
    if (fact.type !== 'tasks.acknowledged') return { ...fact, bytes } as unknown as Fact;
    const read = stored.detail === undefined ? undefined : decodeColumns(stored.detail, detailAt);
    detailAt = read?.end ?? 0;
    return { ...fact, columns: read?.columns, bytes } as unknown as Fact;
  });
};
