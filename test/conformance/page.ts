/** The text of the conformance page, from the tables and the titles that cite them. */
import type { Citation } from './citations.ts';
import type { Entry, Section, Standing } from './entry.ts';
import { checklist, requirements } from './tables.ts';

const introduction = `# Conformance

What the coordinator of Apache Flink 2.3 does, number by number, and where it stands here. \`C\` is a requirement: the
same as Flink, better and how, not applicable and why, or open with the piece of work that will do it. \`T\` is a test
of Flink with the test here that stands for it: to be ported (Y), to be adapted (A), or none of ours (N) and why not.

What is open belongs to one of three pieces of work. *coordinator I*: configuration, triggering, checkpoints in flight,
completion, the store, failures and statistics. *coordinator II*: restoring, assigning state, shared state, finished
tasks and high availability. *storage*: the storages in full. What is *open in part* is built and tested but for what
the row names.

This page is generated from \`test/conformance/\` and the titles of the tests that cite a number, golden scenarios
included; \`UPDATE_DOCS=1 npm run test:unit\` writes it anew, a test keeps the two equal. A number counts as done only
when a test cites it.`;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const standingText: { readonly [Is in Standing['is']]: (standing: Standing & { is: Is }) => string } = {
  done: () => 'same',
  better: ({ how }) => `better: ${how}`,
  notApplicable: ({ why }) => `not applicable: ${why}`,
  open: ({ work }) => `open (${work})`,
  partly: ({ work, missing }) => `open in part (${work}): ${missing}`,
};

const describeStanding = <Is extends Standing['is']>(standing: Standing & { is: Is }): string =>
  standingText[standing.is](standing);

const grouped = <Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> => {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
};

/** Numbers stand in the first column already. */
const withoutNumbers = (title: string): string => title.replaceAll(/ \((?:[CT]-\d{3}(?:, | to )?)+\)/g, '');

/** One link per file, with the titles in it. */
const proofText = (citations: readonly Citation[]): string =>
  Array.from(
    grouped(citations, ({ path }) => path),
    ([path, inFile]) => {
      const titles = inFile.map(({ title }) => `“${withoutNumbers(title)}”`).join('; ');
      return `[${path.replace(/^test\//, '')}](../../${path}) ${titles}`;
    },
  ).join('<br>');

type Proofs = ReadonlyMap<string, readonly Citation[]>;

const requirementRow = (entry: Entry, proofs: Proofs): string => {
  const proof = proofText(proofs.get(entry.number) ?? []);
  return `| ${entry.number} | ${cell(entry.title)} | ${cell(describeStanding(entry.standing))} | ${cell(proof)} |`;
};

const testStanding = ({ standing }: Entry): string =>
  standing.is === 'done' ? 'covered' : describeStanding(standing);

const testRow = (entry: Entry, proofs: Proofs): string => {
  const { name = '', mark = 'N' } = entry.peer ?? {};
  const proof = proofText(proofs.get(entry.number) ?? []);
  const columns = [entry.number, mark, `\`${name}\`: ${entry.title}`, testStanding(entry), proof];
  return `| ${columns.map(cell).join(' | ')} |`;
};

const table = (head: string, rows: readonly string[]): string =>
  [head, head.replaceAll(/[^|]+/g, '---'), ...rows].join('\n');

const sectionText = ({ title, entries }: Section, head: string, row: (entry: Entry) => string): string =>
  `### ${title}\n\n${table(head, entries.map(row))}`;

/** Sections of several files under one title are one. */
const joined = (sections: readonly Section[]): Section[] =>
  Array.from(
    grouped(sections, ({ title }) => title),
    ([title, parts]) => ({
      title,
      entries: parts.flatMap(({ entries }) => entries),
    }),
  );

/** How many entries stand how. */
const countStandings = (sections: readonly Section[]): Readonly<Record<Standing['is'], number>> => {
  const counts = { done: 0, better: 0, notApplicable: 0, open: 0, partly: 0 };
  for (const { entries } of sections) for (const { standing } of entries) counts[standing.is] += 1;
  return counts;
};

const summary = (): string => {
  const c = countStandings(requirements);
  const t = countStandings(checklist);
  return table('| | same or covered | better | not applicable | open in part | open |', [
    `| requirements | ${c.done} | ${c.better} | ${c.notApplicable} | ${c.partly} | ${c.open} |`,
    `| tests of Flink | ${t.done} | ${t.better} | ${t.notApplicable} | ${t.partly} | ${t.open} |`,
  ]);
};

/** The text of `docs/reference/conformance.md`. */
export const conformancePage = (citations: readonly Citation[]): string => {
  const proofs = grouped(citations, ({ number }) => number);
  const parts = [
    introduction,
    summary(),
    '## Requirements',
    ...joined(requirements).map((section) =>
      sectionText(section, '| number | asks for | standing | proof |', (entry) =>
        requirementRow(entry, proofs),
      ),
    ),
    '## Tests of Flink',
    ...joined(checklist).map((section) =>
      sectionText(section, '| number | mark | test | standing | proof |', (entry) => testRow(entry, proofs)),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
};
