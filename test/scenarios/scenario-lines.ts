/** Facts, effects and outcomes in one line each. New types and fields print by themselves. */
import type { Effect } from '../../src/core/effects.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import { frameOutcomes, type Outcome } from '../../src/core/outcomes.ts';
import type { LocationReference } from '../../src/state/location.ts';
import { fromRuns, type AttemptRun } from '../../src/core/roster.ts';
import { snapshotOptions, type SnapshotOptions } from '../../src/core/snapshot-options.ts';
import {
  plainCheckpoint,
  plainSavepoint,
  type SnapshotProperties,
} from '../../src/core/snapshot-properties.ts';

/** What a task in a slot is called. */
export type NameOf = (slot: number) => string;

/** Fields that say what the line says already, or too much of it. */
const untold = new Set([
  'type',
  'at',
  'monotonicMs',
  'plan',
  'configuration',
  'graph',
  'jobId',
  'planned',
  'bytes',
  'timestamp',
]);

/** What nearly every line would say; only the other values are printed. */
const usual: Readonly<Record<string, unknown>> = {
  retention: 'NEVER_RETAIN_AFTER_TERMINATION',
  isForced: false,
};

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** The plain checkpoint and savepoint go without saying, and the options of a job without an interval. */
const isPlain = (name: string, value: unknown): boolean => {
  if (name === 'snapshot') return [plainCheckpoint, plainSavepoint].some((plain) => isSame(plain, value));
  if (name !== 'options') return false;
  const { snapshot } = value as SnapshotOptions;
  return isPlain('snapshot', snapshot) && isSame(snapshotOptions(snapshot, 'AT_LEAST_ONCE'), value);
};

const snapshotText = (snapshot: SnapshotProperties): string =>
  Object.values(snapshot)
    .filter((word) => word !== 'NONE')
    .join(' ');

/** `snapshot={savepoint CANONICAL TERMINATE} AT_LEAST_ONCE synchronous drain` */
const optionsText = ({
  snapshot,
  alignment,
  alignedTimeoutMs,
  isSynchronous,
  drain,
}: SnapshotOptions): string =>
  [
    snapshotText(snapshot),
    alignment,
    ...(alignedTimeoutMs === undefined ? [] : [`${alignedTimeoutMs}ms`]),
    ...(isSynchronous ? ['synchronous'] : []),
    ...(drain ? ['drain'] : []),
  ].join(' ');

const unitOf = (name: string, value: unknown): string | undefined => {
  if (typeof value !== 'number') return undefined;
  if (name.endsWith('Ms')) return `${name.slice(0, -2)}=${value}ms`;
  return name.endsWith('SizeBytes') ? `${name.slice(0, -9)}Size=${value}B` : undefined;
};

const quoted = (text: string): string => (/^[\w.:/#-]+$/.test(text) ? text : JSON.stringify(text));

const isRuns = (name: string, value: unknown): value is readonly AttemptRun[] =>
  name === 'runs' && Array.isArray(value);

const fieldText = (name: string, value: unknown, nameOf: NameOf): string => {
  if (name === 'checkpointId') return `checkpoint ${String(value)}`;
  if (name === 'location') return `at ${(value as LocationReference).exclusive}`;
  if (name === 'snapshot') return `snapshot={${snapshotText(value as SnapshotProperties)}}`;
  if (name === 'options') return `options={${optionsText(value as SnapshotOptions)}}`;
  if (name === 'slot') return nameOf(value as number);
  if (isRuns(name, value))
    return fromRuns(value)
      .map((entry) => nameOf(entry.slot))
      .join(' ');
  if (name === 'slots' || name === 'missing') {
    return `${name === 'slots' ? 'to' : name} ${(value as number[]).map(nameOf).join(' ')}`;
  }
  return unitOf(name, value) ?? `${name}=${valueText(value, nameOf)}`;
};

const isSaid = ([name, value]: readonly [string, unknown]): boolean =>
  !untold.has(name) &&
  value !== undefined &&
  value !== '' &&
  value !== usual[name] &&
  !isPlain(name, value) &&
  !(Array.isArray(value) && value.length === 0);

const fieldsText = (fields: object, nameOf: NameOf): string =>
  Object.entries(fields)
    .filter(isSaid)
    .map(([name, value]) => fieldText(name, value, nameOf))
    .join(' ');

/** Sums and peaks that are zero say nothing. */
const withoutZeros = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== 0));

function valueText(value: unknown, nameOf: NameOf): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map((each) => valueText(each, nameOf)).join(' ')}]`;
  if (typeof value === 'object' && value !== null) return `{${fieldsText(withoutZeros(value), nameOf)}}`;
  return String(value);
}

/** Shorter than its fields: every metric of every task stands in the columns. */
const acknowledged = (fact: Fact & { type: 'tasks.acknowledged' }, nameOf: NameOf): string =>
  `checkpoint ${fact.checkpointId} by ${Array.from(fact.columns?.slots ?? [], nameOf).join(' ')}`;

const line = (kind: string, type: string, text: string): string => `  ${kind} ${type} ${text}`.trimEnd();

export const factLine = (fact: Fact, nameOf: NameOf): string => {
  const text = fact.type === 'tasks.acknowledged' ? acknowledged(fact, nameOf) : fieldsText(fact, nameOf);
  return line('fact  ', fact.type, text);
};

export const effectLine = (effect: Effect, nameOf: NameOf): string => {
  const discard = effect.type === 'discard' ? ` discardId=${effect.planned.discardId}` : '';
  return line('effect', effect.type, `${fieldsText(effect, nameOf)}${discard}`.trim());
};

/** `frames` are what the frames of a batch are called, in order. */
export const outcomeLine = (outcome: Outcome, frames: readonly string[], nameOf: NameOf): string => {
  const { type, frames: codes, ...others } = outcome;
  if (codes !== undefined)
    return Array.from(codes, (code, i) => `${frames[i]} ${frameOutcomes[code]}`).join(', ');
  return `${type} ${fieldsText(others, nameOf)}`.trim();
};
