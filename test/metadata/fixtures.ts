/** Real files of Flink and what Flink itself sees in them; `test/fixtures/flink/index.tsv` names their sources. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sha256Hex } from '../../src/metadata/handle-view.ts';

const directory = join(import.meta.dirname, '..', 'fixtures', 'flink');

export const sha256Hex: Sha256Hex = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Bytes of their own: Node's file buffers may share a pool. */
export const readBytes = (path: string): Uint8Array => Uint8Array.from(readFileSync(path));

/** One file and what Flink 2.3.0 makes of it: a view, or an error. */
export interface Fixture {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What Flink loads from it; undefined if it refuses. */
  readonly flinkView: unknown;
  /** The text with which it refuses; null if it has none. */
  readonly flinkRefusal: string | null | undefined;
}

interface FlinkError {
  readonly error: { readonly message: string | null };
}

const fixtureIn = (folder: string, name: string): Fixture => {
  const path = join(folder, name);
  const bytes = readBytes(path);
  if (!existsSync(`${path}.error.json`)) {
    const flinkView = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as unknown;
    return { name, bytes, flinkView, flinkRefusal: undefined };
  }
  const { error } = JSON.parse(readFileSync(`${path}.error.json`, 'utf8')) as FlinkError;
  return { name, bytes, flinkView: undefined, flinkRefusal: error.message };
};

const fixturesIn = (folder: string): readonly Fixture[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.metadata'))
    .toSorted()
    .map((name) => fixtureIn(folder, name));

/** Real files of Flink 1.2 to 2.2. */
export const realFixtures = fixturesIn(directory);

/** Damaged and odd files. */
export const oddFixtures = fixturesIn(join(import.meta.dirname, '..', 'fixtures', 'malformed'));

const versionOf = ({ bytes }: Fixture): number => bytes[7] ?? 0;

/** Those of the newest format. */
export const flinkFixtures = realFixtures.filter((fixture) => versionOf(fixture) === 6);

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
