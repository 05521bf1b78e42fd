/** Statistics read back from a journal are those of the run, whatever snapshot there is and whatever was forgotten. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkConfiguration } from '../../src/core/configuration.ts';
import { fold } from '../../src/core/evolve.ts';
import { encodeSnapshot } from '../../src/core/facts/snapshot.ts';
import { initialState } from '../../src/core/job-state.ts';
import { openMemoryJournal } from '../../src/journal/memory/journal.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { noteAcknowledged, noteEnded } from '../../src/runtime/recover-statistics.ts';
import { factsOf, recoverJob, streamOf } from '../../src/runtime/recover.ts';
import { recordOf } from '../../src/stats/history.ts';
import { plainStatistics } from '../../src/stats/plain-statistics.ts';
import { foldStatistics, noStatisticsState, type StatisticsState } from '../../src/stats/statistics.ts';
import { checkpointDetail } from '../../src/stats/tasks.ts';
import { coreGraph, coreJobId } from '../support/core-run.ts';
import { history, HistoryPlay, type Happening } from '../support/history.ts';

const RUNS = 150;
const stream = streamOf(coreJobId);
const configuration = checkConfiguration({});
const job = { jobId: coreJobId, graph: coreGraph, configuration };

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Everything that can be seen, every task and subtask spelled out. */
const described = ({ statistics, details }: StatisticsState): unknown => {
  const rows = [...details.inFlight, ...details.ended];
  const tasks = rows.map((each) => {
    const record = recordOf(statistics, each.checkpointId);
    const detail = record && checkpointDetail(record, each, coreGraph);
    const subtasks = coreGraph.vertices.map((vertex) => detail?.subtasksOf(vertex.id));
    return [each.checkpointId, each.count, detail?.tasks, subtasks];
  });
  return plain({ statistics, tasks });
};

/** The whole journal, block by block; at `seam` a snapshot is written, as the keeper of the journal does. */
const foldAll = async (journal: Journal, seam = -1): Promise<StatisticsState> => {
  let state = initialState(coreJobId, coreGraph, configuration);
  let statistics = noStatisticsState;
  const acknowledgedIn = new Map<number, number[]>();
  const detailIn = new Map<number, readonly number[]>();
  for (const block of await journal.read(stream, 1, { withBulk: true })) {
    const facts = factsOf(stream, block);
    state = fold(state, facts);
    statistics = foldStatistics(statistics, facts);
    noteAcknowledged(acknowledgedIn, facts, block.revision);
    noteEnded(detailIn, acknowledgedIn, facts);
    if (block.revision !== seam) continue;
    const beside = { statistics: plainStatistics(statistics), detailIn: [...detailIn] };
    const bytes = encodeSnapshot(state, acknowledgedIn, beside);
    await journal.writeSnapshot(stream, { revision: seam, bytes });
  }
  return statistics;
};

const played = async (programme: readonly Happening[]): Promise<{ journal: Journal; blocks: number }> => {
  const journal = openMemoryJournal();
  const play = new HistoryPlay(journal);
  await play.play(programme);
  return { journal, blocks: play.seams.length };
};

const seams = fc.double({ min: 0, max: 1, noNaN: true });

describe('statistics of a journal', () => {
  it('are the same from its facts as from a snapshot at any seam and the tail (C-221, C-310)', async () => {
    const property = fc.asyncProperty(history, seams, async (programme, where) => {
      const { journal, blocks } = await played(programme);
      const whole = described(await foldAll(journal));
      expect(described((await recoverJob(journal, job)).statistics)).toEqual(whole);
      const seam = 1 + Math.floor(where * (blocks - 1));
      await foldAll(journal, seam);
      expect(described((await recoverJob(journal, job)).statistics), `snapshot at ${seam}`).toEqual(whole);
    });
    await fc.assert(property, { numRuns: RUNS });
  });

  it('stay when facts are forgotten, but for the tasks of what has ended (C-310, C-315)', async () => {
    const property = fc.asyncProperty(history, async (programme) => {
      const { journal, blocks } = await played(programme);
      const { statistics } = await foldAll(journal, blocks);
      const needed = [...(await recoverJob(journal, job)).acknowledgedIn.values()].flat();
      await journal.trim(stream, { through: Math.min(blocks, ...needed.map((each) => each - 1)) });
      const recovered = (await recoverJob(journal, job)).statistics;
      expect(plain(recovered.statistics)).toEqual(plain(statistics));
      const counts = recovered.details.inFlight.map((rows) => rows.count);
      expect(counts).toEqual(statistics.inFlight.map((record) => record.acknowledged));
    });
    await fc.assert(property, { numRuns: RUNS });
  });

  it('are never negative and always add up, whatever happens (C-221, C-223)', async () => {
    const property = fc.asyncProperty(history, async (programme) => {
      const { journal } = await played(programme);
      let state = noStatisticsState;
      for (const block of await journal.read(stream, 1)) {
        state = foldStatistics(state, factsOf(stream, block));
        const { counts, inFlight, discardsOwed } = state.statistics;
        expect(Math.min(...Object.values(counts), discardsOwed)).toBeGreaterThanOrEqual(0);
        expect(counts.total).toBe(counts.inProgress + counts.completed + counts.failed);
        expect(counts.inProgress).toBe(inFlight.length);
      }
    });
    await fc.assert(property, { numRuns: RUNS });
  });

  it('never fall below zero over a journal that has lost its beginning', async () => {
    const property = fc.asyncProperty(history, seams, async (programme, where) => {
      const { journal, blocks } = await played(programme);
      let state = noStatisticsState;
      for (const block of await journal.read(stream, 1 + Math.floor(where * blocks))) {
        state = foldStatistics(state, factsOf(stream, block));
        const { counts, discardsOwed } = state.statistics;
        expect(Math.min(...Object.values(counts), discardsOwed)).toBeGreaterThanOrEqual(0);
        expect(counts.total).toBe(counts.inProgress + counts.completed + counts.failed);
      }
    });
    await fc.assert(property, { numRuns: RUNS });
  });
});
