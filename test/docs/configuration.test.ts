import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configurationTables } from '../support/configuration-tables.ts';
import { expectPage } from '../support/generated-page.ts';

const path = 'docs/guides/configuration.md';
const page = readFileSync(join(resolve(import.meta.dirname, '../..'), path), 'utf8');

describe('the guide to configuration', () => {
  it('has the tables that the code gives (C-312)', () => {
    const places = /<!-- table: (\w+) -->[^]*?<!-- end -->/g;
    const fresh = page.replace(
      places,
      (_place, name: string) => `<!-- table: ${name} -->\n\n${configurationTables[name]}\n\n<!-- end -->`,
    );
    expectPage(path, fresh);
  });

  it('has a place for every table', () => {
    const named = Array.from(page.matchAll(/<!-- table: (\w+) -->/g), ([, name = '']) => name);
    expect(new Set(named)).toEqual(new Set(Object.keys(configurationTables)));
  });
});
