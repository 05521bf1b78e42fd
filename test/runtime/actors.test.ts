/** The live actors follow the fold, and an inspector sees them do so. */
import { createInspector, type StatelyInspectionEvent } from '@statelyai/inspect';
import { describe, expect, it } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { checkConfiguration } from '../../src/core/configuration.ts';
import { fold } from '../../src/core/evolve.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import { initialState, unfinished, type JobState } from '../../src/core/job-state.ts';
import type { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import type { CheckpointId } from '../../src/state/ids.ts';
import { coreGraph, coreJobId } from '../support/core-run.ts';
import { RuntimeJob } from '../support/runtime-job.ts';

/** `pending.collecting`, from what an actor stands at. */
const phaseText = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const [[parent, child] = ['', '']] = Object.entries(value as Record<string, unknown>);
  return child === '' ? parent : `${parent}.${phaseText(child)}`;
};

/** What a plain inspector function is told, actor by actor, with the ids of the coordinator's own actors alone. */
class Recorder {
  /** Ids of the actors in the order they appeared, each with its parent. */
  readonly actors: string[] = [];
  readonly #lines = new Map<string, string[]>();
  readonly #owned = /^(coordinator|job|checkpoint-\d+|task-\d+)$/;

  /** Events and states of one actor in order: `< event`, `= state`. */
  linesOf(id: string): readonly string[] {
    return this.#lines.get(id) ?? [];
  }

  readonly inspect = (event: InspectionEvent): void => {
    const { id } = event.actorRef as unknown as { id: string };
    if (!this.#owned.test(id)) return;
    if (event.type === '@xstate.actor') {
      const parent = (event.actorRef as { _parent?: { id: string } })._parent?.id;
      this.actors.push(parent === undefined ? id : `${id} of ${parent}`);
    }
    if (event.type === '@xstate.event') this.#note(id, `< ${event.event.type}`);
    if (event.type === '@xstate.snapshot') {
      const { value } = event.snapshot as { value?: unknown };
      if (value !== undefined) this.#note(id, `= ${phaseText(value)}`);
    }
  };

  /** A state that is only said again, as after progress, is left out. */
  #note(id: string, line: string): void {
    const lines = this.#lines.get(id) ?? [];
    if (line !== lines.findLast((other) => other.startsWith('='))) lines.push(line);
    this.#lines.set(id, lines);
  }
}

/** What following a coordinator found. */
interface Comparison {
  readonly phases: Set<string>;
  readonly differences: string[];
  compared: number;
}

/** Folds what the coordinator shows, and compares its live actors with the fold after every block. */
const followPhases = (coordinator: CheckpointCoordinator, from: JobState): Comparison => {
  let state = from;
  const seen: Comparison = { phases: new Set(), differences: [], compared: 0 };
  const touched = new Set<CheckpointId>();
  coordinator.facts$.subscribe((facts: readonly Fact[]) => {
    state = fold(state, facts);
    for (const { checkpointId } of unfinished(state.table)) touched.add(checkpointId);
    for (const id of touched) {
      const value = coordinator.phaseOf(id);
      const live = value === undefined ? 'no actor' : phaseText(value);
      const folded = state.table.checkpoints[id]?.phase ?? 'no actor';
      if (live !== folded) seen.differences.push(`checkpoint ${id}: live ${live}, folded ${folded}`);
      seen.phases.add(folded);
      seen.compared += 1;
    }
  });
  return seen;
};

describe('live checkpoint actor', () => {
  it('stands in the phase of the fold after every block', async () => {
    const job = new RuntimeJob();
    const coordinator = await job.open({ configuration: { timeout: '30 s' } });
    const seen = followPhases(coordinator, initialState(coreJobId, coreGraph, checkConfiguration({})));
    await coordinator.restore(job.tasks.deploy(1));
    await coordinator.jobStatus('RUNNING');
    await job.settle(coordinator.triggerCheckpoint());
    job.tasks.held.add(1);
    await job.settle(coordinator.triggerCheckpoint().catch(() => {}));
    job.tasks.release();
    await job.settle(coordinator.triggerSavepoint({ target: 'memory:/backups' }));
    job.tasks.held.add(1);
    coordinator.triggerCheckpoint().catch(() => {});
    await job.clock.runFor(10);
    await coordinator.jobStatus('RESTARTING');
    expect(seen.differences).toEqual([]);
    expect(seen.compared).toBeGreaterThan(12);
    expect([...seen.phases]).toEqual([
      'pending.locating',
      'pending.collecting',
      'writingMetadata.writing',
      'no actor',
    ]);
  });

  it('is there in its phase after a crash, and not after its end', async () => {
    const job = new RuntimeJob();
    const first = await job.start();
    job.tasks.held.add(1);
    first.triggerCheckpoint().catch(() => {});
    await job.clock.runFor(10);
    first.abandon();
    const second = await job.open();
    expect(phaseText(second.phaseOf(1 as CheckpointId))).toBe('pending.collecting');
    job.tasks.release();
    await job.clock.runUntil(() => second.statistics.counts.completed === 1);
    expect(second.phaseOf(1 as CheckpointId)).toBeUndefined();
  });
});

