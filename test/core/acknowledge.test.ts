import { describe, expect, it } from 'vitest';
import type { DiscardPlanned, TasksAcknowledged } from '../../src/core/facts/fact.ts';
import { noTotals } from '../../src/core/ledger.ts';
import { parseJobId } from '../../src/state/ids.ts';
import { frameOutcomes } from '../../src/core/outcomes.ts';
import { walkFrames } from '../../src/tasks/walk-frames.ts';
import {
  acknowledgeCommand,
  coreJobId,
  coreLocation,
  frameOf,
  id,
  runningJob,
  type CoreCommand,
} from '../support/core-run.ts';

const located = () => {
  const run = runningJob();
  const checkpointId = run.trigger();
  run.locate(checkpointId);
  return { run, checkpointId };
};

const frame = (checkpointId: number, slot: number) => ({ checkpointId, slot });

describe('acknowledgement', () => {
  it('is recorded once; again in the same batch or in a later one it is a duplicate (C-086)', () => {
    const { run, checkpointId } = located();
    const [first, second] = [frame(checkpointId, 0), frame(checkpointId, 1)];
    expect(run.acknowledge(first, second, first)).toEqual(['recorded', 'recorded', 'duplicate']);
    expect(run.acknowledge(first, second)).toEqual(['duplicate', 'duplicate']);
    expect(run.state.ledgers.get(1)?.missing()).toEqual([2, 3]);
  });

  it('that is a duplicate decides nothing: its state may be the same files (C-086)', () => {
    const { run, checkpointId } = located();
    run.acknowledge(frame(checkpointId, 0));
    expect(run.factsOf(acknowledgeCommand([frame(checkpointId, 0)]))).toEqual([]);
  });

  it('of many tasks is one fact per checkpoint', () => {
    const { run, checkpointId } = located();
    const specs = [0, 1, 2].map((slot) => frame(checkpointId, slot));
    const [fact, ...others] = run.tell(acknowledgeCommand(specs)).facts;
    expect(others).toEqual([]);
    expect(fact).toMatchObject({ type: 'tasks.acknowledged', checkpointId, count: 3 });
    expect((fact as TasksAcknowledged).columns?.slots).toEqual(Uint32Array.of(0, 1, 2));
  });

  it('of the last task moves the checkpoint on, with the totals of all (C-079, C-084, C-227, T-344)', () => {
    const { run, checkpointId } = located();
    run.acknowledge({
      ...frame(checkpointId, 0),
      metrics: { syncDurationMs: 7, processedBytes: 5, persistedBytes: -1 },
    });
    const rest = [
      { ...frame(checkpointId, 1), metrics: { syncDurationMs: 3, processedBytes: -1, persistedBytes: 9 } },
      frame(checkpointId, 2),
      frame(checkpointId, 3),
    ];
    const facts = run.tell(acknowledgeCommand(rest)).facts;
    expect(facts.map((fact) => fact.type)).toEqual(['tasks.acknowledged', 'checkpoint.fullyAcknowledged']);
    expect(facts[1]).toMatchObject({
      totals: {
        ...noTotals,
        stateSizeBytes: 600,
        checkpointedSizeBytes: 600,
        processedBytes: 5,
        persistedBytes: 9,
        syncDurationMsMax: 7,
      },
    });
  });

  it('counts before the place is known; the checkpoint moves on when it is (C-066, C-106, T-013)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.acknowledge(...[0, 1, 2, 3].map((slot) => frame(checkpointId, slot)));
    expect(run.state.table.checkpoints[checkpointId]?.phase).toBe('pending.locating');
    const located = { type: 'locate', checkpointId, location: coreLocation(checkpointId) } as const;
    expect(run.factsOf(located)).toEqual(['checkpoint.located', 'checkpoint.fullyAcknowledged']);
  });

  it('weighs what its slices refer to, whatever the task claims', () => {
    const { run, checkpointId } = located();
    run.acknowledge({ ...frame(checkpointId, 0), claimedStateSizeBytes: 1_000_000 });
    expect(run.state.ledgers.get(checkpointId)?.totals.stateSizeBytes).toBe(100);
  });

  it('without slices is that of a task without state (C-084, T-095)', () => {
    const { run, checkpointId } = located();
    expect(run.acknowledge({ ...frame(checkpointId, 3), sliceCount: 0 })).toEqual(['recorded']);
    expect(run.state.ledgers.get(checkpointId)?.hasSlices(3)).toBe(false);
  });

  it('of a finished subtask counts, and weighs nothing', () => {
    const { run, checkpointId } = located();
    const outcomes = run.acknowledge(
      { ...frame(checkpointId, 2), isFinished: true },
      { ...frame(checkpointId, 3), isFinished: true, subtask: 0 },
    );
    expect(outcomes).toEqual(['recorded', 'malformed']);
    const ledger = run.state.ledgers.get(checkpointId);
    expect([ledger?.hasSlices(2), ledger?.totals.stateSizeBytes]).toEqual([true, 0]);
  });

  const malformed = [
    { what: 'the index of another subtask', spec: { subtask: 1 } },
    { what: 'fewer slices than its vertex has operators', spec: { slot: 2, sliceCount: 1 } },
    { what: 'more slices than its vertex has operators', spec: { sliceCount: 2 } },
  ];

  it.each(malformed)('with $what is malformed and does not count', ({ spec }) => {
    const { run, checkpointId } = located();
    expect(run.acknowledge({ ...frame(checkpointId, 0), ...spec })).toEqual(['malformed']);
    expect(run.state.ledgers.get(checkpointId)?.left).toBe(4);
  });

  it('for another job is refused, whatever else it says (C-082)', () => {
    const { run, checkpointId } = located();
    const otherJob = parseJobId('f'.repeat(32));
    expect(run.acknowledge({ ...frame(checkpointId, 0), jobId: otherJob })).toEqual(['wrongJob']);
    expect(run.state.ledgers.get(checkpointId)?.left).toBe(4);
  });

  it('leaves room for the right one after a malformed one', () => {
    const { run, checkpointId } = located();
    const wrong = { ...frame(checkpointId, 0), subtask: 1 };
    expect(run.acknowledge(wrong, frame(checkpointId, 0))).toEqual(['malformed', 'recorded']);
  });

  it('copies recorded slices alone, in the order of their rows (T-094)', () => {
    const { run, checkpointId } = located();
    const sizes: number[] = [];
    const command = acknowledgeCommand([
      { ...frame(checkpointId, 0), attempt: 9 },
      frame(checkpointId, 1),
      frame(checkpointId, 2),
    ]);
    const allocate = (sizeBytes: number): Uint8Array => {
      sizes.push(sizeBytes);
      return new Uint8Array(sizeBytes);
    };
    const fact = run.tell({ ...command, allocate } as typeof command).facts[0] as TasksAcknowledged;
    expect(sizes).toEqual([fact.columns?.lengths.reduce((sum, length) => sum + length, 0)]);
    expect(fact.bytes?.length).toBe(sizes[0]);
    expect(fact.columns?.slots).toEqual(Uint32Array.of(1, 2));
  });
});

