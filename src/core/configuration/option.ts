/** What an option is: a row of the one table that parser, report and guide read. */
import type { CheckpointConfiguration } from './record.ts';
import { valueRefused, type ValueKind } from './values.ts';

/** Where a value was given, and as what. */
export interface Given {
  /** The key in a map, or the name of the option in code. */
  readonly name: string;
  readonly raw: unknown;
  readonly source: 'map' | 'code';
}

/** A value after its check. Without one, it is as if the option had not been given. */
export interface Checked<Value> {
  readonly value: Value | undefined;
  /** Said when the value is not the given one. */
  readonly reason?: string;
}

/** @throws CONFIGURATION_INVALID for a value that is not in the option's range. */
export type RangeCheck<Value> = (value: Value, given: Given) => Checked<Value>;

/** Whether anything goes by an option. */
export type OptionEffect = 'now' | 'in part' | 'none yet';

export interface OptionRow<Field extends keyof CheckpointConfiguration = keyof CheckpointConfiguration> {
  readonly field: Field;
  /** Flink's current key, and its deprecated ones; a current key wins, then the first alias (C-005). */
  readonly key: string;
  readonly aliases: readonly string[];
  readonly kind: ValueKind<NonNullable<CheckpointConfiguration[Field]>>;
  /** As one would write it; undefined: none. */
  readonly standard: string | undefined;
  /** For people: what it says. */
  readonly what: string;
  readonly effect: OptionEffect;
  /** What happens whatever the option says, unless its effect is `now`. */
  readonly today: string | undefined;
  /** Read by whoever chooses the storage, not by the coordinator. */
  readonly isOfStorage: boolean;
  readonly check: RangeCheck<NonNullable<CheckpointConfiguration[Field]>>;
}

type Meaning<Field extends keyof CheckpointConfiguration> = Partial<
  Pick<OptionRow<Field>, 'aliases' | 'standard' | 'check' | 'isOfStorage'>
> & {
  readonly what: string;
  /** Absent: everything goes by the option. */
  readonly today?: string;
  readonly isInPart?: true;
};

/** A row whose option goes by the defaults of rows where nothing else is said. */
export const optionRow = <Field extends keyof CheckpointConfiguration>(
  field: Field,
  key: string,
  kind: OptionRow<Field>['kind'],
  meaning: Meaning<Field>,
): OptionRow<Field> => ({
  field,
  key,
  kind,
  aliases: meaning.aliases ?? [],
  standard: meaning.standard,
  what: meaning.what,
  effect: meaning.today === undefined ? 'now' : meaning.isInPart ? 'in part' : 'none yet',
  today: meaning.today,
  isOfStorage: meaning.isOfStorage ?? false,
  check: meaning.check ?? ((value) => ({ value })),
});

/** Of options that are the tasks' own business. */
export const notTold = 'tasks are not told; they go by what they were built to do';

/** Refuses what is too small, with Flink's text where it has one. */
export const atLeast =
  (min: number, text: string): RangeCheck<number> =>
  (value, given) => {
    if (value >= min) return { value };
    throw valueRefused(given.name, given.raw, text);
  };
