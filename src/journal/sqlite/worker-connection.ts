/** The calling side of the worker thread: posts calls, hands out answers in the same order. */
import { Worker } from 'node:worker_threads';
import type { Transferable } from 'node:worker_threads';
import { messageOf, TidemarkError } from '../../errors.ts';
import { errorAnswer, valueOf } from './calls.ts';
import type { Answer, Call, Connection } from './calls.ts';
import type { EngineOptions } from './database.ts';

export interface WorkerSettings {
  readonly path: string;
  readonly options: EngineOptions;
}

export type ToWorker = Call | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'opened' }
  | { readonly type: 'refused'; readonly answer: Answer }
  | { readonly type: 'answers'; readonly answers: readonly Answer[]; readonly transactions: number }
  | { readonly type: 'closed'; readonly answer: Answer };

interface Waiting {
  readonly call: Call | undefined;
  readonly settle: (answer: Answer) => void;
}

// The compiler does not rewrite the extension in a URL; sources run the source, the package runs the package.
const workerUrl = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/**
 * Bytes that may leave this thread: shared memory goes by reference, anything else as a copy that is given away.
 * (Copying and transferring 64 KB takes 20 µs, letting postMessage clone it 50 µs; and a clone of a small view
 * would take the whole buffer beneath along.)
 */
const departing = (bytes: Uint8Array, transfer: Transferable[]): Uint8Array => {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const copy = new Uint8Array(bytes);
  transfer.push(copy.buffer);
  return copy;
};

const pack = (call: Call, transfer: Transferable[]): Call => {
  if (call.type === 'writeSnapshot')
    return { ...call, snapshot: { ...call.snapshot, bytes: departing(call.snapshot.bytes, transfer) } };
  if (call.type !== 'append') return call;
  const { facts, detail, bulk } = call.request.block;
  const block = {
    facts: departing(facts, transfer),
    detail: detail && departing(detail, transfer),
    bulk: bulk && departing(bulk, transfer),
  };
  return { ...call, request: { ...call.request, block } };
};

/** A journal file in a thread of its own. The process does not stay alive for it unless a call is waiting. */
export class WorkerConnection implements Connection {
  readonly path: string;
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #transactions = 0;
  #death: TidemarkError | undefined;

  private constructor(path: string, options: EngineOptions) {
    this.path = path;
    const settings: WorkerSettings = { path, options };
    this.#worker = new Worker(workerUrl, { workerData: settings, execArgv: [], name: 'tidemark-journal' });
    this.#worker.on('message', (message: FromWorker) => this.#hear(message));
    this.#worker.on('error', (error) => this.#die(messageOf(error)));
    this.#worker.on('exit', () => this.#die('its thread has ended'));
  }

  /** How many write transactions the engine had begun when it last answered. */
  get transactions(): number {
    return this.#transactions;
  }

  /** Resolves when the file is open; rejects with what the engine says of it. */
  static async open(path: string, options: EngineOptions = {}): Promise<WorkerConnection> {
    const connection = new WorkerConnection(path, options);
    valueOf(await connection.#expect(undefined));
    return connection;
  }

  /** Posts before it waits: what cannot be posted throws and leaves no place in the row of answers. */
  async send(call: Call): Promise<Answer> {
    if (this.#death) return errorAnswer(this.#death);
    const transfer: Transferable[] = [];
    this.#post(pack(call, transfer), transfer);
    return this.#expect(call);
  }

  async close(): Promise<void> {
    if (this.#death) return;
    this.#post({ type: 'close' }, []);
    valueOf(await this.#expect(undefined));
  }

  /** Ends the thread at once, whatever it is doing: what a crash of it would look like. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
  }

  #post(message: ToWorker, transfer: Transferable[]): void {
    this.#worker.postMessage(message, transfer);
  }

  #expect(call: Call | undefined): Promise<Answer> {
    this.#worker.ref();
    return new Promise((settle) => this.#waiting.push({ call, settle }));
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case 'answers':
        this.#transactions = message.transactions;
        for (const answer of message.answers) this.#settleNext(answer);
        break;
      case 'opened':
        this.#settleNext({ type: 'value', value: undefined });
        break;
      case 'refused':
      case 'closed':
        this.#settleNext(message.answer);
        break;
    }
    if (this.#waiting.length === 0) this.#worker.unref();
  }

  #settleNext(answer: Answer): void {
    this.#waiting.shift()?.settle(answer);
  }

  /** An append under way may have become durable before the thread ended; nothing else leaves a question open. */
  #die(because: string): void {
    const message = `the journal ${this.path} has stopped: ${because}`;
    this.#death ??= new TidemarkError('JOURNAL_UNAVAILABLE', message, { path: this.path });
    for (const { call, settle } of this.#waiting.splice(0))
      settle(
        call?.type === 'append'
          ? { type: 'value', value: { type: 'unknown', message } }
          : errorAnswer(this.#death),
      );
  }
}
