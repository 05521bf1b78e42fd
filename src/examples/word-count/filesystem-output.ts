/** Transactional output as files: `<dir>/.pending/<name>` while prepared, `<dir>/<name>.txt` once committed. */
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { messageOf, TidemarkError } from '../../errors.ts';
import { outputLost, type TransactionalOutput } from './transactional-output.ts';

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

const syncDirectory = async (path: string): Promise<void> => {
  await using directory = await fs.open(path, 'r');
  await directory.sync();
};

/** Runs file work; what the machine refuses becomes OUTPUT_UNAVAILABLE with the path. */
const withPath = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TidemarkError) throw error;
    throw new TidemarkError('OUTPUT_UNAVAILABLE', `${path}: ${messageOf(error)}`, { path }, { cause: error });
  }
};

class FileSystemOutput implements TransactionalOutput {
  readonly #directory: string;
  readonly #pending: string;
  /** One step after the other: what a cancelled task began must not end behind the clean-up of its successor. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
    this.#pending = join(directory, '.pending');
  }

  async prepare(transaction: string, lines: readonly string[]): Promise<void> {
    const path = join(this.#pending, transaction);
    await this.#inTurn(path, async () => {
      await fs.mkdir(this.#pending, { recursive: true });
      await using file = await fs.open(path, 'w');
      await file.writeFile(lines.map((line) => `${line}\n`).join(''));
      await file.datasync();
      await syncDirectory(this.#pending);
    });
  }

  async commit(transaction: string): Promise<void> {
    const path = join(this.#directory, `${transaction}.txt`);
    await this.#inTurn(path, async () => {
      await fs.rename(join(this.#pending, transaction), path).catch(async (error: unknown) => {
        if (!isMissing(error)) throw error;
        await this.#checkCommitted(transaction, path);
      });
      await syncDirectory(this.#directory);
    });
  }

  async abort(transaction: string): Promise<void> {
    const path = join(this.#pending, transaction);
    await this.#inTurn(path, async () => await fs.rm(path, { force: true }));
  }

  async pending(): Promise<readonly string[]> {
    return await this.#inTurn(this.#pending, async () => {
      const names: readonly string[] = await fs.readdir(this.#pending).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      return names.toSorted();
    });
  }

  async #inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
    const step = this.#last.then(async () => await withPath(path, work));
    // The one who asked hears of a failure; the next one starts either way.
    this.#last = step.catch(() => undefined);
    return await step;
  }

  async #checkCommitted(transaction: string, path: string): Promise<void> {
    await fs.access(path).catch((error: unknown) => {
      throw isMissing(error) ? outputLost(transaction, this.#directory) : error;
    });
  }
}

/** Output below a directory, which is created when first written to. */
export const fileSystemOutput = (directory: string): TransactionalOutput => new FileSystemOutput(directory);
