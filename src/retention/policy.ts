/** What happens to completed checkpoints when the job ends: Flink's three policies (C-019, C-145 … C-146). */

export const retentionPolicies = [
  'NEVER_RETAIN_AFTER_TERMINATION',
  'RETAIN_ON_FAILURE',
  'RETAIN_ON_CANCELLATION',
] as const;

export type RetentionPolicy = (typeof retentionPolicies)[number];

/** How a job can end. `SUSPENDED` is the only end that a job comes back from. */
export type TerminalStatus = 'FINISHED' | 'FAILED' | 'CANCELLED' | 'SUSPENDED';

/** What becomes of a checkpoint under a policy when the job ends; the matrix of C-144 with a durable journal. */
const keptAtTermination: Readonly<Record<RetentionPolicy, readonly TerminalStatus[]>> = {
  NEVER_RETAIN_AFTER_TERMINATION: ['SUSPENDED'],
  RETAIN_ON_FAILURE: ['FAILED', 'SUSPENDED'],
  RETAIN_ON_CANCELLATION: ['FAILED', 'CANCELLED', 'SUSPENDED'],
};

/** True when a checkpoint under this policy outlives such an end. */
export const isKept = (policy: RetentionPolicy, status: TerminalStatus): boolean =>
  keptAtTermination[policy].includes(status);
