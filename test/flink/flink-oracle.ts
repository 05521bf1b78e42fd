/**
 * Asks Apache Flink itself about metadata files: the judge of whether ours are Flink's. Needs a JDK 17 and Maven, which
 * fetches Flink; where they are missing {@link probeFlink} says so and the tests that need the judge are skipped.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/errors.ts';

const sources = join(import.meta.dirname, 'oracle');
const target = join(import.meta.dirname, 'target');
/** A first build fetches some forty artifacts. */
const BUILD_TIMEOUT_MS = 300_000;
/** One start of the virtual machine and either a handful of small files or a few small jobs. */
const ANSWER_TIMEOUT_MS = 120_000;

/** Whether Flink can be asked, and if not, why. */
export type FlinkProbe =
  | { readonly available: true }
  | { readonly available: false; readonly reason: string };

const run = (command: string, commandArguments: readonly string[], timeout: number, input = ''): string => {
  const options = { input, timeout, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 } as const;
  const { error, status, stdout, stderr } = spawnSync(command, commandArguments, options);
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} failed: ${(stderr || stdout).trim().slice(-500)}`);
  return stdout;
};

/** Names the build after what goes into it, so that a change of the sources builds anew. */
const digestOfSources = (): string => {
  const digest = createHash('sha256');
  for (const path of readdirSync(sources, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const file = join(sources, path);
    if (statSync(file).isFile()) digest.update(path).update(readFileSync(file));
  }
  return digest.digest('hex').slice(0, 16);
};

/** Builds into a folder of its own and renames it, so that builds of two processes do not meet. */
const build = (finished: string): void => {
  const draft = join(target, `draft-${process.pid}`);
  mkdirSync(target, { recursive: true });
  run(
    'mvn',
    ['-q', '-B', '-f', join(sources, 'pom.xml'), `-Doracle.target=${draft}`, 'package'],
    BUILD_TIMEOUT_MS,
  );
  try {
    renameSync(draft, finished);
  } catch (error) {
    if (!existsSync(finished)) throw error;
    rmSync(draft, { recursive: true });
  }
};

/** Builds the oracle unless it stands already. */
const builtOracle = (): string => {
  const finished = join(target, digestOfSources());
  if (!existsSync(finished)) build(finished);
  return finished;
};

let probed: FlinkProbe | undefined;

/** Finds out once per process whether Flink can be asked; the first time ever this takes as long as Maven does. */
export const probeFlink = (): FlinkProbe => {
  if (probed !== undefined) return probed;
  try {
    run('java', ['-version'], ANSWER_TIMEOUT_MS);
    run('mvn', ['-version'], ANSWER_TIMEOUT_MS);
    builtOracle();
    probed = { available: true };
  } catch (error) {
    probed = { available: false, reason: messageOf(error).replaceAll(/\s+/g, ' ') };
  }
  return probed;
};

/** For a few small files: the compiler that takes long is not worth its time. */
const shortRunFlags = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/**
 * Runs commands in one virtual machine; the answers come in the order of the commands. See `oracle/Main.java`.
 *
 * @param flags of the virtual machine; what is measured must not run with those for short runs.
 */
export const askFlink = (
  commands: readonly (readonly string[])[],
  flags: readonly string[] = shortRunFlags,
): unknown[] => {
  const home = builtOracle();
  const classpath = `${join(home, 'oracle.jar')}:${readFileSync(join(home, 'classpath.txt'), 'utf8').trim()}`;
  const input = commands.map((command) => `${command.join('\t')}\n`).join('');
  const opens = '--add-opens=java.base/java.util=ALL-UNNAMED';
  const lines = run(
    'java',
    [opens, ...flags, '-cp', classpath, 'oracle.Main'],
    ANSWER_TIMEOUT_MS,
    input,
  ).trimEnd();
  return lines.split('\n').map((line) => JSON.parse(line) as unknown);
};

/** An answer, unless Flink refused the command. */
export const answered = (answer: unknown): unknown => {
  if (typeof answer === 'object' && answer !== null && 'error' in answer) {
    throw new Error(`Flink refused: ${JSON.stringify(answer.error)}`);
  }
  return answer;
};

/** What Flink's loader sees in a metadata file, as JSON. Throws what Flink refuses it with. */
export const dumpWithFlink = (path: string): unknown => answered(askFlink([['dump', path]])[0]);

/** Has Flink load one file and write it to another. Throws what Flink refuses it with. */
export const rewriteWithFlink = (from: string, to: string): void => {
  answered(askFlink([['rewrite', from, to]])[0]);
};

/** Writes a metadata file where Flink can find it and returns its path. */
export const writeMetadataFile = (directory: string, bytes: Uint8Array): string => {
  const path = join(directory, '_metadata');
  mkdirSync(directory, { recursive: true });
  writeFileSync(path, bytes);
  return path;
};
