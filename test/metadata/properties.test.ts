import { describe, expect, it } from 'vitest';
import { isTidemarkError } from '../../src/errors.ts';
import { ByteReader } from '../../src/metadata/byte-reader.ts';
import { ByteWriter } from '../../src/metadata/byte-writer.ts';
import {
  checkpointPropertiesByPolicy,
  fullCheckpointSnapshot,
  readProperties,
  savepointProperties,
  writeProperties,
} from '../../src/metadata/properties.ts';
import type { CheckpointProperties } from '../../src/metadata/properties.ts';
import { flinkProperties } from './fixtures.ts';

const discardAlways = checkpointPropertiesByPolicy.NEVER_RETAIN_AFTER_TERMINATION;

const variants: readonly (readonly [string, CheckpointProperties | undefined])[] = [
  ['null', undefined],
  ['checkpoint RETAIN_ON_CANCELLATION', checkpointPropertiesByPolicy.RETAIN_ON_CANCELLATION],
  ['checkpoint RETAIN_ON_FAILURE', checkpointPropertiesByPolicy.RETAIN_ON_FAILURE],
  ['checkpoint NEVER_RETAIN_AFTER_TERMINATION', discardAlways],
  ['full checkpoint', { ...discardAlways, snapshot: fullCheckpointSnapshot }],
  ...(['CANONICAL', 'NATIVE'] as const).flatMap((formatType) => [
    [`savepoint ${formatType}`, savepointProperties({ forced: false, formatType })] as const,
    [`savepoint forced ${formatType}`, savepointProperties({ forced: true, formatType })] as const,
    [
      `suspend ${formatType}`,
      savepointProperties({ forced: false, formatType, postCheckpointAction: 'SUSPEND' }),
    ] as const,
    [
      `terminate ${formatType}`,
      savepointProperties({ forced: false, formatType, postCheckpointAction: 'TERMINATE' }),
    ] as const,
  ]),
  ['unclaimed', { ...savepointProperties({ forced: false }), unclaimed: true }],
];

const written = (properties: CheckpointProperties | undefined): string => {
  const writer = new ByteWriter();
  writeProperties(writer, properties);
  return Buffer.from(writer.take()).toString('hex');
};

const read = (hex: string): CheckpointProperties | undefined =>
  readProperties(new ByteReader(Uint8Array.from(Buffer.from(hex, 'hex'))));

const answerTo = (hex: string): string => {
  try {
    read(hex);
    return 'read';
  } catch (error) {
    if (isTidemarkError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
};

const javaText = (text: string): string =>
  text.length.toString(16).padStart(4, '0') + Buffer.from(text).toString('hex');
/** A class without fields; what follows is its super class. */
const emptyClass = (name: string): string => `72${javaText(name)}${'00'.repeat(8)}02000078`;

const checkpoint = flinkProperties['checkpoint RETAIN_ON_CANCELLATION'] ?? '';

describe('the properties of a snapshot', () => {
  it('are tested in every variant that Flink has', () => {
    expect(variants.map(([name]) => name)).toEqual(Object.keys(flinkProperties));
  });

  it.each(variants)('have the bytes of Flink: %s (C-033, T-166, T-167, T-383)', (name, properties) => {
    expect(written(properties)).toBe(flinkProperties[name]);
    expect(read(flinkProperties[name] ?? '')).toEqual(properties);
  });

  it('are read without a flag that an older Flink did not have', () => {
    const withoutUnclaimed = checkpoint
      .replace('0200085a', '0200075a')
      .replace(`5a${javaText('unclaimed')}`, '')
      .replace('78700000010100000073', '787000000101000073');
    const properties = read(withoutUnclaimed);
    expect({ ...properties, storedBytes: undefined }).toEqual({
      ...checkpointPropertiesByPolicy.RETAIN_ON_CANCELLATION,
      storedBytes: undefined,
    });
    expect(written(properties)).toBe(withoutUnclaimed);
    expect(written(properties && { ...properties, unclaimed: true })).not.toBe(withoutUnclaimed);
  });
});

describe('a Java object stream is refused as corrupt', () => {
  const nested = (levels: number): string => emptyClass('A').repeat(levels);

  it.each([
    ['another header', 'aced000470'],
    ['an object of another class', `aced000573${emptyClass('java.util.HashMap')}70`],
    ['a class version of its own', checkpoint.replace('d6de4f0305ae1d3a', '0000000000000005')],
    ['an unknown constant', checkpoint.replace('4241434b57415244', '4241434b57415258')],
    ['an array', 'aced000575'],
    ['block data', 'aced00057700'],
    ['a reference to what was not read yet', 'aced000571007e0000'],
    ['a class that is its own super class', `aced000573${emptyClass('A')}71007e0000`],
    ['super classes without end', `aced000573${nested(5000)}70`],
    ['a snapshot type that is null', `${checkpoint.split('78700000010100000073')[0]}78700000010100000070`],
  ])('%s', (_what, hex) => {
    expect(answerTo(hex)).toMatch(/^METADATA_CORRUPT /);
  });

  it('a long chain of super classes built from references', () => {
    const links = 20_000;
    const handle = (index: number): string => (0x7e0000 + index).toString(16).padStart(8, '0');
    // One object whose fields are objects, the class of each extending the class of the one before.
    const fields = Array.from({ length: links }, () => `4c0001${'61'}74${javaText('LA;')}`).join('');
    const count = links.toString(16).padStart(4, '0');
    const top = `73720001${'54'}${'00'.repeat(8)}02${count}${fields}7870`;
    const first = links + 2;
    const objects = Array.from({ length: links }, (_unused, index) => {
      const superClass = index === 0 ? '70' : `71${handle(first + (index - 1) * 2)}`;
      return `73${emptyClass('B')}${superClass}`;
    });
    expect(answerTo(`aced0005${top}${objects.join('')}`)).toMatch(
      /^METADATA_CORRUPT .*at most 16 levels of Java objects/,
    );
  });
});
