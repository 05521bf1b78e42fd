/** The suites of tests, in the order they run: a test file belongs to the suite its name ends in. */

export interface Suite {
  readonly name: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** For one test, in milliseconds, on a loaded machine with two cores. */
  readonly testTimeoutMs: number;
  /** Files that measure, kill processes or fill the processors run one after the other. */
  readonly runsAlone: boolean;
}

const property = ['test/**/*.property.test.ts', 'test/**/*.simulation.test.ts'];
const kill = ['test/**/*.kill.test.ts'];
const flink = ['test/**/*.flink.test.ts'];
const packaged = ['test/**/*.package.test.ts'];

export const suites: readonly Suite[] = [
  {
    name: 'unit',
    include: ['test/**/*.test.ts'],
    exclude: [...property, ...kill, ...flink, ...packaged],
    testTimeoutMs: 20_000,
    runsAlone: false,
  },
  { name: 'property', include: property, exclude: [], testTimeoutMs: 300_000, runsAlone: false },
  { name: 'kill', include: kill, exclude: [], testTimeoutMs: 300_000, runsAlone: true },
  { name: 'flink', include: flink, exclude: [], testTimeoutMs: 300_000, runsAlone: true },
  { name: 'package', include: packaged, exclude: [], testTimeoutMs: 300_000, runsAlone: true },
];
