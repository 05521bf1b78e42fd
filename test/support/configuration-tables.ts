/** The tables in the guide to configuration: from the table of options, and from what the parser does. */
import { configurationFrom, type ConfigurationMap } from '../../src/core/configuration.ts';
import { alignmentRows, coordinatorRows } from '../../src/core/configuration/coordinator-options.ts';
import type { OptionRow } from '../../src/core/configuration/option.ts';
import { recoveryRows, stateRows, storageRows } from '../../src/core/configuration/state-options.ts';
import { isTidemarkError } from '../../src/errors.ts';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const effectOf = ({ effect, today }: OptionRow): string =>
  effect === 'now' ? 'yes' : `${effect === 'in part' ? 'in part' : 'not yet'}: ${today}`;

const keyOf = ({ key, aliases }: OptionRow): string => {
  const old = aliases.map((alias) => `\`${alias}\``).join(', ');
  return old === '' ? `\`${key}\`` : `\`${key}\`<br>also ${old}`;
};

const optionTable = (rows: Readonly<Record<string, unknown>>): string =>
  table(
    ['key', 'in code', 'takes', 'default', 'what it says', 'in effect'],
    (Object.entries(rows) as [string, OptionRow][]).map(([name, row]) => [
      keyOf(row),
      `\`${name}\``,
      row.kind.accepts,
      row.standard === undefined ? 'none' : `\`${row.standard}\``,
      row.what,
      effectOf(row),
    ]),
  );

const checkpointing = (name: string): string => `execution.checkpointing.${name}`;
const interval = { [checkpointing('interval')]: '1 s' };

/** Configurations that are put right, one rule each. */
const correctedMaps: readonly ConfigurationMap[] = [
  { ...interval, [checkpointing('min-pause')]: '5 s' },
  { ...interval, [checkpointing('interval-during-backlog')]: '2 s', [checkpointing('min-pause')]: '5 s' },
  { [checkpointing('min-pause')]: '400 d' },
  { 'execution.runtime-mode': 'BATCH', ...interval },
  { [checkpointing('mode')]: 'EXACTLY_ONCE' },
  { [checkpointing('unaligned.enabled')]: true },
  { ...interval, [checkpointing('mode')]: 'AT_LEAST_ONCE', [checkpointing('unaligned.enabled')]: true },
  { ...interval, [checkpointing('unaligned.interruptible-timers.enabled')]: true },
  { [checkpointing('during-recovery.enabled')]: true },
  { [checkpointing('num-retained')]: 0 },
  { [checkpointing('data-inline-threshold')]: '2 mb' },
  { [checkpointing('write-buffer-size')]: 100 },
  { 'state.checkpoints.num-retained': 3 },
  { 'state.checkpoints.num-retained': 3, [checkpointing('num-retained')]: 4 },
  { [checkpointing('intervall')]: '10 s' },
];

/** Configurations that are refused. */
const refusedMaps: readonly ConfigurationMap[] = [
  { [checkpointing('interval')]: '9 ms' },
  { ...interval, [checkpointing('interval-during-backlog')]: '5 ms' },
  { ...interval, [checkpointing('interval-during-backlog')]: '20 ms' },
  { [checkpointing('timeout')]: '9 ms' },
  { [checkpointing('min-pause')]: -1 },
  { [checkpointing('max-concurrent-checkpoints')]: 0 },
  { [checkpointing('tolerable-failed-checkpoints')]: -1 },
  {
    ...interval,
    [checkpointing('unaligned.enabled')]: true,
    [checkpointing('max-concurrent-checkpoints')]: 2,
  },
  {
    ...interval,
    [checkpointing('interval-during-backlog')]: 0,
    'pipeline.sources.pause-until-first-checkpoint': true,
  },
  { [checkpointing('unaligned.enabled')]: 'yes' },
  { [checkpointing('mode')]: 'exactly-once' },
];

const written = (map: ConfigurationMap): string =>
  Object.entries(map)
    .map(([key, value]) => `\`${key}: ${String(value)}\``)
    .join('<br>');

const correctedRow = (map: ConfigurationMap): string[] => {
  const corrections = configurationFrom(map).corrections.filter(({ kind }) => kind !== 'noEffect');
  const said = corrections.map(({ option, kind, effective, reason }) => {
    const change = kind === 'changed' ? ` → \`${effective ?? 'none'}\`` : '';
    return `\`${option}\`${change}: ${reason}`;
  });
  return [written(map), said.join('<br>')];
};

const refusedRow = (map: ConfigurationMap): string[] => {
  try {
    configurationFrom(map);
  } catch (error) {
    if (isTidemarkError(error)) return [written(map), error.message.replace(/^\S+ /, '')];
    throw error;
  }
  throw new Error(`not refused: ${written(map)}`);
};

/** Each table by the name of its place in the page. */
export const configurationTables: Readonly<Record<string, string>> = {
  coordinator: optionTable(coordinatorRows),
  alignment: optionTable(alignmentRows),
  storage: optionTable(storageRows),
  state: optionTable(stateRows),
  recovery: optionTable(recoveryRows),
  corrections: table(['you write', 'what the report says'], correctedMaps.map(correctedRow)),
  refusals: table(['you write', 'the value, and what is wrong with it'], refusedMaps.map(refusedRow)),
};
