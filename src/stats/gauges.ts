/** The gauges Flink registers for a job's checkpoints (C-230), by its names. */
import { endToEndDurationMs } from './history.ts';
import type { CheckpointStatistics } from './statistics.ts';

/** Sizes in bytes, times in ms. "Last" is what completed last, savepoints included; -1 and `n/a`: there is none. */
export interface CheckpointGauges {
  readonly totalNumberOfCheckpoints: number;
  readonly numberOfInProgressCheckpoints: number;
  readonly numberOfCompletedCheckpoints: number;
  readonly numberOfFailedCheckpoints: number;
  readonly lastCheckpointRestoreTimestamp: number;
  readonly lastCheckpointSize: number;
  readonly lastCheckpointFullSize: number;
  readonly lastCheckpointMetadataSize: number;
  readonly lastCheckpointDuration: number;
  readonly lastCheckpointProcessedData: number;
  readonly lastCheckpointPersistedData: number;
  readonly lastCheckpointExternalPath: string;
  readonly lastCompletedCheckpointId: number;
  readonly lastCheckpointCompletedTimestamp: number;
}

/** The gauges as they stand. */
export const checkpointGauges = (statistics: CheckpointStatistics): CheckpointGauges => {
  const { counts, initializedAt, lastReported: last } = statistics;
  return {
    totalNumberOfCheckpoints: counts.total,
    numberOfInProgressCheckpoints: counts.inProgress,
    numberOfCompletedCheckpoints: counts.completed,
    numberOfFailedCheckpoints: counts.failed,
    lastCheckpointRestoreTimestamp: initializedAt ?? -1,
    lastCheckpointSize: last?.checkpointedSizeBytes ?? -1,
    lastCheckpointFullSize: last?.stateSizeBytes ?? -1,
    lastCheckpointMetadataSize: last?.metadataSizeBytes ?? -1,
    lastCheckpointDuration: last === undefined ? -1 : endToEndDurationMs(last),
    lastCheckpointProcessedData: last?.processedBytes ?? -1,
    lastCheckpointPersistedData: last?.persistedBytes ?? -1,
    lastCheckpointExternalPath: last?.externalPointer ?? 'n/a',
    lastCompletedCheckpointId: last?.checkpointId ?? -1,
    lastCheckpointCompletedTimestamp: last?.acknowledgedAt ?? -1,
  };
};
