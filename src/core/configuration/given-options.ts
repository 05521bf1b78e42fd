/** Which options were given, where, and which spelling of each counts (C-005, C-015). */
import type { Correction } from './corrections.ts';
import { namedValue } from './corrections.ts';
import type { Given, OptionRow } from './option.ts';
import { checkpointOptions, type OptionName } from './options.ts';
import { valueRefused } from './values.ts';

/** Keys and values as in Flink's `config.yaml`, flat or nested. Keys of other namespaces are left alone. */
export type ConfigurationMap = Readonly<Record<string, unknown>>;

/** What was found: one spelling of each option that was given, and what there is to say about the others. */
export interface GivenOptions {
  readonly options: ReadonlyMap<OptionName, Given>;
  readonly corrections: readonly Correction[];
}

/** Namespaces that hold options of checkpoints and of nothing else. */
const namespaces = [
  'execution.checkpointing.',
  'execution.state-recovery.',
  'execution.savepoint',
  'state.checkpoint',
  'state.savepoints.',
  'state.storage.fs.',
  'savepoints.state.',
  'traces.checkpoint.',
  'web.checkpoints.',
  'jobmanager.web.checkpoints.',
];

const isPlainObject = (value: unknown): value is ConfigurationMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Nested keys joined with dots. */
const flattened = (map: ConfigurationMap, prefix = ''): [string, unknown][] =>
  Object.entries(map).flatMap(([key, value]): [string, unknown][] =>
    isPlainObject(value) ? flattened(value, `${prefix}${key}.`) : [[prefix + key, value]],
  );

/** Letters to insert, remove or change until one text is the other. */
const distanceOf = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 0; i < one.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++) {
      const changed = (row[j] ?? 0) + (one[i] === other[j] ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
};

const nearest = (name: string, names: readonly string[]): string | undefined =>
  names
    .map((known) => [distanceOf(name, known), known] as const)
    .filter(([distance]) => distance <= Math.max(2, name.length / 4))
    .toSorted(([one], [other]) => one - other)[0]?.[1];

const unknown = (option: string, value: unknown, names: readonly string[]): Correction => {
  const meant = nearest(option, names);
  const reason = `there is no such option${meant === undefined ? '' : `; is ${meant} meant?`}`;
  return { kind: 'unknown', option, given: namedValue(value), reason };
};

const replaced = (loser: Given, winner: string, reason: string): Correction => ({
  kind: 'replaced',
  option: loser.name,
  given: namedValue(loser.raw),
  reason: `${winner} is given too, and ${reason}`,
});

const keysOf = (row: OptionRow): readonly string[] => [row.key, ...row.aliases];

/** An alias that is the current key of another option too is no old name. */
const isCurrentKey = (key: string): boolean => checkpointOptions.some(([, row]) => row.key === key);

/** The spelling of one option that counts in a map. */
const inMap = (
  row: OptionRow,
  map: ReadonlyMap<string, unknown>,
  corrections: Correction[],
): Given | undefined => {
  const [first, ...others] = keysOf(row)
    .filter((key) => map.has(key))
    .map((name): Given => ({ name, raw: map.get(name), source: 'map' }));
  if (first === undefined) return undefined;
  for (const other of others) {
    if (!isCurrentKey(other.name)) corrections.push(replaced(other, first.name, 'counts before it'));
  }
  if (isCurrentKey(first.name)) return first;
  const given = namedValue(first.raw);
  const reason = `the option is called ${row.key} now`;
  corrections.push({ kind: 'renamed', option: first.name, given, effective: given, reason });
  return first;
};

/** -1 in code leaves these two to the configuration; any other value in code counts before it (C-021). */
const countsInCode = (row: OptionRow): boolean =>
  row.field === 'inlineThresholdBytes' || row.field === 'writeBufferBytes';

const chosen = (
  row: OptionRow,
  code: Given | undefined,
  map: Given | undefined,
  corrections: Correction[],
): Given | undefined => {
  if (code === undefined || map === undefined) return code ?? map;
  const isCode = countsInCode(row) && code.raw !== -1;
  const [winner, loser] = isCode ? [code, map] : [map, code];
  const reason = isCode
    ? 'what is set in code counts'
    : 'what is configured counts before what is set in code';
  corrections.push(replaced(loser, winner.name, reason));
  return winner;
};

const requireObject = (what: string, value: unknown): ConfigurationMap => {
  if (isPlainObject(value)) return value;
  throw valueRefused(what, value, 'is not an object with a value for each key');
};

/**
 * Finds the options in code and in a map; what the map says counts, and touches only what it names (C-015).
 * @throws CONFIGURATION_INVALID when one of them is no object.
 */
export const givenOptions = (options: unknown, map: unknown): GivenOptions => {
  const code = requireObject('configuration', options);
  const entries = new Map(
    flattened(requireObject('configuration', map)).filter(([, value]) => value !== undefined),
  );
  const corrections: Correction[] = [];
  const found = new Map<OptionName, Given>();
  for (const [name, row] of checkpointOptions) {
    const raw = Object.hasOwn(code, name) ? code[name] : undefined;
    const inCode: Given | undefined = raw === undefined ? undefined : { name, raw, source: 'code' };
    const given = chosen(row, inCode, inMap(row, entries, corrections), corrections);
    if (given !== undefined) found.set(name, given);
  }
  const keys = checkpointOptions.flatMap(([, row]) => keysOf(row));
  const isOurs = (key: string): boolean => namespaces.some((prefix) => key.startsWith(prefix));
  const strange = [...entries].filter(([key]) => isOurs(key) && !keys.includes(key));
  const names = checkpointOptions.map(([name]): string => name);
  const misspelt = Object.entries(code).filter(
    ([name, value]) => value !== undefined && !names.includes(name),
  );
  corrections.push(...strange.map(([key, value]) => unknown(key, value, keys)));
  corrections.push(...misspelt.map(([name, value]) => unknown(name, value, names)));
  return { options: found, corrections };
};
