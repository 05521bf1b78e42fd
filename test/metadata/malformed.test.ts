import { describe, expect, it } from 'vitest';
import { isTidemarkError } from '../../src/errors.ts';
import { flinkWords } from '../../src/metadata/layout.ts';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { sliceMetadata } from '../../src/metadata/slices.ts';
import { checkpointFixture, flinkProperties, smallestFixture } from './fixtures.ts';

const readers = { decodeMetadata, sliceMetadata } as const;
const fixture = checkpointFixture();
const head = '4960672d 00000006 0000000000000001 00000000';
const operator = '0000 0000 0123456789abcdef0123456789abcdef 00000002 00000080';
const oneEntry = `${head} 00000001 ${operator} 00 00000001`;
const properties = flinkProperties['checkpoint RETAIN_ON_CANCELLATION'] ?? '';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

/** What a reader answers: a code, or that it read the bytes. Anything that is not one of ours is thrown on. */
const answerOf = (read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): string => {
  try {
    read(bytes);
    return 'read';
  } catch (error) {
    if (isTidemarkError(error)) return error.code;
    throw error;
  }
};

const messageFor = (hex: string): string => {
  try {
    decodeMetadata(bytesOf(hex));
    return 'read';
  } catch (error) {
    if (!isTidemarkError(error)) throw error;
    return `${error.code}: ${error.message.replace(/^[^:]*: /, '')}`;
  }
};

