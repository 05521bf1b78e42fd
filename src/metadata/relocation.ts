/** What a metadata file says after the files it refers to have been copied to another directory. */
import { assertNever } from '../errors.ts';
import type {
  KeyedStateHandle,
  LocalFileHandle,
  OperatorStateHandle,
  OperatorSubtaskState,
  StoredTexts,
  StreamStateHandle,
} from '../state/handles.ts';
import { flinkRelativePath } from './flink-path.ts';
import type { CheckpointMetadata, OperatorState, SubtaskEntry } from './model.ts';
import { pathRelocation } from './path-relocation.ts';
import type { Relocation, RelocatePath } from './path-relocation.ts';

/** A model in its new place, and what was done for it. */
export interface RelocatedMetadata {
  /** What did not change is the very same object as before, in the same order. */
  readonly model: CheckpointMetadata;
  /** How many paths were rewritten, one for each handle; two for the directories of a merged operator state. */
  readonly moved: number;
  /** Those paths as they were and as they are, each once, in the order of the file. */
  readonly paths: readonly { readonly before: string; readonly after: string }[];
  /** Absolute paths outside `from`, each once, in the order of the file: shared with other checkpoints, or lost. */
  readonly kept: readonly string[];
  /** How many of the rewritten paths spelled the directory otherwise than `from` does. */
  readonly respelled: number;
  /**
   * Relocating the model from `to` to `from` gives the first one again, to the letter. Not so when a path was
   * respelled, or when a path that was kept lies in `to`, because it would move too.
   */
  readonly isReversible: boolean;
}

type Change<T> = (value: T) => T;

/** The same list if no element changes. */
const changedList = <T>(list: readonly T[], change: Change<T>): readonly T[] => {
  const changed = list.map(change);
  return changed.every((element, index) => element === list[index]) ? list : changed;
};

/** The same object if none of the parts differs. */
const withParts = <T extends object>(whole: T, parts: Partial<T>): T => {
  const changed = Object.entries(parts).filter(([key, part]) => part !== whole[key as keyof T]);
  return changed.length === 0 ? whole : { ...whole, ...Object.fromEntries(changed) };
};

const optionally =
  <T>(change: Change<T>): Change<T | undefined> =>
  (value) =>
    value === undefined ? undefined : change(value);

/** Walks a model once and remembers what it met. */
class Relocator {
  readonly #relocate: RelocatePath;
  readonly #paths = new Map<string, string>();
  readonly #kept = new Set<string>();
  readonly #entries = new Map<SubtaskEntry, SubtaskEntry>();
  #moved = 0;
  #respelled = 0;

  constructor(relocation: Relocation) {
    this.#relocate = pathRelocation(relocation);
  }

