/** How many checkpoints and savepoints there were, over the whole life of the job (C-221). */

/** `total` is always `inProgress + completed + failed`; restores are counted apart. */
export interface CheckpointCounts {
  readonly restored: number;
  readonly total: number;
  readonly inProgress: number;
  readonly completed: number;
  readonly failed: number;
}

export const noCounts: CheckpointCounts = { restored: 0, total: 0, inProgress: 0, completed: 0, failed: 0 };

export const countRestored = (counts: CheckpointCounts): CheckpointCounts => ({
  ...counts,
  restored: counts.restored + 1,
});

export const countTriggered = (counts: CheckpointCounts): CheckpointCounts => ({
  ...counts,
  total: counts.total + 1,
  inProgress: counts.inProgress + 1,
});

/**
 * One has ended. One that was not known to be in flight (it failed before it began, or its beginning is forgotten)
 * counts as begun and ended at once: what is in progress is never counted down for it.
 */
export const countEnded = (
  counts: CheckpointCounts,
  how: 'completed' | 'failed',
  wasInFlight: boolean,
): CheckpointCounts => {
  const begun = wasInFlight ? counts : countTriggered(counts);
  return { ...begun, inProgress: begun.inProgress - 1, [how]: begun[how] + 1 };
};
