/**
 * Master hooks: what a system beside the job does and saves at each checkpoint, from inside the job manager. They are
 * called behind the operator coordinators and before the tasks, so that a source which is told by its own system to
 * begin a checkpoint cannot be ahead of the coordinators (C-064).
 */
import { messageOf, TidemarkError } from '../errors.ts';
import type { AcknowledgeHooks } from '../core/commands.ts';
import type { MasterState } from '../metadata/model.ts';
import type { CheckpointId } from '../state/ids.ts';

/** State of one hook: it travels in the journal and stands inside the metadata file. */
const HOOK_STATE_BYTES_MAX = 64 * 1024 * 1024;

/** State ↔ bytes of a version. It must read what its older versions wrote. */
export interface VersionedSerializer<State> {
  /** Of the bytes that are written now. */
  readonly version: number;
  readonly serialize: (state: State) => Uint8Array;
  /** @throws whatever says that the bytes, or their version, are not understood. */
  readonly deserialize: (version: number, bytes: Uint8Array) => State;
}

export interface MasterHook<State = unknown> {
  /** Names its state in the metadata file; unique among the hooks of a job. */
  readonly identifier: string;
  /** Absent: the hook has no state. */
  readonly serializer?: VersionedSerializer<State> | undefined;
  /**
   * Called for every checkpoint and savepoint; nothing (also as `null`) is no state. Called again for the same
   * checkpoint after a crash. `timestamp`: wall-clock ms of the trigger, the same that the tasks get.
   */
  readonly triggerCheckpoint: (
    checkpointId: CheckpointId,
    timestamp: number,
  ) => Promise<State | null | undefined> | State | null | undefined;
  /** Tasks start anew from this checkpoint; no state when the checkpoint has none of this hook. */
  readonly restoreCheckpoint?:
    | ((checkpointId: CheckpointId, state: State | undefined) => Promise<void> | void)
    | undefined;
  /** Tasks start anew, and there is no checkpoint. */
  readonly reset?: (() => Promise<void> | void) | undefined;
  /** The coordinator that it was handed in to closes; not called when that is fenced or abandoned. */
  readonly close?: (() => Promise<void> | void) | undefined;
}

/** A hook, or the plain function that loads it when the coordinator is opened. */
// oxlint-disable-next-line typescript/no-explicit-any -- each hook has a state of its own kind
export type AnyMasterHook = MasterHook<any>;
export type MasterHookSource = AnyMasterHook | (() => AnyMasterHook | Promise<AnyMasterHook>);

type Answer = AcknowledgeHooks['states'][number];

/** Loads the hooks; a function that fails is named by its place. @throws CONFIGURATION_INVALID */
export const loadHooks = async (sources: readonly MasterHookSource[]): Promise<readonly AnyMasterHook[]> => {
  const hooks: AnyMasterHook[] = [];
  for (const [index, source] of sources.entries()) hooks.push(await load(source, index));
  const ids = hooks.map(checkedIdentifier);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice === undefined) return hooks;
  throw new TidemarkError('CONFIGURATION_INVALID', `master hook '${twice}' is given twice`, { hook: twice });
};

const load = async (source: MasterHookSource, index: number): Promise<AnyMasterHook> => {
  if (typeof source !== 'function') return source;
  try {
    return await source();
  } catch (error) {
    const text = `master hook ${index} could not be loaded: ${messageOf(error)}`;
    throw new TidemarkError('CONFIGURATION_INVALID', text, {}, { cause: error });
  }
};

/** @throws CONFIGURATION_INVALID for an identifier that names nothing (C-076). */
export const checkedIdentifier = ({ identifier }: AnyMasterHook): string => {
  if (typeof identifier === 'string' && identifier.trim() !== '') return identifier;
  throw new TidemarkError('CONFIGURATION_INVALID', 'The hook has a null or empty id');
};

export class MasterHooks {
  readonly #hooks = new Map<string, AnyMasterHook>();

  constructor(hooks: readonly AnyMasterHook[]) {
    for (const hook of hooks) this.#hooks.set(hook.identifier, hook);
  }

  has(identifier: string): boolean {
    return this.#hooks.has(identifier);
  }

  add(hook: AnyMasterHook): void {
    this.#hooks.set(hook.identifier, hook);
  }

  remove(identifier: string): void {
    this.#hooks.delete(identifier);
  }

