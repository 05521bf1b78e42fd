/** Policies → plan: which completed checkpoints go, and the clause that decided. Deletes nothing. */
import { isKept, type RetentionPolicy, type TerminalStatus } from './policy.ts';

/** A completed checkpoint as far as retention must know it. */
export interface Retainable {
  readonly checkpointId: number;
  /** The policy it was made under; a changed configuration affects only new checkpoints (C-285). */
  readonly retention: RetentionPolicy;
  /**
   * A savepoint is in the store only after a restore: it counts, may leave at any time, and its files stay (C-133). One
   * that ends the job (`lastSavepoint`) is behind nothing to come: all older ones may leave.
   */
  readonly kind?: 'checkpoint' | 'savepoint' | 'lastSavepoint' | undefined;
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

const isSavepoint = ({ kind = 'checkpoint' }: Retainable): boolean => kind !== 'checkpoint';

/**
 * From the oldest on they leave until `retainedMax` stay (C-127). The newest always stays, and so does the newest
 * checkpoint beside it when the newest is a savepoint, because increments build on it (C-129): so one more than
 * `retainedMax` may stay. `completed` is in ascending order.
 */
export const planSubsumption = (completed: readonly Retainable[], retainedMax: number): RetentionPlan => {
  const newest = completed.at(-1);
  const increments =
    newest?.kind === 'lastSavepoint' ? undefined : completed.findLast((each) => !isSavepoint(each));
  const discard: PlannedFate[] = [];
  const keep: PlannedFate[] = [];
  completed.forEach((each, index) => {
    const { checkpointId } = each;
    const clause = `${completed.length - 1 - index} newer, ${retainedMax} retained`;
    const isOver = completed.length - discard.length > Math.max(1, retainedMax);
    const leaves = isOver && each !== newest && each !== increments;
    (leaves ? discard : keep).push({ checkpointId, clause });
  });
  return { discard, keep };
};

/** Each by the policy it was made under; the files of a savepoint belong to the user and stay (C-133). */
export const planTermination = (
  completed: readonly Retainable[],
  status: TerminalStatus,
  isJournalDurable = true,
): RetentionPlan => {
  const discard: PlannedFate[] = [];
  const keep: PlannedFate[] = [];
  for (const each of completed) {
    const { checkpointId, retention } = each;
    const clause = `${isSavepoint(each) ? 'savepoint' : retention} on ${status}`;
    (isSavepoint(each) || isKept(retention, status, isJournalDurable) ? keep : discard).push({
      checkpointId,
      clause,
    });
  }
  return { discard, keep };
};
