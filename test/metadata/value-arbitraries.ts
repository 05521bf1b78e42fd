/** Random strings, bytes and numbers as the format has them. */
import * as fc from 'fast-check';

/** Any UTF-16 units: NUL, lone surrogates and all. */
const wildText = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0x7ff }), fc.integer({ min: 0, max: 0xffff })), {
    maxLength: 12,
  })
  .map((units) => String.fromCharCode(...units));

export const text = fc.oneof(fc.string({ maxLength: 20 }), fc.uuid(), wildText);
export const filledText = text.filter((value) => value !== '');
export const data = fc.uint8Array({ maxLength: 80 }).map((bytes) => Uint8Array.from(bytes));
export const anyLong = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
/** The size of a file, -1 for unknown. */
export const fileSize = (most: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: -1n, max: most });

export const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
