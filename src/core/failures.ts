/** Why a checkpoint fails: Flink's closed list of reasons, in its words, and what each means for the job (C-150). */

interface FailureRule {
  /** What people read. */
  readonly text: string;
  /** The checkpoint was never begun. */
  readonly isPreFlight?: true;
  /** It counts towards the failures in a row that a job tolerates. */
  readonly counts?: true;
}

/** The 24 reasons. Exactly five count; pre-flight failures are never a task's (C-151). */
export const failureRules = {
  PERIODIC_SCHEDULER_SHUTDOWN: { text: 'Periodic checkpoint scheduler is shut down.', isPreFlight: true },
  TOO_MANY_CHECKPOINT_REQUESTS: {
    text: 'The maximum number of queued checkpoint requests exceeded',
    isPreFlight: true,
  },
  MINIMUM_TIME_BETWEEN_CHECKPOINTS: {
    text: 'The minimum time between checkpoints is still pending. Checkpoint will be triggered after the minimum time.',
    isPreFlight: true,
  },
  NOT_ALL_REQUIRED_TASKS_RUNNING: {
    text: 'Not all required tasks are currently running.',
    isPreFlight: true,
  },
  IO_EXCEPTION: {
    text: 'An Exception occurred while triggering the checkpoint. IO-problem detected.',
    isPreFlight: true,
    counts: true,
  },
  BLOCKING_OUTPUT_EXIST: { text: 'Blocking output edge exists in running tasks.', isPreFlight: true },
  CHECKPOINT_ASYNC_EXCEPTION: { text: 'Asynchronous task checkpoint failed.', counts: true },
  CHANNEL_STATE_SHARED_STREAM_EXCEPTION: {
    text: 'The checkpoint was aborted due to exception of other subtasks sharing the ChannelState file.',
  },
  CHECKPOINT_EXPIRED: { text: 'Checkpoint expired before completing.', counts: true },
  CHECKPOINT_SUBSUMED: { text: 'Checkpoint has been subsumed.' },
  CHECKPOINT_DECLINED: { text: 'Checkpoint was declined.', counts: true },
  CHECKPOINT_DECLINED_TASK_NOT_READY: { text: 'Checkpoint was declined (tasks not ready)' },
  CHECKPOINT_DECLINED_TASK_CLOSING: { text: 'Checkpoint was declined (task is closing)' },
  CHECKPOINT_DECLINED_SUBSUMED: {
    text: 'Checkpoint was canceled because a barrier from newer checkpoint was received.',
  },
  CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER: {
    text: 'Task received cancellation from one of its inputs',
  },
  CHECKPOINT_DECLINED_INPUT_END_OF_STREAM: {
    text: 'Checkpoint was declined because one input stream is finished',
  },
  CHECKPOINT_COORDINATOR_SHUTDOWN: { text: 'CheckpointCoordinator shutdown.' },
  CHECKPOINT_COORDINATOR_SUSPEND: { text: 'Checkpoint Coordinator is suspending.' },
  JOB_FAILOVER_REGION: { text: 'FailoverRegion is restarting.' },
  TASK_FAILURE: { text: 'Task has failed.' },
  TASK_CHECKPOINT_FAILURE: { text: 'Task local checkpoint failure.' },
  UNKNOWN_TASK_CHECKPOINT_NOTIFICATION_FAILURE: { text: 'Unknown task for the checkpoint to notify.' },
  FINALIZE_CHECKPOINT_FAILURE: { text: 'Failure to finalize checkpoint.', counts: true },
  TRIGGER_CHECKPOINT_FAILURE: { text: 'Trigger checkpoint failure.' },
} as const satisfies Record<string, FailureRule>;

export type FailureReason = keyof typeof failureRules;

/** Reason → text. */
export const failureReasons = Object.fromEntries(
  Object.entries(failureRules).map(([reason, { text }]) => [reason, text]),
) as Readonly<Record<FailureReason, string>>;

/** What a reason means. */
export const failureRule = (reason: FailureReason): FailureRule => failureRules[reason];

/** The reasons a task may decline with. */
export const declineReasons = [
  'CHECKPOINT_DECLINED',
  'CHECKPOINT_DECLINED_TASK_NOT_READY',
  'CHECKPOINT_DECLINED_TASK_CLOSING',
  'CHECKPOINT_DECLINED_SUBSUMED',
  'CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER',
  'CHECKPOINT_DECLINED_INPUT_END_OF_STREAM',
  'CHECKPOINT_ASYNC_EXCEPTION',
  'CHANNEL_STATE_SHARED_STREAM_EXCEPTION',
  'IO_EXCEPTION',
  'TASK_CHECKPOINT_FAILURE',
  'UNKNOWN_TASK_CHECKPOINT_NOTIFICATION_FAILURE',
] as const satisfies readonly FailureReason[];

export type DeclineReason = (typeof declineReasons)[number];
