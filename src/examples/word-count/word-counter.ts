/** The counter: totals of the words of its key groups, and what was added to them since the last barrier. */
import { invariant } from '../../errors.ts';
import { hexDigits } from '../../runtime/random.ts';
import type { CapturedState } from '../../simulation/dataflow/snapshots.ts';
import type { Emit, OperatorLogic } from '../../simulation/dataflow/operator-task.ts';
import { readRestored, restoredState, type TaskContext } from '../../simulation/dataflow/task.ts';
import { javaStringHash, keyGroupOf, keyGroupRange, type KeyGroupRange } from '../../state/key-groups.ts';
import { decodeKeyGroup, encodeKeyGroups, type WordTotal } from './counter-state.ts';
import { KEY_GROUPS } from './word-count-graph.ts';

/** Word → how often it was added; what counters send to the sink. */
export type AddedWords = ReadonlyMap<string, number>;

interface Entry extends WordTotal {
  total: number;
  added: number;
}

const SINK = 0;

class WordCounter implements OperatorLogic {
  readonly #context: TaskContext;
  readonly #emit: Emit;
  readonly #range: KeyGroupRange;
  readonly #entries = new Map<string, Entry>();
  readonly #groups: Entry[][];
  #changed: Entry[] = [];

  constructor(context: TaskContext, emit: Emit, range: KeyGroupRange) {
    this.#context = context;
    this.#emit = emit;
    this.#range = range;
    this.#groups = Array.from({ length: range.end - range.start + 1 }, () => []);
  }

  restore({ word, total }: WordTotal): void {
    this.#newEntry(word).total = total;
  }

  process(records: unknown): number {
    const words = records as readonly string[];
    for (const word of words) {
      const entry = this.#entries.get(word) ?? this.#newEntry(word);
      if (entry.added === 0) this.#changed.push(entry);
      entry.added += 1;
      entry.total += 1;
    }
    return words.length;
  }

  beforeBarrier(): void {
    this.#sendAdded();
  }

  endOfInput(): void {
    this.#sendAdded();
  }

  capture(): CapturedState {
    const { bytes, offsets } = encodeKeyGroups(this.#groups);
    const stateHandleId = uuidOf(hexDigits(this.#context.random, 32));
    return {
      write: async (writer) => {
        const stream = await writer.write(bytes);
        const firstKeyGroup = this.#range.start;
        return { managedKeyedState: { kind: 'keyGroups', firstKeyGroup, offsets, stream, stateHandleId } };
      },
    };
  }

  async completed(): Promise<void> {
    // Its output is the sink's to commit.
  }

  #sendAdded(): void {
    if (this.#changed.length === 0) return;
    const added = new Map<string, number>();
    for (const entry of this.#changed) {
      added.set(entry.word, entry.added);
      entry.added = 0;
    }
    this.#changed = [];
    this.#emit(SINK, added satisfies AddedWords);
  }

  #newEntry(word: string): Entry {
    const keyGroup = keyGroupOf(javaStringHash(word), KEY_GROUPS);
    const group = this.#groups[keyGroup - this.#range.start];
    invariant(
      group !== undefined,
      `counter ${this.#context.subtask} does not own key group ${keyGroup} of "${word}"`,
    );
    const entry = { word, total: 0, added: 0 };
    group.push(entry);
    this.#entries.set(word, entry);
    return entry;
  }
}

const uuidOf = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');

const restoreTotals = async (context: TaskContext, counter: WordCounter): Promise<void> => {
  const state = restoredState(context);
  if (state === undefined) return;
  const handle = state.managedKeyedState;
  invariant(handle?.kind === 'keyGroups', `counter ${context.subtask} has state in every checkpoint`);
  const bytes = await readRestored(context, handle.stream);
  for (const offset of handle.offsets) {
    for (const total of decodeKeyGroup(bytes, Number(offset))) counter.restore(total);
  }
};

/** The logic of one attempt of a counter. */
export const wordCounter = async (context: TaskContext, emit: Emit): Promise<OperatorLogic> => {
  const range = keyGroupRange(KEY_GROUPS, context.vertex.parallelism, context.subtask);
  const counter = new WordCounter(context, emit, range);
  await restoreTotals(context, counter);
  return counter;
};
