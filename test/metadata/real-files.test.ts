import { describe, expect, it } from 'vitest';
import { assembleMetadata } from '../../src/metadata/assemble.ts';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import { flinkOperatorOrder } from '../../src/metadata/flink-order.ts';
import { sliceMetadata } from '../../src/metadata/slices.ts';
import { metadataView } from '../../src/metadata/view.ts';
import { flinkFixtures, sha256Hex } from './fixtures.ts';

describe.each(flinkFixtures)('the real file $name', ({ bytes, flinkView }) => {
  it('reads as Flink reads it', () => {
    expect(metadataView(decodeMetadata(bytes), sha256Hex)).toEqual(flinkView);
  });

  it('is written again byte for byte', () => {
    expect(Buffer.from(encodeMetadata(decodeMetadata(bytes))).equals(bytes)).toBe(true);
  });

  it('is put together again from its slices', () => {
    const { operators, ...rest } = sliceMetadata(bytes);
    const assembled = operators.map(({ slices, ...operator }) => ({
      ...operator,
      entries: slices.map((slice) => slice.bytes),
      entryCount: slices.length,
    }));
    expect(Buffer.concat([...assembleMetadata({ ...rest, operators: assembled })]).equals(bytes)).toBe(true);
  });

  it('has its operators in the order of a Java hash map', () => {
    const ids = decodeMetadata(bytes).operators.map(({ operatorId }) => operatorId);
    expect(flinkOperatorOrder(ids)).toEqual(ids);
  });
});

describe('what follows the end of a file', () => {
  it('is counted and not written again', () => {
    const [fixture] = flinkFixtures;
    const longer = Buffer.concat([fixture?.bytes ?? new Uint8Array(), Buffer.from('tail')]);
    const model = decodeMetadata(longer);
    expect(model.trailingBytes).toBe(4);
    expect(encodeMetadata(model)).toHaveLength(longer.length - 4);
  });
});
