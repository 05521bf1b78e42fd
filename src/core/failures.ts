/** Why a checkpoint fails: Flink's closed list, as far as this coordinator can meet its members (C-150). */

/** Reason → text, and whether the failure happens before the checkpoint exists. Texts are Flink's. */
export const failureReasons = {
  IO_EXCEPTION: 'An Exception occurred while triggering the checkpoint. IO-problem detected.',
  CHECKPOINT_ASYNC_EXCEPTION: 'Asynchronous task checkpoint failed.',
  CHECKPOINT_EXPIRED: 'Checkpoint expired before completing.',
  CHECKPOINT_SUBSUMED: 'Checkpoint has been subsumed.',
  CHECKPOINT_DECLINED: 'Checkpoint was declined.',
  CHECKPOINT_DECLINED_TASK_NOT_READY: 'Checkpoint was declined (tasks not ready)',
  CHECKPOINT_DECLINED_TASK_CLOSING: 'Checkpoint was declined (task is closing)',
  CHECKPOINT_COORDINATOR_SHUTDOWN: 'CheckpointCoordinator shutdown.',
  CHECKPOINT_COORDINATOR_SUSPEND: 'Checkpoint Coordinator is suspending.',
  JOB_FAILOVER_REGION: 'FailoverRegion is restarting.',
  TASK_FAILURE: 'Task has failed.',
  FINALIZE_CHECKPOINT_FAILURE: 'Failure to finalize checkpoint.',
} as const satisfies Record<string, string>;

export type FailureReason = keyof typeof failureReasons;

/** The reasons a task may decline with. */
export const declineReasons = [
  'CHECKPOINT_DECLINED',
  'CHECKPOINT_DECLINED_TASK_NOT_READY',
  'CHECKPOINT_DECLINED_TASK_CLOSING',
  'CHECKPOINT_ASYNC_EXCEPTION',
] as const satisfies readonly FailureReason[];

export type DeclineReason = (typeof declineReasons)[number];
