/**
 * Every option there is: the one table behind the parser, the report on a configuration and the guide. Keys, aliases
 * and defaults are Flink 2.3.0's (specification, 1.1).
 *
 * Whoever gives an option its effect removes the `today` of its row; nothing else has to change for the report and the
 * guide.
 */
import { alignmentRows, coordinatorRows } from './coordinator-options.ts';
import type { OptionRow } from './option.ts';
import type { CheckpointConfiguration } from './record.ts';
import { recoveryRows, stateRows, storageRows } from './state-options.ts';

const rows = { ...coordinatorRows, ...alignmentRows, ...storageRows, ...stateRows, ...recoveryRows };

/** The name of an option in code. */
export type OptionName = keyof typeof rows;

type RowlessField = Exclude<keyof CheckpointConfiguration, (typeof rows)[OptionName]['field']>;
/** `never` for a record with a field that no option sets: then nothing below compiles. */
type Rows = [RowlessField] extends [never] ? readonly (readonly [OptionName, OptionRow])[] : never;

/** All options by their names in code, in the order of the guide. */
export const checkpointOptions = Object.entries(rows) as unknown as Rows;

/** What holds when nothing is said; the backlog interval follows the interval, the storage the directory. */
export const standardValues = Object.fromEntries(
  checkpointOptions.map(([name, { field, kind, standard }]) => [
    field,
    standard === undefined ? undefined : kind.parse(name, standard),
  ]),
) as unknown as CheckpointConfiguration;
