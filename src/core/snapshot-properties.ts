/** The kinds of snapshots and what each means: for the tasks that take it, for its file, and for who owns it. */
import {
  checkpointPropertiesByPolicy,
  fullCheckpointSnapshot,
  savepointProperties,
  type CheckpointProperties,
  type PostCheckpointAction,
  type SavepointFormatType,
  type SharingFilesStrategy,
} from '../metadata/properties.ts';
import type { RetentionPolicy } from '../retention/policy.ts';

/** What is to be taken (C-033). A full checkpoint refers to no file of an older one. */
export type SnapshotProperties =
  | { readonly type: 'checkpoint' | 'full' }
  | {
      readonly type: 'savepoint';
      /** Whether every state backend can read it, or only the one that wrote it. */
      readonly format: SavepointFormatType;
      /** What the job does once it stands. TERMINATE: all input is let go first. */
      readonly action: PostCheckpointAction;
    };

export const plainCheckpoint: SnapshotProperties = { type: 'checkpoint' };
export const fullCheckpoint: SnapshotProperties = { type: 'full' };
export const plainSavepoint: SnapshotProperties = { type: 'savepoint', format: 'CANONICAL', action: 'NONE' };

export const isSavepoint = ({ type }: SnapshotProperties): boolean => type === 'savepoint';

/** A savepoint that the job ends or halts with: its tasks hold still until it is complete (C-034). */
export const isSynchronous = (snapshot: SnapshotProperties): boolean =>
  snapshot.type === 'savepoint' && snapshot.action !== 'NONE';

const sharing = {
  checkpoint: 'FORWARD_BACKWARD',
  full: 'FORWARD',
  savepoint: 'NO_SHARING',
} as const satisfies Record<SnapshotProperties['type'], SharingFilesStrategy>;

/** Whether its files may be those of older snapshots (backward), and those of later ones its own (forward). */
export const sharingFilesStrategyOf = ({ type }: SnapshotProperties): SharingFilesStrategy => sharing[type];

/** What the metadata file says of a snapshot: its kind, and when it may be deleted (C-035, C-145, C-146). */
export const metadataProperties = (taken: {
  readonly snapshot: SnapshotProperties;
  readonly isForced: boolean;
  readonly retention: RetentionPolicy;
}): CheckpointProperties => {
  const { snapshot, isForced, retention } = taken;
  if (snapshot.type === 'savepoint') {
    const { format, action } = snapshot;
    return savepointProperties({ formatType: format, postCheckpointAction: action, forced: isForced });
  }
  const properties = checkpointPropertiesByPolicy[retention];
  return snapshot.type === 'full' ? { ...properties, snapshot: fullCheckpointSnapshot } : properties;
};
