/** The thread that owns a journal file: takes all calls that are waiting, answers them together, starts anew. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { MessagePort, Transferable } from 'node:worker_threads';
import { invariant } from '../../errors.ts';
import { errorAnswer } from './calls.ts';
import type { Answer, Call } from './calls.ts';
import { SqliteEngine } from './engine.ts';
import { journalFault } from './faults.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './worker-connection.ts';

const takeWaiting = (port: MessagePort, first: ToWorker): readonly ToWorker[] => {
  const taken = [first];
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port))
    taken.push(next.message);
  return taken;
};

/** What was read from SQLite belongs to nobody here: it moves instead of being copied once more. */
const buffersOf = (answers: readonly Answer[]): Transferable[] => {
  const found = new Set<ArrayBuffer>();
  const collect = (value: unknown): void => {
    if (value instanceof Uint8Array) {
      if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  for (const answer of answers) if (answer.type === 'value') collect(answer.value);
  return [...found];
};

const closeAnswer = (engine: SqliteEngine): Answer => {
  try {
    engine.close();
    return { type: 'value', value: undefined };
  } catch (error) {
    return errorAnswer(journalFault(error, engine.path));
  }
};

const serve = (port: MessagePort, engine: SqliteEngine): void => {
  const post = (message: FromWorker, transfer: Transferable[] = []): void =>
    port.postMessage(message, transfer);
  port.on('message', (first: ToWorker) => {
    const waiting = takeWaiting(port, first);
    const calls = waiting.filter((message): message is Call => message.type !== 'close');
    const answers = engine.answer(calls);
    post({ type: 'answers', answers, transactions: engine.transactions }, buffersOf(answers));
    if (calls.length === waiting.length) return;
    post({ type: 'closed', answer: closeAnswer(engine) });
    port.close();
  });
};

const start = (port: MessagePort, { path, options }: WorkerSettings): void => {
  const post = (message: FromWorker): void => port.postMessage(message);
  try {
    serve(port, new SqliteEngine(path, options));
    post({ type: 'opened' });
  } catch (error) {
    post({ type: 'refused', answer: errorAnswer(journalFault(error, path)) });
    port.close();
  }
};

invariant(parentPort, 'the journal worker runs in a worker thread');
start(parentPort, workerData as WorkerSettings);
