import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact } from '../../src/core/facts/fact.ts';
import { decodeSubtaskEntry } from '../../src/metadata/subtask-entry.ts';
import type { CheckpointId } from '../../src/state/ids.ts';
import { coreJobId, frameOf, id, runningJob, sharedPath, type CoreRun } from '../support/core-run.ts';
import { walkFrames } from '../../src/tasks/walk-frames.ts';

/** Names of files in the job's shared directory. */
const nameOf = (path: string): string => path.slice(sharedPath('').length);

const registered = (run: CoreRun): string[] =>
  Array.from(run.state.shared.entries(), ({ path }) => nameOf(path));

const deletedBy = (facts: readonly Fact[]): string[] =>
  facts.flatMap((fact) =>
    fact.type === 'discard.planned' && fact.target.kind === 'shared' ? fact.target.files.map(nameOf) : [],
  );

/** Located, and acknowledged by all tasks, the first with these files; answers what its frame came to. */
const acknowledge = (
  run: CoreRun,
  checkpointId: CheckpointId,
  shared: readonly string[],
): string | undefined => {
  run.locate(checkpointId);
  const [first] = run.acknowledge(
    { checkpointId, slot: 0, shared },
    ...[1, 2, 3].map((slot) => ({ checkpointId, slot })),
  );
  return first;
};

/** A checkpoint from its trigger to its completion, and which shared files went with it. */
const complete = (run: CoreRun, ...shared: readonly string[]): string[] => {
  const checkpointId = run.trigger();
  acknowledge(run, checkpointId, shared);
  return deletedBy(run.recordMetadata(checkpointId).facts);
};

