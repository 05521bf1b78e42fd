import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureRule, failureRules, type FailureReason } from '../../src/core/failures.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/reference/failures.md'), 'utf8');
const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (\S+) \| (\S+) \| (.+) \|$/gm)];

describe('the page of failures (C-150)', () => {
  it('has a row for each reason, and no other', () => {
    expect(rows.map((row) => row[1] ?? '').toSorted()).toEqual(Object.keys(failureRules).toSorted());
  });

  it.each(rows.map((row) => [row[1] ?? '', row] as const))('says of %s what the code does', (reason, row) => {
    const { counts, isPreFlight } = failureRule(reason as FailureReason);
    expect(row[2]).toBe(counts === true ? '**yes**' : 'no');
    expect(row[3]).toBe(isPreFlight === true ? 'yes' : 'no');
    expect(row[4]?.length).toBeGreaterThan(20);
  });
});
