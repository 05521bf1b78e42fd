/** What an embedder hands in, and what it gets back. */
import type { ConfigurationGiven } from '../core/configuration.ts';
import type { DiscardPlanned, JobFailureRequired } from '../core/facts/fact.ts';
import type { JobGraph } from '../core/job-graph.ts';
import type { Journal } from '../journal/journal.ts';
import type { CheckpointId, JobId, Slot } from '../state/ids.ts';
import type { CheckpointStorage } from '../storage/storage.ts';
import type { TaskGateway } from '../tasks/gateway.ts';
import type { Inspect } from './actors.ts';
import type { Clock } from './clock.ts';
import type { JournalRetention } from './journal-keeper.ts';
import type { MasterHookSource } from './master-hooks.ts';
import type { OperatorCoordinator } from './operator-coordinator.ts';
import type { Random } from './random.ts';
import type { CheckpointListener } from './statistics-desk.ts';

export interface CoordinatorOptions {
  readonly jobId: JobId;
  /** Must be the one the job was started with. */
  readonly jobGraph: JobGraph;
  /** How to reach the tasks, and the stream of what they say. */
  readonly tasks: TaskGateway;
  /** The caller opens it and closes it after the coordinator. */
  readonly journal: Journal;
  readonly storage: CheckpointStorage;
  /** Options, or the report on them that `configurationFrom` has given. */
  readonly configuration?: ConfigurationGiven | undefined;
  /**
   * Called when the job has to fail because too many checkpoints failed in a row (`tolerableFailed`), or because an
   * operator coordinator threw while it was asked: fail it as when a
   * task fails, and report RESTARTING or its end. Called again by every later coordinator until one of these has been
   * reported, and then possibly before it has opened.
   */
  readonly onJobFailure?: ((failure: JobFailureRequired) => void) | undefined;
  readonly journalRetention?: JournalRetention | undefined;
  /** Commands decided in one block, at most; default and maximum 4 096. With 1 every decision is a block of its own. */
  readonly blockCommandsMax?: number | undefined;
  /** At most one for an operator; each is asked for its state before hooks and tasks. */
  readonly operatorCoordinators?: readonly OperatorCoordinator[] | undefined;
  /** Hooks, or the functions that load them; each is called behind the operator coordinators and before the tasks. */
  readonly masterHooks?: readonly MasterHookSource[] | undefined;
  /** Hears when checkpoints end, and their spans and events. */
  readonly listener?: CheckpointListener | undefined;
  /** Any XState inspector. */
  readonly inspect?: Inspect | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** What opening found, for people and for the job manager. */
export interface Recovery {
  /** The number of this reign; 1 for a new job. */
  readonly term: number;
  readonly isNew: boolean;
  /** Checkpoints in flight that go on under their ids. */
  readonly resumed: readonly {
    readonly checkpointId: CheckpointId;
    readonly acknowledged: number;
    readonly total: number;
  }[];
  /** Checkpoints that were in flight and lost a task. */
  readonly aborted: readonly CheckpointId[];
  /** The checkpoint at the end of all input, if it is complete already: nothing is left to commit behind it. */
  readonly endOfData: CheckpointId | undefined;
  /** Tasks found alive. */
  readonly living: number;
}

/** State for new attempts. */
export interface RestoredState {
  /** Undefined: there is no checkpoint yet, the attempts start empty. */
  readonly checkpointId: CheckpointId | undefined;
  /** The directory relative handles resolve against. */
  readonly exclusive: string | undefined;
  /** One subtask entry per operator of the attempt's vertex, in chain order; no entry for a task without state. */
  readonly slices: ReadonlyMap<Slot, readonly Uint8Array[]>;
}

/** A checkpoint or savepoint that is complete and durable. */
export interface FinalizedCheckpoint {
  readonly checkpointId: CheckpointId;
  readonly externalPointer: string;
}

/**
 * Something that failed without stopping the coordinator: a discard or housekeeping that is tried again, a message that
 * found the inbox full, frames that were refused, an operator coordinator that threw at a notice, a master hook that
 * cannot be closed, an embedder that threw when it was told to fail the job, a listener that threw.
 */
export interface Problem {
  readonly what:
    | 'discard'
    | 'housekeeping'
    | 'inbox'
    | 'frames'
    | 'operatorCoordinator'
    | 'masterHook'
    | 'jobFailure'
    | 'listener';
  readonly message: string;
  readonly planned?: DiscardPlanned | undefined;
}

/** How a coordinator ended. */
export interface Ended {
  readonly how: 'closed' | 'fenced' | 'stopped';
  readonly error?: Error | undefined;
}
