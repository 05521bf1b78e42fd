import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import { metadataView } from '../../src/metadata/view.ts';
import { checkpointMetadata } from '../metadata/arbitraries.ts';
import { readBytes, sha256Hex } from '../metadata/fixtures.ts';
import { askFlink, probeFlink } from './flink-oracle.ts';

const probe = probeFlink();
if (!probe.available) console.log(`skipped: Flink cannot be asked about formats: ${probe.reason}`);

/** Files of each version and direction; `TIDEMARK_FLINK_FILES=1000` makes thousands. */
const fileCount = Number(process.env['TIDEMARK_FLINK_FILES'] ?? 60);
/** Another one tries other files; it is part of every title. */
const seed = Number(process.env['TIDEMARK_FLINK_SEED'] ?? 7);
/** Commands for one start of the virtual machine. */
const COMMANDS_AT_ONCE = 500;
const TIMEOUT_MS = 60_000 + 200 * fileCount;

const versions = [2, 3, 4, 5, 6] as const;
const numbers = Array.from({ length: fileCount }, (_unused, index) => index);

const ask = (commands: readonly (readonly string[])[]): unknown[] => {
  const answers: unknown[] = [];
  for (let at = 0; at < commands.length; at += COMMANDS_AT_ONCE) {
    answers.push(...askFlink(commands.slice(at, at + COMMANDS_AT_ONCE)));
  }
  return answers;
};

/** Written again in the version it was read in. */
const rewritten = (bytes: Uint8Array): Uint8Array => {
  const model = decodeMetadata(bytes);
  return encodeMetadata(model, { version: model.formatVersion });
};

const isSame = (left: Uint8Array, right: Uint8Array): boolean => Buffer.from(left).equals(right);

describe.skipIf(!probe.available).each(versions)(`in format %i (seed ${seed})`, (version) => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'tidemark-formats-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('we read what Flink writes as Flink does, and write the same bytes', { timeout: TIMEOUT_MS }, () => {
    const folder = join(directory, 'flink');
    expect(ask([['gen', `${seed}`, `${version}`, `${fileCount}`, folder]])).toEqual([{ files: fileCount }]);
    for (const number of numbers) {
      const bytes = readBytes(join(folder, `${number}.metadata`));
      const view: unknown = JSON.parse(readFileSync(join(folder, `${number}.json`), 'utf8'));
      expect([number, metadataView(decodeMetadata(bytes), sha256Hex)]).toEqual([number, view]);
      expect([number, isSame(rewritten(bytes), bytes)]).toEqual([number, true]);
    }
  });

  it('Flink reads what we write as we do, and its copy is ours', { timeout: TIMEOUT_MS }, () => {
    const models = fc.sample(checkpointMetadata(undefined, version), { seed, numRuns: fileCount });
    const path = (number: number): string => join(directory, `ours-${number}.metadata`);
    for (const [number, model] of models.entries()) {
      writeFileSync(path(number), encodeMetadata(model, { version }));
    }
    const views = ask(numbers.map((number) => ['dump', path(number)]));
    for (const [number, model] of models.entries()) {
      expect([number, views[number]]).toEqual([number, metadataView(model, sha256Hex)]);
    }
    // Flink gives its own spelling to what we may spell as we like, to a path that ends in a dot in two steps; from
    // then on nothing changes.
    const copy = (number: number): string => `${path(number)}.copy`;
    ask(numbers.map((number) => ['rewrite', path(number), `${copy(number)}.first`]));
    const copied = ask(numbers.map((number) => ['rewrite', `${copy(number)}.first`, copy(number)]));
    // A few odd paths become, in Flink's spelling, what Flink itself cannot read again.
    const readable = numbers.filter((number) => !('error' in (copied[number] as object)));
    expect(readable.length).toBeGreaterThan(0.95 * fileCount);
    for (const number of readable) {
      writeFileSync(path(number), encodeMetadata(decodeMetadata(readBytes(copy(number)))));
    }
    ask(readable.map((number) => ['rewrite', path(number), `${copy(number)}.again`]));
    for (const number of readable) {
      const ours = readBytes(path(number));
      expect([number, isSame(readBytes(copy(number)), ours)]).toEqual([number, true]);
      expect([number, isSame(readBytes(`${copy(number)}.again`), ours)]).toEqual([number, true]);
    }
  });
});
