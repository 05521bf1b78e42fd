/** Real files of Flink and what Flink itself sees in them; `test/fixtures/flink/index.tsv` names their sources. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sha256Hex } from '../../src/metadata/view.ts';

const directory = join(import.meta.dirname, '..', 'fixtures', 'flink');

export const sha256Hex: Sha256Hex = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Bytes of their own: Node's file buffers may share a pool. */
export const readBytes = (path: string): Uint8Array => Uint8Array.from(readFileSync(path));

/** One real file. */
export interface Fixture {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What Flink 2.3.0 loads from it. */
  readonly flinkView: unknown;
}

export const flinkFixtures: readonly Fixture[] = readdirSync(directory)
  .filter((name) => name.endsWith('.metadata'))
  .toSorted()
  .map((name) => ({
    name,
    bytes: readBytes(join(directory, name)),
    flinkView: JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8')) as unknown,
  }));

/** Checkpoint properties as Flink 2.3.0 serializes them, in hex, by what they are. */
export const flinkProperties = JSON.parse(
  readFileSync(join(directory, 'properties.json'), 'utf8'),
) as Readonly<Record<string, string>>;

export const smallestFixture = (): Fixture =>
  flinkFixtures.reduce((least, fixture) => (fixture.bytes.length < least.bytes.length ? fixture : least));

/** The file that holds keyed and operator state with several subtasks. */
export const checkpointFixture = (): Fixture => {
  const fixture = flinkFixtures.find(({ name }) => name.includes('broadcast-hashmap-checkpoint'));
  if (fixture === undefined) throw new Error('the checkpoint fixture is missing');
  return fixture;
};
