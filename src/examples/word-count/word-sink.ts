/** The sink: one transaction per checkpoint, committed when the checkpoint is complete. */
import { invariant } from '../../errors.ts';
import type { OperatorLogic } from '../../simulation/dataflow/operator-task.ts';
import type { CapturedState } from '../../simulation/dataflow/snapshots.ts';
import { readRestored, restoredState, type TaskContext } from '../../simulation/dataflow/task.ts';
import type { Barrier } from '../../simulation/dataflow/elements.ts';
import type { CheckpointId } from '../../state/ids.ts';
import type { TransactionalOutput } from './transactional-output.ts';
import type { AddedWords } from './word-counter.ts';

/** The operator state of the sink: one entry that lists the transactions not known to be committed. */
const SINK_STATE_NAME = 'sink-transactions';

/** Output of the epoch that this checkpoint ended. */
interface Transaction {
  readonly name: string;
  readonly checkpointId: CheckpointId;
}

/** With its lines, until they are prepared. */
interface OpenTransaction extends Transaction {
  lines: readonly string[] | undefined;
  preparing: Promise<void> | undefined;
}

/** Names sort like the ids, which are never given twice. */
const transactionName = (checkpointId: CheckpointId): string =>
  `checkpoint-${String(checkpointId).padStart(6, '0')}`;

class WordSink implements OperatorLogic {
  readonly #output: TransactionalOutput;
  #added = new Map<string, number>();
  #transactions: OpenTransaction[] = [];

  constructor(output: TransactionalOutput) {
    this.#output = output;
  }

  process(records: unknown): number {
    const added = records as AddedWords;
    for (const [word, count] of added) this.#added.set(word, (this.#added.get(word) ?? 0) + count);
    return added.size;
  }

  beforeBarrier(): void {
    // Nothing is behind the sink.
  }

  endOfInput(): void {
    // What was added last waits for the last barrier.
  }

  /** The transactions of aborted checkpoints are among them: what they hold is in no other. */
  capture({ checkpointId }: Barrier): CapturedState {
    this.#endEpoch(checkpointId);
    const transactions = [...this.#transactions];
    return {
      write: async (writer) => {
        await Promise.all(transactions.map(async (transaction) => await this.#prepared(transaction)));
        const stream = await writer.write(encodeTransactions(transactions));
        const states = [{ name: SINK_STATE_NAME, mode: 'SPLIT_DISTRIBUTE' as const, offsets: [0n] }];
        return { managedOperatorState: { kind: 'operatorStream', states, stream } };
      },
    };
  }

  async completed(checkpointId: CheckpointId): Promise<void> {
    const complete = this.#transactions.filter((transaction) => transaction.checkpointId <= checkpointId);
    for (const transaction of complete) {
      invariant(
        transaction.lines === undefined,
        `${transaction.name} was prepared before it was acknowledged`,
      );
      await this.#output.commit(transaction.name);
    }
    this.#transactions = this.#transactions.filter((transaction) => transaction.checkpointId > checkpointId);
  }

  #endEpoch(checkpointId: CheckpointId): void {
    if (this.#added.size === 0) return;
    const lines = [...this.#added].map(([word, count]) => `${count} ${word}`).toSorted();
    this.#added = new Map();
    const name = transactionName(checkpointId);
    this.#transactions.push({ name, checkpointId, lines, preparing: undefined });
  }

  // One that could not be prepared stays open, and the next checkpoint tries again.
  async #prepared(transaction: OpenTransaction): Promise<void> {
    transaction.preparing ??= this.#prepare(transaction).finally(() => {
      transaction.preparing = undefined;
    });
    await transaction.preparing;
  }

  async #prepare(transaction: OpenTransaction): Promise<void> {
    if (transaction.lines === undefined) return;
    await this.#output.prepare(transaction.name, transaction.lines);
    transaction.lines = undefined;
  }
}

const encodeTransactions = (transactions: readonly Transaction[]): Uint8Array =>
  Buffer.from(JSON.stringify(transactions.map(({ name, checkpointId }) => ({ name, checkpointId }))));

const restoredTransactions = async (context: TaskContext): Promise<readonly Transaction[]> => {
  const state = restoredState(context);
  if (state === undefined) return [];
  const handle = state.managedOperatorState;
  invariant(handle !== undefined, 'the sink has state in every checkpoint');
  const bytes = await readRestored(context, handle.stream);
  return JSON.parse(Buffer.from(bytes).toString()) as readonly Transaction[];
};

/**
 * The logic of one attempt of the sink. What the restored checkpoint holds is committed, for the checkpoint is
 * complete;
 * everything else that is pending belongs to epochs that will be read again.
 */
export const wordSink = async (context: TaskContext, output: TransactionalOutput): Promise<OperatorLogic> => {
  const restored = await restoredTransactions(context);
  for (const { name } of restored) await output.commit(name);
  const committed = new Set(restored.map(({ name }) => name));
  for (const name of await output.pending()) if (!committed.has(name)) await output.abort(name);
  return new WordSink(output);
};
