/** The SQLite engine: synchronous, so that it runs the same in a worker thread and in a simulation. */
import type { DatabaseSync } from 'node:sqlite';
import { TidemarkError } from '../../errors.ts';
import { errorAnswer, isWrite } from './calls.ts';
import type { Answer, Call, ReadCall, WriteCall } from './calls.ts';
import { openDatabase, SCHEMA_VERSION } from './database.ts';
import type { EngineOptions } from './database.ts';
import { isClearlyRolledBack, journalFault } from './faults.ts';
import { performRead, performWrite } from './operations.ts';
import { prepareStatements } from './rows.ts';
import type { Statements } from './rows.ts';

/** Writes in one transaction: one sync for all of them, yet the first does not wait for ever for the last. */
const GROUP_COMMIT_MAX = 256;

/** Splits calls into runs of writes and single reads; a read sees what was asked for before it. */
const runsOf = function* (calls: readonly Call[]): Generator<ReadCall | readonly WriteCall[]> {
  let run: WriteCall[] = [];
  for (const call of calls) {
    if (isWrite(call) && run.push(call) < GROUP_COMMIT_MAX) continue;
    if (run.length > 0) yield run;
    run = [];
    if (!isWrite(call)) yield call;
  }
  if (run.length > 0) yield run;
};

const streamOf = (call: Call): string | undefined => {
  if (call.type === 'append') return call.request.stream;
  return call.type === 'streams' ? undefined : call.stream;
};

/**
 * One open journal file. The constructor throws ARGUMENT_INVALID, DATA_DIRECTORY_MISSING, JOURNAL_VERSION,
 * JOURNAL_UNAVAILABLE or JOURNAL_CORRUPT; afterwards trouble is an answer, and only a rollback that fails throws.
 */
export class SqliteEngine {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  #isSettled = true;
  #transactions = 0;

  constructor(path: string, options: EngineOptions = {}) {
    this.path = path;
    this.#database = openDatabase(path, options);
    try {
      this.#statements = prepareStatements(this.#database);
    } catch (error) {
      this.#database.close();
      throw journalFault(error, path);
    }
  }

  /** How many write transactions were begun. */
  get transactions(): number {
    return this.#transactions;
  }

  /** One answer per call, in order, when all of them are durable. Writes that stand together share a transaction. */
  answer(calls: readonly Call[]): readonly Answer[] {
    const answers: Answer[] = [];
    for (const run of runsOf(calls)) {
      if ('type' in run) answers.push(this.#answerRead(run));
      else answers.push(...this.#answerWrites(run));
    }
    return answers;
  }

  /** Moves the log into the file and releases it. Idempotent; throws JOURNAL_UNAVAILABLE when SQLite cannot. */
  close(): void {
    try {
      if (this.#database.isOpen) this.#database.close();
    } catch (error) {
      throw journalFault(error, this.path);
    }
  }

  #fault(error: unknown, call: Call): Answer {
    return errorAnswer(journalFault(error, this.path, streamOf(call)));
  }

  #answerRead(call: ReadCall): Answer {
    try {
      this.#settle();
      this.#database.exec('begin');
      const value = performRead(this.#statements, call);
      this.#database.exec('commit');
      return { type: 'value', value };
    } catch (error) {
      this.#rollBack();
      return this.#fault(error, call);
    }
  }

  #answerWrites(calls: readonly WriteCall[]): readonly Answer[] {
    let step: 'begin' | 'work' | 'commit' = 'begin';
    try {
      this.#settle();
      this.#begin();
      step = 'work';
      const answers = calls.map((call) => this.#answerWrite(call));
      step = 'commit';
      this.#database.exec('commit');
      return answers;
    } catch (error) {
      this.#rollBack();
      if (step === 'commit' && !isClearlyRolledBack(error)) return this.#answerUnclear(calls, error);
      // What failed for all together may succeed for each alone: a small block still fits where a large one did not.
      // A lock that another process holds is waited for once, though.
      if (step !== 'begin' && calls.length > 1) return calls.flatMap((call) => this.#answerWrites([call]));
      return calls.map((call) => this.#fault(error, call));
    }
  }

  #answerUnclear(calls: readonly WriteCall[], error: unknown): readonly Answer[] {
    this.#isSettled = false;
    return calls.map((call): Answer => {
      const answer = this.#fault(error, call);
      if (call.type !== 'append' || answer.type !== 'error') return answer;
      return { type: 'value', value: { type: 'unknown', message: answer.message } };
    });
  }

  /**
   * After an unclear commit its records may lie in the log, unseen until a crash makes SQLite read the log again. A
   * write of nothing overwrites the first of them, and with it all: what is read afterwards stays true.
   */
  #settle(): void {
    if (this.#isSettled) return;
    this.#begin();
    this.#database.exec(`pragma user_version = ${SCHEMA_VERSION}`);
    this.#database.exec('commit');
    this.#isSettled = true;
  }

  #begin(): void {
    this.#database.exec('begin immediate');
    this.#transactions += 1;
  }

  #rollBack(): void {
    if (this.#database.isTransaction) this.#database.exec('rollback');
  }

  /** A refusal is found before anything is changed, so it is this call's answer and leaves the transaction alone. */
  #answerWrite(call: WriteCall): Answer {
    try {
      return { type: 'value', value: performWrite(this.#statements, call) };
    } catch (error) {
      if (error instanceof TidemarkError) return errorAnswer(error);
      throw error;
    }
  }
}
