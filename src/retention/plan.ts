/** Policies → plan: which completed checkpoints go, and the clause that decided. Deletes nothing. */
import { isKept, type RetentionPolicy, type TerminalStatus } from './policy.ts';

/** A completed checkpoint as far as retention must know it. */
export interface Retainable {
  readonly checkpointId: number;
  /** The policy it was made under; a changed configuration affects only new checkpoints (C-285). */
  readonly retention: RetentionPolicy;
}

export interface PlannedFate {
  readonly checkpointId: number;
  /** Said to people who ask why: `1 newer checkpoint retained`. */
  readonly clause: string;
}

export interface RetentionPlan {
  readonly discard: readonly PlannedFate[];
  readonly keep: readonly PlannedFate[];
}

/** With one more, in ascending order of ids: a checkpoint may complete after a newer one (C-107). */
export const inserted = <Entry extends Pick<Retainable, 'checkpointId'>>(
  completed: readonly Entry[],
  entry: Entry,
): Entry[] => {
  const newer = completed.findIndex(({ checkpointId }) => checkpointId > entry.checkpointId);
  return newer < 0 ? [...completed, entry] : completed.toSpliced(newer, 0, entry);
};

/** The newest `retainedMax` stay; the newest one always stays (C-127, C-129). `completed` is in ascending order. */
export const planSubsumption = (completed: readonly Retainable[], retainedMax: number): RetentionPlan => {
  const firstKept = Math.max(0, completed.length - Math.max(1, retainedMax));
  const fate = ({ checkpointId }: Retainable, index: number): PlannedFate => ({
    checkpointId,
    clause: `${completed.length - 1 - index} newer, ${retainedMax} retained`,
  });
  const fates = completed.map(fate);
  return { discard: fates.slice(0, firstKept), keep: fates.slice(firstKept) };
};

/** The matrix of C-144: each checkpoint by the policy it was made under, a suspended job keeps all. */
export const planTermination = (completed: readonly Retainable[], status: TerminalStatus): RetentionPlan => {
  const discard: PlannedFate[] = [];
  const keep: PlannedFate[] = [];
  for (const { checkpointId, retention } of completed) {
    (isKept(retention, status) ? keep : discard).push({ checkpointId, clause: `${retention} on ${status}` });
  }
  return { discard, keep };
};
