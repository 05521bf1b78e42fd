import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import type { OperatorState } from '../../src/metadata/model.ts';
import { metadataView } from '../../src/metadata/view.ts';
import { KilledRun } from '../kill/killed-run.ts';
import { dumpWithFlink, probeFlink, rewriteWithFlink } from './flink-oracle.ts';

const probe = probeFlink();
if (!probe.available)
  console.log(`skipped: Flink cannot be asked about the main job's metadata (${probe.reason})`);

const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const runs: KilledRun[] = [];
afterAll(() => {
  for (const run of runs) run.dispose();
});

const newRun = (...options: readonly string[]): KilledRun => {
  const run = new KilledRun(11, 24_000, ['--interval', '100', '--throttle', '12000', '--plain', ...options]);
  runs.push(run);
  return run;
};

/** Flink sees what we see, and would write the same file. */
const expectFlinkAgrees = (path: string): readonly OperatorState[] => {
  const bytes = readFileSync(path);
  const metadata = decodeMetadata(bytes);
  expect(dumpWithFlink(path)).toEqual(metadataView(metadata, sha256Hex));
  const rewritten = `${path}.rewritten`;
  rewriteWithFlink(path, rewritten);
  expect(readFileSync(rewritten).equals(bytes)).toBe(true);
  return metadata.operators;
};

/** Key groups that the subtasks of an operator hold, in order. */
const keyGroupsOf = (path: string, name: string): number[] =>
  decodeMetadata(readFileSync(path))
    .operators.filter((operator) => operator.name === name)
    .flatMap((operator) => operator.subtasks)
    .flatMap(({ state: { managedKeyedState } }) =>
      managedKeyedState?.kind === 'keyGroups'
        ? managedKeyedState.offsets.map((_, index) => managedKeyedState.firstKeyGroup + index)
        : [],
    );

describe.skipIf(!probe.available)('Flink 2.3.0 loads what the main job wrote', () => {
  it('a checkpoint that a suspended job keeps', async () => {
    const run = newRun();
    const ended = run.start();
    await run.waitFor((fact) => fact.type === 'checkpoint.completed');
    run.kill('SIGINT');
    await ended;
    const { facts } = await run.factsAfter(0);
    const completed = facts.findLast((fact) => fact.type === 'checkpoint.completed');
    const path = join(new URL(completed!.externalPointer).pathname, '_metadata');
    const operators = expectFlinkAgrees(path);
    const shapes = operators.map(({ name, parallelism, maxParallelism }) => ({
      name,
      parallelism,
      maxParallelism,
    }));
    expect(shapes.toSorted((a, b) => (a.name ?? '').localeCompare(b.name ?? ''))).toEqual([
      { name: 'counter', parallelism: 3, maxParallelism: 128 },
      { name: 'sink', parallelism: 1, maxParallelism: expect.any(Number) as number },
      { name: 'source', parallelism: 2, maxParallelism: expect.any(Number) as number },
    ]);
    expect(keyGroupsOf(path, 'counter')).toEqual(Array.from({ length: 128 }, (_, keyGroup) => keyGroup));
  });

  it('a savepoint at the end', async () => {
    const run = newRun();
    const savepoints = join(run.directory, 'savepoints');
    const ended = await run.start('--savepoint-at-end', savepoints);
    expect(ended.code, ended.output).toBe(0);
    const [name] = readdirSync(savepoints);
    expectFlinkAgrees(join(savepoints, name!, '_metadata'));
  });
});
