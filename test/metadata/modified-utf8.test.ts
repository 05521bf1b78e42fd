import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modifiedUtf8Length, readModifiedUtf8, writeModifiedUtf8 } from '../../src/metadata/modified-utf8.ts';
import { text } from './value-arbitraries.ts';

const encoded = (value: string): string => {
  const bytes = new Uint8Array(modifiedUtf8Length(value));
  expect(writeModifiedUtf8(value, bytes, 0)).toBe(bytes.length);
  return Buffer.from(bytes).toString('hex');
};

const decoded = (hex: string): string | number => {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
  return readModifiedUtf8(bytes, 0, bytes.length);
};

describe('modified UTF-8', () => {
  it.each([
    ['ASCII', 'az\u007f', '617a7f'],
    ['NUL in two bytes', 'a\u0000b', '61c08062'],
    ['two bytes', 'ü\u0080\u07ff', 'c3bcc280dfbf'],
    ['three bytes', '\u0800中\uffff', 'e0a080e4b8adefbfbf'],
    ['a character outside the BMP as its two surrogates', '😀', 'eda0bdedb880'],
    ['lone surrogates', '\udc00\ud800', 'edb080eda080'],
  ])('writes and reads %s', (_what, value, hex) => {
    expect(encoded(value)).toBe(hex);
    expect(decoded(hex)).toBe(value);
  });

  it('brings every text back', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(decoded(encoded(value))).toBe(value);
      }),
    );
  });

  it.each([
    ['an overlong A', 'c181', 'A'],
    ['a single NUL byte', '00', '\u0000'],
  ])('reads %s, which it never writes', (_what, hex, value) => {
    expect(decoded(hex)).toBe(value);
  });

  it.each([
    ['the four-byte form', '61f09f9880', 1],
    ['a continuation without a start', '80', 0],
    ['a start without its continuation', 'c341', 1],
    ['a character that is cut off', '61e4b8', 1],
  ])('refuses %s at its offset', (_what, hex, offset) => {
    expect(decoded(hex)).toBe(offset);
  });
});
