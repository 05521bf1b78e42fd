import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleMetadata } from '../../src/metadata/assemble.ts';
import { CHUNK_BYTES_MAX } from '../../src/metadata/chunk-writer.ts';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { encodeMetadata, encodeMetadataChunks } from '../../src/metadata/encode.ts';
import type { CheckpointMetadata } from '../../src/metadata/model.ts';
import { sliceMetadata } from '../../src/metadata/slices.ts';
import { checkpointMetadata } from './arbitraries.ts';
import { absoluteFile, inline, modelOf, operatorOf, operatorStream } from './small-models.ts';

const SUBTASKS = 20_000;

/** Several chunks long, and larger entries than a chunk has room to spare for between small ones. */
const severalChunks = (): CheckpointMetadata => {
  const small = operatorStream(absoluteFile(`file:/state/${'x'.repeat(200)}`));
  const large = operatorStream({ ...inline, data: new Uint8Array(300_000).fill(7) });
  const subtasks = Array.from({ length: SUBTASKS }, (_, subtaskIndex) => ({
    subtaskIndex,
    state: { managedOperatorState: subtaskIndex % 4000 === 0 ? large : small },
  }));
  return modelOf(operatorOf(subtasks, { parallelism: SUBTASKS, maxParallelism: SUBTASKS }));
};

/** Reads each chunk while it is good: not before the next is asked for, and before the one after that. */
const gathered = (chunks: Iterable<Uint8Array>): Buffer => {
  const copies: Uint8Array[] = [];
  let previous: Uint8Array | undefined;
  for (const chunk of chunks) {
    if (previous !== undefined) copies.push(previous.slice());
    previous = chunk;
  }
  return Buffer.concat(previous === undefined ? copies : [...copies, previous]);
};

const memoryOf = (chunks: Iterable<Uint8Array>): Set<ArrayBufferLike> =>
  new Set([...chunks].map(({ buffer }) => buffer));

describe('a file written in chunks', () => {
  it('is the file that is written at once', () => {
    fc.assert(
      fc.property(checkpointMetadata(), (model) => {
        expect(Buffer.concat([...encodeMetadataChunks(model)]).equals(encodeMetadata(model))).toBe(true);
      }),
    );
  });

  it.each([false, true])('is so when it has several, and reusing buffers is %j', (reusesBuffers) => {
    const model = severalChunks();
    const file = encodeMetadata(model);
    expect(file.length).toBeGreaterThan(3 * CHUNK_BYTES_MAX);
    expect(gathered(encodeMetadataChunks(model, { reusesBuffers })).equals(file)).toBe(true);
    expect(decodeMetadata(file)).toEqual({ ...model, formatVersion: 6 });
  });

  it('takes two buffers whatever its length, if they may be reused', () => {
    const model = severalChunks();
    const { operators, ...rest } = sliceMetadata(encodeMetadata(model));
    const assembled = operators.map(({ slices, ...operator }) => ({
      ...operator,
      entries: slices.map(({ bytes }) => bytes),
      entryCount: slices.length,
    }));
    const given = { ...rest, operators: assembled };
    expect(memoryOf(assembleMetadata(given, { reusesBuffers: true })).size).toBe(2);
    expect(memoryOf(assembleMetadata(given)).size).toBeGreaterThan(3);
    expect(gathered(assembleMetadata(given, { reusesBuffers: true })).equals(encodeMetadata(model))).toBe(
      true,
    );
  });
});

describe('what is read from a file', () => {
  it('does not share its memory, whatever kind of bytes the file is given in', () => {
    const file = Buffer.from(
      encodeMetadata(
        modelOf(operatorOf([{ subtaskIndex: 0, state: { managedOperatorState: operatorStream(inline) } }])),
      ),
    );
    const model = decodeMetadata(file);
    const before = structuredClone(model);
    file.fill(0xff);
    expect(model).toEqual(before);
  });
});
