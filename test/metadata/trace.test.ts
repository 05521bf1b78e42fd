import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../src/errors.ts';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import type { CheckpointMetadata } from '../../src/metadata/model.ts';
import { traceMetadata, type MetadataField } from '../../src/metadata/trace.ts';
import { checkpointMetadata } from './arbitraries.ts';
import { checkpointFixture, oddFixtures, realFixtures } from './fixtures.ts';

interface Traced {
  readonly fields: readonly MetadataField[];
  /** What came back, or the text of the error. */
  readonly answer: CheckpointMetadata | string;
}

const traced = (bytes: Uint8Array): Traced => {
  const fields: MetadataField[] = [];
  try {
    return { fields, answer: traceMetadata(bytes, (field) => fields.push(field)) };
  } catch (error) {
    return { fields, answer: messageOf(error) };
  }
};

const decoded = (bytes: Uint8Array): Traced['answer'] => {
  try {
    return decodeMetadata(bytes);
  } catch (error) {
    return messageOf(error);
  }
};

/** Fields that do not begin where the one before ends. */
const gapsIn = (fields: readonly MetadataField[]): readonly string[] => {
  let end = 0;
  return fields.flatMap(({ offset, length, place }) => {
    const isNext = offset === end;
    end = offset + length;
    return isNext ? [] : [`${place} at ${offset}`];
  });
};

const checkTrace = (bytes: Uint8Array, name = ''): void => {
  const { fields, answer } = traced(bytes);
  const last = fields.at(-1);
  expect(answer, name).toEqual(decoded(bytes));
  expect(gapsIn(fields), name).toEqual([]);
  if (typeof answer !== 'string') expect((last?.offset ?? 0) + (last?.length ?? 0), name).toBe(bytes.length);
};

describe('the fields of a file', () => {
  it('leave out no byte of a real file, of any format, and say what is read', () => {
    for (const { name, bytes } of realFixtures) checkTrace(bytes, name);
  });

  it.each([2, 3, 4, 5, 6] as const)('leave out no byte of any model of format %i', (version) => {
    fc.assert(
      fc.property(checkpointMetadata(undefined, version), (model) => {
        checkTrace(encodeMetadata(model, { version }));
      }),
      { numRuns: 60 },
    );
  });

  it('come with their place, and tags with their meaning', () => {
    const { fields } = traced(checkpointFixture().bytes);
    const told = fields.map(({ offset, length, place, value, meaning }) =>
      [offset, length, place, value, ...(meaning === undefined ? [] : [meaning])].join(' | '),
    );
    const subtask = 'operator 0 › subtask 0 › managed operator state';
    for (const line of [
      '8 | 8 | checkpoint id | 2',
      '24 | 23 | operator 0 › operator name | Source: Custom Source',
      '69 | 16 | operator 0 › operator id | ',
      `111 | 14 | ${subtask} › name of an operator state | source-state`,
      `125 | 1 | ${subtask} › distribution mode | 1 | UNION`,
      `126 | 4 | ${subtask} › number of offsets of an operator state | 4`,
      `130 | 8 | ${subtask} › offset 0 | 188`,
      `162 | 1 | ${subtask} › tag of a stream handle | 6 | relativeFile`,
    ]) {
      expect(told).toContain(line);
    }
    const keyed = 'operator 1 › subtask 1 › managed keyed state';
    expect(told.filter((line) => line.includes(`${keyed} › number of key groups | 1`))).toHaveLength(1);
  });
});

describe('the fields of a damaged file', () => {
  it('come up to the damage, then the error that every reader gives', () => {
    for (const { name, bytes } of oddFixtures) checkTrace(bytes, name);
  });

  it('come without a gap wherever a byte is wrong or the end is missing', { timeout: 60_000 }, () => {
    const small = realFixtures.filter(({ bytes }) => bytes.length < 6000);
    const damage = fc.record({ fixture: fc.constantFrom(...small), at: fc.nat(), to: fc.nat(255) });
    fc.assert(
      fc.property(damage, ({ fixture, at, to }) => {
        const bytes = fixture.bytes.slice();
        bytes[at % bytes.length] = to;
        checkTrace(bytes);
        checkTrace(fixture.bytes.subarray(0, at % bytes.length));
      }),
      { numRuns: 500 },
    );
  });

  it('include the length of a text that is not whole', () => {
    const { bytes } = checkpointFixture();
    const wrong = bytes.slice();
    wrong[24] = 0xff;
    expect(traced(wrong).fields.at(-1)).toEqual({
      offset: 24,
      length: 2,
      place: 'operator 0 › length of operator name',
      value: 0xff15,
    });
  });
});
