/** The shell command that checks the output against a count of its own, made with nothing of this project. */
import { dirname, relative, resolve } from 'node:path';

export interface VerifyCommandOptions {
  readonly outputDirectory: string;
  /** The input files, in any order. */
  readonly files: readonly string[];
  /**
   * A file with the absolute path of each of them on a line of its own, for a command that stays short. What the caller
   * owes: it lists the same files, and none of the names holds a line break.
   */
  readonly fileList?: string | undefined;
}

/** One word of a POSIX shell, whatever the text holds. */
export const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The deepest directory that holds all files, so that the names in the command are short. */
const commonDirectory = (files: readonly string[]): string => {
  const [first, ...others] = files.map((file) => dirname(file));
  let directory = first ?? '/';
  for (const other of others) {
    while (directory !== '/' && other !== directory && !other.startsWith(`${directory}/`))
      directory = dirname(directory);
  }
  return directory;
};

/** Prints the text of all files, each followed by a line break, so that no word runs from one into the next. */
const printInput = ({ files, fileList }: VerifyCommandOptions): string => {
  if (fileList !== undefined) {
    const each = 'while IFS= read -r f; do cat "$f" || exit 2; echo; done';
    return `( ${each} ) < ${shellQuoted(resolve(fileList))}`;
  }
  const paths = files.map((file) => resolve(file));
  const directory = commonDirectory(paths);
  const names = paths.map((path) => shellQuoted(relative(directory, path))).join(' ');
  const each = paths.length === 0 ? ':' : `for f in ${names}; do cat "./$f" || exit 2; echo; done`;
  return `( cd ${shellQuoted(directory)} && ${each} )`;
};

/**
 * A POSIX shell command of one line. Prints `counts agree: N words, M distinct` and exits 0, or prints the difference
 * and exits 1; exits 2 when a file cannot be read. File names are looped over inside the shell, so that no list of
 * arguments gets too long.
 */
export const verifyCommand = (options: VerifyCommandOptions): string => {
  return [
    '( LC_ALL=C; export LC_ALL',
    't="${TMPDIR:-/tmp}/tidemark-verify.$$"; mkdir "$t" || exit 2',
    `trap 'rm -rf "$t"' EXIT`,
    `${printInput(options)} > "$t/text" || exit 2`,
    `tr -cs 'A-Za-z' '[\\n*]' < "$t/text" | tr 'A-Z' 'a-z' | sed '/^$/d' | sort | uniq -c | awk '{ print $1 " " $2 }' > "$t/input"`,
    `( for f in ${shellQuoted(resolve(options.outputDirectory))}/*.txt; do if [ -f "$f" ]; then cat "$f" || exit 2; fi; done ) > "$t/lines" || exit 2`,
    `awk '{ sum[$2] += $1 } END { for (word in sum) printf "%d %s\\n", sum[word], word }' "$t/lines" | sort -k 2 > "$t/output"`,
    'if diff "$t/input" "$t/output"',
    `then awk '{ words += $1 } END { printf "counts agree: %d words, %d distinct\\n", words, NR }' "$t/input"`,
    `else echo 'counts differ: < is the input, > is the output'; exit 1; fi )`,
  ].join('; ');
};
