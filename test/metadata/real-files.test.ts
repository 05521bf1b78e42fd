import { describe, expect, it } from 'vitest';
import { isTidemarkError } from '../../src/errors.ts';
import { assembleMetadata } from '../../src/metadata/assemble.ts';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import { flinkOperatorOrder } from '../../src/metadata/flink-order.ts';
import type { OperatorState } from '../../src/metadata/model.ts';
import { sliceMetadata } from '../../src/metadata/slices.ts';
import { flinkRefusal, metadataView } from '../../src/metadata/view.ts';
import { flinkFixtures, oddFixtures, realFixtures, sha256Hex } from './fixtures.ts';
import type { Fixture } from './fixtures.ts';

/** Written again in the version it was read in. */
const rewritten = (bytes: Uint8Array): Buffer => {
  const model = decodeMetadata(bytes);
  return Buffer.from(encodeMetadata(model, { version: model.formatVersion }));
};

const assembled = (bytes: Uint8Array): Buffer => {
  const { operators, ...rest } = sliceMetadata(bytes);
  const given = operators.map(({ slices, ...operator }) => ({
    ...operator,
    entries: slices.map((slice) => slice.bytes),
    entryCount: slices.length,
  }));
  return Buffer.concat([...assembleMetadata({ ...rest, operators: given })]);
};

const inFlinkOrder = (operators: readonly OperatorState[]): readonly OperatorState[] =>
  flinkOperatorOrder(operators.map(({ operatorId }) => operatorId)).flatMap((id) =>
    operators.filter(({ operatorId }) => operatorId === id),
  );

const isLoaded = ({ flinkRefusal: refusal }: Fixture): boolean => refusal === undefined;

describe.each(realFixtures.filter(isLoaded))('the real file $name', ({ bytes, flinkView }) => {
  it('reads as Flink reads it (C-115, T-334, T-382)', () => {
    expect(metadataView(decodeMetadata(bytes), sha256Hex)).toEqual(flinkView);
  });
});

const refusedFixtures = realFixtures.filter((fixture) => !isLoaded(fixture));

describe.each(refusedFixtures)('the file $name of an old Flink', ({ bytes, flinkRefusal: refusal }) => {
  it('is read, and says why Flink refuses it', () => {
    expect(metadataView(decodeMetadata(bytes), sha256Hex)['flinkRefusal']).toBe(refusal);
  });
});

describe.each(realFixtures)('the model of $name', ({ bytes }) => {
  it('is written again byte for byte', () => {
    expect(rewritten(bytes).equals(bytes)).toBe(true);
  });
});

describe.each(flinkFixtures)('the file $name of the newest format', ({ bytes }) => {
  it('is put together again from its slices', () => {
    expect(assembled(bytes).equals(bytes)).toBe(true);
  });

  it('has its operators in the order of a Java hash map', () => {
    const ids = decodeMetadata(bytes).operators.map(({ operatorId }) => operatorId);
    expect(flinkOperatorOrder(ids)).toEqual(ids);
  });
});

describe('the files of older formats', () => {
  it('are cut into slices of the newest one, unless they are of format 1', () => {
    const older = realFixtures.filter(({ bytes }) => (bytes[7] ?? 0) > 1 && (bytes[7] ?? 0) < 6);
    expect(older.length).toBeGreaterThan(200);
    for (const { bytes } of older) {
      const model = decodeMetadata(bytes);
      const operators = inFlinkOrder(model.operators);
      const newer = metadataView({ ...model, operators, formatVersion: 6 }, sha256Hex);
      expect(metadataView(decodeMetadata(assembled(bytes)), sha256Hex)).toEqual(newer);
    }
  });
});

describe.each(oddFixtures.filter(isLoaded))('the odd file $name', ({ bytes, flinkView }) => {
  it('reads as Flink reads it, and is written again byte for byte', () => {
    expect(metadataView(decodeMetadata(bytes), sha256Hex)).toEqual(flinkView);
    expect(rewritten(bytes).equals(bytes)).toBe(true);
  });
});

const damagedFixtures = oddFixtures.filter((fixture) => !isLoaded(fixture));

describe.each(damagedFixtures)('the damaged file $name', ({ name, bytes, flinkRefusal: refusal }) => {
  it('is refused with a code, but for legacy state, which is whole', () => {
    const isLegacy = name === 'v2-legacy-state.metadata';
    const expected = isLegacy ? `read, though Flink says: ${refusal}` : 'METADATA_CORRUPT';
    expect(answerTo(bytes)).toBe(expected);
  });
});

const answerTo = (bytes: Uint8Array): string => {
  try {
    return `read, though Flink says: ${flinkRefusal(decodeMetadata(bytes))}`;
  } catch (error) {
    if (isTidemarkError(error)) return error.code;
    throw error;
  }
};

describe('what follows the end of a file', () => {
  it('is kept, counted and written again', () => {
    const [fixture] = flinkFixtures;
    const longer = Buffer.concat([fixture?.bytes ?? new Uint8Array(), Buffer.from('tail')]);
    const model = decodeMetadata(longer);
    expect(Buffer.from(model.trailingBytes ?? []).toString()).toBe('tail');
    expect(metadataView(model)['trailingBytes']).toBe(4);
    expect(Buffer.from(encodeMetadata(model)).equals(longer)).toBe(true);
  });
});
