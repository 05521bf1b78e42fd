import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ReplaySubject, filter, firstValueFrom, map, timeout } from 'rxjs';
import type { Fact } from '../../src/core/facts/fact.ts';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { encodeSubtaskEntry } from '../../src/metadata/subtask-entry.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { parseJobId, type CheckpointId } from '../../src/state/ids.ts';
import { noMetrics } from '../../src/tasks/frame.ts';
import type { TaskCommand } from '../../src/tasks/gateway.ts';
import { inProcessTaskGateway } from '../../src/tasks/in-process/gateway.ts';
import type { TaskEndpoint } from '../../src/tasks/in-process/endpoint.ts';
import { rowGraph } from '../support/scripted-gateway.ts';
import type { ChildSettings, ToChild, ToParent } from './ipc-messages.ts';

const jobId = parseJobId('00000000000000000000000000000abc');
const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** The parent's side: a gateway whose tasks outlive the children that coordinate them. */
class Coordinating {
  readonly said$ = new ReplaySubject<ToParent>();
  readonly commands: TaskCommand[] = [];
  readonly child: ChildProcess;

  constructor(settings: ChildSettings, gateway: ReturnType<typeof inProcessTaskGateway>) {
    const program = new URL('./coordinator-child.ts', import.meta.url);
    this.child = fork(program, [JSON.stringify(settings)], { serialization: 'advanced' });
    children.add(this.child);
    const messages = gateway.messages$.subscribe((message) => this.tell({ type: 'message', message }));
    this.child.once('exit', () => messages.unsubscribe());
    this.child.on('message', (said: ToParent) => {
      this.said$.next(said);
      if (said.type === 'attach') void this.#attach(gateway, said.request);
      if (said.type !== 'commands') return;
      this.commands.push(...said.commands);
      gateway.send(said.commands);
    });
  }

  tell(said: ToChild): void {
    if (this.child.connected) this.child.send(said);
  }

  /** The first thing said that matches. */
  heard<T>(pick: (said: ToParent) => T | undefined): Promise<T> {
    return firstValueFrom(
      this.said$.pipe(
        map(pick),
        filter((picked) => picked !== undefined),
        timeout(30_000),
      ),
    );
  }

  fact<Type extends Fact['type']>(
    type: Type,
    isMeant: (fact: Extract<Fact, { type: Type }>) => boolean = () => true,
  ): Promise<Extract<Fact, { type: Type }>> {
    return this.heard((said) =>
      said.type === 'facts'
        ? said.facts.find(
            (fact): fact is Extract<Fact, { type: Type }> => fact.type === type && isMeant(fact as never),
          )
        : undefined,
    );
  }

  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await gone;
  }

  async #attach(
    gateway: ReturnType<typeof inProcessTaskGateway>,
    request: { term: number; slotFloor: number },
  ) {
    this.tell({ type: 'living', attempts: await gateway.attach(request) });
  }
}

const acknowledge = (task: TaskEndpoint, subtask: number, checkpointId: CheckpointId): void => {
  const data = new TextEncoder().encode(`state of ${subtask}`);
  const stream = { kind: 'byteStream', name: `inline-${subtask}`, data } as const;
  const states = [{ name: 's', mode: 'SPLIT_DISTRIBUTE', offsets: [0n] }] as const;
  const slice = encodeSubtaskEntry(subtask, {
    managedOperatorState: { kind: 'operatorStream', states, stream },
  });
  task.acknowledge({ checkpointId, metrics: noMetrics, claimedStateSizeBytes: data.length, slices: [slice] });
};

it('completes the checkpoint in flight when the coordinating process is killed and its tasks live', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-child-'));
  const settings = { journal: join(directory, 'journal.db'), checkpoints: `file:${directory}/checkpoints` };
  const gateway = inProcessTaskGateway({ clock: systemClock, jobId });
  const vertexId = rowGraph(1, 4).vertices[0]!.id;

  const first = new Coordinating(settings, gateway);
  await first.heard((said) => (said.type === 'opened' ? said : undefined));
  const tasks = [0, 1, 2, 3].map((subtask) => gateway.deploy({ vertexId, subtask, attempt: 1 }));
  const triggered: number[][] = [[], [], [], []];
  tasks.forEach((task, subtask) =>
    task.commands$.subscribe((command) => {
      if (command.type === 'trigger') triggered[subtask]!.push(command.checkpointId);
    }),
  );
  first.tell({ type: 'restore', attempts: tasks.map((task) => task.living) });
  first.tell({ type: 'run' });
  first.tell({ type: 'trigger' });
  const { checkpointId } = await first.fact('checkpoint.located');
  acknowledge(tasks[0]!, 0, checkpointId);
  acknowledge(tasks[1]!, 1, checkpointId);
  await first.fact('tasks.acknowledged', (fact) => fact.count > 0);
  await first.heard((said) => (countAcknowledged(first) === 2 ? said : undefined));
  await first.kill();
  // Sent while nobody coordinates: kept by the task, and repeated when the next coordinator announces itself.
  acknowledge(tasks[2]!, 2, checkpointId);

  const second = new Coordinating(settings, gateway);
  const opened = await second.heard((said) => (said.type === 'opened' ? said : undefined));
  expect(opened.resumed).toEqual([{ checkpointId, acknowledged: 2, total: 4 }]);
  await second.fact('tasks.acknowledged');
  acknowledge(tasks[3]!, 3, checkpointId);
  const completed = await second.fact('checkpoint.completed');
  expect(completed.checkpointId).toBe(checkpointId);
  const asked = second.commands.flatMap((command) => (command.type === 'trigger' ? command.slots : []));
  expect(asked).toEqual([tasks[2]!.slot, tasks[3]!.slot]);
  // A source that has begun the checkpoint is not begun again.
  expect(triggered).toEqual([[1], [1], [1], [1]]);

  const metadata = decodeMetadata(
    readFileSync(join(new URL(completed.externalPointer).pathname, '_metadata')),
  );
  expect(metadata.operators[0]!.subtasks.map((entry) => entry.subtaskIndex)).toEqual([0, 1, 2, 3]);
  second.tell({ type: 'close' });
  await second.heard((said) => (said.type === 'closed' ? said : undefined));
  rmSync(directory, { recursive: true });
});

const countAcknowledged = (coordinating: Coordinating): number => {
  let count = 0;
  coordinating.said$
    .subscribe((said) => {
      if (said.type !== 'facts') return;
      for (const fact of said.facts) if (fact.type === 'tasks.acknowledged') count += fact.count;
    })
    .unsubscribe();
  return count;
};
