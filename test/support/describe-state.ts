/** The whole state of a job as plain data: two states are the same exactly when their descriptions are. */
import { createHash } from 'node:crypto';
import type { Answers } from '../../src/core/answers.ts';
import type { JobState } from '../../src/core/job-state.ts';
import type { Ledger } from '../../src/core/ledger.ts';
import { Roster } from '../../src/core/roster.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

const operatorCount = (state: JobState, ledger: Ledger, position: number): number =>
  state.table.graph.vertices[ledger.plan.vertices[position] ?? -1]?.operators.length ?? 0;

const describeAnswers = (answers: Answers): object => ({
  ids: answers.ids,
  left: answers.left,
  states: answers.states.map(({ id, version, bytes }) => ({ id, version, sha256: sha256(bytes) })),
});

const describeLedger = (state: JobState, ledger: Ledger): object => ({
  left: ledger.left,
  coordinators: describeAnswers(ledger.coordinators),
  hooks: describeAnswers(ledger.hooks),
  totals: ledger.totals,
  missing: ledger.missing(),
  slowest: ledger.slowest(10),
  acknowledged: ledger.plan.entries().flatMap((entry, position) => {
    if (!ledger.has(position)) return [];
    const operators = ledger.hasSlices(position) ? operatorCount(state, ledger, position) : 0;
    const slices = Array.from({ length: operators }, (_, at) => sha256(ledger.sliceAt(position, at)));
    return [{ slot: entry.slot, slices }];
  }),
});

/** Attempts one by one; undefined is absent, as in the journal; keys of objects sorted. */
const plain = (value: unknown): unknown => {
  if (value instanceof Roster) return value.entries().map(plain);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, plain(inner)]),
  );
};

/** The table, the registry, and of every ledger its bits, totals and the digests of its slices. */
export const describeState = (state: JobState): unknown =>
  plain({
    table: state.table,
    // The oldest is forgotten first.
    savepointKeys: Object.keys(state.table.savepoints),
    shared: state.shared.plain(),
    ledgers: Object.fromEntries(
      Array.from(state.ledgers, ([id, ledger]) => [id, describeLedger(state, ledger)]),
    ),
  });
