import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BlockContent, Journal } from '../../src/journal/journal.ts';
import type { Call } from '../../src/journal/sqlite/calls.ts';
import { SqliteEngine } from '../../src/journal/sqlite/engine.ts';
import { journalOver } from '../../src/journal/sqlite/journal.ts';
import { WorkerConnection } from '../../src/journal/sqlite/worker-connection.ts';
import { bytes, fill, openFast, temporary } from './sqlite-files.ts';

const run = promisify(execFile);

const appendCall = (stream: string, expectedRevision: number, block: BlockContent): Call => ({
  type: 'append',
  request: { stream, expectedRevision, term: 1, block },
});

describe('SQLite engine', () => {
  const openEngine = (options: { readonly pagesMax?: number } = {}): SqliteEngine => {
    const engine = new SqliteEngine(temporary(), { synchronous: 'OFF', ...options });
    onTestFinished(() => engine.close());
    return engine;
  };

  it('appends to many streams in one transaction', () => {
    const engine = openEngine();
    const calls = Array.from({ length: 100 }, (_, index) =>
      appendCall(`job ${index}`, 0, { facts: bytes('x') }),
    );
    const answers = engine.answer([...calls, appendCall('job 3', 7, { facts: bytes('refused') })]);
    expect(answers.filter(({ type }) => type === 'value')).toHaveLength(101);
    expect(engine.transactions).toBe(1);
  });

  it('answers a read with what was asked to be written before it', () => {
    const engine = openEngine();
    const [, head] = engine.answer([
      appendCall('job', 0, { facts: bytes('one') }),
      { type: 'head', stream: 'job' },
      appendCall('job', 1, { facts: bytes('two') }),
    ]);
    expect(head).toEqual({ type: 'value', value: { revision: 1, term: 1 } });
  });

  it('says so when the disk is full, changes nothing and still appends what fits', () => {
    const engine = openEngine({ pagesMax: 30 });
    const full = { type: 'error', code: 'JOURNAL_UNAVAILABLE', detail: { errcode: 13, path: engine.path } };
    expect(
      engine.answer([appendCall('job', 0, { facts: bytes('x'), bulk: new Uint8Array(300_000) })]),
    ).toMatchObject([full]);
    expect(engine.answer([{ type: 'head', stream: 'job' }])).toEqual([
      { type: 'value', value: { revision: 0, term: 0 } },
    ]);
    const together = engine.answer([
      appendCall('small', 0, { facts: bytes('x') }),
      appendCall('large', 0, { facts: bytes('x'), bulk: new Uint8Array(300_000) }),
      appendCall('other', 0, { facts: bytes('x') }),
    ]);
    const appended = { type: 'value', value: { type: 'appended', revision: 1 } };
    expect(together).toMatchObject([appended, full, appended]);
    expect(engine.answer([{ type: 'streams' }])).toEqual([{ type: 'value', value: ['other', 'small'] }]);
  });
});

describe('SQLite journal that another writer holds', () => {
  it('refuses all waiting appends together after one wait, and goes on when it is let go', () => {
    const path = temporary();
    const engine = new SqliteEngine(path, { busyTimeoutMs: 20 });
    onTestFinished(() => engine.close());
    const holder = new DatabaseSync(path);
    onTestFinished(() => holder.close());
    holder.exec('begin immediate');
    const calls = ['a', 'b', 'c'].map((stream) => appendCall(stream, 0, { facts: bytes('x') }));
    const locked = { type: 'error', code: 'JOURNAL_UNAVAILABLE', detail: { errcode: 5, path } };
    expect(engine.answer(calls)).toMatchObject([locked, locked, locked]);
    holder.exec('rollback');
    const appended = { type: 'value', value: { type: 'appended', revision: 1 } };
    expect(engine.answer(calls)).toEqual([appended, appended, appended]);
    expect(engine.transactions).toBe(1);
  });
});

describe('worker thread of a SQLite journal', () => {
  it('needs fewer transactions than appends when many streams append at once', async () => {
    const connection = await WorkerConnection.open(temporary());
    const journal = journalOver(connection);
    onTestFinished(() => journal.close());
    const names = Array.from({ length: 64 }, (_, index) => `job ${index}`);
    await Promise.all(
      names.map((stream) =>
        journal.append({ stream, expectedRevision: 0, term: 1, block: { facts: bytes(stream) } }),
      ),
    );
    expect(await journal.streams()).toHaveLength(64);
    expect(connection.transactions).toBeGreaterThan(0);
    expect(connection.transactions).toBeLessThan(32);
  });

  it('leaves appends under way unknown when it dies, and nothing half done', async () => {
    const path = temporary();
    const connection = await WorkerConnection.open(path);
    const journal = journalOver(connection);
    const append = (expectedRevision: number): ReturnType<Journal['append']> =>
      journal.append({
        stream: 'job',
        expectedRevision,
        term: 1,
        block: { facts: bytes('x'), bulk: new Uint8Array(99_999) },
      });
    await append(0);
    const appending = append(1);
    await connection.kill();
    expect((await appending).type).toMatch(/unknown|appended/);
    await expect(append(2)).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
    await journal.close();
    const again = openFast(path);
    const { revision } = await again.head('job');
    expect(await again.read('job', 1, { withBulk: true })).toHaveLength(revision);
  });
});

describe('processes on one SQLite journal', () => {
  const writer = join(import.meta.dirname, 'sqlite-writer.ts');

  it('give each revision to exactly one of two racing writers, also while both make the file', async () => {
    const path = temporary();
    const racers = ['left', 'right'].map((name) => run(process.execPath, [writer, path, name, '60']));
    const answers = (await Promise.all(racers)).map(
      ({ stdout }) => JSON.parse(stdout) as { readonly type: string; readonly revision: number }[],
    );
    const won = answers.map((given) =>
      given.filter(({ type }) => type === 'appended').map(({ revision }) => revision),
    );
    const everyRevision = Array.from({ length: 60 }, (_, index) => index + 1);
    expect(won.flat().toSorted((a, b) => a - b)).toEqual(everyRevision);
    const stored = await openFast(path).read('job', 1);
    expect(stored.map(({ facts }) => new TextDecoder().decode(facts))).toEqual(
      everyRevision.map((revision) => (won[0]?.includes(revision) ? 'left' : 'right')),
    );
  });

  // A limit on the size of files makes the write of the commit itself fail, as a broken disk would.
  it.skipIf(process.platform === 'win32')(
    'answer unknown when the commit breaks, and read back what is true',
    async () => {
      const path = temporary();
      await openFast(path).close();
      const script = `trap '' XFSZ; ulimit -f 400; exec "$0" "$@"`;
      const { stdout } = await run('sh', [
        '-c',
        script,
        process.execPath,
        writer,
        path,
        'limited',
        '3',
        '500000',
      ]);
      const [unknown, head] = JSON.parse(stdout) as readonly object[];
      expect(unknown).toMatchObject({ type: 'unknown', message: expect.stringContaining('disk I/O error') });
      expect(head).toEqual({ revision: 0, term: 0 });
      const journal = openFast(path);
      expect(await journal.head('job')).toEqual({ revision: 0, term: 0 });
      await fill(journal, 0, 2);
      expect(await journal.read('job', 1)).toHaveLength(2);
    },
  );
});
