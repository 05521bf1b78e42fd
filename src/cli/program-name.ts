/** How the user called this program, so that what it prints can be copied. */
import { basename, relative } from 'node:path';
import { shellQuoted } from '../examples/word-count/verify-command.ts';

/** Words that no POSIX shell reads as anything else. */
const plainWord = /^[A-Za-z0-9_@%+=:,./#-]+$/;

/** One word for a POSIX shell, quoted only where it must be. */
export const shellWord = (text: string): string =>
  plainWord.test(text) && !text.startsWith('#') ? text : shellQuoted(text);

const scriptOf = (): string => process.argv[1] ?? 'tidemark';

/** `npm run -s tidemark --`, `node src/cli/main.ts` or `tidemark`. */
const programName = (): string => {
  const { npm_lifecycle_event: script } = process.env;
  if (script === 'start' || script === 'tidemark') return 'npm run -s tidemark --';
  const path = scriptOf();
  if (basename(path).startsWith('main.')) return `node ${shellWord(relative(process.cwd(), path))}`;
  return basename(path);
};

/** A command line of this program. */
export const commandLine = (...words: readonly string[]): string =>
  [programName(), ...words.map(shellWord)].join(' ');

/** The command line that this process was started with. */
export const sameCommandLine = (): string =>
  process.env['npm_lifecycle_event'] === 'start'
    ? ['npm start', ...argumentsOfStart()].join(' ')
    : commandLine(...process.argv.slice(2));

const argumentsOfStart = (): readonly string[] => {
  const given = process.argv.slice(3);
  return given.length === 0 ? [] : ['--', ...given.map(shellWord)];
};
