import { describe, expect, it } from 'vitest';
import { expectPage } from '../support/generated-page.ts';
import { findCitations, numbersIn, titlesOf } from './citations.ts';
import type { Entry } from './entry.ts';
import { conformancePage } from './page.ts';
import { checklist, requirements } from './tables.ts';

const citations = findCitations();
const cited = new Set(citations.map(({ number }) => number));
const entries = [...requirements, ...checklist].flatMap((section) => section.entries);

const allNumbers = (letter: string, last: number): string[] =>
  Array.from({ length: last }, (_, i) => `${letter}-${String(i + 1).padStart(3, '0')}`);

const numbersWhere = (wanted: (entry: Entry) => boolean): string[] =>
  entries.filter(wanted).map(({ number }) => number);

const standsAs = (...standings: readonly Entry['standing']['is'][]) => {
  const named = new Set(standings);
  return ({ standing }: Entry): boolean => named.has(standing.is);
};

describe('the tables', () => {
  it('have every number of the specification once, in order', () => {
    const numbersOf = (sections: typeof requirements): string[] =>
      sections.flatMap((section) => section.entries.map(({ number }) => number));
    expect(numbersOf(requirements).toSorted()).toEqual(allNumbers('C', 316));
    expect(numbersOf(checklist)).toEqual(allNumbers('T', 421));
  });

  it('claim nothing done that no test cites: cite it in a title, or call it open', () => {
    const claimed = standsAs('done', 'better', 'partly');
    expect(numbersWhere((entry) => claimed(entry) && !cited.has(entry.number))).toEqual([]);
  });

  it('call nothing open that a test cites: call it same, better, covered, or name what is missing', () => {
    const unclaimed = standsAs('open');
    expect(numbersWhere((entry) => unclaimed(entry) && cited.has(entry.number))).toEqual([]);
  });

  it('have a place for every test of Flink that is marked Y or A', () => {
    const refused = standsAs('notApplicable');
    expect(
      numbersWhere((entry) => entry.peer !== undefined && refused(entry) !== (entry.peer.mark === 'N')),
    ).toEqual([]);
  });

  it('say something of every entry', () => {
    const textOf = ({ title, standing }: Entry): string[] => [
      title,
      ...('how' in standing ? [standing.how] : []),
      ...('why' in standing ? [standing.why] : []),
      ...('missing' in standing ? [standing.missing] : []),
    ];
    expect(numbersWhere((entry) => textOf(entry).some((text) => text.trim() === ''))).toEqual([]);
  });
});

describe('the titles of the tests', () => {
  it('cite only numbers that the tables have', () => {
    const known = new Set(numbersWhere(() => true));
    expect(citations.filter(({ number }) => !known.has(number))).toEqual([]);
  });

  it('cite nothing that is not applicable', () => {
    const refused = new Set(numbersWhere(standsAs('notApplicable')));
    expect(citations.filter(({ number }) => refused.has(number))).toEqual([]);
  });

  it('are read behind tables, conditions and groups, one number or several', () => {
    const source = [
      `describe('store', () => {`,
      `  it.each([{ name: ')"', pattern: /['(]/ }])('keeps $name (C-001)', () => {});`,
      `  it.skipIf(process.platform === 'win32')(`,
      `    'lasts (C-002 to C-004, T-009)',`,
      `    async () => {},`,
      `  );`,
      `  // it('is no title (C-005)')`,
      `});`,
      `it(\`ends after \${count} of them\`, () => {});`,
    ].join('\n');
    expect(titlesOf(source)).toEqual([
      'store',
      'store: keeps $name (C-001)',
      'store: lasts (C-002 to C-004, T-009)',
      'ends after ${count} of them',
    ]);
    expect(numbersIn('lasts (C-002 to C-004, T-009)')).toEqual(['C-002', 'C-003', 'C-004', 'T-009']);
  });
});

describe('docs/reference/conformance.md', () => {
  it('says what tables and titles say', () => {
    expectPage('docs/reference/conformance.md', conformancePage(citations));
  });
});
