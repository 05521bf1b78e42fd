/**
 * The kinds of values an option may take, each with what is accepted and how it is read: the same from a map and from
 * code. What Flink 2.3.0 accepts is accepted here with the same meaning; decimals (`1.5 min`) and plain numbers are
 * accepted besides.
 */
import { TidemarkError } from '../../errors.ts';

/** A number of milliseconds, or text such as `500 ms`, `10 s`, `10 min`, `2 h`, `1 d`, or ISO-8601 (`PT10M`). */
export type DurationText = number | string;
/** A number of bytes, or text such as `20 kb`, `32 mb`. */
export type SizeText = number | string;

/** How values of one kind are read. */
export interface ValueKind<Value> {
  /** For people: what may stand there. */
  readonly accepts: string;
  /** @throws CONFIGURATION_INVALID naming the option, the value and what is accepted. */
  readonly parse: (option: string, raw: unknown) => Value;
}

const SHOWN_LENGTH_MAX = 100;

/** A given value as messages show it. */
export const shownValue = (value: unknown): string => {
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  const text = isNumber ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
};

/** The refusal of a value; `text` says what is wrong and what is accepted. */
export const valueRefused = (option: string, value: unknown, text: string): TidemarkError => {
  const detail = { option, value: shownValue(value) };
  return new TidemarkError('CONFIGURATION_INVALID', `${option} ${shownValue(value)}: ${text}`, detail);
};

const msOfUnit: readonly (readonly [readonly string[], number])[] = [
  [['d', 'day', 'days'], 86_400_000],
  [['h', 'hour', 'hours'], 3_600_000],
  [['m', 'min', 'minute', 'minutes'], 60_000],
  [['s', 'sec', 'secs', 'second', 'seconds'], 1000],
  [['', 'ms', 'milli', 'millis', 'millisecond', 'milliseconds'], 1],
  [['µs', 'micro', 'micros', 'microsecond', 'microseconds'], 1e-3],
  [['ns', 'nano', 'nanos', 'nanosecond', 'nanoseconds'], 1e-6],
];

const bytesOfUnit: readonly (readonly [readonly string[], number])[] = [
  [['', 'b', 'bytes'], 1],
  [['k', 'kb', 'kibibytes'], 1024],
  [['m', 'mb', 'mebibytes'], 1024 ** 2],
  [['g', 'gb', 'gibibytes'], 1024 ** 3],
  [['t', 'tb', 'tebibytes'], 1024 ** 4],
];

/** `12.5 unit` in the smallest unit; undefined when it is nothing of the kind. Fractions of that unit are cut off. */
const amountOf = (text: string, units: typeof msOfUnit): number | undefined => {
  const [, amount, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-zµ]*)\s*$/i.exec(text) ?? [];
  const factor = units.find(([names]) => names.includes(unit.toLowerCase()))?.[1];
  if (amount === undefined || factor === undefined) return undefined;
  // Through six digits, so that 4.35 s is 4350 ms and not one less.
  return Math.trunc(Number((Number(amount) * factor).toFixed(6)));
};

const isoPattern =
  /^\s*P(?!\s*$)(?:(\d+)D)?(?:T(?!\s*$)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{0,9})?)S)?)?\s*$/i;

const isoDurationMs = (text: string): number | undefined => {
  const match = isoPattern.exec(text);
  if (match === null) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return Math.trunc(
    Number((days * 86_400_000 + hours * 3_600_000 + minutes * 60_000 + seconds * 1000).toFixed(6)),
  );
};

