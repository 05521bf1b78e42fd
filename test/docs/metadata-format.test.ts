/** The page about the metadata format: its examples are files, and its tables name what the code knows. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../src/metadata/byte-reader.ts';
import { decodeFrom, decodeMetadata } from '../../src/metadata/decode.ts';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import {
  channelTag,
  distributionModes,
  formatVersions,
  keyedTag,
  operatorTag,
  streamTag,
} from '../../src/metadata/layout.ts';
import { flinkPath, flinkPathProblem } from '../../src/metadata/flink-path.ts';
import { metadataView } from '../../src/metadata/view.ts';
import { sha256Hex } from '../metadata/fixtures.ts';

const page = readFileSync(
  resolve(import.meta.dirname, '../../docs/reference/metadata-format.md'),
  'utf8',
).replaceAll('\r\n', '\n');

/** A line of a dump together with the lines that go on with its bytes. */
interface DumpLine {
  readonly offset: number;
  readonly bytes: readonly number[];
  readonly meaning: string;
}

interface Example {
  readonly title: string;
  readonly lines: readonly DumpLine[];
  readonly bytes: Uint8Array;
  readonly json: unknown;
}

const dumpLine = /^ *(\d*) {2,}((?:[\da-f]{2} )*[\da-f]{2})(?: {2,}(.*))?$/;

const dumpLines = (dump: string): DumpLine[] => {
  const lines: DumpLine[] = [];
  for (const text of dump.trimEnd().split('\n')) {
    const [, offset = '', hex = '', meaning = ''] = dumpLine.exec(text) ?? [];
    const bytes = hex.split(' ').map((byte) => Number.parseInt(byte, 16));
    const before = offset === '' ? lines.pop() : undefined;
    lines.push({
      offset: before?.offset ?? Number(offset),
      bytes: [...(before?.bytes ?? []), ...bytes],
      meaning: `${before?.meaning ?? ''} ${meaning}`.trim(),
    });
  }
  return lines;
};

const exampleForm = /^### (.*)\n[^`]*?(?:`[^`\n]+`[^`]*?)*```hexdump\n([^`]*)```[^`]*```json\n([^`]*)```/gm;

const examples: readonly Example[] = [...page.matchAll(exampleForm)].map(
  ([, title = '', dump = '', json = '']) => {
    const lines = dumpLines(dump);
    return {
      title,
      lines,
      bytes: Uint8Array.from(lines.flatMap(({ bytes }) => bytes)),
      json: JSON.parse(json) as unknown,
    };
  },
);

/** Something the reader took from the file, in its own words. */
interface FieldRead {
  readonly start: number;
  readonly length: number;
  readonly what: string;
}

/** Notes every primitive that is read: all of them take their bytes in one way. */
class WatchedReader extends ByteReader {
  readonly #fields: FieldRead[];

  constructor(fields: FieldRead[], bytes: Uint8Array, start = 0, end = bytes.length) {
    super(bytes, start, end);
    this.#fields = fields;
  }

  override take(length: number, what: string): number {
    const start = super.take(length, what);
    this.#fields.push({ start, length, what });
    return start;
  }