describe('an acknowledgement with shared state', () => {
  it('is walked with the files it shares, and without any column where it shares none', () => {
    const frames = Buffer.concat([
      frameOf({ checkpointId: 1, slot: 0 }),
      frameOf({ checkpointId: 1, slot: 1, shared: ['a', './b', 'c:-1'] }),
    ]);
    expect(walkFrames(coreJobId, frames).shared).toMatchObject({
      rows: [1, 1, 1],
      paths: [sharedPath('a'), 'b', sharedPath('c')],
      isRelative: [false, true, false],
      sizesBytes: [10, 10, -1],
    });
    expect(walkFrames(coreJobId, frameOf({ checkpointId: 1, slot: 0 })).shared).toBeUndefined();
  });

  it('registers each file once, before the acknowledgement is recorded (C-083, T-164)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.acknowledge(
      { checkpointId, slot: 0, shared: ['a', 'a'] },
      { checkpointId, slot: 1, shared: ['a', 'b'] },
    );
    const types = run.facts.slice(-2).map((fact) => fact.type);
    expect(types).toEqual(['shared.registered', 'tasks.acknowledged']);
    expect(registered(run)).toEqual(['a', 'b']);
  });

  it.each([
    ['duplicate', (run: CoreRun, slot: number) => ({ checkpointId: 1, slot })],
    ['unknownAttempt', (run: CoreRun, slot: number) => ({ checkpointId: 1, slot, attempt: 9 })],
    ['unknownCheckpoint', (run: CoreRun, slot: number) => ({ checkpointId: 77, slot })],
  ] as const)('registers as %s, too (C-083)', (outcome, spec) => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.acknowledge({ checkpointId, slot: 0 });
    const outcomes = run.acknowledge({ ...spec(run, 0), shared: ['late'] });
    expect(outcomes).toEqual([outcome]);
    expect(registered(run)).toEqual(['late']);
    // An id that was never given must not keep a file for ever.
    run.acknowledgeAll(checkpointId);
    run.recordMetadata(checkpointId);
    expect(complete(run)).toEqual(['late']);
  });

  it('registers nothing for a savepoint, in flight or given up (C-202)', () => {
    const run = runningJob();
    const target = { base: 'memory:/backups', name: 'savepoint-00c0ff-1' };
    run.tell({ type: 'triggerSavepoint', target, key: undefined });
    const own = 'memory:/backups/savepoint-00c0ff-1';
    run.tell({ type: 'locate', checkpointId: id(1), location: { exclusive: own, shared: own } });
    run.acknowledge({ checkpointId: 1, slot: 0, shared: ['a', './b'] });
    run.tell({ type: 'expire', checkpointId: id(1) });
    run.acknowledge({ checkpointId: 1, slot: 1, shared: ['a', './b'] });
    expect(run.state.shared.size).toBe(0);
  });

  it('registers nothing after the end of the job, and its files go (C-143)', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    run.status('FAILED');
    expect(run.acknowledge({ checkpointId, slot: 0, shared: ['late'] })).toEqual(['late']);
    expect(run.state.shared.size).toBe(0);
    expect(run.facts.at(-1)).toMatchObject({
      type: 'discard.planned',
      target: { kind: 'files', files: [{ isRelative: true }, { path: sharedPath('late') }] },
    });
  });

  it('may refer to a registered file without its size, which the slice then holds (C-197, C-198, T-254)', () => {
    const run = runningJob();
    complete(run, 'a:4000');
    const checkpointId = run.trigger();
    expect(acknowledge(run, checkpointId, ['b', 'a:-1'])).toBe('recorded');
    const ledger = run.state.ledgers.get(checkpointId);
    const slice = ledger?.sliceAt(0, 0) ?? new Uint8Array();
    expect(decodeSubtaskEntry(slice).state.managedKeyedState).toMatchObject({
      sharedFiles: [{ stream: { sizeBytes: 10n } }, { stream: { path: sharedPath('a'), sizeBytes: 4000n } }],
    });
    expect(ledger?.totals.stateSizeBytes).toBe(600 + 4010);
  });

  it('is refused when it refers to a file that is not registered, or is being deleted (C-197)', () => {
    const run = runningJob();
    complete(run, 'a');
    expect(complete(run, 'b')).toEqual(['a']);
    const { checkpointId = id(1) } = run.tell({ type: 'triggerCheckpoint' }).outcome;
    run.locate(checkpointId);
    expect(run.acknowledge({ checkpointId, slot: 0, shared: ['a'] })).toEqual(['malformed']);
    expect(run.acknowledge({ checkpointId, slot: 1, shared: ['unheard:-1'] })).toEqual(['malformed']);
    expect(registered(run)).toEqual(['b']);
  });

  it('that brings a file which is gone without a trace is believed, unless it only refers to it', () => {
    const run = runningJob();
    complete(run, 'a');
    complete(run, 'b');
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    expect(run.acknowledge({ checkpointId, slot: 0, shared: ['a:-1'] })).toEqual(['malformed']);
    expect(run.acknowledge({ checkpointId, slot: 0, shared: ['a'] })).toEqual(['recorded']);
  });

  it('names files of two checkpoints in one batch, whichever comes first', () => {
    const run = runningJob({ maxConcurrent: 2 });
    const first = run.trigger();
    run.locate(first);
    const second = run.trigger();
    run.locate(second);
    run.acknowledge(
      { checkpointId: first, slot: 0, shared: ['a'] },
      { checkpointId: second, slot: 0, shared: ['b', 'a'] },
      { checkpointId: first, slot: 1, shared: ['b'] },
    );
    expect(
      [...run.state.shared.entries()].map((entry) => [
        nameOf(entry.path),
        entry.firstUsedBy,
        entry.lastUsedBy,
      ]),
    ).toEqual([
      ['a', 1, 2],
      ['b', 1, 2],
    ]);
  });
});

