import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/runtime/random.ts';
import { Channel } from '../../src/simulation/dataflow/channel.ts';
import type { StreamElement } from '../../src/simulation/dataflow/elements.ts';
import { virtualClock, type VirtualClock } from '../../src/simulation/virtual-clock.ts';
import { checkpointId } from '../../src/state/ids.ts';
import { plainOptions } from '../support/snapshot-options.ts';

const openChannel = (clock: VirtualClock, seed: number, capacity: number): Channel =>
  new Channel({ name: 'a>b', clock, random: seededRandom(seed), capacity, delayMsMax: 10 });

const batch = (records: unknown): StreamElement => ({ kind: 'records', records });
const barrier = (id: number): StreamElement => ({
  kind: 'barrier',
  checkpointId: checkpointId(id),
  timestamp: 0,
  location: { exclusive: 'memory:/chk', shared: 'memory:/shared' },
  options: plainOptions,
});

describe('channel', () => {
  it('hands over batches, barriers and the end of data in the order they were sent, whatever the delays', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(fc.constantFrom('r', 'b', 'e'), { maxLength: 30 }),
        async (seed, kinds) => {
          const clock = virtualClock();
          const channel = openChannel(clock, seed, 100);
          const sent = kinds.map((kind, n): StreamElement =>
            kind === 'r' ? batch(n) : kind === 'b' ? barrier(n + 1) : { kind: 'endOfData' },
          );
          const taken: StreamElement[] = [];
          channel.onArrival = () => {
            while (channel.peek() !== undefined) taken.push(channel.take());
          };
          for (const element of sent) channel.send(element);
          await clock.runFor(1_000);
          expect(taken).toEqual(sent);
        },
      ),
    );
  });

  it('lets nothing be taken before it has arrived', async () => {
    const clock = virtualClock();
    const channel = openChannel(clock, 1, 2);
    channel.send(batch('x'));
    expect(channel.peek()).toBeUndefined();
    expect(() => channel.take()).toThrow('nothing has arrived');
    await clock.runFor(10);
    expect(channel.peek()).toEqual(batch('x'));
  });

  it('is full with as many batches as it holds, and says when there is room again', async () => {
    const clock = virtualClock();
    const channel = openChannel(clock, 1, 2);
    let rooms = 0;
    channel.onRoom = () => (rooms += 1);
    channel.send(batch(1));
    expect(channel.hasRoom).toBe(true);
    channel.send(batch(2));
    expect(channel.hasRoom).toBe(false);
    expect(() => channel.send(batch(3))).toThrow('channel a>b is full');
    await clock.runFor(20);
    channel.take();
    channel.take();
    expect(rooms).toBe(1);
  });

  it('takes a barrier although it is full', () => {
    const channel = openChannel(virtualClock(), 1, 1);
    channel.send(batch(1));
    channel.send(barrier(1));
    expect(channel.batches).toBe(1);
  });

  it('delivers nothing once it is closed', async () => {
    const clock = virtualClock();
    const channel = openChannel(clock, 1, 2);
    let arrivals = 0;
    channel.onArrival = () => (arrivals += 1);
    channel.send(batch(1));
    channel.close();
    channel.send(batch(2));
    expect(clock.pending).toBe(0);
    expect(arrivals).toBe(0);
  });
});
