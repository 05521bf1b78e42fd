import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTidemarkError } from '../../src/errors.ts';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import { sliceMetadata } from '../../src/metadata/slices.ts';
import { decodeSubtaskEntry } from '../../src/metadata/subtask-entry.ts';
import { metadataView } from '../../src/metadata/view.ts';
import { checkpointMetadata } from './arbitraries.ts';
import { realFixtures } from './fixtures.ts';

const written = [2, 3, 4, 5, 6] as const;
/** Every damaged file is answered within this time, however large the numbers in it are. */
const ANSWER_MS_MAX = 1000;

/** What a reader makes of bytes: a value, or an error with a code. Anything else is thrown on. */
const answerOf = <T>(read: () => T): T | string => {
  try {
    return read();
  } catch (error) {
    if (isTidemarkError(error) && error.code !== 'INVARIANT_BROKEN') return error.code;
    throw error;
  }
};

const checkAnswer = (bytes: Uint8Array): void => {
  const started = performance.now();
  const model = answerOf(() => decodeMetadata(bytes));
  expect(performance.now() - started).toBeLessThan(ANSWER_MS_MAX);
  const sliced = answerOf(() => sliceMetadata(bytes));
  if (typeof model === 'string') {
    expect(sliced).toBe(model);
    return;
  }
  // What was read at all comes back byte for byte, and can be shown.
  const again = encodeMetadata(model, { version: model.formatVersion });
  expect(Buffer.from(again).equals(bytes)).toBe(true);
  expect(metadataView(model)).toBeDefined();
};

describe.each(written)('in format %i any model', (version) => {
  it('comes back from its bytes as it was', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(checkpointMetadata(undefined, version), (model) => {
        expect(decodeMetadata(encodeMetadata(model, { version }))).toEqual(model);
      }),
      { numRuns: 150 },
    );
  });

  it('says the same in every newer format', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(checkpointMetadata(undefined, version), (model) => {
        for (const newer of written.filter((other) => other > version)) {
          const { formatVersion, ...rest } = decodeMetadata(encodeMetadata(model, { version: newer }));
          expect({ ...rest, formatVersion: version }).toEqual(model);
          expect(formatVersion).toBe(newer);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is cut into slices that hold its state', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(checkpointMetadata(2n ** 40n, version), (model) => {
        const { operators } = sliceMetadata(encodeMetadata(model, { version }));
        const entries = operators.map(({ slices }) => slices.map(({ bytes }) => decodeSubtaskEntry(bytes)));
        expect(entries).toEqual(model.operators.map(({ subtasks }) => subtasks));
      }),
      { numRuns: 40 },
    );
  });
});

describe('a file that is damaged', () => {
  const small = realFixtures.filter(({ bytes }) => bytes.length < 6000);
  const damage = fc.record({
    fixture: fc.constantFrom(...small),
    flips: fc.array(fc.record({ at: fc.nat(), to: fc.nat(255) }), { minLength: 1, maxLength: 3 }),
  });

  it('in up to three bytes is answered with a value that comes back, or a code', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(damage, ({ fixture, flips }) => {
        const bytes = fixture.bytes.slice();
        for (const { at, to } of flips) bytes[at % bytes.length] = to;
        checkAnswer(bytes);
      }),
      { numRuns: 8000 },
    );
  });

  it('in a number of 32 bits is answered in the same way', { timeout: 60_000 }, () => {
    const numbers = fc.constantFrom(-1, -2, 0, 1, 2, 3, 255, 0x7fff_ffff, -0x8000_0000);
    const change = fc.record({ fixture: fc.constantFrom(...small), at: fc.nat(), to: numbers });
    fc.assert(
      fc.property(change, ({ fixture, at, to }) => {
        const bytes = fixture.bytes.slice();
        new DataView(bytes.buffer).setInt32(at % (bytes.length - 4), to);
        checkAnswer(bytes);
      }),
      { numRuns: 8000 },
    );
  });

  it('of any kind of state is answered in the same way', { timeout: 60_000 }, () => {
    const change = fc.constantFrom(...written).chain((version) =>
      fc.record({
        bytes: checkpointMetadata(2n ** 40n, version).map((model) => encodeMetadata(model, { version })),
        flips: fc.array(fc.record({ at: fc.nat(), to: fc.nat(255) }), { minLength: 20, maxLength: 20 }),
      }),
    );
    fc.assert(
      fc.property(change, ({ bytes, flips }) => {
        for (const { at, to } of flips) {
          const changed = bytes.slice();
          changed[at % bytes.length] = to;
          checkAnswer(changed);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('by its end being missing is never taken for a whole one', { timeout: 60_000 }, () => {
    const cut = fc.record({ fixture: fc.constantFrom(...small), at: fc.nat() });
    fc.assert(
      fc.property(cut, ({ fixture: { bytes }, at }) => {
        expect(answerOf(() => decodeMetadata(bytes.subarray(0, at % bytes.length)))).toBe('METADATA_CORRUPT');
      }),
      { numRuns: 4000 },
    );
  });

  it('by handles inside one another without end is refused', () => {
    const head = '4960672d0000000600000000000000010000000000000001';
    const operator = `00000000${'0'.repeat(32)}000000010000000100${'00000001'}`;
    const nested = '030000000000000000'.repeat(100_000);
    const entry = `00000000${'0000000000000000'}070000000000000000${nested}00`;
    const bytes = Uint8Array.from(Buffer.from(head + operator + entry, 'hex'));
    expect(answerOf(() => decodeMetadata(bytes))).toBe('METADATA_CORRUPT');
    expect(answerOf(() => sliceMetadata(bytes))).toBe('METADATA_CORRUPT');
  });
});

describe('an older format', () => {
  it('refuses by name what it has no words for', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(checkpointMetadata(), fc.constantFrom(2, 3, 4, 5), (model, version) => {
        const answer = answerOf(() => encodeMetadata(model, { version }));
        const said = typeof answer === 'string' ? answer : decodeMetadata(answer);
        const isWhole = typeof answer !== 'string';
        expect(said).toEqual(isWhole ? { ...model, formatVersion: version } : 'METADATA_UNSUPPORTED');
      }),
    );
  });
});
