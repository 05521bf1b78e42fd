/** A real run in a process of its own: started, watched through its journal, killed, and started again. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom, interval } from 'rxjs';
import type { Fact } from '../../src/core/facts/fact.ts';
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts';
import { factsOf } from '../../src/runtime/recover.ts';
import { seededRandom } from '../../src/runtime/random.ts';

const PROGRAM = new URL('../../src/cli/main.ts', import.meta.url).pathname;
/** How often the journal is looked at. */
const POLL_MS = 2;
const RUN_TIMEOUT_MS = 60_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A directory with input files, and the runs on it. */
export class KilledRun {
  readonly directory = mkdtempSync(join(tmpdir(), 'tidemark-killed-'));
  readonly files: readonly string[];
  readonly #options: readonly string[];
  #child: ChildProcess | undefined;

  constructor(seed: number, sizeBytes: number, options: readonly string[]) {
    const random = seededRandom(seed);
    this.files = ['a.txt', 'b.md'].map((name) => {
      const path = join(this.directory, name);
      writeFileSync(path, words(random, sizeBytes / 2));
      return path;
    });
    this.#options = options;
  }

  get data(): string {
    return join(this.directory, 'data');
  }

  /** Starts the same command; resolves when the process is gone. */
  start(...more: readonly string[]): Promise<Ended> {
    const given = [PROGRAM, 'run', ...this.files, '--data', this.data, ...this.#options, ...more];
    const child = spawn(process.execPath, given, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (output += text.toString()));
    return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, output })));
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child?.kill(signal);
  }

  /** Facts in the journal after `revision`. */
  async factsAfter(
    revision: number,
  ): Promise<{ readonly facts: readonly Fact[]; readonly revision: number }> {
    if (!existsSync(join(this.data, 'journal.db'))) return { facts: [], revision };
    const journal = await openSqliteJournal(join(this.data, 'journal.db'), { readOnly: true });
    try {
      const [stream] = await journal.streams();
      if (stream === undefined) return { facts: [], revision };
      const blocks = await journal.read(stream, revision + 1);
      const facts = blocks.flatMap((block) => factsOf(stream, block));
      return { facts, revision: blocks.at(-1)?.revision ?? revision };
    } finally {
      await journal.close();
    }
  }

  /** Runs until the journal holds a new fact that matches, and kills. */
  async killOn(isSeen: (fact: Fact) => boolean): Promise<Ended> {
    const before = await this.factsAfter(0);
    const ended = this.start();
    await Promise.race([ended, this.waitFor(isSeen, before.revision)]);
    this.kill();
    return ended;
  }

  /** Resolves when the journal holds a fact that matches, after `from`. */
  async waitFor(isSeen: (fact: Fact) => boolean, from = 0): Promise<void> {
    let revision = from;
    for (let waited = 0; waited < RUN_TIMEOUT_MS && this.#child?.exitCode === null; waited += POLL_MS) {
      const seen = await this.#tryFactsAfter(revision);
      revision = seen.revision;
      if (seen.facts.some(isSeen)) return;
      await firstValueFrom(interval(POLL_MS));
    }
  }

  /** Runs to its end. */
  finish(): Promise<Ended> {
    return this.start();
  }

  /** Runs the command that the run has printed. */
  verify(output: string): { readonly status: number | null; readonly text: string } {
    const command = printedCommand(output);
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    return { status, text: `${stdout}${stderr}` };
  }

  dispose(): void {
    this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** While the file is being made it cannot be read. */
  async #tryFactsAfter(
    revision: number,
  ): Promise<{ readonly facts: readonly Fact[]; readonly revision: number }> {
    try {
      return await this.factsAfter(revision);
    } catch {
      return { facts: [], revision };
    }
  }
}

const words = (random: ReturnType<typeof seededRandom>, sizeBytes: number): string => {
  let text = '';
  while (text.length < sizeBytes) {
    for (let left = 1 + random.integer(6); left > 0; left--) text += 'abcdefgHIJ'.charAt(random.integer(10));
    text += ' ,\n-3'.charAt(random.integer(5));
  }
  return text;
};

/** The command that the end report prints on a line of its own. */
const printedCommand = (output: string): string => {
  const command = output.split('\n').find((line) => line.startsWith('( LC_ALL=C'));
  if (command === undefined) throw new Error(`no command to compare the counts was printed:\n${output}`);
  return command;
};