describe('acknowledgement that comes to nothing', () => {
  const aborted = () => {
    const { run, checkpointId } = located();
    run.tell({ type: 'expire', checkpointId });
    return { run, checkpointId };
  };

  const discardsIn = (facts: readonly unknown[]): DiscardPlanned[] =>
    (facts as DiscardPlanned[]).filter((fact) => fact.type === 'discard.planned');

  const plannedFiles = (facts: readonly unknown[]): unknown[] =>
    discardsIn(facts).map(({ cause, clause, target }) => ({ cause, clause, target }));

  it('of an attempt outside the plan has its state discarded (C-087)', () => {
    const { run, checkpointId } = located();
    const spec = { ...frame(checkpointId, 2), attempt: 9 };
    expect(plannedFiles(run.tell(acknowledgeCommand([spec])).facts)).toEqual([
      {
        cause: 'unknownAttempt',
        clause: 'slot 2, attempt 9',
        target: {
          kind: 'files',
          exclusive: coreLocation(checkpointId).exclusive,
          files: [
            { path: `${checkpointId}-2-9-0`, isRelative: true },
            { path: `${checkpointId}-2-9-1`, isRelative: true },
          ],
        },
      },
    ]);
    expect(run.acknowledge(spec, { ...frame(checkpointId, 77) })).toEqual([
      'unknownAttempt',
      'unknownAttempt',
    ]);
  });

  it('for an aborted checkpoint is late and has its state discarded (C-089, C-102, T-041)', () => {
    const { run, checkpointId } = aborted();
    const { facts, effects } = run.tell(acknowledgeCommand([frame(checkpointId, 0)]));
    expect(plannedFiles(facts)).toEqual([
      {
        cause: 'lateState',
        clause: 'slot 0, attempt 1',
        target: {
          kind: 'files',
          exclusive: coreLocation(checkpointId).exclusive,
          files: [{ path: `${checkpointId}-0-1-0`, isRelative: true }],
        },
      },
    ]);
    expect(effects.map((effect) => effect.type)).toEqual(['discard']);
  });

  it.each([
    ['an absolute path elsewhere', { kind: 'file', path: 'file:/etc/passwd', sizeBytes: 1n }],
    ['a path that climbs out', { kind: 'relativeFile', relativePath: '../chk-9/_metadata', sizeBytes: 1n }],
    ['a path through a folder', { kind: 'file', path: 'memory:/job/shared/../../x', sizeBytes: 1n }],
    ['the folder itself', { kind: 'relativeFile', relativePath: '..', sizeBytes: 1n }],
  ] as const)('names nothing to delete for %s: only files of the checkpoint are its own', (_what, stream) => {
    const { run, checkpointId } = aborted();
    const { facts } = run.tell(acknowledgeCommand([{ ...frame(checkpointId, 0), stream }]));
    expect(discardsIn(facts)).toEqual([]);
  });

  it('names an absolute file as it is, and inline state not at all', () => {
    const { run, checkpointId } = aborted();
    const file = { kind: 'file', path: 'memory:/job/shared/x', sizeBytes: 1n } as const;
    const inline = { kind: 'byteStream', name: 'x', data: Uint8Array.of(1) } as const;
    const planned = run.tell(acknowledgeCommand([{ ...frame(checkpointId, 0), stream: file }])).facts;
    expect(discardsIn(planned)).toMatchObject([
      { target: { files: [{ path: 'memory:/job/shared/x', isRelative: false }] } },
    ]);
    const nothing = run.tell(acknowledgeCommand([{ ...frame(checkpointId, 1), stream: inline }])).facts;
    expect(discardsIn(nothing)).toEqual([]);
  });

  it('numbers the discards of one batch apart', () => {
    const { run, checkpointId } = aborted();
    const { facts } = run.tell(acknowledgeCommand([frame(checkpointId, 0), frame(checkpointId, 1)]));
    expect(discardsIn(facts).map(({ discardId }) => discardId)).toEqual([2, 3]);
  });

  it('for a complete checkpoint deletes nothing: the files are the checkpoint', () => {
    const run = runningJob();
    const checkpointId = run.complete();
    const { facts, outcome } = run.tell(acknowledgeCommand([frame(checkpointId, 0)]));
    expect(facts).toEqual([]);
    expect(Array.from(outcome.frames ?? [])).toHaveLength(1);
    expect(run.acknowledge(frame(checkpointId, 0))).toEqual(['afterCompletion']);
  });

  it('for a checkpoint that was subsumed is after its completion', () => {
    const run = runningJob();
    const subsumed = run.complete();
    run.complete();
    expect(run.acknowledge(frame(subsumed, 0))).toEqual(['afterCompletion']);
  });

  it.each([0, 99])('for checkpoint %i, which never was, is for an unknown one (T-021)', (checkpointId) => {
    const run = runningJob();
    run.complete();
    expect(run.acknowledge(frame(checkpointId, 0))).toEqual(['unknownCheckpoint']);
  });

  it('is malformed when the names of its files cannot be read: there is nothing to look for', () => {
    const { run, checkpointId } = aborted();
    const frames = Buffer.from(frameOf(frame(checkpointId, 0)));
    // A byte that no text begins with; the edge skips text by its length.
    frames[frames.indexOf(`${checkpointId}-0-1-0`)] = 0xff;
    const command = { ...acknowledgeCommand([]), batch: walkFrames(coreJobId, frames) } as CoreCommand;
    const { facts, outcome } = run.tell(command);
    expect(facts).toEqual([]);
    expect(frameOutcomes[outcome.frames?.[0] ?? -1]).toBe('malformed');
  });

  it('stands beside what counts in the same batch (C-094)', () => {
    const { run, checkpointId } = aborted();
    const next = run.trigger();
    run.locate(next);
    const outcomes = run.acknowledge(frame(checkpointId, 0), frame(next, 0), frame(99, 0), frame(next, 0));
    expect(outcomes).toEqual(['late', 'recorded', 'unknownCheckpoint', 'duplicate']);
    expect(run.facts.slice(-4).map((fact) => fact.type)).toEqual([
      'tasks.acknowledged',
      'tasks.reported',
      'discard.planned',
      'discard.planned',
    ]);
    expect(run.state.ledgers.get(id(2))?.left).toBe(3);
  });
});