describe('shared state', () => {
  it('of an aborted checkpoint stays until a newer one completes without it (C-101, C-201, T-039)', () => {
    const run = runningJob();
    complete(run, 'a');
    const aborted = run.trigger();
    acknowledge(run, aborted, ['a', 'of the aborted']);
    const { facts } = run.tell({ type: 'failMetadata', checkpointId: aborted, message: 'disk full' });
    expect(deletedBy(facts)).toEqual([]);
    expect(complete(run, 'a')).toEqual(['of the aborted']);
  });

  it('goes in the block in which the last user leaves the store, behind that fact (C-130, C-203)', () => {
    const run = runningJob({ retained: 2 });
    complete(run, 'a');
    complete(run, 'b');
    const third = run.trigger();
    acknowledge(run, third, ['b']);
    expect(run.recordMetadata(third).facts.map((fact) => fact.type)).toEqual([
      'metadata.written',
      'checkpoint.completed',
      'checkpoint.subsumed',
      'shared.released',
      'discard.planned',
      'discard.planned',
    ]);
    expect(registered(run)).toEqual(['b']);
  });

  it('that one in flight may build on stays, although its checkpoint left the store', () => {
    const run = runningJob({ retained: 1, maxConcurrent: 2 });
    complete(run, 'a');
    const second = run.trigger();
    run.locate(second);
    const third = run.trigger();
    acknowledge(run, second, ['b']);
    expect(deletedBy(run.recordMetadata(second).facts)).toEqual([]);
    expect(acknowledge(run, third, ['a'])).toBe('recorded');
    expect(deletedBy(run.recordMetadata(third).facts)).toEqual(['b']);
  });

  it('outside the directories of the job is never deleted', () => {
    const run = runningJob();
    complete(run, 'file:/somewhere/else/x');
    expect(complete(run)).toEqual([]);
    expect(run.state.shared.size).toBe(0);
  });

  it('in the directory of a subsumed checkpoint holds that directory (C-130, C-131, T-174)', () => {
    const run = runningJob();
    complete(run, './base');
    complete(run, 'memory:/job/chk-1/base');
    expect(Object.keys(run.state.table.discards)).toEqual([]);
    expect(run.state.table.subsumed).toMatchObject([{ checkpointId: 1 }]);
    complete(run);
    expect(Object.values(run.state.table.discards).map(({ checkpointId }) => checkpointId)).toEqual([1, 2]);
    expect(run.state.table.subsumed).toEqual([]);
  });

  it('at a final status goes but for what kept checkpoints use (C-141, T-147)', () => {
    const run = runningJob({ retained: 2, retention: 'RETAIN_ON_CANCELLATION' });
    complete(run, 'a', 'b');
    complete(run, 'b', 'c');
    const aborted = run.trigger();
    acknowledge(run, aborted, ['c', 'd']);
    expect(deletedBy(run.status('CANCELLED').facts)).toEqual(['d']);
    expect(registered(run)).toEqual(['a', 'b', 'c']);
  });

  it('goes with all checkpoints of a finished job, and stays with those of a suspended one (C-141, T-154)', () => {
    const finished = runningJob();
    complete(finished, 'a');
    expect(deletedBy(finished.status('FINISHED').facts)).toEqual(['a']);
    const suspended = runningJob();
    complete(suspended, 'a');
    expect(suspended.status('SUSPENDED').facts.map((fact) => fact.type)).toEqual(['job.suspended']);
    expect(registered(suspended)).toEqual(['a']);
  });

  it('goes by the matrix when a job is suspended whose journal dies with the process (C-142, T-155)', () => {
    for (const retention of ['NEVER_RETAIN_AFTER_TERMINATION', 'RETAIN_ON_CANCELLATION'] as const) {
      const run = runningJob({ retention });
      const { configuration } = run.state.table;
      run.tell({ type: 'takeOver', term: 2, configuration, isNew: false, isJournalDurable: false });
      complete(run, 'a');
      const { facts } = run.status('SUSPENDED');
      expect(deletedBy(facts)).toEqual(retention === 'RETAIN_ON_CANCELLATION' ? [] : ['a']);
      expect(facts.filter((fact) => fact.type === 'discard.planned')).toHaveLength(
        retention === 'RETAIN_ON_CANCELLATION' ? 0 : 2,
      );
    }
  });
});

/** A file and the checkpoints whose state holds it, as compaction has it: from one to another. */
interface Life {
  readonly from: number;
  readonly to: number;
}

type Step = 'trigger' | 'acknowledge' | 'complete' | 'expire' | 'late' | 'confirm';

const life = fc
  .tuple(fc.integer({ min: 1, max: 10 }), fc.nat(5))
  .map(([from, lasts]): Life => ({ from, to: from + lasts }));
const steps = fc.array(
  fc.record({
    step: fc.constantFrom<Step>(
      'trigger',
      'acknowledge',
      'complete',
      'complete',
      'expire',
      'late',
      'confirm',
    ),
    which: fc.nat(2),
  }),
  { minLength: 1, maxLength: 50, size: 'max' },
);

/** Plays a programme, and keeps by hand which files there are and which checkpoint named which. */
class FilesOnDisk {
  readonly run: CoreRun;
  readonly present = new Set<string>();
  readonly namedBy = new Map<number, readonly string[]>();
  readonly #lives: readonly Life[];
  readonly #acknowledged = new Set<number>();

