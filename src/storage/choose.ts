/** Which storage a job gets: by what the application hands in, else by configuration (C-022 … C-025). */
import { isTidemarkError, messageOf, TidemarkError } from '../errors.ts';
import type { CheckpointConfiguration } from '../core/configuration.ts';
import type { JobId } from '../state/ids.ts';
import { fileSystemStorage } from './filesystem/storage.ts';
import { checkedBase } from './layout.ts';
import { memoryStorage } from './memory/storage.ts';
import { parsePath } from './pointer.ts';
import type { RandomIntegers } from './state-files.ts';
import type { CheckpointStorage } from './storage.ts';

/** Makes a storage from the configuration in force. */
export type StorageFactory = (configuration: CheckpointConfiguration) => CheckpointStorage;

export interface StorageChoice {
  readonly jobId: JobId;
  readonly configuration: CheckpointConfiguration;
  /** A state backend that is itself a storage counts before all else; any other one says nothing here. */
  readonly stateBackend?: unknown;
  /** The application's own storage, or how to make it. */
  readonly application?: CheckpointStorage | StorageFactory | undefined;
  /** Factories by the names that `execution.checkpointing.storage` may have besides Flink's two. */
  readonly factories?: Readonly<Record<string, StorageFactory>> | undefined;
  /** Draws file names; by default the machine's own randomness. */
  readonly random?: RandomIntegers | undefined;
}

/** What decided. */
export type StorageSource = 'stateBackend' | 'application' | 'configuration';

export interface ChosenStorage {
  readonly storage: CheckpointStorage;
  readonly source: StorageSource;
}

const STORAGE_KEY = 'execution.checkpointing.storage';
const DIRECTORY_KEY = 'execution.checkpointing.dir';
const SAVEPOINT_KEY = 'execution.checkpointing.savepoint-dir';

const refused = (text: string, option: string, value?: string, cause?: unknown): TidemarkError =>
  new TidemarkError('CONFIGURATION_INVALID', text, { option, value }, { cause });

const isStorage = (value: unknown): value is CheckpointStorage =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<CheckpointStorage>).initializeLocationForCheckpoint === 'function';

/** Who decides about the storage, before anything is made. */
export const storageSource = ({ stateBackend, application }: Partial<StorageChoice>): StorageSource => {
  if (isStorage(stateBackend)) return 'stateBackend';
  return application === undefined ? 'configuration' : 'application';
};

/** Flink's words for what goes wrong while a storage is made from configuration, with the cause's own. */
const building = (work: () => CheckpointStorage): CheckpointStorage => {
  try {
    return work();
  } catch (error) {
    const text = `Invalid configuration for the state backend: ${messageOf(error)}`;
    throw refused(
      text,
      isTidemarkError(error) ? String(error.detail['option']) : STORAGE_KEY,
      undefined,
      error,
    );
  }
};

const requirePath = (key: string, value: string | undefined): void => {
  if (value === undefined || parsePath(value) !== undefined) return;
  throw refused(`Cannot parse value for ${key} . Not a valid path.`, key, value);
};

const fileSystem = ({ configuration, random }: StorageChoice): CheckpointStorage => {
  const { checkpointDirectory, savepointDirectory, inlineThresholdBytes } = configuration;
  if (checkpointDirectory === undefined) {
    const missing = `The configuration does not specify the checkpoint directory '${DIRECTORY_KEY}'`;
    throw refused(`Cannot create the file system state backend: ${missing}`, DIRECTORY_KEY);
  }
  requirePath(DIRECTORY_KEY, checkpointDirectory);
  requirePath(SAVEPOINT_KEY, savepointDirectory);
  return building(() => {
    const checkpoints = checkedBase(DIRECTORY_KEY, checkpointDirectory, 'file');
    const savepoints =
      savepointDirectory === undefined ? undefined : checkedBase(SAVEPOINT_KEY, savepointDirectory, 'file');
    return fileSystemStorage({ checkpoints, savepoints, inlineThresholdBytes, random });
  });
};

const inMemory = ({ configuration, random }: StorageChoice): CheckpointStorage =>
  building(() => memoryStorage({ inlineThresholdBytes: configuration.inlineThresholdBytes, random }));

const fromFactory = (name: string, choice: StorageChoice): CheckpointStorage => {
  const { factories = {}, configuration } = choice;
  if (!Object.hasOwn(factories, name)) {
    throw refused(`Cannot find configured state backend factory class: ${name}`, STORAGE_KEY, name);
  }
  const factory: unknown = factories[name];
  const storage =
    typeof factory === 'function' ? building(() => (factory as StorageFactory)(configuration)) : undefined;
  if (isStorage(storage)) return storage;
  const text = `The class configured under '${STORAGE_KEY}' is not a valid checkpoint storage factory (${name})`;
  throw refused(text, STORAGE_KEY, name);
};

const configured = (choice: StorageChoice): CheckpointStorage => {
  const { storage, checkpointDirectory } = choice.configuration;
  const name = storage ?? (checkpointDirectory === undefined ? 'jobmanager' : 'filesystem');
  if (name.toLowerCase() === 'jobmanager') return inMemory(choice);
  return name.toLowerCase() === 'filesystem' ? fileSystem(choice) : fromFactory(name, choice);
};

const ofApplication = ({ application, configuration, jobId }: StorageChoice): CheckpointStorage => {
  const TEXT = 'Could not deserialize application-defined state backend.';
  try {
    const storage: unknown = typeof application === 'function' ? application(configuration) : application;
    if (isStorage(storage)) return storage;
  } catch (error) {
    const text = `${TEXT} Job ${jobId}: ${messageOf(error)}`;
    throw new TidemarkError('CONFIGURATION_INVALID', text, { option: 'storage', jobId }, { cause: error });
  }
  const text = `${TEXT} Job ${jobId}: what was handed in is no checkpoint storage`;
  throw new TidemarkError('CONFIGURATION_INVALID', text, { option: 'storage', jobId });
};

/**
 * Chooses in Flink's order: a state backend that is a storage, the application's storage, the configured one, and
 * without a word the file system if a directory is configured, else the memory of the process (C-024).
 * @throws CONFIGURATION_INVALID with Flink's texts, naming the job when the application's storage cannot be made.
 */
export const chooseStorage = (choice: StorageChoice): ChosenStorage => {
  const source = storageSource(choice);
  if (source === 'stateBackend') return { storage: choice.stateBackend as CheckpointStorage, source };
  const storage = source === 'application' ? ofApplication(choice) : configured(choice);
  return { storage, source };
};
