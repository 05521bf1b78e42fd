/** Replay equals live: what the journal's file folds to is what the coordinator had in memory, after every block. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fold } from '../../src/core/evolve.ts';
import { checkConfiguration } from '../../src/core/configuration.ts';
import { factVersions } from '../../src/core/facts/codec.ts';
import { decodeSnapshot } from '../../src/core/facts/snapshot.ts';
import { isAnswering, type Fact } from '../../src/core/facts/fact.ts';
import { initialState, type JobState } from '../../src/core/job-state.ts';
import type { Journal, StoredBlock } from '../../src/journal/journal.ts';
import { openSqliteJournalInThread } from '../../src/journal/sqlite/journal.ts';
import { factsOf, recoverJob, streamOf } from '../../src/runtime/recover.ts';
import { coreGraph, coreJobId } from '../support/core-run.ts';
import { describeState } from '../support/describe-state.ts';
import { history, HistoryPlay, type Happening } from '../support/history.ts';

const RUNS = 250;
const stream = streamOf(coreJobId);
/** Another configuration than any of the histories: what policy decided must be in the facts. */
const configuration = checkConfiguration({ retained: 9, timeout: '1 h', retention: 'RETAIN_ON_FAILURE' });
const job = { jobId: coreJobId, graph: coreGraph, configuration };

let directory = '';
let files = 0;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-replay-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const open = (path: string): Journal => openSqliteJournalInThread(path, { synchronous: 'OFF' });

/** Plays a programme into a file of its own, and hands the file to a check that opens it anew. */
const played = async (
  programme: readonly Happening[],
  check: (play: HistoryPlay, journal: Journal) => Promise<void>,
): Promise<void> => {
  const path = join(directory, `${files++}.db`);
  const written = open(path);
  const play = new HistoryPlay(written);
  await play.play(programme);
  await written.close();
  const journal = open(path);
  try {
    await check(play, journal);
  } finally {
    await journal.close();
  }
  rmSync(path);
};

const empty = (): JobState => initialState(coreJobId, coreGraph, configuration);

const readAll = (journal: Journal): Promise<readonly StoredBlock[]> =>
  journal.read(stream, 1, { withBulk: true });

/** Facts of the blocks that hold acknowledgements of a checkpoint, as recovery reads them for a snapshot. */
const acknowledgedFacts = (
  blocks: readonly StoredBlock[],
  revisions: readonly number[],
  checkpointId: number,
): Fact[] =>
  revisions
    .flatMap((revision) => blocks.filter((block) => block.revision === revision))
    .flatMap((block) => factsOf(stream, block))
    .filter((fact) => isAnswering(fact) && fact.checkpointId === checkpointId);

describe('a journal read back from its file', () => {
  it('folds to the live state after every block (C-004, C-314, C-315)', async () => {
    const property = fc.asyncProperty(history, (programme) =>
      played(programme, async (play, journal) => {
        const blocks = await readAll(journal);
        expect(blocks.map(({ revision }) => revision)).toEqual(play.seams.map(({ revision }) => revision));
        let state = empty();
        for (const [index, block] of blocks.entries()) {
          state = fold(state, factsOf(stream, block));
          expect(describeState(state), `after block ${block.revision}`).toEqual(play.seams[index]?.described);
        }
      }),
    );
    await fc.assert(property, { numRuns: RUNS });
  });

  it('folds to the live state from a snapshot at any seam (T-145)', async () => {
    const property = fc.asyncProperty(history, (programme) =>
      played(programme, async (play, journal) => {
        const blocks = await readAll(journal);
        for (const { revision, described, snapshot } of play.seams) {
          const decoded = decodeSnapshot(snapshot, `revision ${revision}`, job);
          let state = decoded.rebuild((id) =>
            acknowledgedFacts(blocks, decoded.acknowledgedIn.get(id) ?? [], id),
          );
          expect(describeState(state), `snapshot at ${revision}`).toEqual(described);
          for (const block of blocks.slice(revision)) state = fold(state, factsOf(stream, block));
          expect(describeState(state), `snapshot at ${revision}, then the tail`).toEqual(
            play.seams.at(-1)?.described,
          );
        }
      }),
    );
    await fc.assert(property, { numRuns: RUNS / 2 });
  });

  it('folds to the live state after what no recovery needs was trimmed, with and without a snapshot', async () => {
    const property = fc.asyncProperty(history, (programme) =>
      played(programme, async (play, journal) => {
        const recovered = async (): Promise<unknown> => describeState((await recoverJob(journal, job)).state);
        const last = play.seams.at(-1);
        const needed = [...(await recoverJob(journal, job)).acknowledgedIn.values()].flat();
        const final = play.seams.map(({ revision }) => revision).filter((each) => !needed.includes(each));
        await journal.trim(stream, { bulk: final, detail: final });
        expect(await recovered()).toEqual(last?.described);
        if (last === undefined) return;
        await journal.writeSnapshot(stream, { revision: last.revision, bytes: last.snapshot });
        await journal.trim(stream, { through: Math.min(last.revision, ...needed.map((each) => each - 1)) });
        expect(await recovered()).toEqual(last.described);
      }),
    );
    await fc.assert(property, { numRuns: RUNS });
  });
});

describe('the histories', () => {
  it('decide every type of fact', async () => {
    const factTypes = new Set<string>();
    const outcomes = new Set<string>();
    const property = fc.asyncProperty(history, (programme) =>
      played(programme, async (play) => {
        for (const type of play.factTypes) factTypes.add(type);
        for (const type of play.outcomes) outcomes.add(type);
      }),
    );
    await fc.assert(property, { numRuns: RUNS, seed: 7 });
    expect(Object.keys(factVersions).filter((type) => !factTypes.has(type))).toEqual([]);
    expect(outcomes.size).toBeGreaterThan(12);
  });
});
