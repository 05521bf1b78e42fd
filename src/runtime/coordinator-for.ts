/** From a job graph and settings to a coordinator, as Flink's execution graph enables checkpointing. */
import { TidemarkError } from '../errors.ts';
import { checkpointVertices, type CheckpointVertices } from '../core/checkpoint-vertices.ts';
import type {
  CheckpointConfigurationOptions,
  ConfigurationMap,
  ConfigurationReport,
} from '../core/configuration.ts';
import { effectiveConfiguration } from '../core/configuration/effective.ts';
import { givenOptions, type GivenOptions } from '../core/configuration/given-options.ts';
import { namedValue, type Correction } from '../core/configuration/corrections.ts';
import { checkJobGraph, type JobGraph } from '../core/job-graph.ts';
import { checkUnaligned } from '../core/unaligned-graph.ts';
import { retentionPolicies } from '../retention/policy.ts';
import { chooseStorage, storageSource, type StorageFactory } from '../storage/choose.ts';
import type { CheckpointStorage } from '../storage/storage.ts';
import { CheckpointCoordinator } from './coordinator.ts';
import type { CoordinatorOptions } from './options.ts';

/** What the execution graph of Flink takes as well. Nothing goes by these yet: whatever is handed in is refused. */
interface HandedIn {
  readonly statisticsTracker?: undefined;
  readonly completedStore?: undefined;
  readonly checkpointIdCounter?: undefined;
  readonly sharedStateRegistry?: undefined;
  readonly ioParallelismMax?: undefined;
}

const handedInLater: Readonly<Record<keyof HandedIn, string>> = {
  statisticsTracker: 'statistics are folded from the facts; subscribe to facts$ or status$',
  completedStore: 'the journal is the store; hand in a journal',
  checkpointIdCounter: 'the journal counts; hand in a journal',
  sharedStateRegistry: 'shared state is not counted yet',
  ioParallelismMax: 'the number of deletions at work is fixed yet',
};

export interface CoordinatorSettings
  extends Omit<CoordinatorOptions, 'jobGraph' | 'configuration' | 'storage'>, HandedIn {
  /** Options in code. A policy of retention must be said, here or in the map. */
  readonly configuration?: CheckpointConfigurationOptions | undefined;
  /** Keys and values as in Flink's `config.yaml`; what they say counts before the options in code. */
  readonly map?: ConfigurationMap | undefined;
  /** The application's own storage, or how to make it; absent: the configuration decides. */
  readonly storage?: CheckpointStorage | StorageFactory | undefined;
  /** A state backend that is itself a storage counts before all else. */
  readonly stateBackend?: unknown;
  /** Factories by the names that `execution.checkpointing.storage` may have. */
  readonly storageFactories?: Readonly<Record<string, StorageFactory>> | undefined;
  /** Ids of vertices; by default those without inputs. */
  readonly verticesToTrigger?: readonly string[] | undefined;
  /** Ids of vertices; by default all. */
  readonly verticesToWaitFor?: readonly string[] | undefined;
  /** Ids of vertices; by default all. */
  readonly verticesToCommitTo?: readonly string[] | undefined;
}

/** A coordinator that can be opened, with everything decided that needs no journal. */
export interface CoordinatorPlan {
  /** What {@link CheckpointCoordinator.open} takes. */
  readonly options: CoordinatorOptions;
  readonly report: ConfigurationReport;
  readonly vertices: CheckpointVertices;
  /** Opens it. @throws what {@link CheckpointCoordinator.open} throws. */
  open(): Promise<CheckpointCoordinator>;
}

const refuse = (option: string, text: string): never => {
  throw new TidemarkError('CONFIGURATION_INVALID', `${option}: ${text}`, { option });
};

const requireNothingHandedIn = (settings: HandedIn): void => {
  for (const [name, text] of Object.entries(handedInLater)) {
    const given: unknown = settings[name as keyof HandedIn];
    if (given !== undefined) refuse(name, `it cannot be handed in: ${text}`);
  }
};

const requireRetention = ({ options }: GivenOptions): void => {
  if (options.has('retention')) return;
  refuse('retention', `no policy is given; say one of ${retentionPolicies.join(', ')}`);
};

/** The memory of the process has no directories. */
const unusedDirectories = ({ options }: GivenOptions, storage: CheckpointStorage): Correction[] => {
  if (storage.name !== 'jobmanager') return [];
  return (['checkpointDirectory', 'savepointDirectory'] as const).flatMap((name): Correction[] => {
    const given = options.get(name);
    if (given === undefined) return [];
    const reason = 'the chosen storage is the memory of the process, which has no directories';
    return [{ kind: 'noEffect', option: given.name, given: namedValue(given.raw), reason }];
  });
};

const portsOf = (settings: CoordinatorSettings): Omit<CoordinatorOptions, 'jobGraph' | 'storage'> => {
  const { jobId, tasks, journal, journalRetention, blockCommandsMax, inspect, clock, random } = settings;
  const { operatorCoordinators, masterHooks, onJobFailure } = settings;
  return {
    jobId,
    tasks,
    journal,
    journalRetention,
    blockCommandsMax,
    operatorCoordinators,
    masterHooks,
    onJobFailure,
    inspect,
    clock,
    random,
  };
};

const verticesOf = (graph: JobGraph, settings: CoordinatorSettings): CheckpointVertices =>
  checkpointVertices(graph, {
    toTrigger: settings.verticesToTrigger,
    toWaitFor: settings.verticesToWaitFor,
    toCommitTo: settings.verticesToCommitTo,
  });

/**
 * Plans the coordinator of a job: checks graph and settings, chooses the storage and reports on the configuration,
 * without touching journal or tasks. Undefined for a job with a dynamic graph, which has none (C-008).
 * @throws CONFIGURATION_INVALID naming what is wrong and what is accepted.
 */
export const coordinatorFor = (
  jobGraph: JobGraph,
  settings: CoordinatorSettings,
): CoordinatorPlan | undefined => {
  const graph = checkJobGraph(jobGraph);
  if (graph.isDynamic === true) return undefined;
  requireNothingHandedIn(settings);
  const vertices = verticesOf(graph, settings);
  const given = givenOptions(settings.configuration ?? {}, settings.map ?? {});
  requireRetention(given);
  const { jobId, stateBackend, storage: application, storageFactories: factories, random } = settings;
  const isChosen = storageSource({ stateBackend, application }) === 'configuration';
  const { configuration, corrections } = effectiveConfiguration(given, isChosen);
  checkUnaligned(graph, configuration);
  const { storage } = chooseStorage({ jobId, configuration, stateBackend, application, factories, random });
  const unused = isChosen ? unusedDirectories(given, storage) : [];
  const report = { configuration, corrections: [...corrections, ...unused] };
  const options = { ...portsOf(settings), jobGraph: graph, storage, configuration: report };
  return { options, report, vertices, open: () => CheckpointCoordinator.open(options) };
};
