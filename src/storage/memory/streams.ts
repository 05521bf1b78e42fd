/** Output streams into memory: metadata that appears whole, and state inline or as a file of a random name. */
import { TidemarkError } from '../../errors.ts';
import type { StreamStateHandle } from '../../state/handles.ts';
import { noFreeName, storageUnavailable, targetExists } from '../failures.ts';
import { childPath, fileNameOf, parentPath } from '../pointer.ts';
import { handleOfFile, joined, nameAttemptsMax, scopeDirectory, type FileNames } from '../state-files.ts';
import type {
  CheckpointedStateScope,
  CheckpointMetadataOutputStream,
  CheckpointStateOutputStream,
  CompletedCheckpointStorageLocation,
  LocationReference,
} from '../storage.ts';
import { StreamOperations } from '../stream-operations.ts';
import { isSameContent, type MemoryFiles, memoryPath, memoryRoot } from './files.ts';

/** What a metadata stream is for. */
export interface MetadataStreamOptions {
  readonly files: MemoryFiles;
  /** Path of the file to publish. */
  readonly target: string;
  /** Describes the published file. */
  readonly completedLocation: (
    files: MemoryFiles,
    target: string,
    sizeBytes: number,
  ) => CompletedCheckpointStorageLocation;
}

/** Refuses at once when the directory is gone, as a disk would. */
export const openMetadataStream = (options: MetadataStreamOptions): CheckpointMetadataOutputStream => {
  if (!options.files.isDirectory(parentPath(options.target) ?? memoryRoot)) {
    throw storageUnavailable('open', options.target, 'ENOENT');
  }
  return new MetadataStream(options);
};

class MetadataStream implements CheckpointMetadataOutputStream {
  readonly #options: MetadataStreamOptions;
  readonly #operations: StreamOperations;
  #written: Uint8Array[] = [];

  constructor(options: MetadataStreamOptions) {
    this.#options = options;
    this.#operations = new StreamOperations(options.target);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#operations.write(async () => {
      this.#written.push(bytes.slice());
    });
  }

  closeAndFinalizeCheckpoint(): Promise<CompletedCheckpointStorageLocation> {
    return this.#operations.finish(async () => {
      const { files, target, completedLocation } = this.#options;
      const bytes = joined(this.#written);
      if (!files.create(target, bytes) && !isSameContent(files.read(target), bytes))
        throw targetExists(target);
      return completedLocation(files, target, bytes.length);
    });
  }

  close(): Promise<void> {
    return this.#operations.close(async () => {
      this.#written = [];
    });
  }
}

/** What a state stream is for. */
export interface StateStreamOptions {
  readonly files: MemoryFiles;
  readonly reference: LocationReference;
  readonly scope: CheckpointedStateScope;
  readonly names: FileNames;
  readonly inlineThresholdBytes: number;
  readonly maxStateSizeBytes: number;
}

/** A stream whose file exists, empty, from the moment the state outgrows the inline threshold, as on a disk. */
export class StateStream implements CheckpointStateOutputStream {
  readonly #options: StateStreamOptions;
  readonly #operations: StreamOperations;
  #path: string;
  #hasFile = false;
  #written: Uint8Array[] = [];
  #sizeBytes = 0;

  constructor(options: StateStreamOptions) {
    this.#options = options;
    this.#path = this.#drawPath();
    this.#operations = new StreamOperations(this.#path);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#operations.write(async () => {
      this.#sizeBytes += bytes.length;
      if (this.#sizeBytes > this.#options.maxStateSizeBytes)
        throw stateTooLarge(this.#sizeBytes, this.#options);
      if (this.#sizeBytes > this.#options.inlineThresholdBytes && !this.#hasFile) this.#createFile();
      this.#written.push(bytes.slice());
    });
  }

  closeAndGetHandle(): Promise<StreamStateHandle | undefined> {
    return this.#operations.finish(async () => {
      if (this.#sizeBytes === 0) return undefined;
      const data = joined(this.#written);
      if (!this.#hasFile) return { kind: 'byteStream', name: this.#path, data };
      const { files, reference, scope } = this.#options;
      files.replace(this.#path, data);
      return handleOfFile(reference, scope, fileNameOf(this.#path), data.length);
    });
  }

  close(): Promise<void> {
    return this.#operations.close(async () => {
      this.#written = [];
      if (this.#hasFile) this.#options.files.remove(this.#path);
    });
  }

  #drawPath(): string {
    const { reference, scope, names } = this.#options;
    return childPath(memoryPath(scopeDirectory(reference, scope)), names());
  }

  /** Tries names until one is free (C-254). */
  #createFile(): void {
    for (let attempts = 0; attempts < nameAttemptsMax; attempts++) {
      if (attempts > 0) this.#path = this.#drawPath();
      this.#hasFile = this.#options.files.create(this.#path, new Uint8Array());
      if (this.#hasFile) return;
    }
    throw noFreeName(parentPath(this.#path) ?? memoryRoot);
  }
}

/** C-256. */
const stateTooLarge = (sizeBytes: number, { maxStateSizeBytes }: StateStreamOptions): TidemarkError =>
  new TidemarkError(
    'STATE_TOO_LARGE',
    `Size of the state is larger than the maximum permitted memory-backed state. Size=${sizeBytes}, maxSize=${maxStateSizeBytes}. Consider using a different checkpoint storage, like the FileSystemCheckpointStorage.`,
    { sizeBytes, maxStateSizeBytes },
  );
