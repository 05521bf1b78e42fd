/** One project for each suite; `vitest --config test/vitest.config.ts --project unit` runs one of them. */
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { suites } from './ci/suites.ts';

export default defineConfig({
  root: resolve(import.meta.dirname, '..'),
  test: {
    projects: suites.map((suite) => ({
      extends: true,
      test: {
        name: suite.name,
        include: [...suite.include],
        exclude: [...suite.exclude],
        testTimeout: suite.testTimeoutMs,
        hookTimeout: suite.testTimeoutMs,
        fileParallelism: !suite.runsAlone,
      },
    })),
  },
});
