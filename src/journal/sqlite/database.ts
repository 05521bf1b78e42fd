/** Opening the file of a SQLite journal: what it must be, and how it is made when there is none. */
import { closeSync, existsSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { TidemarkError } from '../../errors.ts';
import { journalFault } from './faults.ts';

/** In the header of every journal file: `TDMK`. */
const APPLICATION_ID = 0x54_44_4d_4b;

/** The layout of the tables below; a file with a greater one is refused. */
export const SCHEMA_VERSION = 1;

/** Fits a few acknowledgements a page; 0.8 of raw disk speed at 25 to 400 KB a block, the default only half. */
const PAGE_SIZE_BYTES = 8192;

/** 4 MB of log: at 4000 pages a checkpoint of the log stalls appends for 140 ms. */
const WAL_AUTOCHECKPOINT_PAGES = 500;

/** A log that one large transaction blew up is cut back to this when it is reused. */
const WAL_SIZE_LIMIT_BYTES = 16 * 1024 * 1024;

/** How long another process may hold the write lock: far longer than a transaction, shorter than a lease. */
const BUSY_TIMEOUT_MS = 5000;

export interface EngineOptions {
  readonly readOnly?: boolean;
  /** `OFF` gives up durability for speed, for simulations and tests alone. Default `FULL`. */
  readonly synchronous?: 'FULL' | 'OFF';
  /** The most pages the file may have: a full disk at will, for tests. */
  readonly pagesMax?: number;
  /** How long to wait for another process that holds the write lock; {@link BUSY_TIMEOUT_MS} unless a test cannot. */
  readonly busyTimeoutMs?: number;
}

// `bulk_crc` stands in the block, and a trimmed bulk keeps its row without bytes: so a bulk that was never there, one
// that was trimmed and one that was lost are three different things.
const TABLES = `
  create table stream (
    name text primary key not null, revision integer not null, term integer not null,
    trimmed_through integer not null, crc integer not null
  ) strict, without rowid;
  create table block (
    position integer primary key, stream text not null, revision integer not null, term integer not null,
    facts blob not null, facts_crc integer not null, detail blob, detail_crc integer, bulk_crc integer,
    unique (stream, revision)
  ) strict;
  create table bulk (position integer primary key, bytes blob) strict;
  create table snapshot (
    stream text primary key not null, revision integer not null, term integer not null,
    bytes blob not null, crc integer not null
  ) strict;
  pragma application_id = ${APPLICATION_ID};
  pragma user_version = ${SCHEMA_VERSION};
`;

const numberFrom = (database: DatabaseSync, sql: string): number => {
  const [value] = Object.values(database.prepare(sql).get() ?? {});
  return Number(value);
};

/** Offsets in the header of a SQLite file (https://www.sqlite.org/fileformat.html#the_database_header). */
const HEADER = { sizeBytes: 100, userVersion: 60, applicationId: 68, magic: 'SQLite format 3\0' } as const;

const readHeader = (path: string): Buffer => {
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(HEADER.sizeBytes);
    return header.subarray(0, readSync(file, header, 0, header.byteLength, 0));
  } finally {
    closeSync(file);
  }
};

const foreign = (path: string): TidemarkError =>
  new TidemarkError('ARGUMENT_INVALID', `${path} is a file, but not a journal; it was left as it is`, {
    path,
  });

const missing = (path: string): TidemarkError =>
  new TidemarkError('DATA_DIRECTORY_MISSING', `there is no journal at ${path}`, { path });

const checkVersion = (path: string, version: number): void => {
  if (version > SCHEMA_VERSION)
    throw new TidemarkError(
      'JOURNAL_VERSION',
      `the journal ${path} has version ${version}; this version of Tidemark knows up to ${SCHEMA_VERSION}`,
      { path, version, known: SCHEMA_VERSION },
    );
};

/**
 * Refuses a file that is not ours before SQLite sees it: only opening one and closing it again would move its log
 * into it. An empty file is a journal whose making was cut short.
 */
const checkHeader = (path: string): void => {
  const header = readHeader(path);
  if (header.byteLength === 0) return;
  if (
    header.byteLength < HEADER.sizeBytes ||
    header.toString('latin1', 0, HEADER.magic.length) !== HEADER.magic
  )
    throw foreign(path);
  if (header.readUInt32BE(HEADER.applicationId) !== APPLICATION_ID) throw foreign(path);
  checkVersion(path, header.readUInt32BE(HEADER.userVersion));
};

/**
 * Makes the tables if nobody has. In one transaction with the application id and before the file gets a write-ahead
 * log, so that the header of the file itself says whose it is at any time.
 */
const prepareTables = (database: DatabaseSync): void => {
  database.exec(`pragma page_size = ${PAGE_SIZE_BYTES}`);
  if (numberFrom(database, 'pragma application_id') !== APPLICATION_ID) {
    database.exec('begin exclusive');
    if (numberFrom(database, 'pragma application_id') !== APPLICATION_ID) database.exec(TABLES);
    database.exec('commit');
  }
  database.exec('pragma journal_mode = wal');
};

const configure = (database: DatabaseSync, options: EngineOptions): void => {
  database.exec(`pragma synchronous = ${options.synchronous ?? 'FULL'}`);
  database.exec(`pragma wal_autocheckpoint = ${WAL_AUTOCHECKPOINT_PAGES}`);
  database.exec(`pragma journal_size_limit = ${WAL_SIZE_LIMIT_BYTES}`);
  if (options.pagesMax !== undefined) database.exec(`pragma max_page_count = ${options.pagesMax}`);
};

const openChecked = (path: string, options: EngineOptions): DatabaseSync => {
  const readOnly = options.readOnly ?? false;
  const database = new DatabaseSync(path, { readOnly, timeout: options.busyTimeoutMs ?? BUSY_TIMEOUT_MS });
  try {
    if (!readOnly) {
      database.exec('pragma synchronous = full');
      prepareTables(database);
      configure(database, options);
    }
    if (numberFrom(database, 'pragma application_id') !== APPLICATION_ID) throw missing(path);
    checkVersion(path, numberFrom(database, 'pragma user_version'));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

/**
 * The journal file at `path`, made together with its directory when absent (not when `readOnly`). Throws
 * DATA_DIRECTORY_MISSING (read only, no file), ARGUMENT_INVALID (a file of something else; it is left untouched),
 * JOURNAL_VERSION (written by a newer Tidemark), JOURNAL_UNAVAILABLE and JOURNAL_CORRUPT.
 */
export const openDatabase = (path: string, options: EngineOptions): DatabaseSync => {
  try {
    if (existsSync(path)) checkHeader(path);
    else if (options.readOnly) throw missing(path);
    else mkdirSync(dirname(path), { recursive: true });
    return openChecked(path, options);
  } catch (error) {
    throw journalFault(error, path);
  }
};
