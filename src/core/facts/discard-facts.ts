/** The facts of what is deleted, and what every fact begins with. */
import type { CheckpointId } from '../../state/ids.ts';
import type { LocationReference, SavepointTarget } from '../../state/location.ts';

export interface At<Type extends string> {
  readonly type: Type;
  readonly at: number;
}

/** What is to be deleted. */
export type DiscardTarget =
  | { readonly kind: 'directory'; readonly location: LocationReference }
  /** The directory of a checkpoint given up before the storage said where it is. */
  | {
      readonly kind: 'unlocated';
      readonly checkpointId: CheckpointId;
      readonly savepoint?: SavepointTarget | undefined;
    }
  | { readonly kind: 'files'; readonly exclusive: string; readonly files: readonly DiscardFile[] }
  /** Files that were shared, by path. */
  | { readonly kind: 'shared'; readonly files: readonly string[] };

/** A file of a handle: relative to the exclusive directory, or absolute. */
export interface DiscardFile {
  readonly path: string;
  readonly isRelative: boolean;
}

export type DiscardCause =
  | 'aborted'
  | 'subsumed'
  | 'terminated'
  | 'lateState'
  | 'unknownAttempt'
  | 'unknownCheckpoint'
  | 'unused';

export interface DiscardPlanned extends At<'discard.planned'> {
  readonly discardId: number;
  readonly checkpointId: CheckpointId;
  readonly cause: DiscardCause;
  readonly clause: string;
  readonly target: DiscardTarget;
}

export interface DiscardConfirmed extends At<'discard.confirmed'> {
  readonly discardId: number;
}

/** What was planned cannot be deleted at once; it goes on being tried, but no request waits for it any more. */
export interface DiscardPostponed extends At<'discard.postponed'> {
  readonly discardId: number;
}
