/** From what was given to what holds, with a word about every difference (C-006 … C-028, C-312). */
import { namedValue, type Correction } from './corrections.ts';
import type { GivenOptions } from './given-options.ts';
import type { Given, OptionRow } from './option.ts';
import { checkpointOptions, standardValues, type OptionName } from './options.ts';
import {
  checkedRecord,
  MIN_PAUSE_MS_MAX,
  UNALIGNED_CONCURRENT_TEXT,
  type CheckpointConfiguration,
} from './record.ts';
import { valueRefused } from './values.ts';

/** A configuration in force, and what is to be said about it. */
export interface ConfigurationReport {
  readonly configuration: CheckpointConfiguration;
  readonly corrections: readonly Correction[];
}

type Values = { -readonly [Field in keyof CheckpointConfiguration]: CheckpointConfiguration[Field] };

const nameOfField = new Map(checkpointOptions.map(([name, row]) => [row.field, name]));
const rowOf = new Map<OptionName, OptionRow>(checkpointOptions);

/** A duration or size with its unit, anything else as it is. */
const withUnit = (field: keyof CheckpointConfiguration, value: unknown): string => {
  if (typeof value !== 'number') return namedValue(value);
  if (field.endsWith('Ms')) return `${value} ms`;
  return field.endsWith('Bytes') ? `${value} bytes` : String(value);
};

/** The values while they are put right. */
class Draft {
  readonly values: Values = { ...standardValues };
  readonly corrections: Correction[];
  readonly #given: ReadonlyMap<OptionName, Given>;

  constructor({ options, corrections }: GivenOptions) {
    this.corrections = [...corrections];
    this.#given = options;
  }

  /** @throws CONFIGURATION_INVALID for a value that is not of the option's kind or range. */
  read(row: OptionRow, given: Given): void {
    const checked = row.check(row.kind.parse(given.name, given.raw) as never, given);
    if (checked.value === undefined) return;
    this.#set(row.field, checked.value);
    if (checked.reason !== undefined) this.#tell(row.field, given, checked.reason);
  }

  /** Another value holds; that is worth a word only to somebody who has said something else. */
  change<Field extends keyof CheckpointConfiguration>(
    field: Field,
    value: CheckpointConfiguration[Field],
    reason: string,
  ): void {
    if (this.values[field] === value) return;
    this.#set(field, value);
    const given = this.#givenAs(field);
    if (given !== undefined) this.#tell(field, given, reason);
  }

  /** @throws CONFIGURATION_INVALID naming the option as it was given. */
  refuse(field: keyof CheckpointConfiguration, text: string): never {
    const { name, raw } = this.#givenAs(field) ?? { name: field, raw: this.values[field] };
    throw valueRefused(name, raw, text);
  }

  #set(field: keyof CheckpointConfiguration, value: unknown): void {
    (this.values as Record<string, unknown>)[field] = value;
  }

  #givenAs(field: keyof CheckpointConfiguration): Given | undefined {
    const name = nameOfField.get(field);
    return name === undefined ? undefined : this.#given.get(name);
  }

  #tell(field: keyof CheckpointConfiguration, { name: option, raw }: Given, reason: string): void {
    const effective = withUnit(field, this.values[field]);
    this.corrections.push({ kind: 'changed', option, given: namedValue(raw), effective, reason });
  }
}

/** Without periodic checkpoints the mode is at least once, and nothing is unaligned (C-007, C-016). */
const applyModes = (draft: Draft): void => {
  const { values } = draft;
  if (values.runtimeMode === 'BATCH') {
    draft.change('intervalMs', undefined, 'a batch job has no periodic checkpoints');
    draft.change('intervalDuringBacklogMs', undefined, 'a batch job has no periodic checkpoints');
  }
  if (values.intervalMs === undefined) {
    draft.change('mode', 'AT_LEAST_ONCE', 'without an interval, checkpoints are taken at least once');
  }
  if (values.mode !== 'EXACTLY_ONCE') {
    draft.change('unaligned', false, 'only exactly-once checkpoints with an interval can be unaligned');
  }
  if (values.unaligned && values.maxConcurrent > 1) draft.refuse('maxConcurrent', UNALIGNED_CONCURRENT_TEXT);
  if (!values.unaligned) draft.change('interruptibleTimers', false, 'checkpoints are not unaligned');
  if (!values.recoverOutputOnDownstream) {
    draft.change('duringRecovery', false, 'it needs recover-output-on-downstream');
  }
};

