import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** A plain checkpoint needs this many syncs of the journal besides those of its acknowledgements. */
const JOURNAL_SYNCS_MAX = 4;

const hasStrace = spawnSync('strace', ['-f', '-e', 'trace=none', 'true']).status === 0;
if (!hasStrace)
  console.log('skipped: the order of disk operations needs strace, which is not here or may not trace');

const JOURNAL_SYNC = /^f(data)?sync\(\d+<[^>]*journal\.db(-wal)?>/;

interface Call {
  readonly name: string;
  readonly text: string;
}

/** Disk calls of one checkpoint, in the order in which they returned. */
const traceOneCheckpoint = (directory: string): Call[] => {
  const log = join(directory, 'strace.log');
  const calls = 'trace=write,pwrite64,writev,pwritev,fdatasync,fsync,link,linkat,unlink,unlinkat';
  const program = new URL('./one-checkpoint.ts', import.meta.url).pathname;
  execFileSync('strace', ['-f', '-y', '-o', log, '-e', calls, process.execPath, program, directory]);
  const begun = new Map<string, string>();
  const all: Call[] = [];
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, thread, rest] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (thread === undefined || rest === undefined) continue;
    if (rest.includes('<unfinished ...>')) {
      begun.set(thread, rest.replace(' <unfinished ...>', ''));
      continue;
    }
    const text = rest.startsWith('<...')
      ? (begun.get(thread) ?? '') + rest.replace(/^<\.\.\. \w+ resumed>/, '')
      : rest;
    all.push({ name: text.slice(0, text.indexOf('(')), text });
  }
  const begin = all.findIndex((call) => call.text.includes('mark-begin'));
  const end = all.findIndex((call) => call.text.includes('mark-end'));
  return all.slice(begin + 1, end);
};

describe.skipIf(!hasStrace)('one checkpoint on real disks', () => {
  it('writes, syncs, links and syncs the directory before the journal says it is complete, in few syncs', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tidemark-strace-'));
    const calls = traceOneCheckpoint(directory);
    const first = (what: RegExp, from = 0): number =>
      calls.findIndex(({ text }, index) => index >= from && what.test(text));
    const written = first(/^p?write(v|64)?\(\d+<[^>]*\/chk-2\/[^>]*tmp>/);
    const synced = first(/^fdatasync\(\d+<[^>]*\/chk-2\/[^>]*tmp>/, written);
    const linked = first(/^link(at)?\(.*_metadata"/, synced);
    const published = first(/^fsync\(\d+<[^>]*\/chk-2>/, linked);
    const journaled = first(JOURNAL_SYNC, published);
    const order = [written, synced, linked, published, journaled];
    expect(
      order.every((index) => index >= 0),
      calls.map((call) => call.text).join('\n'),
    ).toBe(true);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    const syncs = calls.filter(({ text }) => JOURNAL_SYNC.test(text)).length;
    // The four acknowledgements came in one message: one block, one sync.
    expect(syncs).toBeLessThanOrEqual(JOURNAL_SYNCS_MAX + 1);
    expect(syncs).toBeGreaterThanOrEqual(3);
    rmSync(directory, { recursive: true });
  });
});
