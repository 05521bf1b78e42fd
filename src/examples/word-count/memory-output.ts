/** Transactional output in memory. */
import { outputLost, type TransactionalOutput } from './transactional-output.ts';

export interface MemoryOutput extends TransactionalOutput {
  /** Committed transactions and their lines. */
  readonly committed: ReadonlyMap<string, readonly string[]>;
}

export const memoryOutput = (): MemoryOutput => {
  const prepared = new Map<string, readonly string[]>();
  const committed = new Map<string, readonly string[]>();
  return {
    committed,
    prepare: async (transaction, lines) => {
      prepared.set(transaction, [...lines]);
    },
    commit: async (transaction) => {
      const lines = prepared.get(transaction);
      if (lines === undefined && !committed.has(transaction)) throw outputLost(transaction, 'memory');
      if (lines !== undefined) committed.set(transaction, lines);
      prepared.delete(transaction);
    },
    abort: async (transaction) => {
      prepared.delete(transaction);
    },
    pending: async () => [...prepared.keys()].toSorted(),
  };
};
