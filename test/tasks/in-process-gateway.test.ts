import { describe, expect, it } from 'vitest';
import { virtualClock } from '../../src/simulation/virtual-clock.ts';
import { checkpointId, parseJobId, parseVertexId } from '../../src/state/ids.ts';
import { noMetrics } from '../../src/tasks/frame.ts';
import type { TaskCommand, TaskMessage } from '../../src/tasks/gateway.ts';
import { HeardTriggers } from '../../src/tasks/in-process/heard-triggers.ts';
import { inProcessTaskGateway, type InProcessTaskGateway } from '../../src/tasks/in-process/gateway.ts';
import type { TaskEndpoint } from '../../src/tasks/in-process/endpoint.ts';
import type { InProcessLink } from '../../src/tasks/in-process/link.ts';
import { readFrames } from '../simulation/read-frames.ts';
import { plainOptions } from '../support/snapshot-options.ts';

const jobId = parseJobId('0123456789abcdef0123456789abcdef');
const vertexId = parseVertexId('a'.repeat(32));
const location = { exclusive: 'memory:/chk', shared: 'memory:/shared' };
const id = checkpointId;

const setUp = async (link?: InProcessLink) => {
  const clock = virtualClock();
  const gateway = inProcessTaskGateway({ clock, jobId, link });
  await gateway.attach({ term: 1, slotFloor: 0 });
  return { clock, gateway };
};

const deploy = (gateway: InProcessTaskGateway, subtask: number, attempt = 1): TaskEndpoint =>
  gateway.deploy({ vertexId, subtask, attempt });

const heard = (endpoint: TaskEndpoint): string[] => {
  const commands: string[] = [];
  endpoint.commands$.subscribe((command) => commands.push(describeCommand(command)));
  return commands;
};

const describeCommand = (command: TaskCommand): string =>
  command.type === 'announce'
    ? `announce ${command.inFlight.join()}`
    : `${command.type} ${command.checkpointId}`;

const said = (gateway: InProcessTaskGateway): string[] => {
  const messages: string[] = [];
  gateway.messages$.subscribe((message) => messages.push(describeMessage(message)));
  return messages;
};

const describeMessage = (message: TaskMessage): string => {
  if (message.type === 'activityChanged') {
    const slots = message.attempts.map(({ slot }) => slot).join();
    return `${message.isActive ? 'active' : 'inactive'} ${slots}`;
  }
  if (message.type === 'backlogReported') return `backlog ${message.isBacklog}`;
  if (message.type !== 'acknowledgements') return `${message.type} of ${message.slot}`;
  return `acks ${readFrames(message.frames)
    .map((frame) => `${frame.checkpointId} of ${frame.slot}`)
    .join(', ')}`;
};

const acknowledge = (endpoint: TaskEndpoint, checkpoint: number): boolean =>
  endpoint.acknowledge({
    checkpointId: id(checkpoint),
    metrics: noMetrics,
    claimedStateSizeBytes: 3,
    slices: [Uint8Array.of(1, 2, 3)],
  });

const trigger = (term: number, checkpoint: number, endpoints: readonly TaskEndpoint[]): TaskCommand => ({
  type: 'trigger',
  term,
  checkpointId: id(checkpoint),
  timestamp: 5,
  location,
  options: plainOptions,
  slots: endpoints.map(({ slot }) => slot),
});

const completed = (
  term: number,
  checkpoint: number,
  endpoints: readonly TaskEndpoint[],
  ...older: number[]
): TaskCommand => ({
  type: 'notifyCompleted',
  term,
  checkpointId: id(checkpoint),
  timestamp: 5,
  lastSubsumedId: undefined,
  olderInFlight: older.map(id),
  slots: endpoints.map(({ slot }) => slot),
});

const announce = (term: number, latestCompleted: number | undefined, ...inFlight: number[]): TaskCommand => ({
  type: 'announce',
  term,
  jobId,
  latestCompletedId: latestCompleted === undefined ? undefined : id(latestCompleted),
  inFlight: inFlight.map(id),
});

