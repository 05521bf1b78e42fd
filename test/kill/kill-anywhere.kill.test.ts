import { afterEach, describe, expect, it } from 'vitest';
import { firstValueFrom, timer } from 'rxjs';
import type { Fact, FactType } from '../../src/core/facts/fact.ts';
import { deriveSeed, seededRandom } from '../../src/runtime/random.ts';
import { KilledRun } from './killed-run.ts';

const SEED = Number(process.env['TIDEMARK_FIRST_SEED'] ?? Date.now() % 1_000_000);
/** Directories that are killed at random moments; `npm run hunt:kill` takes many. */
const RANDOM_RUNS = Number(process.env['TIDEMARK_KILL_RUNS'] ?? 2);
const RANDOM_KILLS = 6;
const KILL_WITHIN_MS = 2_500;

/** About three seconds of work with a checkpoint every 150 ms. */
const OPTIONS = ['--interval', '150', '--throttle', '12000', '--seed', '7', '--plain'];
const SIZE_BYTES = 72_000;

/** Where the process is killed on seeing what, in the order of one job's life. */
const moments: readonly (readonly [name: string, isSeen: (fact: Fact) => boolean])[] = [
  ['before the first checkpoint', (fact) => fact.type === 'job.running'],
  ['when a checkpoint is triggered', (fact) => fact.type === 'checkpoint.triggered'],
  ['when a checkpoint is located', (fact) => fact.type === 'checkpoint.located'],
  ['between acknowledgements', (fact) => fact.type === 'tasks.acknowledged'],
  ['when a checkpoint is fully acknowledged', (fact) => fact.type === 'checkpoint.fullyAcknowledged'],
  ['when a checkpoint is complete and not committed', (fact) => fact.type === 'checkpoint.completed'],
  ['when an older one is about to be discarded', (fact) => fact.type === 'discard.planned'],
  ['at the end of the input', (fact) => fact.type === 'task.dataEnded'],
  ['while the job terminates', (fact) => fact.type === 'job.finished'],
];

let run: KilledRun | undefined;
afterEach(() => {
  run?.dispose();
  run = undefined;
});

const expectExactCounts = async (killed: KilledRun): Promise<readonly Fact[]> => {
  const ended = await killed.finish();
  expect(ended.code, ended.output).toBe(0);
  const verified = killed.verify(ended.output);
  expect(verified.text).toMatch(/counts agree: \d+ words, \d+ distinct/);
  expect(verified.status).toBe(0);
  return (await killed.factsAfter(0)).facts;
};

const idsOf = (facts: readonly Fact[], type: FactType): number[] =>
  facts.flatMap((fact) =>
    fact.type === type && 'checkpointId' in fact ? [fact.checkpointId as number] : [],
  );

describe('a run killed with SIGKILL and started again', () => {
  it('gives exact counts when it is killed at each kind of moment', async () => {
    run = new KilledRun(SEED, SIZE_BYTES, OPTIONS);
    for (const [name, isSeen] of moments) {
      const ended = await run.killOn(isSeen);
      const isKilled = ended.signal === 'SIGKILL';
      expect(isKilled || ended.code === 0, `${name}: ${ended.output}`).toBe(true);
    }
    const facts = await expectExactCounts(run);
    const triggered = idsOf(facts, 'checkpoint.triggered');
    expect(new Set(triggered).size).toBe(triggered.length);
    expect(facts.filter((fact) => fact.type === 'coordinator.tookOver').length).toBeGreaterThanOrEqual(
      moments.length,
    );
  });

  for (let index = 0; index < RANDOM_RUNS; index++) {
    it(`gives exact counts when it is killed at random moments (seed ${SEED + index})`, async () => {
      const random = seededRandom(deriveSeed(SEED + index, 'kills'));
      run = new KilledRun(SEED + index, SIZE_BYTES, OPTIONS);
      for (let kill = 0; kill < RANDOM_KILLS; kill++) {
        const ended = run.start();
        await Promise.race([ended, firstValueFrom(timer(random.integer(KILL_WITHIN_MS)))]);
        run.kill();
        const { code, signal, output } = await ended;
        expect(signal === 'SIGKILL' || code === 0, output).toBe(true);
      }
      await expectExactCounts(run);
    });
  }
});