/** C-010, C-020 [B], C-028. */
const applyIntervals = (draft: Draft): void => {
  const { values } = draft;
  const backlogMs = values.intervalDuringBacklogMs;
  if (backlogMs === 0 && values.pauseSourcesUntilFirstCheckpoint) {
    const text =
      'sources that wait for the first checkpoint need checkpoints during backlog: give an interval';
    draft.refuse('intervalDuringBacklogMs', `${text}, or let sources not wait`);
  }
  if (backlogMs !== undefined && backlogMs > 0 && !(backlogMs >= (values.intervalMs ?? Infinity))) {
    const text =
      'Checkpoint interval during backlog must be larger than or equal to that in normal situation.';
    draft.refuse('intervalDuringBacklogMs', text);
  }
  const pauseMs = Math.min(values.minPauseMs, MIN_PAUSE_MS_MAX);
  draft.change('minPauseMs', pauseMs, 'a pause has at most 365 days');
  const isRaised = (intervalMs: number | undefined): boolean =>
    intervalMs !== undefined && intervalMs < pauseMs;
  if (isRaised(values.intervalMs))
    draft.change('intervalMs', pauseMs, 'an interval is never shorter than min-pause');
  if (backlogMs === 0) values.intervalDuringBacklogMs = undefined;
  else if (backlogMs === undefined) values.intervalDuringBacklogMs = values.intervalMs;
  else if (isRaised(backlogMs)) {
    draft.change('intervalDuringBacklogMs', pauseMs, 'an interval is never shorter than min-pause');
  }
};

const applyStorage = (draft: Draft): void => {
  const { inlineThresholdBytes, writeBufferBytes } = draft.values;
  const bytes = Math.max(writeBufferBytes, inlineThresholdBytes);
  draft.change('writeBufferBytes', bytes, 'a buffer is never smaller than the inline threshold');
};

const STORAGE_TEXT =
  'it is for choosing a storage; a storage that is handed in goes by what it was made with';

const noEffect = (given: Given, reason: string): Correction => {
  const option = given.name;
  return { kind: 'noEffect', option, given: namedValue(given.raw), reason };
};

/** What was given and changes nothing, or not all that it says. */
const silentOptions = ({ options }: GivenOptions, choosesStorage: boolean): Correction[] =>
  [...options].flatMap(([name, given]) => {
    const row = rowOf.get(name);
    if (row === undefined) return [];
    if (row.isOfStorage && !choosesStorage) return [noEffect(given, STORAGE_TEXT)];
    if (row.today === undefined) return [];
    const extent = row.effect === 'in part' ? 'has only part of its effect yet' : 'has no effect yet';
    return [noEffect(given, `${extent}: ${row.today}`)];
  });

/** One key may stand for two options, with the same to say about both. */
const withoutEchoes = (corrections: readonly Correction[]): Correction[] => {
  const seen = new Set<string>();
  return corrections.filter(({ kind, option, reason }) => {
    const line = `${kind} ${option} ${reason}`;
    return !seen.has(line) && seen.add(line);
  });
};

/**
 * Puts given options right.
 * @throws CONFIGURATION_INVALID naming the option as it was given, the value and what is accepted.
 */
export const effectiveConfiguration = (given: GivenOptions, choosesStorage: boolean): ConfigurationReport => {
  const draft = new Draft(given);
  for (const [name, row] of checkpointOptions) {
    const found = given.options.get(name);
    if (found !== undefined) draft.read(row, found);
  }
  applyModes(draft);
  applyIntervals(draft);
  applyStorage(draft);
  return {
    configuration: checkedRecord({ ...draft.values }),
    corrections: withoutEchoes([...draft.corrections, ...silentOptions(given, choosesStorage)]),
  };
};
