/** Output in two phases: prepared durably before a checkpoint is acknowledged, visible once it is complete. */
import { TidemarkError } from '../../errors.ts';

/** Implementations are idempotent: after a crash every step may be taken again. */
export interface TransactionalOutput {
  /** Keeps the lines durably, but invisibly; the same transaction may be prepared again. */
  prepare(transaction: string, lines: readonly string[]): Promise<void>;
  /**
   * Makes a prepared transaction visible, durably, once.
   * @throws OUTPUT_LOST when it is neither prepared nor committed.
   */
  commit(transaction: string): Promise<void>;
  /** Forgets a prepared transaction. */
  abort(transaction: string): Promise<void>;
  /** What is prepared and neither committed nor aborted, sorted. */
  pending(): Promise<readonly string[]>;
}

/** The refusal that both backends give. */
export const outputLost = (transaction: string, where: string): TidemarkError =>
  new TidemarkError('OUTPUT_LOST', `output ${transaction} is neither prepared nor committed in ${where}`, {
    transaction,
    where,
  });