describe('in-process gateway', () => {
  it('gives every attempt a slot of its own, never one given before, and none below the floor', async () => {
    const { gateway } = await setUp();
    const first = deploy(gateway, 0);
    first.ended('failed', 'gone');
    const second = deploy(gateway, 0, 2);
    await gateway.attach({ term: 2, slotFloor: 10 });
    const third = deploy(gateway, 0, 3);
    await gateway.attach({ term: 3, slotFloor: 5 });
    const fourth = deploy(gateway, 1, 3);
    expect([first, second, third, fourth].map(({ slot }) => slot)).toEqual([0, 1, 10, 11]);
  });

  it('refuses to deploy before a coordinator has said which slots are taken', () => {
    const gateway = inProcessTaskGateway({ clock: virtualClock(), jobId });
    expect(() => deploy(gateway, 0)).toThrow('after the first coordinator has attached');
  });

  it('tells a coordinator which attempts live and whose data has ended', async () => {
    const { gateway } = await setUp();
    const [first, second] = [deploy(gateway, 0), deploy(gateway, 1)];
    const gone = deploy(gateway, 2);
    second.endOfData();
    gone.ended('cancelled', '');
    expect(await gateway.attach({ term: 2, slotFloor: 0 })).toEqual([
      { slot: first.slot, attempt: 1, vertexId, subtask: 0, dataEnded: false },
      { slot: second.slot, attempt: 1, vertexId, subtask: 1, dataEnded: true },
    ]);
  });

  it('brings commands to the slots they name, in a later turn', async () => {
    const { clock, gateway } = await setUp();
    const [first, second] = [deploy(gateway, 0), deploy(gateway, 1)];
    const [atFirst, atSecond] = [heard(first), heard(second)];
    gateway.send([trigger(1, 1, [first]), completed(1, 1, [first, second])]);
    expect(atFirst).toEqual([]);
    await clock.runFor(0);
    expect(atFirst).toEqual(['trigger 1', 'notifyCompleted 1']);
    expect(atSecond).toEqual(['notifyCompleted 1']);
  });

  it('keeps commands for a task that does not listen yet', async () => {
    const { clock, gateway } = await setUp();
    const endpoint = deploy(gateway, 0);
    gateway.send([trigger(1, 1, [endpoint])]);
    await clock.runFor(0);
    expect(heard(endpoint)).toEqual(['trigger 1']);
  });

  it('refuses commands of an older term, also those under way when the newer one attached (C-288)', async () => {
    const { clock, gateway } = await setUp();
    const endpoint = deploy(gateway, 0);
    const commands = heard(endpoint);
    gateway.send([trigger(1, 1, [endpoint])]);
    await gateway.attach({ term: 2, slotFloor: 0 });
    gateway.send([trigger(1, 2, [endpoint])]);
    gateway.send([trigger(2, 3, [endpoint])]);
    await clock.runFor(0);
    expect(commands).toEqual(['trigger 3']);
  });

  it('refuses a coordinator of an older term', async () => {
    const { gateway } = await setUp();
    await gateway.attach({ term: 7, slotFloor: 0 });
    await expect(gateway.attach({ term: 6, slotFloor: 0 })).rejects.toMatchObject({
      code: 'COORDINATOR_FENCED',
    });
  });

  it('sends the acknowledgements of one turn as one message', async () => {
    const { clock, gateway } = await setUp();
    const messages = said(gateway);
    const endpoints = [0, 1, 2].map((subtask) => deploy(gateway, subtask));
    for (const endpoint of endpoints) acknowledge(endpoint, 1);
    endpoints[0]?.endOfData();
    expect(messages).toEqual([]);
    await clock.runFor(0);
    expect(messages).toEqual(['acks 1 of 0, 1 of 1, 1 of 2', 'endOfData of 0']);
  });

  it('writes frames under the job, slot and attempt of the endpoint', async () => {
    const { clock, gateway } = await setUp();
    const frames: unknown[] = [];
    gateway.messages$.subscribe((message) => {
      if (message.type === 'acknowledgements') frames.push(...readFrames(message.frames));
    });
    const endpoint = deploy(gateway, 0, 9);
    acknowledge(endpoint, 4);
    await clock.runFor(0);
    const slices = [Buffer.from([1, 2, 3])];
    expect(frames).toEqual([{ jobId, checkpointId: 4, slot: endpoint.slot, attempt: 9, slices }]);
  });

  it('serves the coordinator that attached last, whether it subscribed before or after', async () => {
    const { clock, gateway } = await setUp();
    const endpoint = deploy(gateway, 0);
    const [atFirst, atSecond] = [said(gateway), said(gateway)];
    acknowledge(endpoint, 1);
    await clock.runFor(0);
    await gateway.attach({ term: 2, slotFloor: 0 });
    acknowledge(endpoint, 2);
    await clock.runFor(0);
    await gateway.attach({ term: 3, slotFloor: 0 });
    acknowledge(endpoint, 3);
    await clock.runFor(0);
    const atThird = said(gateway);
    expect(atFirst).toEqual(['acks 1 of 0']);
    expect(atSecond).toEqual(['acks 2 of 0']);
    expect(atThird).toEqual(['acks 3 of 0']);
  });
});

