import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endlessly, fast, verifyCommandIn, Workplace } from './cli-process.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(async () => await place.remove());

const expectRightCounts = (out: string): void => {
  expect(out).toContain('the job has finished');
  expect(place.shell(verifyCommandIn(out)).status).toBe(0);
};

/** The committed files with their bytes. */
const committed = (data: string): readonly (readonly [string, string])[] =>
  Object.entries(place.contents(data, 'output')).filter(([name]) => name.endsWith('.txt'));

/** Finishes the job of a directory and checks its output. */
const expectFinishes = async (data: string): Promise<void> =>
  expectRightCounts((await place.run(...fast(data))).out);

describe('a living run', () => {
  it('is seen by status, checkpoints and journal, and keeps its directory', async () => {
    const run = place.start(...endlessly('living'));
    await run.shows('completed checkpoint 1 ');
    const [status, json, checkpoints, second] = await Promise.all([
      place.run('status', '--data', 'living'),
      place.run('status', '--data', 'living', '--json'),
      place.run('checkpoints', '--data', 'living'),
      place.run(...endlessly('living')),
    ]);
    expect(status.out).toMatch(new RegExp(`^process +${run.pid} \\(tidemark run\\), since `, 'm'));
    expect(JSON.parse(json.out)).toMatchObject({
      isLiving: true,
      pid: run.pid,
      jobStatus: 'running',
      term: 1,
    });
    expect(checkpoints.out).toMatch(/^ *1 +checkpoint +periodic +completed/m);
    expect(second).toMatchObject({ status: 1, out: '' });
    expect(second.err).toMatch(
      new RegExp(
        `^error DATA_DIRECTORY_HELD: .* is held by process ${run.pid} .*\\n  way out: .*--take-over`,
      ),
    );
  });

  it('is followed by journal --follow until the job has ended, whatever process runs it', async () => {
    const run = place.start(...endlessly('followed'));
    await run.shows('completed checkpoint 1 ');
    const follower = place.start('journal', '--data', 'followed', '--follow');
    await follower.shows('checkpoint.completed');
    run.kill('SIGTERM');
    await run.ended;
    await expectFinishes('followed');
    const { status, out } = await follower.ended;
    expect(status).toBe(0);
    expect(out).toMatch(/ {2}job\.suspended [^]* {2}job\.finished [^]* {2}discard\.confirmed [^\n]*\n$/);
  });

  it('is fenced by --take-over: it stops, says so, and the counts are right', async () => {
    const run = place.start(...endlessly('taken'));
    await run.shows('completed checkpoint 2 ');
    const second = place.start(...fast('taken'), '--take-over');
    const fenced = await run.ended;
    expect(fenced.status).toBe(1);
    expect(fenced.err).toContain('error COORDINATOR_FENCED: ');
    const { out } = await second.ended;
    expect(out).toContain(`taken over from process ${run.pid}`);
    expect(out).toMatch(/deploy +tasks start from checkpoint \d+/);
    expectRightCounts(out);
  });

  it('is fenced also when it hangs meanwhile', async () => {
    const run = place.start(...endlessly('hanging'));
    await run.shows('completed checkpoint 1 ');
    run.kill('SIGSTOP');
    const second = await place.run(...fast('hanging'), '--take-over');
    const before = committed('hanging');
    run.kill('SIGCONT');
    expect(await run.ended).toMatchObject({ status: 1, err: expect.stringContaining('COORDINATOR_FENCED') });
    expect(committed('hanging')).toEqual(before);
    expectRightCounts(second.out);
  });

  it('is cancelled by tidemark cancel, which waits for it', async () => {
    const run = place.start(...endlessly('cancelled'), '--retention', 'on-cancellation');
    await run.shows('completed checkpoint 1 ');
    const cancelled = await place.run('cancel', '--data', 'cancelled');
    expect(cancelled.status).toBe(0);
    expect(cancelled.out).toContain(`asking process ${run.pid} to cancel the job`);
    expect(cancelled.out).toMatch(/is kept \(RETAIN_ON_CANCELLATION on CANCELLED\)/);
    expect(await run.ended).toMatchObject({ status: 4, err: '' });
    const again = await place.run('cancel', '--data', 'cancelled');
    expect(again.status).toBe(0);
    const rerun = await place.run(...fast('cancelled'));
    expect(rerun.status).toBe(4);
    expect(rerun.out).toContain('the job was cancelled');
  });

  it('is suspended by Ctrl-C, and the same command goes on with it', async () => {
    const run = place.start(...endlessly('suspended'));
    await run.shows('completed checkpoint 2 ');
    run.kill('SIGINT');
    const suspended = await run.ended;
    expect(suspended).toMatchObject({ status: 130, err: '' });
    expect(suspended.out).toMatch(/checkpoint \d+ is kept \(NEVER_RETAIN_AFTER_TERMINATION on SUSPENDED\)/);
    expect(suspended.out).toContain('the same command goes on:\n');
    expect(existsSync(join(place.path, 'suspended', 'lock'))).toBe(false);
    const { out } = await place.run(...fast('suspended'));
    expect(out).toContain('the journal was read; this is term 2');
    expect(out).toMatch(/tasks start from checkpoint \d+/);
    expectRightCounts(out);
  });
});

describe('a run that was killed with kill -9', () => {
  const startAndKill = async (data: string): Promise<number> => {
    const run = place.start(...endlessly(data));
    await run.shows('completed checkpoint 1 ');
    run.kill('SIGKILL');
    await run.ended;
    return run.pid;
  };

  it('leaves a lock that nobody minds: the same command goes on', async () => {
    const pid = await startAndKill('killed');
    const lock = JSON.parse(readFileSync(join(place.path, 'killed', 'lock'), 'utf8')) as {
      readonly pid: number;
    };
    expect(lock.pid).toBe(pid);
    const status = await place.run('status', '--data', 'killed');
    expect(status.out).toMatch(/^status +running$[^]*^process +none: /m);
    await expectFinishes('killed');
  });

  it('leaves a lock that nobody minds also when its process id is used again', async () => {
    await startAndKill('reused');
    const path = join(place.path, 'reused', 'lock');
    const lock = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...lock, pid: process.pid }));
    await expectFinishes('reused');
  });

  it('is cancelled by tidemark cancel itself', async () => {
    await startAndKill('dead');
    const { status, out } = await place.run('cancel', '--data', 'dead');
    expect(status).toBe(0);
    expect(out).toContain('the job was cancelled: by tidemark cancel');
    expect((await place.run('status', '--data', 'dead')).out).toMatch(/^status +cancelled/m);
  });

  it('is taken by exactly one of many that start at once', async () => {
    await startAndKill('race');
    const racers = [1, 2, 3, 4].map(() => place.start(...endlessly('race')));
    const won = await Promise.all(
      racers.map(
        async (racer) =>
          await racer.shows('all tasks run').then(
            () => true,
            () => false,
          ),
      ),
    );
    expect(won.filter((hasWon) => hasWon)).toHaveLength(1);
    for (const loser of racers.filter((_, index) => won[index] === false)) {
      expect((await loser.ended).err).toContain('error DATA_DIRECTORY_HELD');
    }
    const winner = racers[won.indexOf(true)];
    winner?.kill('SIGINT');
    expect(await winner?.ended).toMatchObject({ status: 130 });
    await expectFinishes('race');
  });
});
