/**
 * `node test/ci/run-suites.ts [suite…]`: runs the suites in order, prints minutes for each, ends in the closing line.
 * The exit status is 1 when a test failed or nothing ran.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { addCounts, closingLine, countsOfRun, noCounts, type Counts, type VitestReport } from './counts.ts';
import { minutesSince, run } from './run.ts';
import { suites, type Suite } from './suites.ts';

const root = resolve(import.meta.dirname, '../..');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const reports = mkdtempSync(join(tmpdir(), 'tidemark-reports-'));

const readReport = (path: string): VitestReport | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as VitestReport;
  } catch {
    return undefined; // counted as a failure by countsOfRun
  }
};

const runSuite = (suite: Suite): Counts => {
  const report = join(reports, `${suite.name}.json`);
  const reporting = ['--reporter', 'default', '--reporter', 'json', '--outputFile.json', report];
  const project = ['--config', 'test/vitest.config.ts', '--project', suite.name];
  const exitCode = run(process.execPath, [vitest, 'run', ...project, ...reporting], root);
  return countsOfRun(readReport(report), exitCode);
};

const chosen = (names: readonly string[]): readonly Suite[] => {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0)
    throw new Error(
      `no suite ${unknown.join(', ')}; there are ${suites.map((suite) => suite.name).join(', ')}`,
    );
  return names.length === 0 ? suites : suites.filter((suite) => names.includes(suite.name));
};

const results = chosen(process.argv.slice(2)).map((suite) => {
  const startedMs = performance.now();
  const counts = runSuite(suite);
  return { counts, line: `${suite.name.padEnd(10)}${minutesSince(startedMs)}   ${closingLine(counts)}` };
});
rmSync(reports, { recursive: true, force: true });

const total = results.map(({ counts }) => counts).reduce(addCounts, noCounts);
console.log(['', ...results.map(({ line }) => line), closingLine(total)].join('\n'));
process.exitCode = total.failed > 0 ? 1 : 0;
