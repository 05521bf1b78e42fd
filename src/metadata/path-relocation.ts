/** How the text of one path changes when the directory it lies in becomes another. */
import { TidemarkError } from '../errors.ts';
import { flinkPathKey, isAbsoluteFlinkPath } from './flink-path.ts';
import { isUsualSpelling, modifiedUtf8Length, writeModifiedUtf8 } from './modified-utf8.ts';

/** Two directories, as Flink spells paths: `file:/data/savepoint-1`, `s3://bucket/savepoint-1`, `/data/savepoint-1`. */
export interface Relocation {
  /** The directory that paths lie in. */
  readonly from: string;
  /** The directory that takes its place. */
  readonly to: string;
}

/** A path as a file has it: its text, and its bytes where they are unusual. */
export interface SpelledPath {
  readonly text: string;
  readonly stored?: Uint8Array | undefined;
}

/** A path in its new place. */
export interface RelocatedPath extends SpelledPath {
  /** The place was not spelled as `from` is, so that the way back leads to the place, but not to its spelling. */
  readonly isRespelled: boolean;
}

/** Gives a path its new place; nothing for one that lies elsewhere. */
export type RelocatePath = (path: SpelledPath) => RelocatedPath | undefined;

const isSlash = (unit: string | undefined): boolean => unit === '/' || unit === '\\';

/** Bytes of the first units of a text that has been decoded. */
const bytesOfUnits = (bytes: Uint8Array, units: number): number => {
  let at = 0;
  for (let left = units; left > 0; left -= 1) {
    const first = bytes[at] ?? 0;
    if (first < 0x80) at += 1;
    else at += first < 0xe0 ? 2 : 3;
  }
  return at;
};

const usualBytes = (text: string): Uint8Array => {
  const bytes = new Uint8Array(modifiedUtf8Length(text));
  writeModifiedUtf8(text, bytes, 0);
  return bytes;
};

/** The part of a path that is kept has the bytes it had; nothing is stored for what any writer would spell so. */
const storedAfter = (before: SpelledPath, units: number, text: string): Uint8Array | undefined => {
  const { stored } = before;
  if (stored === undefined) return undefined;
  const kept = stored.subarray(bytesOfUnits(stored, units));
  const place = usualBytes(text.slice(0, text.length - (before.text.length - units)));
  const bytes = new Uint8Array(place.length + kept.length);
  bytes.set(place);
  bytes.set(kept, place.length);
  return isUsualSpelling(text, bytes, 0, bytes.length) ? undefined : bytes;
};

const isUsualUpTo = ({ text, stored }: SpelledPath, units: number): boolean =>
  stored === undefined || isUsualSpelling(text.slice(0, units), stored, 0, bytesOfUnits(stored, units));

/** Where the spelling of the directory may end: as it is given first, then wherever a slash follows. */
function* endsOfPlace(text: string, from: string): Generator<number> {
  if (text.startsWith(from)) yield from.length;
  for (let end = 0; end <= text.length; end += 1) if (end === text.length || isSlash(text[end])) yield end;
}

const checkedDirectory = (name: string, text: string): string => {
  if (isAbsoluteFlinkPath(text)) return text.replace(/[/\\]+$/, '');
  const said = `${name} ${JSON.stringify(text)} is not an absolute path, such as file:/data/savepoint-1`;
  throw new TidemarkError('ARGUMENT_INVALID', said, { name, value: text });
};

/**
 * Makes the rule for a relocation. What stands behind the directory in a path is kept to the letter.
 *
 * @throws ARGUMENT_INVALID for a directory that Flink could not take as an absolute path.
 */
export const pathRelocation = (relocation: Relocation): RelocatePath => {
  const from = checkedDirectory('from', relocation.from);
  const to = checkedDirectory('to', relocation.to);
  const fromKey = flinkPathKey(relocation.from);
  const toKey = flinkPathKey(relocation.to);
  return (path) => {
    const key = flinkPathKey(path.text);
    if (key !== fromKey && !key.startsWith(`${fromKey}/`)) return undefined;
    const newKey = toKey + key.slice(fromKey.length);
    for (const end of endsOfPlace(path.text, from)) {
      const text = to + path.text.slice(end);
      const isPlace = end === path.text.length || isSlash(path.text[end]);
      if (!isPlace || flinkPathKey(text) !== newKey || !isAbsoluteFlinkPath(text)) continue;
      const isRespelled = path.text.slice(0, end) !== from || !isUsualUpTo(path, end);
      return { text, stored: storedAfter(path, end, text), isRespelled };
    }
    // A root cannot be spelled without its slash.
    const rest = key.slice(fromKey.length);
    return { text: rest === '' ? relocation.to : to + rest, isRespelled: true };
  };
};
