/** Output streams into a local file system: metadata published by link, and state in files of random names. */
import { basename, dirname, join } from 'node:path';
import { cleaningUp, cleanUpAfter, explaining, noFreeName, targetExists } from '../failures.ts';
import { childPath, toFileUri } from '../pointer.ts';
import { handleOfFile, joined, nameAttemptsMax, scopeDirectory, type FileNames } from '../state-files.ts';
import type { StreamStateHandle } from '../../state/handles.ts';
import type {
  CheckpointedStateScope,
  CheckpointMetadataOutputStream,
  CheckpointStateOutputStream,
  CompletedCheckpointStorageLocation,
  LocationReference,
} from '../storage.ts';
import { StreamOperations } from '../stream-operations.ts';
import { createFile, linkIfAbsent, localPath, type OutputFile, syncDirectory } from './files.ts';

/** What a metadata stream is for. */
export interface MetadataStreamOptions {
  /** Local path of the file to publish. */
  readonly target: string;
  readonly names: FileNames;
  /** Describes the published file. */
  readonly completedLocation: (target: string, sizeBytes: number) => CompletedCheckpointStorageLocation;
}

/** Opens a temporary file beside the metadata file. What a died process leaves of it goes with the directory. */
export const openMetadataStream = async (
  options: MetadataStreamOptions,
): Promise<CheckpointMetadataOutputStream> => {
  const temporary = () => `._metadata.${options.names()}.tmp`;
  return new MetadataStream(await createUnderFreeName(dirname(options.target), temporary), options);
};

/** Tries names until one is free (C-254). */
const createUnderFreeName = async (
  directory: string,
  names: FileNames,
  first = names(),
): Promise<OutputFile> => {
  let name = first;
  for (let attempts = 0; attempts < nameAttemptsMax; attempts++) {
    const file = await createFile(join(directory, name));
    if (file) return file;
    name = names();
  }
  throw noFreeName(toFileUri(directory));
};

class MetadataStream implements CheckpointMetadataOutputStream {
  readonly #file: OutputFile;
  readonly #target: string;
  readonly #completedLocation: MetadataStreamOptions['completedLocation'];
  readonly #operations: StreamOperations;

  constructor(file: OutputFile, { target, completedLocation }: MetadataStreamOptions) {
    this.#file = file;
    this.#target = target;
    this.#completedLocation = completedLocation;
    this.#operations = new StreamOperations(toFileUri(target));
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#operations.write(() => this.#file.write(bytes));
  }

  closeAndFinalizeCheckpoint(): Promise<CompletedCheckpointStorageLocation> {
    return this.#operations.finish(async () => {
      await cleaningUp(
        () => this.#publish(),
        () => this.#file.discard(),
      );
      await syncDirectory(dirname(this.#target));
      return this.#completedLocation(this.#target, this.#file.sizeBytes);
    });
  }

  close(): Promise<void> {
    return this.#operations.close(() => this.#file.discard());
  }

  /** The content is durable before the name exists; a name that exists is never replaced, as rename would (C-118). */
  async #publish(): Promise<void> {
    await this.#file.sync();
    if ((await linkIfAbsent(this.#file.path, this.#target)) === 'linked') return;
    if (!(await this.#file.isSameAs(this.#target))) throw targetExists(toFileUri(this.#target));
  }
}

/** What a state stream is for. */
export interface StateStreamOptions {
  readonly reference: LocationReference;
  readonly scope: CheckpointedStateScope;
  readonly names: FileNames;
  readonly inlineThresholdBytes: number;
}

/** A stream that keeps state in memory up to the inline threshold and in a file beyond it (C-251). */
export class StateStream implements CheckpointStateOutputStream {
  readonly #options: StateStreamOptions;
  /** The name the file gets if it comes to one; inline state carries it too. */
  readonly #name: string;
  readonly #operations: StreamOperations;
  #inline: Uint8Array[] = [];
  #sizeBytes = 0;
  #file: OutputFile | undefined;

  constructor(options: StateStreamOptions) {
    this.#options = options;
    this.#name = options.names();
    this.#operations = new StreamOperations(this.#path);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#operations.write(async () => {
      this.#sizeBytes += bytes.length;
      if (this.#sizeBytes <= this.#options.inlineThresholdBytes) this.#inline.push(bytes.slice());
      else await (await this.#openFile()).write(bytes);
    });
  }

  closeAndGetHandle(): Promise<StreamStateHandle | undefined> {
    return this.#operations.finish(async () => {
      if (this.#sizeBytes === 0) return undefined;
      if (this.#file) return this.#commit(this.#file);
      return { kind: 'byteStream', name: this.#path, data: joined(this.#inline) };
    });
  }

  close(): Promise<void> {
    return this.#operations.close(async () => this.#file?.discard());
  }

  get #directory(): string {
    return scopeDirectory(this.#options.reference, this.#options.scope);
  }

  get #path(): string {
    return childPath(this.#directory, this.#name);
  }

  async #openFile(): Promise<OutputFile> {
    if (this.#file) return this.#file;
    this.#file = await createUnderFreeName(localPath(this.#directory), this.#options.names, this.#name);
    for (const bytes of this.#inline) await this.#file.write(bytes);
    this.#inline = [];
    return this.#file;
  }

  async #commit(file: OutputFile): Promise<StreamStateHandle> {
    const path = toFileUri(file.path);
    await explaining(
      `Could not flush and close the file system output stream to ${path} in order to obtain the stream state handle`,
      () => this.#makeDurable(file).catch((error: unknown) => cleanUpAfter(error, () => file.discard())),
    );
    return handleOfFile(this.#options.reference, this.#options.scope, basename(file.path), this.#sizeBytes);
  }

  async #makeDurable(file: OutputFile): Promise<void> {
    await file.sync();
    await file.close();
    await syncDirectory(dirname(file.path));
  }
}
