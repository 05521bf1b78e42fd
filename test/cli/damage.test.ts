import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataDirectory } from '../../src/cli/data-directory.ts';
import { readJob } from '../../src/cli/job-reader.ts';
import { JobSession } from '../../src/cli/run/job-session.ts';
import { endlessly, fast, Workplace } from './cli-process.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(async () => await place.remove());

/** Changes one byte in the middle of every place where a text stands. */
const damage = (path: string, text: string): void => {
  const bytes = readFileSync(path);
  let found = 0;
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
    bytes[at + text.length - 1] = (bytes[at + text.length - 1] ?? 0) ^ 1;
    found += 1;
  }
  expect(found).toBeGreaterThan(0);
  writeFileSync(path, bytes);
};

describe('a damaged journal', () => {
  it('is refused by every command with its file, stream and revision, and nothing changes', async () => {
    await place.run(...fast('damaged'));
    const journal = join(place.path, 'damaged', 'journal.db');
    damage(journal, '"type":"checkpoint.completed"');
    await place.run('status', '--data', 'damaged');
    const before = place.contents('damaged');
    const asked = [
      fast('damaged'),
      ...['status', 'checkpoints', 'journal', 'cancel'].map((name) => [name, '--data', 'damaged']),
    ];
    for (const { status, err } of await Promise.all(asked.map(async (words) => await place.run(...words)))) {
      expect(status).toBe(1);
      expect(err).toContain(`error JOURNAL_CORRUPT: ${journal}: `);
      expect(err).toMatch(/stream 'job\/[0-9a-f]{32}' at revision \d+[^]*way out: /);
    }
    expect(place.contents('damaged')).toEqual(before);
  });

  it('is told from a file that never was one', async () => {
    place.shell('mkdir other && echo hello > other/journal.db');
    const before = place.contents('other');
    const { status, err } = await place.run(...fast('other'));
    expect(status).toBe(2);
    expect(err).toContain('journal.db is a file, but not a journal');
    expect(place.contents('other')).toEqual(before);
  });
});

describe('a storage that refuses its work', () => {
  it('stops the run with a code and the place, and the same command goes on when it is repaired', async () => {
    const run = place.start(...endlessly('full'), '--interval', '100ms');
    await run.shows('completed checkpoint 1 ');
    const checkpoints = join(place.path, 'full', 'checkpoints');
    place.shell(`mv '${checkpoints}' '${checkpoints}-aside' && touch '${checkpoints}'`);
    const { status, err } = await run.ended;
    expect(status).toBe(1);
    expect(err).toMatch(
      /^error STORAGE_UNAVAILABLE: 3 checkpoints in a row .*\/full\/checkpoints\/.* failed with ENOTDIR/,
    );
    rmSync(checkpoints);
    place.shell(`mv '${checkpoints}-aside' '${checkpoints}'`);
    expect(await place.run(...fast('full'))).toMatchObject({ status: 0, err: '' });
  });
});

describe('a process that dies after the job has ended and before its files are deleted', () => {
  it('leaves the rest to the same command', async () => {
    const run = place.start(...endlessly('owing'));
    await run.shows('completed checkpoint 1 ');
    run.kill('SIGKILL');
    await run.ended;
    const directory = dataDirectory(join(place.path, 'owing'));
    const known = await readJob(directory);
    const identity = { jobId: known.jobId, graph: known.graph, seed: 1, known };
    const session = await JobSession.open({ directory, identity, configuration: {} });
    let abandoned: Promise<void> | undefined;
    session.facts$.subscribe((facts) => {
      if (facts.some((fact) => fact.type === 'job.cancelled')) abandoned = session.abandon();
    });
    await session.coordinator.jobStatus('CANCELLED', 'and then the power went');
    await abandoned;
    expect((await readJob(directory)).discardsOwed).toBeGreaterThan(0);
    const { status, out } = await place.run(...fast('owing'));
    expect(status).toBe(4);
    expect(out).toContain('the job was cancelled: and then the power went');
    expect((await readJob(directory)).discardsOwed).toBe(0);
    const left = Object.keys(place.contents('owing', 'checkpoints'));
    expect(left).toEqual([]);
  });
});

describe('a metadata file', () => {
  it('that is damaged is refused with the offset', async () => {
    writeFileSync(join(place.path, 'broken'), Buffer.alloc(64, 1));
    const { status, err } = await place.run('inspect', 'broken');
    expect(status).toBe(1);
    expect(err).toMatch(/^error METADATA_(CORRUPT|UNSUPPORTED): broken: /);
  });
});