describe('in-process task endpoint', () => {
  it('repeats on an announcement what it acknowledged and is still in flight', async () => {
    const { clock, gateway } = await setUp();
    const endpoint = deploy(gateway, 0);
    for (const checkpoint of [1, 2, 3]) acknowledge(endpoint, checkpoint);
    await clock.runFor(0);
    await gateway.attach({ term: 2, slotFloor: 0 });
    const messages = said(gateway);
    gateway.send([announce(2, 1, 3)]);
    await clock.runFor(0);
    expect(messages).toEqual(['acks 3 of 0']);
  });

  it('keeps an acknowledgement until its checkpoint has completed or aborted', async () => {
    const { clock, gateway } = await setUp();
    const messages = said(gateway);
    const endpoint = deploy(gateway, 0);
    for (const checkpoint of [1, 2, 3]) acknowledge(endpoint, checkpoint);
    const slots = [endpoint.slot];
    gateway.send([
      {
        type: 'notifyAborted',
        term: 1,
        checkpointId: id(2),
        timestamp: 5,
        latestCompletedId: undefined,
        olderInFlight: [],
        slots,
      },
      completed(1, 1, [endpoint]),
    ]);
    await clock.runFor(0);
    messages.length = 0;
    gateway.send([announce(1, undefined, 1, 2, 3)]);
    await clock.runFor(0);
    expect(messages).toEqual(['acks 3 of 0']);
  });

  it('keeps what it acknowledged for a savepoint that is in flight behind a newer checkpoint (C-112)', async () => {
    const { clock, gateway } = await setUp();
    const messages = said(gateway);
    const endpoint = deploy(gateway, 0);
    acknowledge(endpoint, 1);
    gateway.send([completed(1, 4, [endpoint], 1, 2)]);
    await clock.runFor(0);
    // The state of the second one is written only now; the third belongs to no living checkpoint.
    for (const late of [2, 3]) acknowledge(endpoint, late);
    await clock.runFor(0);
    messages.length = 0;
    gateway.send([announce(1, 4, 1, 2, 3)]);
    await clock.runFor(0);
    expect(messages.join(', ')).toBe('acks 1 of 0, 2 of 0');
    gateway.send([completed(1, 5, [endpoint], 2)]);
    await clock.runFor(0);
    messages.length = 0;
    gateway.send([announce(1, 5, 1, 2)]);
    await clock.runFor(0);
    expect(messages).toEqual(['acks 2 of 0']);
  });

  it('hears the completed id of an announcement as a notice, once (T-419)', async () => {
    const { clock, gateway } = await setUp();
    const endpoint = deploy(gateway, 0);
    const commands = heard(endpoint);
    gateway.send([announce(1, 4, 5), completed(1, 4, [endpoint]), completed(1, 3, [endpoint])]);
    await clock.runFor(0);
    expect(commands).toEqual(['notifyCompleted 4', 'announce 5']);
  });

  it('confirms again what it is told again', async () => {
    const { clock, gateway } = await setUp();
    const messages = said(gateway);
    const endpoint = deploy(gateway, 0);
    gateway.send([completed(1, 4, [endpoint])]);
    await clock.runFor(0);
    gateway.send([completed(1, 4, [endpoint])]);
    await clock.runFor(0);
    expect(messages).toEqual([]);
    endpoint.confirmCompleted(id(4));
    gateway.send([completed(1, 4, [endpoint])]);
    await clock.runFor(0);
    expect(messages).toEqual(['completionConfirmed of 0', 'completionConfirmed of 0']);
  });

  it('ignores a trigger that is repeated, and declines one that was overtaken', async () => {
    const { clock, gateway } = await setUp();
    const endpoint = deploy(gateway, 0);
    const commands = heard(endpoint);
    const declined: TaskMessage[] = [];
    gateway.messages$.subscribe((message) => declined.push(message));
    gateway.send([2, 2, 1, 3, 1, 2].map((checkpoint) => trigger(1, checkpoint, [endpoint])));
    await clock.runFor(0);
    expect(commands).toEqual(['trigger 2', 'trigger 3']);
    expect(declined).toEqual([
      {
        type: 'declined',
        jobId,
        checkpointId: 1,
        slot: 0,
        attempt: 1,
        reason: 'CHECKPOINT_DECLINED_SUBSUMED',
        message: 'checkpoint 2 was triggered before it',
      },
    ]);
  });

  it('tells a repeated trigger from an overtaken one however many came between', () => {
    const triggers = new HeardTriggers();
    const many = Array.from({ length: 1_000 }, (_, index) => id(2 * index + 2));
    expect(new Set(many.map((each) => triggers.hear(each)))).toEqual(new Set(['first']));
    expect([1, 2, 1_000, 1_999, 1_999, 2_000].map((each) => triggers.hear(id(each)))).toEqual([
      'repeated',
      'repeated',
      'repeated',
      'overtaken',
      'repeated',
      'repeated',
    ]);
  });

  it('says nothing after its end', async () => {
    const { clock, gateway } = await setUp();
    const messages = said(gateway);
    const endpoint = deploy(gateway, 0);
    expect(endpoint.ended('failed', 'x')).toBe(true);
    expect(acknowledge(endpoint, 1)).toBe(false);
    expect(endpoint.decline(id(1), 'CHECKPOINT_DECLINED', 'x')).toBe(false);
    expect(endpoint.ended('cancelled', 'x')).toBe(false);
    await clock.runFor(0);
    expect(messages).toEqual(['attemptEnded of 0']);
  });
});

describe('in-process link', () => {
  it('can lose, delay and double what travels', async () => {
    const clock = virtualClock();
    const link: InProcessLink = {
      toTasks: (command, arrive) => {
        clock.scheduler.schedule(() => arrive(command), 50);
      },
      fromTasks: (message, arrive) => {
        if (message.type === 'endOfData') return;
        arrive(message);
        arrive(message);
      },
    };
    const gateway = inProcessTaskGateway({ clock, jobId, link });
    await gateway.attach({ term: 1, slotFloor: 0 });
    const messages = said(gateway);
    const endpoint = deploy(gateway, 0);
    const commands = heard(endpoint);
    gateway.send([trigger(1, 1, [endpoint])]);
    acknowledge(endpoint, 1);
    endpoint.endOfData();
    await clock.runFor(49);
    expect(commands).toEqual([]);
    expect(messages).toEqual(['acks 1 of 0', 'acks 1 of 0']);
    await clock.runFor(1);
    expect(commands).toEqual(['trigger 1']);
  });
});