  constructor(lives: readonly Life[], retained: number) {
    this.#lives = lives;
    this.run = runningJob({ retained, maxConcurrent: 3 });
  }

  play({ step, which }: { readonly step: Step; readonly which: number }): void {
    const inFlight = Object.values(this.run.state.table.checkpoints).map(({ checkpointId }) => checkpointId);
    const target = inFlight[which % Math.max(1, inFlight.length)];
    if (step === 'trigger') this.#trigger();
    else if (step === 'late') this.#late(which);
    else if (step === 'confirm') this.#confirm(which);
    else if (target === undefined) return;
    else if (step === 'acknowledge') this.#acknowledge(target);
    else if (step === 'complete') this.#complete(target);
    else this.#tell({ type: 'expire', checkpointId: target });
  }

  end(status: 'FINISHED' | 'CANCELLED'): void {
    this.#delete(this.run.status(status).facts);
  }

  filesOf(ids: readonly number[]): string[] {
    return [...new Set(ids.flatMap((each) => this.namedBy.get(each) ?? []))].toSorted();
  }

  #trigger(): void {
    const { outcome } = this.run.tell({ type: 'triggerCheckpoint' });
    if (outcome.checkpointId !== undefined) this.run.locate(outcome.checkpointId);
  }

  #acknowledge(checkpointId: CheckpointId): void {
    if (this.#acknowledged.has(checkpointId)) return;
    this.#acknowledged.add(checkpointId);
    this.#name(checkpointId);
  }

  /** The task names its files for a checkpoint that may have been given up. */
  #name(checkpointId: CheckpointId): void {
    const shared = this.#lives.flatMap(({ from, to }, index) =>
      from <= checkpointId && checkpointId <= to ? [`${index}`] : [],
    );
    for (const each of shared) this.present.add(each);
    this.namedBy.set(checkpointId, shared);
    this.run.acknowledge({ checkpointId, slot: 0, shared });
  }

  #complete(checkpointId: CheckpointId): void {
    this.#acknowledge(checkpointId);
    this.run.acknowledge(...[1, 2, 3].map((slot) => ({ checkpointId, slot })));
    this.#delete(this.run.recordMetadata(checkpointId).facts);
  }

  #late(which: number): void {
    const { disposed } = this.run.state.table;
    const latest = disposed.at(-1 - which)?.checkpointId;
    // What was done without by a completed checkpoint is not taken up again.
    if (latest !== undefined && latest > this.run.state.table.latestCompletedId) this.#name(latest);
  }

  #confirm(which: number): void {
    const owed = Object.keys(this.run.state.table.discards).map(Number)[which];
    if (owed !== undefined) this.#tell({ type: 'confirmDiscard', discardId: owed });
  }

  #tell(command: Parameters<CoreRun['tell']>[0]): void {
    this.#delete(this.run.tell(command).facts);
  }

  #delete(facts: readonly Fact[]): void {
    for (const name of deletedBy(facts)) {
      if (!this.present.delete(name)) throw new Error(`file ${name} is deleted twice`);
    }
  }
}

describe('after any history', () => {
  it('every file is there that a retained checkpoint or one in flight names, and no other one at the end', () => {
    const programme = fc.record({
      lives: fc.array(life, { maxLength: 10 }),
      steps,
      retained: fc.integer({ min: 1, max: 3 }),
      status: fc.constantFrom('FINISHED' as const, 'CANCELLED' as const),
    });
    fc.assert(
      fc.property(programme, (given) => {
        const disk = new FilesOnDisk(given.lives, given.retained);
        for (const step of given.steps) {
          const before = disk.run.state.table.latestCompletedId;
          disk.play(step);
          const { completed, checkpoints, latestCompletedId } = disk.run.state.table;
          const inFlight = Object.keys(checkpoints).map(Number);
          const needed = [...completed.map(({ checkpointId }) => checkpointId), ...inFlight];
          for (const name of disk.filesOf(needed)) expect(disk.present).toContain(name);
          // Right after a completion with nothing in flight there is nothing else.
          const younger = [...disk.namedBy.keys()].filter((each) => each > latestCompletedId);
          const isExact = latestCompletedId > before && inFlight.length === 0;
          const present = [...disk.present].toSorted();
          expect(isExact ? present : []).toEqual(isExact ? disk.filesOf([...needed, ...younger]) : []);
        }
        disk.end(given.status);
        expect([...disk.present]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
