/**
 * The storage port: where checkpoints live. It started from Flink's change FLINK-5823, in which the storage took over
 * the metadata; names are those of that change. One folder per backend, one contract suite for all.
 *
 * Pointers and paths are URIs as Flink prints them (`file:/data/checkpoints/<job>/chk-7`).
 */
import type { CheckpointId, JobId } from '../state/ids.ts';
import type { StreamStateHandle } from '../state/handles.ts';
import type { LocationReference, SavepointTarget } from '../state/location.ts';

export type { LocationReference, SavepointTarget };

/** Whose files a state stream writes: a checkpoint's own, or those shared between checkpoints. */
export type CheckpointedStateScope = 'EXCLUSIVE' | 'SHARED';

/** The coordinator's view of one checkpoint's place. */
export interface CheckpointStorageLocation {
  readonly reference: LocationReference;
  createMetadataOutputStream(): Promise<CheckpointMetadataOutputStream>;
  /**
   * Removes everything in the exclusive directory, and the directory. Idempotent: what is gone already is success.
   * Shared files are left alone.
   */
  dispose(): Promise<void>;
}

/**
 * Writes one `_metadata` file. Readers never see a partial file: it appears whole with
 * {@link closeAndFinalizeCheckpoint} or not at all.
 */
export interface CheckpointMetadataOutputStream {
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Publishes the file by create-if-absent and resolves once it is durable. A file with the same bytes already there is
   * success (a repeated write after a crash).
   * @throws STORAGE_CONFLICT "Target file <path> already exists." when other bytes stand there (C-118).
   * @throws STORAGE_STREAM_CLOSED after close or finalising.
   */
  closeAndFinalizeCheckpoint(): Promise<CompletedCheckpointStorageLocation>;
  /** Without finalising first: gives up and removes what was written (C-241). Idempotent. */
  close(): Promise<void>;
}

/** A checkpoint that can be restored from. */
export interface CompletedCheckpointStorageLocation {
  /** Flink's external pointer: the qualified exclusive directory (C-260). */
  readonly externalPointer: string;
  /** The whole `_metadata` file. */
  readMetadata(): Promise<Uint8Array>;
  /** Length of the `_metadata` file. */
  readonly metadataSizeBytes: number;
  dispose(): Promise<void>;
}

/** Where a task writes one piece of state of one checkpoint. */
export interface CheckpointStateOutputStream {
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Nothing written: undefined. At most the inline threshold: a byte-stream handle. More: a file handle, relative in
   * the exclusive scope, absolute in the shared one (C-251, C-253). The file is durable when this resolves.
   */
  closeAndGetHandle(): Promise<StreamStateHandle | undefined>;
  /** Before {@link closeAndGetHandle}: deletes what was written (C-255). Idempotent. */
  close(): Promise<void>;
}

/** The task's view: state streams of one checkpoint, and reading state back. */
export interface CheckpointStreamFactory {
  createCheckpointStateOutputStream(scope: CheckpointedStateScope): Promise<CheckpointStateOutputStream>;
}

export interface CheckpointStorage {
  /** `filesystem` or `jobmanager` (the memory backend), for people. */
  readonly name: string;
  /** Where a savepoint without a target goes; undefined when none is configured (C-247). */
  readonly defaultSavepointBase?: string | undefined;
  /** Creates `shared` and `taskowned` of the job (C-244). Idempotent. */
  initializeBaseLocations(jobId: JobId): Promise<void>;
  /**
   * Creates `chk-<id>` in the directories {@link initializeBaseLocations} made. An existing empty one is accepted (this
   * call repeated after a crash), one that holds anything is STORAGE_CONFLICT (C-245 [B]).
   */
  initializeLocationForCheckpoint(jobId: JobId, id: CheckpointId): Promise<CheckpointStorageLocation>;
  /** Creates the savepoint's directory. Idempotent for the same target. */
  initializeLocationForSavepoint(target: SavepointTarget): Promise<CheckpointStorageLocation>;
  /** The location a reference describes, without creating anything: how recovery and discards find it again. */
  locationOf(reference: LocationReference): CheckpointStorageLocation;
  /** The task's side of a location. */
  streamFactory(reference: LocationReference): CheckpointStreamFactory;
  /**
   * The bytes behind a handle, of a segment its part of the file; relative handles resolve against `exclusive`.
   * @throws STORAGE_UNAVAILABLE naming the file when it cannot be read, is shorter than the handle says, or when a
   *   segment has no length.
   */
  readState(handle: StreamStateHandle, exclusive: string): Promise<Uint8Array>;
  /**
   * Deletes single files of late or refused state; a file that is gone is success (C-257). Relative paths resolve
   * against `exclusive`.
   */
  deleteFiles(handles: readonly StreamStateHandle[], exclusive: string): Promise<void>;
  /**
   * Finds a completed checkpoint by pointer: a directory, or the metadata file under any name (C-259 … C-261).
   * @throws POINTER_INVALID with Flink's four texts.
   */
  resolveCheckpoint(pointer: string): Promise<CompletedCheckpointStorageLocation>;
  /** Ids of the job's checkpoints whose `_metadata` exists, ascending. */
  completedCheckpoints(jobId: JobId): Promise<readonly CheckpointId[]>;
}
