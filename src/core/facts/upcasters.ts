/**
 * How facts of older versions are read: each entry brings a fact from the version it is listed under to the next. The
 * stored journals under `test/fixtures` hold every version that was ever released.
 */
import { journaledRecord, type CheckpointConfiguration } from '../configuration.ts';
import { snapshotOptions } from '../snapshot-options.ts';
import { plainCheckpoint, plainSavepoint, type SnapshotProperties } from '../snapshot-properties.ts';
import type { FactType } from './fact.ts';

/** A fact as JSON holds it: bytes and columns left out, their lengths named. */
export type PlainFact = Record<string, unknown> & { readonly type: string };

type Upcaster = (fact: PlainFact) => PlainFact;

/** Of another reign than any that reads it: its monotonic time is of no use. */
const noMonotonicTime = { monotonicMs: 0 };

/** The configuration had four fields, and nobody said what was put right. */
const fullConfiguration = (fact: PlainFact): PlainFact => ({
  ...fact,
  configuration: journaledRecord(fact['configuration'] as Partial<CheckpointConfiguration>),
  corrections: [],
});

/** There were two kinds of snapshots. */
const snapshotOf = ({ kind }: PlainFact): SnapshotProperties =>
  kind === 'savepoint' ? plainSavepoint : plainCheckpoint;

/** Tasks were told nothing, and aligned. */
const untoldOptions = (fact: PlainFact): PlainFact => {
  const snapshot = snapshotOf(fact);
  return { ...fact, snapshot, options: snapshotOptions(snapshot, 'ALIGNED') };
};

export const upcasters: Partial<Record<FactType, Readonly<Record<number, Upcaster>>>> = {
  'coordinator.tookOver': { 1: fullConfiguration },
  'request.queued': { 1: (fact) => ({ ...fact, snapshot: snapshotOf(fact) }) },
  'checkpoint.triggered': {
    1: (fact) => ({ ...fact, ...noMonotonicTime, term: 0, isForced: fact['kind'] === 'savepoint' }),
    2: untoldOptions,
  },
  'checkpoint.completed': { 1: (fact) => ({ ...fact, ...noMonotonicTime }) },
  'checkpoint.aborted': { 1: (fact) => ({ ...fact, ...noMonotonicTime }) },
};
