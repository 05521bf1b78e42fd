/** The source: reads its splits of the files and sends every word to the counter that owns its key group. */
import { invariant } from '../../errors.ts';
import type { JobVertex } from '../../core/job-graph.ts';
import { javaStringHash, keyGroupOf, operatorIndexOfKeyGroup } from '../../state/key-groups.ts';
import type { CapturedState } from '../../simulation/dataflow/snapshots.ts';
import type { SourceBatch, SourceLogic } from '../../simulation/dataflow/source-task.ts';
import { readRestored, restoredState, type TaskContext } from '../../simulation/dataflow/task.ts';
import { remainingBytes, splitsOf, type FileSplit } from './file-splits.ts';
import type { InputFiles } from './input-files.ts';
import { WordReader } from './word-reader.ts';
import { KEY_GROUPS } from './word-count-graph.ts';

/** The operator state of a source: one entry per split that is not read to its end. */
const SOURCE_STATE_NAME = 'source-offsets';
/** Words whose counter is remembered; beyond it the memory is emptied, for a text may have endless words. */
const ROUTES_MAX = 500_000;
/** u32 file, f64 position, f64 end. */
const SPLIT_BYTES = 20;

export interface WordSourceOptions {
  readonly input: InputFiles;
  readonly counter: JobVertex;
  /** Bytes of text in one batch, about. */
  readonly batchBytes: number;
}

/** Where a source stands: splits before the index are read, that at the index from the position on. */
interface Place {
  readonly index: number;
  readonly position: number;
  /** Bytes in all splits behind the place. */
  readonly remainingBytes: number;
}

interface WordBatch extends SourceBatch {
  readonly place: Place;
}

interface Route {
  readonly word: string;
  readonly counter: number;
}

class WordSource implements SourceLogic<WordBatch> {
  readonly doneBytes: number;
  readonly #options: WordSourceOptions;
  readonly #reader: WordReader;
  readonly #routes = new Map<string, Route>();
  /** What was left when this attempt began. */
  readonly #splits: readonly FileSplit[];
  #place: Place;

  constructor(options: WordSourceOptions, splits: readonly FileSplit[], totalBytes: number) {
    this.#options = options;
    this.#reader = new WordReader(options.input);
    this.#splits = splits;
    this.#place = { index: 0, position: splits[0]?.position ?? 0, remainingBytes: remainingBytes(splits) };
    this.doneBytes = totalBytes - this.#place.remainingBytes;
  }

  async read(): Promise<WordBatch | undefined> {
    const start = this.#place;
    if (start.remainingBytes === 0) return undefined;
    const { batchBytes, counter } = this.#options;
    const partitions: (string[] | undefined)[] = Array.from({ length: counter.parallelism }, () => undefined);
    let place = start;
    let records = 0;
    while (place.remainingBytes > 0 && start.remainingBytes - place.remainingBytes < batchBytes) {
      const left = batchBytes - (start.remainingBytes - place.remainingBytes);
      const { words, next } = await this.#reader.read(this.#splitAt(place), left);
      this.#route(words, partitions);
      records += words.length;
      place = this.#placeBehind(place, next);
    }
    return { partitions, place, records, bytes: start.remainingBytes - place.remainingBytes };
  }

  advance(batch: WordBatch): void {
    this.#place = batch.place;
  }

  capture(): CapturedState {
    const splits = [this.#splitAt(this.#place), ...this.#splits.slice(this.#place.index + 1)];
    return {
      write: async (writer) => {
        const stream = await writer.write(encodeSplits(splits));
        const offsets = splits.map((_, index) => BigInt(index * SPLIT_BYTES));
        const states = [{ name: SOURCE_STATE_NAME, mode: 'SPLIT_DISTRIBUTE' as const, offsets }];
        return { managedOperatorState: { kind: 'operatorStream', states, stream } };
      },
    };
  }

  #splitAt({ index, position }: Place): FileSplit {
    const split = this.#splits[index];
    invariant(split !== undefined, `a source always has a split ${index}`);
    return { ...split, position };
  }

  // The last split stays, read to its end: a source always has state.
  #placeBehind(place: Place, read: FileSplit): Place {
    const left = place.remainingBytes - (read.position - place.position);
    const following = this.#splits[place.index + 1];
    if (read.position < read.end || following === undefined) {
      return { index: place.index, position: read.position, remainingBytes: left };
    }
    return { index: place.index + 1, position: following.position, remainingBytes: left };
  }

  #route(words: readonly string[], partitions: (string[] | undefined)[]): void {
    for (const text of words) {
      const { word, counter } = this.#routes.get(text) ?? this.#newRoute(text);
      const partition = partitions[counter];
      if (partition === undefined) partitions[counter] = [word];
      else partition.push(word);
    }
  }

  // The words of a chunk are views on its text; a copy lets go of the rest.
  #newRoute(text: string): Route {
    if (this.#routes.size >= ROUTES_MAX) this.#routes.clear();
    const own = Buffer.from(text, 'latin1').toString('latin1');
    const word = own.toLowerCase();
    const keyGroup = keyGroupOf(javaStringHash(word), KEY_GROUPS);
    const counter = operatorIndexOfKeyGroup(KEY_GROUPS, this.#options.counter.parallelism, keyGroup);
    const route = { word, counter };
    this.#routes.set(own, route);
    return route;
  }
}

const encodeSplits = (splits: readonly FileSplit[]): Uint8Array => {
  const bytes = Buffer.alloc(splits.length * SPLIT_BYTES);
  splits.forEach(({ file, position, end }, index) => {
    const at = index * SPLIT_BYTES;
    bytes.writeUInt32BE(file, at);
    bytes.writeDoubleBE(position, at + 4);
    bytes.writeDoubleBE(end, at + 12);
  });
  return bytes;
};

const decodeSplit = (bytes: Uint8Array, offset: bigint): FileSplit => {
  const view = new DataView(bytes.buffer, bytes.byteOffset + Number(offset), SPLIT_BYTES);
  return { file: view.getUint32(0), position: view.getFloat64(4), end: view.getFloat64(12) };
};

const restoredSplits = async (context: TaskContext): Promise<readonly FileSplit[] | undefined> => {
  const state = restoredState(context);
  if (state === undefined) return undefined;
  const handle = state.managedOperatorState;
  const meta = handle?.states.find(({ name }) => name === SOURCE_STATE_NAME);
  invariant(
    handle !== undefined && meta !== undefined,
    `source ${context.subtask} has state in every checkpoint`,
  );
  const bytes = await readRestored(context, handle.stream);
  return meta.offsets.map((offset) => decodeSplit(bytes, offset));
};

/** The logic of one attempt of a source, from its restored offsets or from the beginning of its range. */
export const wordSource = async (
  context: TaskContext,
  options: WordSourceOptions,
): Promise<SourceLogic<SourceBatch>> => {
  const splits = splitsOf(options.input.files, context.vertex.parallelism, context.subtask);
  return new WordSource(options, (await restoredSplits(context)) ?? splits, remainingBytes(splits));
};
