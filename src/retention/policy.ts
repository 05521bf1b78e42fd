/** What happens to completed checkpoints when the job ends: Flink's three policies (C-019, C-145 … C-146). */

export const retentionPolicies = [
  'NEVER_RETAIN_AFTER_TERMINATION',
  'RETAIN_ON_FAILURE',
  'RETAIN_ON_CANCELLATION',
] as const;

export type RetentionPolicy = (typeof retentionPolicies)[number];

/** The policy behind each word that says one: Flink's three words for users, and the policies' own names (C-019). */
export const policyOfWord: Readonly<Record<string, RetentionPolicy>> = {
  NO_EXTERNALIZED_CHECKPOINTS: 'NEVER_RETAIN_AFTER_TERMINATION',
  DELETE_ON_CANCELLATION: 'RETAIN_ON_FAILURE',
  RETAIN_ON_CANCELLATION: 'RETAIN_ON_CANCELLATION',
  NEVER_RETAIN_AFTER_TERMINATION: 'NEVER_RETAIN_AFTER_TERMINATION',
  RETAIN_ON_FAILURE: 'RETAIN_ON_FAILURE',
};

/**
 * The policy that took the place of the settings of Flink before 1.5, whether checkpoints are externalized and whether
 * they go on cancellation (C-148).
 */
export const policyOfExternalization = (
  externalize: boolean,
  deleteOnCancellation: boolean,
): RetentionPolicy => {
  if (!externalize) return 'NEVER_RETAIN_AFTER_TERMINATION';
  return deleteOnCancellation ? 'RETAIN_ON_FAILURE' : 'RETAIN_ON_CANCELLATION';
};

/** A policy as Flink's REST tells it: also one that never retains is said to delete on cancellation (C-032). */
export const externalizationOf = (
  policy: RetentionPolicy,
): { readonly enabled: boolean; readonly deleteOnCancellation: boolean } => ({
  enabled: policy !== 'NEVER_RETAIN_AFTER_TERMINATION',
  deleteOnCancellation: policy !== 'RETAIN_ON_CANCELLATION',
});

/** How a job can end. `SUSPENDED` is the only end that a job comes back from. */
export type TerminalStatus = 'FINISHED' | 'FAILED' | 'CANCELLED' | 'SUSPENDED';

/** When a checkpoint under a policy outlives its job: the rows of Flink's matrix (spec 5.4). */
const keptAtTermination: Readonly<Record<RetentionPolicy, readonly TerminalStatus[]>> = {
  NEVER_RETAIN_AFTER_TERMINATION: [],
  RETAIN_ON_FAILURE: ['FAILED'],
  RETAIN_ON_CANCELLATION: ['FAILED', 'CANCELLED', 'SUSPENDED'],
};

/**
 * True when a checkpoint under this policy outlives such an end. A suspended job whose journal is durable comes back
 * from it, and keeps all (C-141); the column of the matrix is for a journal that dies with the process (C-142).
 */
export const isKept = (policy: RetentionPolicy, status: TerminalStatus, isJournalDurable = true): boolean =>
  (status === 'SUSPENDED' && isJournalDurable) || keptAtTermination[policy].includes(status);
