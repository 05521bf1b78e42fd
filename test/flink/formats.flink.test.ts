import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import type { CheckpointMetadata } from '../../src/metadata/model.ts';
import { metadataView } from '../../src/metadata/view.ts';
import { checkpointMetadata } from '../metadata/arbitraries.ts';
import { inFlinkSpelling } from '../metadata/flink-spelling.ts';
import { readBytes, sha256Hex } from '../metadata/fixtures.ts';
import { askFlink, probeFlink } from './flink-oracle.ts';

const probe = probeFlink();
if (!probe.available) console.log(`skipped: Flink cannot be asked about formats: ${probe.reason}`);

/** Files of each version and direction; `npm run hunt:flink` takes many more. */
const fileCount = Number(process.env['TIDEMARK_FLINK_FILES'] ?? 500);
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

vi.setConfig({ testTimeout: TIMEOUT_MS, hookTimeout: TIMEOUT_MS });

describe.skipIf(!probe.available).each(versions)(`in format %i (seed ${seed})`, (version) => {
  let directory = '';
  let models: CheckpointMetadata[] = [];
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'tidemark-formats-'));
    models = fc.sample(checkpointMetadata(undefined, version), { seed, numRuns: fileCount });
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('we read what Flink writes as Flink does, and write the same bytes', () => {
    const folder = join(directory, 'flink');
    expect(ask([['gen', `${seed}`, `${version}`, `${fileCount}`, folder]])).toEqual([{ files: fileCount }]);
    for (const number of numbers) {
      const bytes = readBytes(join(folder, `${number}.metadata`));
      const view: unknown = JSON.parse(readFileSync(join(folder, `${number}.json`), 'utf8'));
      expect([number, metadataView(decodeMetadata(bytes), sha256Hex)]).toEqual([number, view]);
      expect([number, isSame(rewritten(bytes), bytes)]).toEqual([number, true]);
    }
  });

  const write = (name: string, bytes: Uint8Array): string => {
    const path = join(directory, name);
    writeFileSync(path, bytes);
    return path;
  };

  it('Flink reads what we write as we do', () => {
    const paths = models.map((model, number) => write(`${number}.ours`, encodeMetadata(model, { version })));
    const views = ask(paths.map((path) => ['dump', path]));
    for (const [number, model] of models.entries()) {
      expect([number, views[number]]).toEqual([number, metadataView(model, sha256Hex)]);
    }
  });

  it('Flink writes, in format 6, what we write', () => {
    const spelled = models.map(inFlinkSpelling);
    const paths = spelled.map((model, number) =>
      write(`${number}.spelled`, encodeMetadata(model, { version })),
    );
    const answers = ask(paths.map((path) => ['rewrite', path, `${path}.copy`]));
    for (const [number, model] of spelled.entries()) {
      const ours = encodeMetadata(model, { version: 6 });
      expect([number, answers[number]]).toEqual([number, { bytes: ours.length }]);
      expect([number, isSame(readBytes(`${paths[number]}.copy`), ours)]).toEqual([number, true]);
    }
  });
});
