/** Where tests cite `C-nnn` and `T-nnn`: in the titles of the sources, read without running them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** One title that cites a number. */
export interface Citation {
  readonly number: string;
  /** From the root of the repository. */
  readonly path: string;
  /** The title with those of the groups around it. */
  readonly title: string;
}

const numbered = (letter: string, number: number): string => `${letter}-${String(number).padStart(3, '0')}`;

/** The numbers a text cites; `C-144 to C-146` cites three. */
export const numbersIn = (text: string): string[] => {
  const ranges = [...text.matchAll(/\b([CT])-(\d{3}) to \1-(\d{3})\b/g)].flatMap(([, letter, from, to]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) =>
      numbered(String(letter), Number(from) + i),
    ),
  );
  const single = [...text.matchAll(/\b[CT]-\d{3}\b/g)].map(([number]) => number);
  return [...new Set([...ranges, ...single])];
};

/** The end of the literal that begins at `from` with its quote. */
const literalEnd = (text: string, from: number): number => {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === text[from]) return at + 1;
  }
  return text.length;
};

const skip = (text: string, at: number, space: RegExp): number => {
  space.lastIndex = at;
  return space.test(text) ? space.lastIndex : at;
};

const isQuote = (character: string | undefined): boolean =>
  character !== undefined && `'"\``.includes(character);
const isRegex = (text: string, at: number): boolean =>
  text[at] === '/' && /[([,=:]\s*$/.test(text.slice(Math.max(0, at - 20), at));

/** The end of the brackets that open at `from`. */
const bracketsEnd = (text: string, from: number): number => {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at] ?? '';
    if (text.startsWith('//', at)) at = text.indexOf('\n', at);
    else if (isQuote(character) || isRegex(text, at)) at = literalEnd(text, at) - 1;
    else if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
};

/** The title of the call whose name ends at `from`, behind `.each(…)` and the like; undefined when it has none. */
const titleAt = (text: string, from: number): string | undefined => {
  let at = from;
  for (;;) {
    at = skip(text, at, /\.\w+/y);
    if (text[at] === '.') continue;
    if (text[at] !== '(') return undefined;
    const first = skip(text, at + 1, /\s+/y);
    if (isQuote(text[first])) return text.slice(first + 1, literalEnd(text, first) - 1).replaceAll('\\', '');
    at = bracketsEnd(text, at);
  }
};

/** The titles of a source in order, each behind the titles of the groups it stands in. */
export const titlesOf = (text: string): string[] => {
  const groups: { readonly indent: number; readonly title: string }[] = [];
  return [...text.matchAll(/^( *)(it|test|describe)\b(?=[.(])/gm)].flatMap((match) => {
    const [whole, spaces = '', call] = match;
    const title = titleAt(text, match.index + whole.length);
    if (title === undefined) return [];
    while ((groups.at(-1)?.indent ?? -1) >= spaces.length) groups.pop();
    const path = [...groups.map((group) => group.title), title].join(': ');
    if (call === 'describe') groups.push({ indent: spaces.length, title });
    return [path];
  });
};

/** A title names its groups too; what counts is what it adds to them. */
const citationsOf = (path: string, text: string): Citation[] => {
  const seen: string[] = [];
  return titlesOf(text).flatMap((title) => {
    const group = seen.findLast((before) => title.startsWith(`${before}: `)) ?? '';
    seen.push(title);
    return numbersIn(title.slice(group.length)).map((number) => ({ number, path, title }));
  });
};

/** A golden scenario cites in the paragraph it begins with. */
const scenarioCitations = (path: string, text: string): Citation[] => {
  const lines = text.split('\n');
  const paragraph = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('#')),
  );
  const title = paragraph.map((line) => line.replace(/^# ?/, '')).join(' ');
  const [first = ''] = title.split(/(?<=\.) /);
  return numbersIn(title).map((number) => ({ number, path, title: first }));
};

const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .toSorted();

/** Every citation of the tests and golden scenarios, in the order of files and titles. */
export const findCitations = (): Citation[] =>
  filesBelow('test').flatMap((path) => {
    const read = (): string => readFileSync(join(root, path), 'utf8');
    if (path.startsWith('test/conformance/') || path.startsWith('test/fixtures/')) return [];
    if (/\.(test|contract)\.ts$/.test(path)) return citationsOf(path, read());
    return /^test\/scenarios\/[^/]+\.txt$/.test(path) ? scenarioCitations(path, read()) : [];
  });