  /** Calls the named hooks side by side; rejects with the first failure, in Flink's words (C-064). */
  trigger(
    checkpointId: CheckpointId,
    timestamp: number,
    identifiers: readonly string[],
  ): Promise<readonly Answer[]> {
    return Promise.all(identifiers.map((id) => this.#trigger(id, checkpointId, timestamp)));
  }

  /**
   * Gives every hook its state of a checkpoint; all of it is read before the first hook is called (C-167).
   * @throws HOOK_FAILED in Flink's words.
   */
  async restore(checkpointId: CheckpointId, states: readonly MasterState[]): Promise<void> {
    if (states.length === 0 || this.#hooks.size === 0) return;
    const read = new Map<string, unknown>();
    for (const { name, version, data } of states) read.set(name, this.#read(name, version, data));
    for (const [identifier, hook] of this.#hooks) {
      const message = `Error while restoring checkpoint master hook '${identifier}'`;
      await call(message, identifier, () => hook.restoreCheckpoint?.(checkpointId, read.get(identifier)));
    }
  }

  /** There is no checkpoint to restore (C-166). @throws HOOK_FAILED */
  async reset(): Promise<void> {
    for (const [identifier, hook] of this.#hooks) {
      const message = `Error while resetting checkpoint master hook '${identifier}'`;
      await call(message, identifier, () => hook.reset?.());
    }
  }

  /** Closes every hook, also behind one that fails; answers what failed (C-139). */
  async close(): Promise<readonly TidemarkError[]> {
    const failures: TidemarkError[] = [];
    for (const [identifier, hook] of this.#hooks) {
      const message = `Error while closing checkpoint master hook '${identifier}'`;
      const note = (error: unknown): void => void failures.push(error as TidemarkError);
      await call(message, identifier, () => hook.close?.()).catch(note);
    }
    return failures;
  }

  #read(name: string, version: number, data: Uint8Array): unknown {
    const hook = this.#hooks.get(name);
    if (hook === undefined)
      throw hookFailed(`Found state '${name}' which is not resumed by any hook.`, name, undefined);
    try {
      if (hook.serializer === undefined) throw new Error('the hook creates no serializer');
      return hook.serializer.deserialize(version, data);
    } catch (error) {
      throw hookFailed(`Cannot deserialize state for master hook '${name}'`, name, error);
    }
  }

  async #trigger(identifier: string, checkpointId: CheckpointId, timestamp: number): Promise<Answer> {
    const hook = this.#hooks.get(identifier);
    if (hook === undefined) throw new Error(`Checkpoint master hook '${identifier}' is not there any more`);
    const state = await called(hook, checkpointId, timestamp);
    if (state === undefined || state === null) return { hookId: identifier, version: 0, bytes: undefined };
    const { serializer } = hook;
    if (serializer === undefined)
      throw new Error(`Checkpoint hook '${identifier} is stateful but creates no serializer`);
    try {
      return {
        hookId: identifier,
        version: serializer.version,
        bytes: checkedState(serializer.serialize(state)),
      };
    } catch (error) {
      throw new Error(`Failed to serialize state of master hook '${identifier}'`, { cause: error });
    }
  }
}

/** Told apart: a call that throws, and a promise that is rejected. */
const called = async (
  hook: AnyMasterHook,
  checkpointId: CheckpointId,
  timestamp: number,
): Promise<unknown> => {
  let answer: unknown;
  try {
    answer = hook.triggerCheckpoint(checkpointId, timestamp);
  } catch (error) {
    throw new Error(`Error while triggering checkpoint master hook '${hook.identifier}'`, { cause: error });
  }
  try {
    return await answer;
  } catch (error) {
    throw new Error(`Checkpoint master hook '${hook.identifier}' produced an exception`, { cause: error });
  }
};

const checkedState = (bytes: Uint8Array): Uint8Array => {
  if (!(bytes instanceof Uint8Array)) throw new Error('the serializer made no Uint8Array');
  if (bytes.length <= HOOK_STATE_BYTES_MAX) return bytes;
  throw new Error(`its state of ${bytes.length} bytes exceeds ${HOOK_STATE_BYTES_MAX}`);
};

const hookFailed = (text: string, hook: string, cause: unknown): TidemarkError =>
  new TidemarkError(
    'HOOK_FAILED',
    cause === undefined ? text : `${text}: ${messageOf(cause)}`,
    { hook },
    { cause },
  );

const call = async (text: string, hook: string, work: () => Promise<void> | void): Promise<void> => {
  try {
    await work();
  } catch (error) {
    throw hookFailed(text, hook, error);
  }
};