  relocated(model: CheckpointMetadata, { from, to }: Relocation): RelocatedMetadata {
    const operators = changedList(model.operators, (operator) => this.#operator(operator));
    const back = pathRelocation({ from: to, to: from });
    const isAlone = [...this.#kept].every((text) => back({ text }) === undefined);
    return {
      model: withParts(model, { operators }),
      moved: this.#moved,
      paths: Array.from(this.#paths, ([before, after]) => ({ before, after })),
      kept: [...this.#kept],
      respelled: this.#respelled,
      isReversible: this.#respelled === 0 && isAlone,
    };
  }

  /** A handle with the path in one of its fields moved, if it lies in the directory. */
  #field<T extends StoredTexts, Field extends keyof T & string>(handle: T, field: Field): T {
    const text = String(handle[field]);
    const { [field]: stored, ...others } = handle.storedTexts ?? {};
    const moved = this.#relocate({ text, stored });
    if (moved === undefined) {
      this.#kept.add(text);
      return handle;
    }
    this.#moved += 1;
    if (moved.isRespelled) this.#respelled += 1;
    this.#paths.set(text, moved.text);
    const { storedTexts: _before, ...rest } = { ...handle, [field]: moved.text };
    const texts = moved.stored === undefined ? others : { ...others, [field]: moved.stored };
    return (Object.keys(texts).length === 0 ? rest : { ...rest, storedTexts: texts }) as T;
  }

  #stream = <T extends StreamStateHandle>(handle: T): T => {
    const known: StreamStateHandle = handle;
    switch (known.kind) {
      case 'file':
      case 'segmentFile':
        return this.#field(known, 'path') as T;
      case 'relativeFile':
        if (flinkRelativePath(known.relativePath).isAbsolute) this.#kept.add(known.relativePath);
        return handle;
      case 'keyGroupsStream':
        return withParts(known, { stream: this.#stream(known.stream) }) as T;
      case 'byteStream':
      case 'emptySegment':
        return handle;
      default:
        return assertNever(known);
    }
  };

  #holder = <T extends { readonly stream: StreamStateHandle }>(holder: T): T =>
    withParts<{ readonly stream: StreamStateHandle }>(holder, { stream: this.#stream(holder.stream) }) as T;

  #localFiles = (files: readonly LocalFileHandle[]): readonly LocalFileHandle[] =>
    changedList(files, this.#holder);

  #keyed = <T extends KeyedStateHandle>(handle: T): T => {
    const known: KeyedStateHandle = handle;
    switch (known.kind) {
      case 'keyGroups':
      case 'savepointKeyGroups':
        return this.#holder(known) as T;
      case 'incremental': {
        const metadata = optionally(this.#stream)(known.metadata);
        const sharedFiles = this.#localFiles(known.sharedFiles);
        const privateFiles = this.#localFiles(known.privateFiles);
        return withParts(known, { metadata, sharedFiles, privateFiles }) as T;
      }
      case 'changelog': {
        const materialized = changedList(known.materialized, optionally(this.#keyed));
        const nonMaterialized = changedList(known.nonMaterialized, this.#keyed);
        return withParts(known, { materialized, nonMaterialized }) as T;
      }
      case 'changelogInFiles': {
        const files = changedList(known.files, (file) =>
          withParts(file, { stream: optionally(this.#stream)(file.stream) }),
        );
        return withParts(known, { files }) as T;
      }
      case 'changelogInMemory':
        return handle;
      default:
        return assertNever(known);
    }
  };

  #operatorState = (handle: OperatorStateHandle): OperatorStateHandle => {
    if (handle.kind === 'operatorStream') return this.#holder(handle);
    const placed = this.#field(this.#field(handle, 'taskOwnedDirectory'), 'sharedDirectory');
    return this.#holder(placed);
  };

  #legacy = (legacy: NonNullable<OperatorSubtaskState['legacy']>): typeof legacy => {
    const states = optionally(this.#operatorState);
    const legacyStates = changedList(legacy.legacyStates, optionally(this.#stream));
    const chain = optionally<NonNullable<typeof legacy.chain>>((both) => {
      const managed = changedList(both.managed, states);
      return withParts(both, { managed, raw: changedList(both.raw, states) });
    })(legacy.chain);
    return withParts(legacy, { legacyStates, chain });
  };

  #state(state: OperatorSubtaskState): OperatorSubtaskState {
    const legacy = optionally(this.#legacy)(state.legacy);
    const operatorState = optionally(this.#operatorState);
    const keyed = optionally(this.#keyed);
    const { inputChannelState: inputs, resultSubpartitionState: outputs } = state;
    return withParts(state, {
      legacy,
      managedOperatorState: operatorState(state.managedOperatorState),
      rawOperatorState: operatorState(state.rawOperatorState),
      managedKeyedState: keyed(state.managedKeyedState),
      rawKeyedState: keyed(state.rawKeyedState),
      inputChannelState: inputs && changedList(inputs, this.#holder),
      resultSubpartitionState: outputs && changedList(outputs, this.#holder),
    });
  }

  /** An entry that a file lists and the model takes is one object, before and after. */
  #entry = (entry: SubtaskEntry): SubtaskEntry => {
    const known = this.#entries.get(entry);
    if (known !== undefined) return known;
    const changed = withParts(entry, { state: this.#state(entry.state) });
    this.#entries.set(entry, changed);
    return changed;
  };

  #operator(operator: OperatorState): OperatorState {
    const storedSubtasks = optionally<readonly SubtaskEntry[]>((entries) =>
      changedList(entries, this.#entry),
    )(operator.storedSubtasks);
    const subtasks = changedList(operator.subtasks, this.#entry);
    return withParts(operator, { storedSubtasks, subtasks });
  }
}

/**
 * Rewrites every absolute path of a model that lies in the directory `from` to the same place below `to`: of files and
 * segments of files in any kind of state, and the directories of merged operator state. Everything else stays as it is,
 * in order and spelling: relative handles, which Flink looks for beside the metadata file anyway; paths that lie
 * elsewhere; names and ids, which are no places even where they look like paths.
 *
 * Paths are compared as Flink compares them: `file:/a`, `file:///a` and `file:/a/./b/..` are one directory, `/a` is
 * the same one on the local file system, and `/a/bc` does not lie in `/a/b`. What stands behind the directory is kept
 * to the letter, so relocating back gives the same bytes as long as {@link RelocatedMetadata.isReversible}.
 *
 * @throws ARGUMENT_INVALID for a directory that is no absolute path. A path that gets too long for the format is
 *   refused by `encodeMetadata`.
 */
export const relocateMetadata = (model: CheckpointMetadata, relocation: Relocation): RelocatedMetadata =>
  new Relocator(relocation).relocated(model, relocation);
