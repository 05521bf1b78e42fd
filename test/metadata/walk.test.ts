import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTidemarkError } from '../../src/errors.ts';
import { decodeSubtaskEntry, encodeSubtaskEntry } from '../../src/metadata/subtask-entry.ts';
import { walkedEntry } from '../../src/metadata/walk-cursor.ts';
import type { WalkedEntry } from '../../src/metadata/walk-cursor.ts';
import { streamHandlesIn, streamHandlesOf, walkSubtaskEntry } from '../../src/metadata/walk.ts';
import type { OperatorSubtaskState } from '../../src/state/handles.ts';
import { subtaskSizes } from '../../src/state/sizes.ts';
import { subtaskState } from './arbitraries.ts';

const walk = (bytes: Uint8Array, start = 0, end = bytes.length): WalkedEntry => {
  const into = walkedEntry();
  walkSubtaskEntry(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), start, end, into);
  return into;
};

/** The code and text of what a run throws, or undefined. */
const trouble = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    if (isTidemarkError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
};

const ofFile = (sizeBytes: bigint): OperatorSubtaskState => ({
  managedKeyedState: {
    kind: 'keyGroups',
    firstKeyGroup: 3,
    offsets: [5n],
    stream: { kind: 'file', path: 'file:/state/a', sizeBytes },
    stateHandleId: 'id',
  },
});

describe('walking an entry', () => {
  it('finds the index, the end and the sizes that decoding finds', () => {
    const entry = fc.record({
      index: fc.nat(0x7fff_ffff),
      // Small enough that even hundreds of handles sum up below 2^53.
      state: subtaskState(2n ** 40n),
      before: fc.nat(9),
    });
    fc.assert(
      fc.property(entry, ({ index, state, before }) => {
        const slice = encodeSubtaskEntry(index, state);
        const framed = Buffer.concat([new Uint8Array(before), slice, new Uint8Array(7)]);
        const sizes = subtaskSizes(state);
        expect(walk(framed, before, before + slice.length)).toEqual({
          subtaskIndex: index,
          isFinished: false,
          stateSizeBytes: Number(sizes.stateSizeBytes),
          checkpointedSizeBytes: Number(sizes.checkpointedSizeBytes),
          end: before + slice.length,
        });
      }),
    );
  });

  it('agrees with decoding on what is an entry, whichever byte is changed', () => {
    const change = fc.record({ state: subtaskState(2n ** 20n), at: fc.nat(), to: fc.nat(255) });
    fc.assert(
      fc.property(change, ({ state, at, to }) => {
        const slice = encodeSubtaskEntry(1, state);
        slice[at % slice.length] = to;
        const walked = trouble(() => walk(slice));
        const decoded = trouble(() => decodeSubtaskEntry(slice));
        // The one limit that is the walk's own.
        fc.pre(walked?.includes('2^53-1') !== true);
        expect(walked?.split(' ')[0]).toBe(decoded?.split(' ')[0]);
      }),
      { numRuns: 2000 },
    );
  });

  it('finds a finished subtask to be its index alone, without weight (T-339)', () => {
    fc.assert(
      fc.property(fc.nat(0x7fff_ffff), (index) => {
        const slice = encodeSubtaskEntry(index, 'finished');
        expect(walk(slice)).toEqual({
          subtaskIndex: index,
          isFinished: true,
          stateSizeBytes: 0,
          checkpointedSizeBytes: 0,
          end: 4,
        });
        expect(decodeSubtaskEntry(slice)).toEqual({ subtaskIndex: index, isFinished: true, state: {} });
        expect(streamHandlesOf(slice)).toEqual([]);
      }),
    );
  });

  it('refuses a finished subtask that state follows', () => {
    const slice = Buffer.concat([encodeSubtaskEntry(3, 'finished'), new Uint8Array(18)]);
    expect(trouble(() => walk(slice))).toMatch(/^METADATA_CORRUPT .*at byte 4 .*the end of the entry/);
  });

  it('refuses an entry that ends before or after the given end', () => {
    const slice = encodeSubtaskEntry(2, ofFile(9n));
    const longer = Buffer.concat([slice, new Uint8Array(1)]);
    expect(trouble(() => walk(longer))).toMatch(/^METADATA_CORRUPT .*the end of the entry/);
    for (let end = 0; end < slice.length; end += 1) {
      expect(trouble(() => walk(slice, 0, end))).toMatch(/^METADATA_CORRUPT /);
    }
  });

  it('counts a file of unknown size as -1', () => {
    expect(walk(encodeSubtaskEntry(0, ofFile(-1n))).stateSizeBytes).toBe(-1);
  });

  it('accepts a total of 2^53-1 bytes and refuses one more', () => {
    const most = 2n ** 53n - 1n;
    expect(walk(encodeSubtaskEntry(0, ofFile(most))).stateSizeBytes).toBe(Number.MAX_SAFE_INTEGER);
    expect(trouble(() => walk(encodeSubtaskEntry(0, ofFile(most + 1n))))).toMatch(
      /^METADATA_CORRUPT .*2\^53-1/,
    );
    const both = { ...ofFile(most), rawKeyedState: ofFile(1n).managedKeyedState };
    expect(trouble(() => walk(encodeSubtaskEntry(0, both)))).toMatch(/^METADATA_CORRUPT .*raw keyed state/);
  });

  it('names the byte, the place, what belongs there and what stood there', () => {
    const slice = encodeSubtaskEntry(4, ofFile(9n));
    slice[12] = 99;
    expect(trouble(() => walk(slice))).toBe(
      'METADATA_CORRUPT checkpoint metadata is corrupt: at byte 12 (subtask 4 › managed keyed state) ' +
        'expected keyed handle of tag 0, 3, 5 or 7 to 14, found tag 99 ' +
        '(Flink: Reading invalid KeyedStateHandle, type: 99)',
    );
  });
});

describe('the stream handles of a slice', () => {
  it('are all that the entry refers to, in file order', () => {
    fc.assert(
      fc.property(subtaskState(2n ** 63n - 1n), (state) => {
        expect(streamHandlesOf(encodeSubtaskEntry(0, state))).toEqual(streamHandlesIn(state));
      }),
    );
  });
});
