/** What a task measured of a checkpoint that it did not acknowledge in time. */

/** Durations in ms, sizes in bytes; processed and persisted bytes are -1 where they are not known. */
export interface ReportedMetrics {
  readonly slot: number;
  readonly attempt: number;
  readonly syncDurationMs: number;
  readonly asyncDurationMs: number;
  readonly alignmentDurationMs: number;
  readonly startDelayMs: number;
  readonly processedBytes: number;
  readonly persistedBytes: number;
  readonly isUnaligned: boolean;
  /** Of the state in a late acknowledgement; 0 where there is none. */
  readonly stateSizeBytes: number;
  readonly checkpointedSizeBytes: number;
}
