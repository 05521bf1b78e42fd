/** The journal in a SQLite file: the default for one machine. */
import { resolve } from 'node:path';
import { TidemarkError } from '../../errors.ts';
import type {
  AppendRequest,
  AppendResult,
  Journal,
  StoredBlock,
  StoredSnapshot,
  StreamHead,
  TrimPlan,
} from '../journal.ts';
import { checkBytes, checkRange, checkStreamName, closedJournal, tidyAppend } from '../rules.ts';
import { errorAnswer, isWrite, valueOf } from './calls.ts';
import type { Answer, Call, CallValues, Connection } from './calls.ts';
import type { EngineOptions } from './database.ts';
import { SqliteEngine } from './engine.ts';
import { journalFault } from './faults.ts';
import { WorkerConnection } from './worker-connection.ts';

class ThreadConnection implements Connection {
  readonly path: string;
  readonly #engine: SqliteEngine;

  constructor(engine: SqliteEngine) {
    this.path = engine.path;
    this.#engine = engine;
  }

  async send(call: Call): Promise<Answer> {
    const [answer] = this.#engine.answer([call]);
    return answer ?? errorAnswer(closedJournal(this.path));
  }

  async close(): Promise<void> {
    this.#engine.close();
  }
}

/** A journal over a connection; checks what the caller owes before anything leaves this thread. */
class SqliteJournal implements Journal {
  readonly isDurable = true;
  readonly #connection: Connection;
  readonly #isReadOnly: boolean;
  #closing: Promise<void> | undefined;

  constructor(connection: Connection, isReadOnly: boolean) {
    this.#connection = connection;
    this.#isReadOnly = isReadOnly;
  }

  async head(stream: string): Promise<StreamHead> {
    checkStreamName(stream);
    return this.#ask({ type: 'head', stream });
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    return this.#ask({ type: 'append', request: tidyAppend(request) });
  }

  async read(
    stream: string,
    fromRevision: number,
    {
      limit = Number.MAX_SAFE_INTEGER,
      withBulk = false,
    }: { readonly limit?: number; readonly withBulk?: boolean } = {},
  ): Promise<readonly StoredBlock[]> {
    checkStreamName(stream);
    checkRange(fromRevision, limit);
    return this.#ask({ type: 'read', stream, fromRevision, limit, withBulk });
  }

  async readBulk(stream: string, revision: number): Promise<Uint8Array | undefined> {
    checkStreamName(stream);
    checkRange(revision, 1);
    return this.#ask({ type: 'readBulk', stream, revision });
  }

  async writeSnapshot(stream: string, snapshot: StoredSnapshot): Promise<void> {
    checkStreamName(stream);
    checkBytes('snapshot', snapshot.bytes);
    return this.#ask({ type: 'writeSnapshot', stream, snapshot });
  }

  async readSnapshot(stream: string): Promise<StoredSnapshot | undefined> {
    checkStreamName(stream);
    return this.#ask({ type: 'readSnapshot', stream });
  }

  async trim(stream: string, plan: TrimPlan): Promise<void> {
    checkStreamName(stream);
    return this.#ask({ type: 'trim', stream, plan });
  }

  async streams(): Promise<readonly string[]> {
    return this.#ask({ type: 'streams' });
  }

  close(): Promise<void> {
    this.#closing ??= this.#connection.close();
    return this.#closing;
  }

  async #ask<Asked extends Call>(call: Asked): Promise<CallValues[Asked['type']]> {
    const { path } = this.#connection;
    if (this.#closing) throw closedJournal(path);
    if (this.#isReadOnly && isWrite(call))
      throw new TidemarkError('ARGUMENT_INVALID', `the journal ${path} was opened with readOnly`, { path });
    try {
      return valueOf<Asked['type']>(await this.#connection.send(call));
    } catch (error) {
      throw journalFault(error, path);
    }
  }
}

/** The journal at the other end of a connection that may write. */
export const journalOver = (connection: Connection): Journal => new SqliteJournal(connection, false);

/** How to open a file without a thread; `synchronous: 'OFF'` is for simulations and tests alone. */
export type InThreadOptions = Pick<EngineOptions, 'readOnly' | 'synchronous'>;

/**
 * The journal file at `path` on the calling thread: every call blocks it until SQLite is done and answers with a
 * resolved promise, so that a simulation sees the same order in every run. For short-lived readers, too. Throws what
 * {@link openSqliteJournal} rejects with.
 */
export const openSqliteJournalInThread = (path: string, options: InThreadOptions = {}): Journal =>
  new SqliteJournal(
    new ThreadConnection(new SqliteEngine(resolve(path), options)),
    options.readOnly ?? false,
  );

/**
 * The journal file at `path`, made with its directory when absent, in a worker thread of its own. Appends that wait
 * at the same time, of whatever streams, become durable with one sync. Close it when done.
 *
 * With `readOnly` the file must exist, may be in use by another process, and is only read (on the calling thread).
 *
 * Rejects with DATA_DIRECTORY_MISSING (read only and no such file), ARGUMENT_INVALID (the file is something else; it
 * is left untouched), JOURNAL_VERSION (a newer Tidemark wrote it), JOURNAL_UNAVAILABLE (disk, permissions, locked)
 * and JOURNAL_CORRUPT.
 */
export const openSqliteJournal = async (
  path: string,
  options: { readonly readOnly?: boolean } = {},
): Promise<Journal> => {
  if (options.readOnly) return openSqliteJournalInThread(path, { readOnly: true });
  return journalOver(await WorkerConnection.open(resolve(path)));
};
