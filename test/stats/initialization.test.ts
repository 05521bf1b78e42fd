/** How long a deployment took to get going. */
import { describe, expect, it } from 'vitest';
import { JobInitializations, type SubtaskInitialization } from '../../src/stats/initialization.ts';
import { CoreRun, runningJob } from '../support/core-run.ts';
import { folded } from '../support/statistics-facts.ts';

const report = (slot: number, given: Partial<SubtaskInitialization> = {}): SubtaskInitialization => ({
  slot,
  attempt: 1,
  isCompleted: true,
  startedAt: 1_010,
  endedAt: 1_020 + slot,
  durations: { DownloadStateDurationMs: 10 * (slot + 1), InitializeStateDurationMs: slot },
  ...given,
});

const heard = (run: CoreRun): JobInitializations => {
  const initializations = new JobInitializations();
  initializations.hear(run.facts, folded(run.facts).statistics);
  return initializations;
};

const deployed = (): JobInitializations => {
  const run = new CoreRun();
  run.deploy();
  return heard(run);
};

describe('the start of a deployment', () => {
  it('is a span when the last of its attempts has said how it went (C-234, T-229, T-341)', () => {
    const initializations = deployed();
    expect([0, 1, 2].map((slot) => initializations.report(report(slot)).type)).toEqual(
      Array.from({ length: 3 }, () => 'recorded'),
    );
    expect(initializations.report(report(3))).toEqual({
      type: 'complete',
      span: {
        type: 'span',
        name: 'JobInitialization',
        startedAt: 1_000,
        endedAt: 1_023,
        attributes: {
          initializationStatus: 'COMPLETED',
          maxDownloadStateDurationMs: 40,
          sumDownloadStateDurationMs: 100,
          maxInitializeStateDurationMs: 3,
          sumInitializeStateDurationMs: 6,
        },
        children: [],
      },
    });
  });

  it('names what it was restored from, and that an attempt failed (C-234, T-229)', () => {
    const run = runningJob();
    run.complete();
    run.deploy(4, 2);
    const initializations = heard(run);
    const outcomes = [4, 5, 6, 7].map((slot) =>
      initializations.report(report(slot, { attempt: 2, isCompleted: slot !== 6 })),
    );
    expect(outcomes.at(-1)).toMatchObject({
      span: { attributes: { initializationStatus: 'FAILED', checkpointId: 1, fullSize: 600 } },
    });
  });

  it('hears each attempt once, and none of another deployment', () => {
    const initializations = deployed();
    expect(initializations.report(report(0)).type).toBe('recorded');
    expect(initializations.report(report(0)).type).toBe('duplicate');
    expect(initializations.report(report(0, { attempt: 2 })).type).toBe('unknownAttempt');
    expect(new JobInitializations().report(report(0)).type).toBe('unknownAttempt');
  });

  it('refuses numbers that cannot be (T-350)', () => {
    const initializations = deployed();
    const outcomes = [
      report(0, { startedAt: -1 }),
      report(0, { startedAt: 50, endedAt: 49 }),
      report(0, { durations: { DownloadStateDurationMs: -1 } }),
    ].map((each) => initializations.report(each).type);
    expect(outcomes).toEqual(['invalid', 'invalid', 'invalid']);
    expect(initializations.report(report(0)).type).toBe('recorded');
  });
});
