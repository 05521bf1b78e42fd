/** `npm run check`: every check that is no test, all of them even when one fails, and at the end what failed. */
import { resolve } from 'node:path';
import { closingLine } from './counts.ts';
import { minutesSince, run } from './run.ts';

/** Each is an npm script of its own, `check:<part>`. */
const parts = ['types', 'lint', 'format', 'exports', 'package'];

const root = resolve(import.meta.dirname, '../..');

const results = parts.map((part) => {
  console.log(`\n== ${part}`);
  const startedMs = performance.now();
  const hasPassed = run('npm', ['run', '--silent', `check:${part}`], root) === 0;
  return { part, hasPassed, minutes: minutesSince(startedMs) };
});

const failed = results.filter(({ hasPassed }) => !hasPassed);
console.log('');
for (const { part, hasPassed, minutes } of results) {
  console.log(`${part.padEnd(10)}${minutes}   ${hasPassed ? 'passed' : `FAILED: npm run check:${part}`}`);
}
console.log(closingLine({ passed: results.length - failed.length, failed: failed.length, skipped: 0 }));
process.exitCode = failed.length > 0 ? 1 : 0;
