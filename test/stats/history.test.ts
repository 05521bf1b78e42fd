/** Which checkpoints can be looked at, however many overlap. */
import { describe, expect, it } from 'vitest';
import type { Fact } from '../../src/core/facts/fact.ts';
import { HISTORY_SIZE } from '../../src/stats/history.ts';
import type { CheckpointStatistics } from '../../src/stats/statistics.ts';
import { CoreRun, id, runningJob } from '../support/core-run.ts';
import { aborted, completed, folded, triggered } from '../support/statistics-facts.ts';

/** The statistics of a job with a history of so many. */
const withHistory = (historySize: number, facts: readonly Fact[]): CheckpointStatistics =>
  folded([...new CoreRun({ historySize }).facts, ...facts]).statistics;

const idsOf = ({ history }: CheckpointStatistics): number[] => history.map((record) => record.checkpointId);

const one = (each: number): Fact[] => [triggered(each), completed(each)];

describe('history', () => {
  it(`keeps the newest ${HISTORY_SIZE}, oldest first (C-222, T-238)`, () => {
    const run = runningJob();
    for (let n = 0; n < HISTORY_SIZE + 5; n++) run.complete();
    const { statistics } = folded(run.facts);
    expect(idsOf(statistics)).toEqual(Array.from({ length: HISTORY_SIZE }, (_, index) => index + 6));
    expect(statistics.counts.total).toBe(HISTORY_SIZE + 5);
  });

  it('shows one that has ended in the place it had in flight (T-238)', () => {
    const facts = [triggered(1), triggered(2), triggered(3), completed(2), aborted(1)];
    const { history, inFlight } = withHistory(3, facts);
    expect(history.map(({ checkpointId, status }) => [checkpointId, status])).toEqual([
      [1, 'FAILED'],
      [2, 'COMPLETED'],
      [3, 'IN_PROGRESS'],
    ]);
    expect(inFlight).toEqual([history[2]]);
    expect(inFlight[0]).toBe(history[2]);
  });

  it('of one keeps the newest (T-240)', () => {
    expect(idsOf(withHistory(1, [...one(1), ...one(2)]))).toEqual([2]);
    expect(idsOf(withHistory(1, [triggered(1), triggered(2), completed(1)]))).toEqual([2]);
  });

  it('of none is empty; counts, latest, summary and what is in flight are not (C-222, T-237, T-241)', () => {
    const facts = [...one(1), triggered(2, 'savepoint'), completed(2, 'savepoint'), triggered(3), aborted(3)];
    const statistics = withHistory(0, [...facts, triggered(4)]);
    expect(statistics).toMatchObject({
      history: [],
      inFlight: [{ checkpointId: 4 }],
      counts: { total: 4, inProgress: 1, completed: 2, failed: 1 },
      latestCompleted: { checkpointId: 1 },
      latestSavepoint: { checkpointId: 2 },
      latestFailed: { checkpointId: 3 },
    });
    expect(statistics.summary.stateSizeBytes.count).toBe(2);
  });

  it('is as long as the configuration in force says', () => {
    const longer = withHistory(3, [...one(1), ...one(2), ...one(3)]);
    expect(idsOf(longer)).toEqual([1, 2, 3]);
    const { facts } = new CoreRun({ historySize: 1 });
    expect(idsOf(withHistory(3, [...one(1), ...one(2), ...facts]))).toEqual([2]);
  });
});

describe('what is in flight', () => {
  it('is kept although newer ones fill the history, and its end is counted once (C-223)', () => {
    const newer = Array.from({ length: 12 }, (_, index) => one(index + 2)).flat();
    const full = folded([triggered(1), ...newer]);
    expect(full.statistics).toMatchObject({
      inFlight: [{ checkpointId: 1, status: 'IN_PROGRESS' }],
      counts: { total: 13, inProgress: 1, completed: 12 },
    });
    expect(idsOf(full.statistics)).not.toContain(1);
    expect(folded([aborted(1)], full).statistics).toMatchObject({
      inFlight: [],
      counts: { total: 13, inProgress: 0, completed: 12, failed: 1 },
      latestFailed: { checkpointId: 1, status: 'FAILED' },
    });
  });
});

describe('the latest of a kind', () => {
  it('is the one with the highest id, whichever ends last (C-222, T-227)', () => {
    const facts = [1, 2, 3, 4].map((each) => triggered(each));
    const { statistics } = folded([...facts, completed(2), completed(1), aborted(4), aborted(3)]);
    expect(statistics).toMatchObject({
      latestCompleted: { checkpointId: 2 },
      latestFailed: { checkpointId: 4 },
      lastReported: { checkpointId: 1 },
    });
  });

  it('is never a savepoint for checkpoints, nor a checkpoint for savepoints (C-223)', () => {
    const savepoints = [2, 3].flatMap((each) => [triggered(each, 'savepoint')]);
    const begun = [triggered(1), ...savepoints];
    const ends = [completed(1), completed(3, 'savepoint'), completed(2, 'savepoint')];
    const { statistics } = folded([...begun, ...ends]);
    expect(statistics).toMatchObject({
      latestCompleted: { checkpointId: 1, kind: 'checkpoint' },
      latestSavepoint: { checkpointId: 3, kind: 'savepoint' },
    });
  });

  it('is found by its id and says what became of it when the history has moved on (C-222, C-238)', () => {
    const savepoint = [triggered(1, 'savepoint'), completed(1, 'savepoint')];
    const gone: Fact = {
      type: 'discard.planned',
      at: 9_000,
      discardId: 1,
      checkpointId: id(1),
      cause: 'subsumed',
      clause: 'by hand',
      target: { kind: 'directory', location: { exclusive: 'memory:/s', shared: 'memory:/s' } },
    };
    const facts = [...savepoint, ...one(2), ...one(3), gone];
    expect(withHistory(2, facts)).toMatchObject({
      history: [{ checkpointId: 2 }, { checkpointId: 3 }],
      latestSavepoint: { checkpointId: 1, discarded: 'subsumed: by hand' },
    });
  });
});

describe('ended checkpoints', () => {
  it('are all told, also those that no history keeps', () => {
    const begun = folded([
      ...new CoreRun({ historySize: 0 }).facts,
      triggered(1),
      triggered(2),
      triggered(3),
    ]);
    const ended = folded([aborted(3), aborted(1), completed(2)], begun);
    expect(ended.justEnded.map(({ record }) => [record.checkpointId, record.status])).toEqual([
      [3, 'FAILED'],
      [1, 'FAILED'],
      [2, 'COMPLETED'],
    ]);
    expect(folded([], ended).justEnded).toEqual([]);
  });
});