describe.each(Object.entries(readers))('%s', (_name, read) => {
  it('calls a file corrupt that is cut off anywhere', () => {
    for (let length = 0; length < fixture.bytes.length; length += 1) {
      expect([length, answerOf(read, fixture.bytes.subarray(0, length))]).toEqual([
        length,
        'METADATA_CORRUPT',
      ]);
    }
  });

  it('answers every changed byte with a reading, or a code of its own', () => {
    const allowed = ['read', 'METADATA_CORRUPT', 'METADATA_UNSUPPORTED'];
    for (const { bytes } of [fixture, smallestFixture()]) {
      for (let at = 0; at < bytes.length; at += 1) {
        const changed = bytes.slice();
        for (const mask of [0x01, 0x80, 0xff]) {
          changed[at] = (bytes[at] ?? 0) ^ mask;
          expect(allowed).toContain(answerOf(read, changed));
        }
      }
    }
  });

  it('refuses a hostile count at once, wherever it stands', () => {
    const { bytes } = fixture;
    const changed = bytes.slice();
    const view = new DataView(changed.buffer);
    const started = performance.now();
    for (let at = 0; at + 4 <= bytes.length; at += 1) {
      changed.set(bytes);
      view.setInt32(at, 0x7fff_ffff);
      answerOf(read, changed);
    }
    // Generous: one unchecked allocation of 2^31 elements alone would exceed it.
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe('the error for (C-116, C-117)', () => {
  it.each([
    [
      'a wrong magic number',
      '4960672e',
      `METADATA_CORRUPT: at byte 0 expected the magic number 4960672d, found 4960672e (Flink: ${flinkWords.magic})`,
    ],
    [
      'an unknown version',
      '4960672d 00000007',
      'METADATA_CORRUPT: at byte 4 expected format version 1 to 6, found 7 (Flink: Unrecognized checkpoint version number: 7)',
    ],
    [
      'a negative checkpoint id',
      '4960672d 00000006 ffffffffffffffff',
      'METADATA_CORRUPT: at byte 8 expected checkpoint id of at least 0, found -1 (Flink: invalid checkpoint ID: -1)',
    ],
    [
      'more operators than fit',
      `${head} 7fffffff`,
      'METADATA_CORRUPT: at byte 20 expected number of operators from 0 to 0, what the bytes left can hold, found 2147483647',
    ],
    [
      'a coordinator state in a file',
      `${head} 00000001 ${operator} 02 0000000000000001 0001 61 00000000`,
      'METADATA_CORRUPT: at byte 52 (operator 0 › coordinator state) expected coordinator state of tag 0 or 1, found file (Flink: Expected a ByteStreamStateHandle but found a FileStateHandle)',
    ],
    [
      'a subtask outside the parallelism',
      `${oneEntry} 00000002 00000000 00000000 00 00 00000000 00000000`,
      'METADATA_CORRUPT: at byte 57 (operator 0) expected subtask index below the parallelism of 2, found 2 (Flink: The given sub task index 2 exceeds the maximum number of sub tasks 0)',
    ],
    [
      'an unknown keyed tag',
      `${oneEntry} 00000001 00000000 00000000 00 63`,
      'METADATA_CORRUPT: at byte 70 (operator 0 › subtask 1 › raw keyed state) expected keyed handle of tag 0, 3, 5 or 7 to 14, found tag 99 (Flink: Reading invalid KeyedStateHandle, type: 99)',
    ],
    [
      'an input channel among the outputs',
      `${oneEntry} 00000001 00000000 00000000 00 00 00000000 00000001 01 ${'00'.repeat(24)}`,
      'METADATA_CORRUPT: at byte 79 (operator 0 › subtask 1 › result subpartition state) expected output channel of tag 2 or 4, found tag 1 (Flink: Unknown output state handle type.)',
    ],
    [
      'a missing delegate',
      `${oneEntry} 00000001 00000001 04 00000000 00`,
      'METADATA_CORRUPT: at byte 70 (operator 0 › subtask 1 › managed operator state) expected a stream handle, found the null handle',
    ],
    [
      'properties of another class version',
      `${head} 00000000 ${properties.replace('d6de4f0305ae1d3a', '0000000000000005')}`,
      'METADATA_CORRUPT: at byte 289 (properties) expected org.apache.flink.runtime.checkpoint.CheckpointType of version d6de4f0305ae1d3a, found 5 (Flink: org.apache.flink.runtime.checkpoint.CheckpointType; local class incompatible: stream classdesc serialVersionUID = 5, local class serialVersionUID = -2963844630364414662)',
    ],
  ])('%s says where, what belongs there and what stood there', (_what, hex, message) => {
    expect(messageFor(hex)).toBe(message);
  });
});

describe('odd files that Flink accepts', () => {
  const entry = '00000001 00000000 00000000 00 00 00000000 00000000';
  const file = (rest: string): string => `${head} 00000001 ${operator} 00 ${rest} aced0005 70`;

  it.each([
    ['an entry that stands twice: the later one counts', file(`00000002 ${entry} ${entry}`), 1],
    ['entries out of order: they are sorted', file(`00000002 ${entry} 00000000 ${entry.slice(9)}`), 2],
    ['negative numbers of channel handles', file(`00000001 ${entry.slice(0, -17)} ffffffff ffffffff`), 1],
    ['no entry at all', file('00000000'), 0],
  ])('are read: %s', (_what, hex, count) => {
    const bytes = bytesOf(hex);
    const [decoded] = decodeMetadata(bytes).operators;
    const [sliced] = sliceMetadata(bytes).operators;
    const indexes = decoded?.subtasks.map(({ subtaskIndex }) => subtaskIndex);
    expect(indexes).toHaveLength(count);
    expect(sliced?.slices.map(({ subtaskIndex }) => subtaskIndex)).toEqual(indexes);
    expect(indexes).toEqual(indexes?.toSorted((left, right) => left - right));
  });

  it('keep the last value of a repeated state name', () => {
    const meta = (offset: string): string => `0001 61 00 00000001 ${offset}`;
    const handle = `00000001 04 00000002 ${meta('0000000000000007')} ${meta('0000000000000009')} 01 0000 00000000`;
    const state = file(`00000001 00000001 ${handle} 00000000 00 00 00000000 00000000`);
    const [subtask] = decodeMetadata(bytesOf(state)).operators[0]?.subtasks ?? [];
    expect(subtask?.state.managedOperatorState?.states).toEqual([
      { name: 'a', mode: 'SPLIT_DISTRIBUTE', offsets: [9n] },
    ]);
  });
});
