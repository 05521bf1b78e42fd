import { describe, expect, it } from 'vitest';
import { addCounts, closingLine, countsOfRun, type VitestReport } from './counts.ts';

const report = (...files: readonly (readonly [string, readonly string[]])[]): VitestReport => ({
  testResults: files.map(([status, tests]) => ({
    status,
    assertionResults: tests.map((test) => ({ status: test })),
  })),
});

describe('the counts of a run', () => {
  it('are those of its tests, with pending and todo ones as skipped', () => {
    const run = report(
      ['passed', ['passed', 'passed', 'pending', 'todo', 'skipped']],
      ['failed', ['failed', 'passed']],
    );
    expect(countsOfRun(run, 1)).toEqual({ passed: 3, failed: 1, skipped: 3 });
  });

  it('have a failure for a file that does not load', () => {
    expect(countsOfRun(report(['failed', []], ['passed', ['passed']]), 1)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
  });

  it('have a failure when all tests passed and the run still ended badly', () => {
    expect(countsOfRun(report(['passed', ['passed']]), 1).failed).toBe(1);
  });

  it('have a failure when nothing ran or no report was left', () => {
    expect(countsOfRun(report(), 0).failed).toBe(1);
    expect(countsOfRun(undefined, 0).failed).toBe(1);
  });
});

describe('the closing line', () => {
  it('names skipped tests only when there are any', () => {
    const counts = { passed: 2, failed: 0, skipped: 0 };
    expect(closingLine(counts)).toBe('2 passed, 0 failed');
    expect(closingLine(addCounts(counts, { passed: 0, failed: 1, skipped: 4 }))).toBe(
      '2 passed, 1 failed, 4 skipped',
    );
  });
});