/** @throws CONFIGURATION_INVALID naming the option, the value and the accepted forms. */
export const parseDurationMs = (option: string, raw: unknown): number => {
  if (typeof raw === 'number') {
    if (Number.isFinite(raw) && Math.abs(raw) <= Number.MAX_SAFE_INTEGER) return Math.trunc(raw);
    throw valueRefused(option, raw, 'is not a finite number of ms');
  }
  const accepted = "is not a duration such as '500 ms', '10 s' or '10 min'";
  if (typeof raw !== 'string') throw valueRefused(option, raw, accepted);
  const ms = amountOf(raw, msOfUnit) ?? isoDurationMs(raw);
  if (ms === undefined) throw valueRefused(option, raw, accepted);
  if (Number.isSafeInteger(ms)) return ms;
  throw valueRefused(option, raw, 'is too long: at most 285000 years can be told');
};

/** In milliseconds; fractions of one are cut off, as in Flink. Text is never negative. */
export const duration: ValueKind<number> = {
  accepts: 'a duration: `500 ms`, `10 s`, `10 min`, `PT10M`, or milliseconds',
  parse: parseDurationMs,
};

/** In bytes. */
export const size: ValueKind<number> = {
  accepts: 'a size: `20 kb`, `32 mb`, or bytes',
  parse: (option, raw) => {
    const bytes = typeof raw === 'string' ? amountOf(raw, bytesOfUnit) : raw;
    if (typeof bytes === 'number' && Number.isSafeInteger(bytes)) return bytes;
    throw valueRefused(option, raw, "is not a size such as '20 kb' or '1 mb'");
  },
};

const integerKind = (min: number, max: number, what: string): ValueKind<number> => ({
  accepts: what,
  parse: (option, raw) => {
    const value = typeof raw === 'string' && /^[+-]?\d+$/.test(raw) ? Number(raw) : raw;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw valueRefused(option, raw, `is not ${what}`);
  },
});

/** The largest integer of 32 bits. */
export const INTEGER_MAX = 2_147_483_647;

/** An integer of 32 bits, as in Flink. */
export const integer = integerKind(-INTEGER_MAX - 1, INTEGER_MAX, 'an integer of 32 bits');
/** The id of a checkpoint, or -1 for none: what is no safe integer is no id here. */
export const checkpointIdOrNone = integerKind(-1, Number.MAX_SAFE_INTEGER, 'the id of a checkpoint, or -1');

export const factor: ValueKind<number> = {
  accepts: 'a number',
  parse: (option, raw) => {
    const value = typeof raw === 'string' && /^\d+(\.\d+)?$/.test(raw) ? Number(raw) : raw;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw valueRefused(option, raw, "is not a number such as '2.0'");
  },
};

/** `true` or `false`, in any case of letters. */
export const boolean: ValueKind<boolean> = {
  accepts: '`true` or `false`',
  parse: (option, raw) => {
    const word = typeof raw === 'string' ? raw.toLowerCase() : raw;
    if (word === true || word === 'true') return true;
    if (word === false || word === 'false') return false;
    throw valueRefused(option, raw, 'is neither true nor false');
  },
};

/** Any text but the empty one. */
export const text: ValueKind<string> = {
  accepts: 'text',
  parse: (option, raw) => {
    if (typeof raw === 'string' && raw.trim() !== '') return raw;
    throw valueRefused(option, raw, 'is not a text with something in it');
  },
};

/** A word of a table, in any case of letters; each stands for a value. */
export const wordFor = <Value>(values: Readonly<Record<string, Value>>): ValueKind<Value> => ({
  accepts: Object.keys(values)
    .map((word) => `\`${word}\``)
    .join(', '),
  parse: (option, raw) => {
    const words = Object.keys(values);
    const known = typeof raw === 'string' ? words.find((word) => word === raw.toUpperCase()) : undefined;
    const value = known === undefined ? undefined : values[known];
    if (value !== undefined) return value;
    throw valueRefused(option, raw, `is not one of ${words.join(', ')}`);
  },
});

/** One of some words, in any case of letters. */
export const oneOf = <Word extends string>(...words: readonly Word[]): ValueKind<Word> =>
  wordFor(Object.fromEntries(words.map((word) => [word, word])) as Record<string, Word>);