  override part(length: number, what: string): ByteReader {
    const start = super.take(length, what);
    return new WatchedReader(this.#fields, this.bytes, start, start + length);
  }
}

const fieldsOf = (bytes: Uint8Array): readonly FieldRead[] => {
  const fields: FieldRead[] = [];
  decodeFrom(new WatchedReader(fields, bytes));
  return fields;
};

const isWithin = ({ start, length }: FieldRead, { offset, bytes }: DumpLine): boolean =>
  start >= offset && start + length <= offset + bytes.length;

/** What a line must mention of a field: a text in quotes, a number that is not one of the usual signs. */
const mentionOf = (
  bytes: Uint8Array,
  field: FieldRead,
  before: FieldRead | undefined,
): string | undefined => {
  const { start, length, what } = field;
  if (before?.what === `length of ${what}`) {
    return length === 0
      ? undefined
      : JSON.stringify(Buffer.from(bytes).toString('utf8', start, start + length));
  }
  const isContent = before !== undefined && before.what.endsWith(` of ${what}`);
  const isNumber = /^(?!magic|length of|header)/.test(what) && (length === 4 || length === 8) && !isContent;
  if (!isNumber) return undefined;
  const view = new DataView(bytes.buffer);
  const number = length === 4 ? BigInt(view.getInt32(start)) : view.getBigInt64(start);
  return number < 2n ? undefined : `${number}`;
};

describe('the examples of the metadata format', () => {
  it('are of every version', () => {
    const versions = new Set(examples.map(({ bytes }) => bytes[7]));
    expect(versions).toEqual(new Set(formatVersions));
    expect(examples).toHaveLength(page.split('```hexdump').length - 1);
  });

  describe.each(examples)('$title', ({ lines, bytes, json }) => {
    it('decodes to the JSON beside it', () => {
      expect(metadataView(decodeMetadata(bytes), sha256Hex)).toEqual(json);
    });

    it('is written again with the same bytes', () => {
      const model = decodeMetadata(bytes);
      expect(Buffer.from(encodeMetadata(model, { version: model.formatVersion })).toString('hex')).toBe(
        Buffer.from(bytes).toString('hex'),
      );
    });

    it('has lines that begin and end where the reader does, without a gap', () => {
      const fields = fieldsOf(bytes);
      const starts = new Set(fields.map(({ start }) => start));
      const ends = new Set(fields.map(({ start, length }) => start + length));
      let at = 0;
      for (const line of lines) {
        expect([line.offset, starts.has(at)]).toEqual([at, true]);
        at += line.bytes.length;
        expect([line.offset, ends.has(at)]).toEqual([line.offset, true]);
      }
      expect(at).toBe(bytes.length);
    });

    it('mentions every text and every larger number that the reader finds in a line', () => {
      const fields = fieldsOf(bytes);
      const unmentioned = fields.filter((field, index) => {
        const { meaning } = lines.find((line) => isWithin(field, line)) ?? {};
        return meaning?.includes(mentionOf(bytes, field, fields[index - 1]) ?? '') !== true;
      });
      expect(unmentioned).toEqual([]);
    });
  });
});

/** The rows of a table of a section, without its head. */
const tableRows = (section: string, table: number): readonly (readonly string[])[] => {
  const text = page.split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? '';
  const tables = text
    .trim()
    .split('\n\n')
    .filter((block) => block.startsWith('|'));
  const rows = tables[table]?.split('\n').slice(2) ?? [];
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
};

const firstColumn = (section: string, table: number): readonly string[] =>
  tableRows(section, table).map(([cell = '']) => cell);

const codesIn = (cell: string | undefined): readonly string[] =>
  [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

const sorted = (numbers: Iterable<number>): number[] => [...numbers].toSorted((one, other) => one - other);

describe('the tables of the metadata format', () => {
  it.each([
    ['Stream handles', streamTag],
    ['Keyed handles', keyedTag],
    ['Operator-state handles', operatorTag],
    ['Channel handles', channelTag],
  ])('%s have a row for every tag that the code knows', (section, tags) => {
    expect(sorted(firstColumn(section, 0).map(Number))).toEqual(sorted(Object.values(tags)));
  });

  it('have a row for every version and every distribution mode', () => {
    expect(firstColumn('Versions', 0)).toEqual(formatVersions.map(String));
    const modes = distributionModes.map((mode, number) => [`${number}`, mode]);
    expect(tableRows('Operator-state handles', 1).map((row) => row.slice(0, 2))).toEqual(modes);
  });

  it('normalize paths as the code does', () => {
    const rows = tableRows('Paths and relative handles', 0);
    for (const [written, normal] of rows) {
      const paths = codesIn(written);
      const said = normal === 'refused' ? paths.map(() => undefined) : codesIn(normal);
      const isPath = (path: string): boolean => flinkPathProblem(path) === undefined;
      expect(paths.map((path) => (isPath(path) ? flinkPath(path) : undefined))).toEqual(said);
    }
    expect(rows).toHaveLength(4);
  });
});
