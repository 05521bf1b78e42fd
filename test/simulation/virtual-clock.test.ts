import { interval, map, take, timer, toArray, lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { virtualClock, type VirtualClock } from '../../src/simulation/virtual-clock.ts';

describe('virtual clock', () => {
  it('runs actions by time, and at the same time in the order of scheduling', async () => {
    const clock = virtualClock({ startAt: 1_000 });
    const seen: string[] = [];
    clock.scheduler.schedule(() => seen.push(`late at ${clock.now()}`), 20);
    for (const name of ['a', 'b', 'c'])
      clock.scheduler.schedule(() => seen.push(`${name} at ${clock.now()}`), 10);
    await clock.runUntil(1_050);
    expect(seen).toEqual(['a at 1010', 'b at 1010', 'c at 1010', 'late at 1020']);
    expect(clock.now()).toBe(1_050);
    expect(clock.monotonic()).toBe(50);
  });

  it('settles every promise between two actions, however long the chain', async () => {
    const clock = virtualClock();
    const seen: string[] = [];
    const chain = async (): Promise<void> => {
      for (let step = 0; step < 500; step++) await Promise.resolve();
      seen.push('chain');
    };
    clock.scheduler.schedule(() => void chain());
    clock.scheduler.schedule(() => seen.push('next action'));
    await clock.runUntil(() => seen.length === 2);
    expect(seen).toEqual(['chain', 'next action']);
  });

  it('stops as soon as the condition holds', async () => {
    const clock = virtualClock();
    let ticks = 0;
    interval(10, clock.scheduler).subscribe(() => (ticks += 1));
    await clock.runUntil(() => ticks === 3);
    expect(clock.monotonic()).toBe(30);
  });

  it('carries the schedulers of RxJS operators', async () => {
    const clock = virtualClock();
    const values = lastValueFrom(
      timer(5, 7, clock.scheduler).pipe(
        map((n) => [n, clock.now()]),
        take(3),
        toArray(),
      ),
    );
    await clock.runFor(100);
    expect(await values).toEqual([
      [0, 5],
      [1, 12],
      [2, 19],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('forgets a cancelled action, also among thousands', async () => {
    const clock = virtualClock();
    const seen: number[] = [];
    const actions = Array.from({ length: 5_000 }, (_, n) =>
      clock.scheduler.schedule(() => seen.push(n), 5_000 - n),
    );
    actions.forEach((action, n) => n % 1_000 === 0 || action.unsubscribe());
    expect(clock.pending).toBe(5);
    await clock.runFor(10_000);
    expect(seen).toEqual([4_000, 3_000, 2_000, 1_000, 0]);
  });

  it('names what never came when nothing is left to run', async () => {
    const clock = virtualClock();
    clock.scheduler.schedule(() => undefined, 5);
    await expect(clock.runUntil(() => false, { what: 'checkpoint 7' })).rejects.toMatchObject({
      code: 'SIMULATION_STUCK',
      message: 'checkpoint 7 never came: nothing is scheduled at 5 ms',
    });
  });

  it('names what never came when the programme does not end', async () => {
    const clock = virtualClock();
    interval(1, clock.scheduler).subscribe();
    await expect(clock.runUntil(() => false, { what: 'the end', actionsMax: 100 })).rejects.toMatchObject({
      message: 'the end never came: 100 actions have run at 100 ms',
    });
  });

  it('rejects with the error of an action, and can be run on', async () => {
    const clock = virtualClock();
    let isReached = false;
    clock.scheduler.schedule(() => {
      throw new Error('broken action');
    });
    clock.scheduler.schedule(() => (isReached = true));
    await expect(clock.runFor(1)).rejects.toThrow('broken action');
    await clock.runUntil(() => isReached);
  });

  it('does not take longer for an action in proportion to how many are pending', async () => {
    const few = tickingClock(10);
    const many = tickingClock(100_000);
    const rounds = { few: Infinity, many: Infinity };
    for (let round = 0; round < 5; round++) {
      rounds.few = Math.min(rounds.few, await durationOf(() => few.runFor(1_000)));
      rounds.many = Math.min(rounds.many, await durationOf(() => many.runFor(1_000)));
    }
    // Ten thousand times as many; a queue that is walked for every action takes hundreds of times as long (tried).
    expect(rounds.many / rounds.few).toBeLessThan(10);
  });
});

/** A clock that ticks every millisecond, while as many other actions wait for a later time. */
const tickingClock = (pending: number): VirtualClock => {
  const clock = virtualClock();
  for (let n = 0; n < pending; n++) clock.scheduler.schedule(() => undefined, 1_000_000 + n);
  interval(1, clock.scheduler).subscribe();
  return clock;
};

const durationOf = async (work: () => Promise<void>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};