describe('plain inspector function', () => {
  it('sees coordinator, job, tasks and checkpoints as actors, children of the coordinator', async () => {
    const job = new RuntimeJob();
    const recorder = new Recorder();
    const coordinator = await job.start({ inspect: recorder.inspect });
    await job.settle(coordinator.triggerCheckpoint());
    expect(recorder.actors).toEqual([
      'coordinator',
      'job of coordinator',
      ...[0, 1, 2, 3].map((slot) => `task-${slot} of coordinator`),
      'checkpoint-1 of coordinator',
    ]);
    await job.settle(coordinator.close());
    expect(recorder.linesOf('coordinator').filter((line) => !line.startsWith('< xstate.'))).toEqual([
      '= recovering',
      '< coordinator.recovered',
      '= coordinating',
      '< coordinator.closed',
      '= closed',
    ]);
  });

  it('sees the events and states of a checkpoint that completes, in order', async () => {
    const job = new RuntimeJob();
    const recorder = new Recorder();
    const coordinator = await job.start({ inspect: recorder.inspect });
    await job.settle(coordinator.triggerCheckpoint());
    expect(recorder.linesOf('checkpoint-1').filter((line) => !line.startsWith('< xstate.'))).toEqual([
      '= pending.locating',
      '< checkpoint.located',
      '= pending.collecting',
      '< checkpoint.fullyAcknowledged',
      '= writingMetadata.writing',
      '< progress',
      '< metadata.written',
      '= writingMetadata.storing',
      '< checkpoint.completed',
      '= finalized',
    ]);
  });

  it('sees the events and states of a checkpoint that is aborted, in order', async () => {
    const job = new RuntimeJob();
    const recorder = new Recorder();
    const coordinator = await job.start({ inspect: recorder.inspect, configuration: { timeout: '5 s' } });
    job.tasks.held.add(3);
    await job.settle(coordinator.triggerCheckpoint().catch(() => {}));
    expect(recorder.linesOf('checkpoint-1').filter((line) => !line.startsWith('< xstate.'))).toEqual([
      '= pending.locating',
      '< checkpoint.located',
      '= pending.collecting',
      '< progress',
      '< checkpoint.aborted',
      '= disposed',
    ]);
  });

  it('sees the job and a task from their start to their end', async () => {
    const job = new RuntimeJob();
    const recorder = new Recorder();
    const coordinator = await job.start({ inspect: recorder.inspect });
    job.tasks.endpoints[0]?.endOfData();
    await job.clock.runFor(1);
    job.tasks.endpoints[0]?.ended('failed', 'oops');
    await job.clock.runFor(1);
    await coordinator.jobStatus('RESTARTING');
    await coordinator.jobStatus('FAILED');
    const own = (id: string): string[] =>
      recorder.linesOf(id).filter((line) => !line.startsWith('< xstate.'));
    expect(own('job')).toEqual([
      '= created',
      '< job.running',
      '= running',
      '< job.restarting',
      '= restarting',
      '< job.failed',
      '= failed',
    ]);
    expect(own('task-0')).toEqual([
      '= alive.running',
      '< task.dataEnded',
      '= alive.dataEnded',
      '< task.failed',
      '= failed',
    ]);
  });

  it('attached after a restart sees the restored checkpoint still pending', async () => {
    const job = new RuntimeJob();
    const first = await job.start();
    job.tasks.held.add(3);
    first.triggerCheckpoint().catch(() => {});
    await job.clock.runFor(10);
    first.abandon();
    const recorder = new Recorder();
    const second = await job.open({ inspect: recorder.inspect });
    expect(recorder.actors).toContain('checkpoint-1 of coordinator');
    expect(recorder.linesOf('checkpoint-1').at(-1)).toBe('= pending.collecting');
    job.tasks.release();
    await job.clock.runUntil(() => second.statistics.counts.completed === 1);
    expect(recorder.linesOf('checkpoint-1').at(-1)).toBe('= finalized');
  });
});

describe("inspector of '@statelyai/inspect'", () => {
  it('passes well-formed events on the wire', async () => {
    const sent: StatelyInspectionEvent[] = [];
    const inspector = createInspector({ send: (event) => sent.push(event) });
    const job = new RuntimeJob();
    const coordinator = await job.start({ inspect: inspector.inspect });
    await job.settle(coordinator.triggerCheckpoint());
    await job.settle(coordinator.close());
    const valuesOf = (events: readonly StatelyInspectionEvent[]): unknown[] =>
      events.flatMap((event) =>
        event.type === '@xstate.snapshot' ? [(event.snapshot as { value?: unknown }).value] : [],
      );
    // It sends in turns of its own.
    await expect.poll(() => valuesOf(sent)).toContain('closed');
    const wire = JSON.parse(JSON.stringify(sent)) as StatelyInspectionEvent[];
    const actors = wire.filter((event) => event.type === '@xstate.actor');
    const idOf = (name: string): string | undefined => actors.find((event) => event.name === name)?.sessionId;
    expect(idOf('coordinator')).toBeDefined();
    expect(actors.find((event) => event.name === 'checkpoint-1')).toMatchObject({
      parentId: idOf('coordinator'),
      rootId: idOf('coordinator'),
      definition: expect.stringContaining('writingMetadata'),
    });
    const known = new Set(actors.map((event) => event.sessionId));
    expect(wire.filter((event) => !known.has(event.sessionId))).toEqual([]);
    for (const event of wire) {
      expect(event).toMatchObject({
        _version: expect.any(String),
        createdAt: expect.stringMatching(/^\d+$/),
      });
    }
    expect(valuesOf(wire.filter((event) => event.sessionId === idOf('checkpoint-1'))).at(-1)).toBe(
      'finalized',
    );
  });
});
