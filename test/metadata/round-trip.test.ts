import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTidemarkError } from '../../src/errors.ts';
import { assembleMetadata } from '../../src/metadata/assemble.ts';
import { CHUNK_BYTES_MAX } from '../../src/metadata/chunk-writer.ts';
import type { AssembledCheckpoint } from '../../src/metadata/assemble.ts';
import { ByteWriter } from '../../src/metadata/byte-writer.ts';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import { flinkOperatorOrder } from '../../src/metadata/flink-order.ts';
import type { CheckpointMetadata, SubtaskEntry } from '../../src/metadata/model.ts';
import { checkpointPropertiesByPolicy } from '../../src/metadata/properties.ts';
import { sliceMetadata } from '../../src/metadata/slices.ts';
import {
  decodeSubtaskEntry,
  encodeSubtaskEntry,
  writeSubtaskEntry,
} from '../../src/metadata/subtask-entry.ts';
import { parseOperatorId } from '../../src/state/ids.ts';
import { checkpointMetadata } from './arbitraries.ts';

const operatorId = parseOperatorId('0123456789abcdef0123456789abcdef');
const properties = checkpointPropertiesByPolicy.RETAIN_ON_CANCELLATION;

const sliceOf = (entry: SubtaskEntry): Uint8Array => {
  const writer = new ByteWriter();
  writeSubtaskEntry(writer, entry, 6);
  return writer.take();
};

const assembledFrom = ({ operators, ...rest }: CheckpointMetadata): AssembledCheckpoint => ({
  ...rest,
  operators: operators.map(({ subtasks, ...operator }) => ({
    ...operator,
    entries: subtasks.map(sliceOf),
    entryCount: subtasks.length,
  })),
});

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return 'nothing thrown';
  } catch (error) {
    return isTidemarkError(error) ? error.code : String(error);
  }
};

/** Entries of one operator, each with so many bytes of inline state. */
const inlineEntries = (sizes: readonly number[]): Uint8Array[] =>
  sizes.map((size, index) =>
    encodeSubtaskEntry(index, {
      managedOperatorState: {
        kind: 'operatorStream',
        states: [],
        stream: { kind: 'byteStream', name: '', data: new Uint8Array(size) },
      },
    }),
  );

const oneOperator = (entries: readonly Uint8Array[], entryCount = entries.length): AssembledCheckpoint => ({
  checkpointId: 1,
  properties,
  operators: [{ operatorId, parallelism: 8, maxParallelism: 8, entries, entryCount }],
});

describe('any model', () => {
  it('comes back from its bytes as it was (C-216, T-379, T-380, T-381, T-384, T-385)', () => {
    fc.assert(
      fc.property(checkpointMetadata(), (model) => {
        expect(decodeMetadata(encodeMetadata(model))).toEqual(model);
      }),
    );
  });

  it('gives the same bytes when it is assembled from slices', () => {
    fc.assert(
      fc.property(checkpointMetadata(), (model) => {
        const ofModel = encodeMetadata(model);
        expect(Buffer.concat([...assembleMetadata(assembledFrom(model))]).equals(ofModel)).toBe(true);
      }),
    );
  });

  it('is assembled in the order of Flink, whatever order its operators are given in', () => {
    fc.assert(
      fc.property(checkpointMetadata(), (model) => {
        const given = { ...model, operators: model.operators.toReversed() };
        const ids = given.operators.map((operator) => operator.operatorId);
        const file = decodeMetadata(Buffer.concat([...assembleMetadata(assembledFrom(given))]));
        expect(file.operators.map((operator) => operator.operatorId)).toEqual(flinkOperatorOrder(ids));
      }),
    );
  });

  it('is cut into slices that decode to its entries', () => {
    fc.assert(
      fc.property(checkpointMetadata(2n ** 40n), (model) => {
        const sliced = sliceMetadata(encodeMetadata(model));
        const entries = sliced.operators.map(({ slices }) =>
          slices.map(({ bytes }) => decodeSubtaskEntry(bytes)),
        );
        expect(entries).toEqual(model.operators.map(({ subtasks }) => subtasks));
      }),
    );
  });
});

describe('the chunks of an assembled file', () => {
  it('stay within their limit unless one slice alone is longer', () => {
    const sizes = [100, CHUNK_BYTES_MAX - 200, 300_000, 2 * CHUNK_BYTES_MAX, 5, CHUNK_BYTES_MAX + 1, 0];
    const entries = inlineEntries(sizes);
    const chunks = [...assembleMetadata(oneOperator(entries))];
    const isWithin = (chunk: Uint8Array): boolean =>
      chunk.length <= CHUNK_BYTES_MAX || entries.includes(chunk);
    expect(chunks.every(isWithin)).toBe(true);
    expect(Buffer.concat(chunks)).toEqual(Buffer.concat([...assembleMetadata(oneOperator(entries))]));
    expect(decodeMetadata(Buffer.concat(chunks)).operators[0]?.subtasks).toHaveLength(sizes.length);
  });

  it('are never written to again after they were yielded', () => {
    const entries = inlineEntries(Array.from({ length: 8 }, () => 700_000));
    const copies: Uint8Array[] = [];
    const chunks: Uint8Array[] = [];
    for (const chunk of assembleMetadata(oneOperator(entries))) {
      chunks.push(chunk);
      copies.push(chunk.slice());
    }
    expect(chunks).toEqual(copies);
  });
});

describe('assembling refuses', () => {
  it.each([
    ['slices that are out of order', oneOperator(inlineEntries([1, 2]).toReversed())],
    ['a slice that stands twice', oneOperator([...inlineEntries([1]), ...inlineEntries([1])])],
    ['a subtask outside the parallelism', oneOperator(inlineEntries(Array.from({ length: 9 }, () => 0)))],
    ['fewer slices than announced', oneOperator(inlineEntries([1]), 2)],
    [
      'an operator given twice',
      { ...oneOperator([]), operators: [0, 1].flatMap(() => oneOperator([]).operators) },
    ],
  ])('%s', (_what, input) => {
    expect(codeOf(() => [...assembleMetadata(input)])).toBe('INVARIANT_BROKEN');
  });
});

describe('encoding refuses by name', () => {
  const bare = {
    operatorId,
    name: undefined,
    uid: undefined,
    parallelism: 1,
    maxParallelism: 1,
    subtasks: [],
  };
  const model = (operator: object): CheckpointMetadata => ({
    checkpointId: 1n,
    operators: [{ ...bare, ...operator }],
    properties,
    masterStates: [],
  });
  const file = (path: string, sizeBytes: bigint): object => ({
    subtasks: [
      {
        subtaskIndex: 0,
        state: {
          managedKeyedState: {
            kind: 'keyGroups',
            firstKeyGroup: 0,
            offsets: [0n],
            stream: { kind: 'file', path, sizeBytes },
            stateHandleId: '',
          },
        },
      },
    ],
  });

  it.each([
    ['a name that is empty instead of absent', { name: '' }],
    ['a uid that is empty instead of absent', { uid: '' }],
    ['a parallelism above its maximum', { parallelism: 2 }],
    ['a text over 65535 bytes', { name: 'é'.repeat(32768) }],
    ['a subtask outside the parallelism', { subtasks: [{ subtaskIndex: 1, state: {} }] }],
    ['an empty path', file('', 1n)],
    ['a size below -1', file('/a', -2n)],
    ['a size beyond 64 bits', file('/a', 2n ** 63n)],
  ])('%s', (_what, operator) => {
    expect(codeOf(() => encodeMetadata(model(operator)))).toBe('ARGUMENT_INVALID');
  });
});
