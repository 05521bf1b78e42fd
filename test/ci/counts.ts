/** How many tests passed, failed and were skipped: read from the reports, never from printed text. */

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const noCounts: Counts = { passed: 0, failed: 0, skipped: 0 };

export const addCounts = (one: Counts, other: Counts): Counts => ({
  passed: one.passed + other.passed,
  failed: one.failed + other.failed,
  skipped: one.skipped + other.skipped,
});

/** The parts of vitest's JSON report that are read. */
export interface VitestReport {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

const countsOfFile = ({ status, assertionResults }: VitestReport['testResults'][number]): Counts => {
  const having = (wanted: string): number => assertionResults.filter((test) => test.status === wanted).length;
  const passed = having('passed');
  const failed = having('failed');
  // A file that does not load, or whose hook throws, fails without a failed test of its own.
  const fileFailed = status === 'failed' && failed === 0 ? 1 : 0;
  return { passed, failed: failed + fileFailed, skipped: assertionResults.length - passed - failed };
};

/**
 * The counts of one run. A run that ended badly, ran nothing or left no report counts as one failure when no test
 * says so itself.
 */
export const countsOfRun = (report: VitestReport | undefined, exitCode: number): Counts => {
  const counts = (report?.testResults ?? []).map(countsOfFile).reduce(addCounts, noCounts);
  const isSilent = counts.passed + counts.failed + counts.skipped === 0;
  const endedBadly = counts.failed === 0 && (exitCode !== 0 || isSilent);
  return endedBadly ? { ...counts, failed: 1 } : counts;
};

/** The line every run ends in: `3 passed, 0 failed`, with `, 1 skipped` when any was. */
export const closingLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
