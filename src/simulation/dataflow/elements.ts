/** What travels through a channel, in one order: batches of records, barriers, and the end of data. */
import type { SnapshotOptions } from '../../core/snapshot-options.ts';
import type { CheckpointId } from '../../state/ids.ts';
import type { LocationReference } from '../../storage/storage.ts';

/** Several records in one piece; what a batch is made of is between the two tasks. */
export interface RecordBatch {
  readonly kind: 'records';
  readonly records: unknown;
}

/**
 * Divides the records before a checkpoint from those after it; carries the place where the checkpoint's state goes, and
 * what is to be taken.
 */
export interface Barrier {
  readonly kind: 'barrier';
  readonly checkpointId: CheckpointId;
  /** Wall-clock milliseconds of the trigger. */
  readonly timestamp: number;
  readonly location: LocationReference;
  /** As the coordinator sent them: channels cannot become part of a snapshot here, so tasks always align. */
  readonly options: SnapshotOptions;
}

/** No records follow; barriers still do, for the sender stays alive. */
export interface EndOfData {
  readonly kind: 'endOfData';
}

export type StreamElement = RecordBatch | Barrier | EndOfData;
