/**
 * What was acknowledged of one checkpoint, task by task, as the columns it came in: nothing per task is made of it
 * until somebody asks. A batch is kept as its encoded columns, 61 bytes a task.
 */
import { decodeColumns, encodeColumns, type AcknowledgedColumns } from '../core/columns.ts';
import type { Roster } from '../core/roster.ts';

interface Batch {
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly before: Batch | undefined;
}

/** One batch with the time of its turn, which is when all of it was recorded. */
export interface RecordedBatch {
  readonly at: number;
  readonly columns: AcknowledgedColumns;
}

/** Immutable: a batch gives new rows and leaves these as they are, in constant time. */
export class AcknowledgedRows {
  readonly checkpointId: number;
  /** Which task a slot stands for: the attempts that lived at the trigger. */
  readonly attempts: Roster;
  readonly count: number;
  readonly #newest: Batch | undefined;

  private constructor(
    checkpointId: number,
    attempts: Roster,
    content: { readonly count: number; readonly newest: Batch | undefined },
  ) {
    this.checkpointId = checkpointId;
    this.attempts = attempts;
    this.count = content.count;
    this.#newest = content.newest;
  }

  static none(checkpointId: number, attempts: Roster): AcknowledgedRows {
    return new AcknowledgedRows(checkpointId, attempts, { count: 0, newest: undefined });
  }

  with(columns: AcknowledgedColumns, at: number): AcknowledgedRows {
    // A copy: the columns of a turn may hold on to the whole message they came in.
    const newest = { at, bytes: encodeColumns(columns), before: this.#newest };
    const content = { count: this.count + columns.count, newest };
    return new AcknowledgedRows(this.checkpointId, this.attempts, content);
  }

  /** In the order they were recorded. */
  batches(): readonly RecordedBatch[] {
    const batches: RecordedBatch[] = [];
    for (let batch = this.#newest; batch !== undefined; batch = batch.before) {
      batches.push({ at: batch.at, columns: decodeColumns(batch.bytes, 0).columns });
    }
    return batches.toReversed();
  }
}
