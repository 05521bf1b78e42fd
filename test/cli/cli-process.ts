/** The real command line in a process of its own, and directories for it to work in. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { seededRandom } from '../../src/runtime/random.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');

/** What npm tells its scripts would change the commands that are printed. */
const environment = (): NodeJS.ProcessEnv => {
  const { npm_lifecycle_event: _script, FORCE_COLOR: _colour, ...others } = process.env;
  return { ...others, NO_COLOR: '1' };
};

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export class CliProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #out = '';
  #err = '';
  #onOutput: () => void = () => undefined;

  constructor(cwd: string, words: readonly string[]) {
    const child = spawn(process.execPath, [main, ...words], { cwd, env: environment() });
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => {
      this.#out += chunk.toString();
      this.#onOutput();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#err += chunk.toString();
    });
    this.ended = new Promise((end) => {
      child.on('close', (status, signal) => {
        this.#onOutput();
        end({ status, signal, out: this.#out, err: this.#err });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves once standard output holds the text; fails when the process ends without it. */
  async shows(text: string): Promise<void> {
    const shown = new Promise<void>((resolveShown) => {
      this.#onOutput = () => {
        if (this.#out.includes(text)) resolveShown();
      };
      this.#onOutput();
    });
    const early = this.ended.then(({ out, err }) => {
      if (!out.includes(text)) throw new Error(`ended without "${text}":\n${out}\n${err}`);
    });
    await Promise.race([shown, early]);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** A directory to run command lines in, with some text to count. Remove it with {@link Workplace.remove}. */
export class Workplace {
  readonly path = mkdtempSync(join(tmpdir(), 'tidemark cli '));
  readonly #living: CliProcess[] = [];

  constructor() {
    writeFileSync(join(this.path, 'a.txt'), words(1, 30_000));
    writeFileSync(join(this.path, "b's.txt"), words(2, 20_000));
  }

  start(...commandLine: readonly string[]): CliProcess {
    const started = new CliProcess(this.path, commandLine);
    this.#living.push(started);
    return started;
  }

  async run(...commandLine: readonly string[]): Promise<Ended> {
    return await this.start(...commandLine).ended;
  }

  /** Runs a shell command as a person would who has copied it. */
  shell(command: string): { readonly status: number | null; readonly out: string } {
    const { status, stdout } = spawnSync('sh', ['-c', command], { cwd: this.path, encoding: 'utf8' });
    return { status, out: stdout };
  }

  read(...path: readonly string[]): string {
    return readFileSync(join(this.path, ...path), 'utf8');
  }

  /** Every file below a directory with its bytes; SQLite's shared memory left out. */
  contents(...path: readonly string[]): Readonly<Record<string, string>> {
    const root = join(this.path, ...path);
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const named = files
      .map((file) => join(file.parentPath, file.name))
      .filter((name) => !name.endsWith('-shm'));
    return Object.fromEntries(named.toSorted().map((name) => [name, readFileSync(name, 'base64')]));
  }

  async remove(): Promise<void> {
    for (const each of this.#living) each.kill('SIGKILL');
    await Promise.all(this.#living.map(async (each) => await each.ended));
    rmSync(this.path, { recursive: true, force: true });
  }
}

const words = (seed: number, sizeBytes: number): string => {
  const random = seededRandom(seed);
  let text = '';
  while (text.length < sizeBytes) {
    for (let left = 1 + random.integer(3); left > 0; left--) text += 'abcdEF'.charAt(random.integer(6));
    text += ' ,\n'.charAt(random.integer(3));
  }
  return text;
};

const counting = (data: string, throttle: number): readonly string[] =>
  fast(data).concat('--throttle', String(throttle), '--interval', '200ms');

/** Both files, slowly enough for a few checkpoints: about two seconds. */
export const slowly = (data: string): readonly string[] => counting(data, 25_000);

/** The same job, which does not end by itself while a test looks at it. */
export const endlessly = (data: string): readonly string[] => counting(data, 1_000);

/** The same job, as fast as it goes. */
export const fast = (data: string): readonly string[] => ['run', 'a.txt', "b's.txt", '--data', data];

/** The command that a finished run prints to check its counts. */
export const verifyCommandIn = (out: string): string =>
  out.split('\n').find((line) => line.startsWith('( LC_ALL=C;')) ?? 'exit 99';
