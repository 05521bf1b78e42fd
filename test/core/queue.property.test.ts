/** What holds of the queue and its decider after any sequence of requests, ends and crashes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verdictOn } from '../../src/core/decide/choose.ts';
import type { CheckpointTriggered, Fact, RequestQueued } from '../../src/core/facts/fact.ts';
import { unfinished, type JobTable } from '../../src/core/job-state.ts';
import type { CheckpointId } from '../../src/state/ids.ts';
import {
  coreAttempts,
  coreLocation,
  scheduledJob,
  type CoreCommand,
  type CoreRun,
} from '../support/core-run.ts';

const RUNS = 400;
const target = { base: 'file:/backups', name: 'savepoint-00c0ff-1' };

type Word =
  | { readonly say: 'tick' | 'manual' | 'savepoint' | 'deleted' | 'undeletable' | 'crash' }
  | { readonly say: 'located' | 'expire' | 'complete'; readonly nth: number }
  | { readonly say: 'pass'; readonly ms: number };

const nth = fc.nat(3);
const word: fc.Arbitrary<Word> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ say: fc.constantFrom('tick', 'manual', 'savepoint', 'manual') }) },
  { weight: 8, arbitrary: fc.record({ say: fc.constantFrom('located', 'complete', 'expire'), nth }) },
  { weight: 3, arbitrary: fc.record({ say: fc.constantFrom('deleted', 'deleted', 'undeletable', 'crash') }) },
  { weight: 2, arbitrary: fc.record({ say: fc.constant('pass'), ms: fc.integer({ min: 1, max: 900 }) }) },
);

interface Programme {
  readonly maxConcurrent: number;
  readonly minPauseMs: number;
  readonly unaligned: boolean;
  readonly words: readonly Word[];
}

const programme: fc.Arbitrary<Programme> = fc
  .record({
    maxConcurrent: fc.integer({ min: 1, max: 4 }),
    minPauseMs: fc.constantFrom(0, 500),
    unaligned: fc.boolean(),
    words: fc.array(word, { minLength: 1, maxLength: 60, size: 'max' }),
  })
  .map((made) =>
    Object.defineProperty(made, fc.toStringMethod, {
      value: () =>
        `\n  ${made.maxConcurrent} at once, pause ${made.minPauseMs} ms, unaligned ${made.unaligned}\n  ${made.words
          .map((each) => Object.values(each).join(' '))
          .join('\n  ')}\n`,
    }),
  );

const idAt = (table: JobTable, index: number): CheckpointId => {
  const ids = unfinished(table).map(({ checkpointId }) => checkpointId);
  return ids[index % Math.max(1, ids.length)] ?? (999_999 as CheckpointId);
};

const discardId = ({ discards }: JobTable): number => Number(Object.keys(discards)[0] ?? 999_999);

const simple = (table: JobTable, each: Word): CoreCommand => {
  switch (each.say) {
    case 'manual':
      return { type: 'triggerCheckpoint' };
    case 'savepoint':
      return { type: 'triggerSavepoint', target, key: undefined };
    case 'deleted':
      return { type: 'confirmDiscard', discardId: discardId(table) };
    case 'undeletable':
      return { type: 'postponeDiscard', discardId: discardId(table) };
    case 'located': {
      const checkpointId = idAt(table, each.nth);
      return { type: 'locate', checkpointId, location: coreLocation(checkpointId) };
    }
    case 'expire':
      return { type: 'expire', checkpointId: idAt(table, each.nth) };
    default:
      return { type: 'tick' };
  }
};

/** The facts of each command that one word of the programme stands for, with the table before it. */
const speak = (run: CoreRun, each: Word, tell: (command: CoreCommand) => void): void => {
  const { table } = run.state;
  if (each.say === 'pass') return run.pass(each.ms);
  if (each.say === 'complete') {
    const checkpointId = idAt(table, each.nth);
    if (table.checkpoints[checkpointId] === undefined) return undefined;
    tell({ type: 'locate', checkpointId, location: coreLocation(checkpointId) });
    run.acknowledgeAll(checkpointId);
    const externalPointer = coreLocation(checkpointId).exclusive;
    return tell({ type: 'recordMetadata', checkpointId, externalPointer, metadataSizeBytes: 1 });
  }
  if (each.say !== 'crash') return tell(simple(table, each));
  run.monotonicMs = 0;
  tell({ type: 'takeOver', term: table.term + 1, configuration: table.configuration, isNew: false });
  return tell({
    type: 'attach',
    living: coreAttempts(0, 1).map((entry) => ({ ...entry, dataEnded: false })),
  });
};

type Check = (before: JobTable, facts: readonly Fact[], run: CoreRun) => void;

const play = ({ maxConcurrent, minPauseMs, unaligned, words }: Programme, check: Check): CoreRun => {
  const run = scheduledJob({
    // Only one at a time can be unaligned (C-027).
    maxConcurrent: unaligned ? 1 : maxConcurrent,
    minPause: minPauseMs,
    unaligned,
    interval: '1 d',
    retained: 2,
  });
  const tell = (command: CoreCommand): void => {
    const before = run.state.table;
    check(before, run.tell(command).facts, run);
  };
  for (const each of words) speak(run, each, tell);
  return run;
};

const triggeredIn = (facts: readonly Fact[]): CheckpointTriggered[] =>
  facts.filter((fact) => fact.type === 'checkpoint.triggered');

const endedIn = (facts: readonly Fact[]): number =>
  facts.filter((fact) => fact.type === 'checkpoint.completed' || fact.type === 'checkpoint.aborted').length;

/** The order of C-038, said once more and slowly. */
const mustPrecede = (one: RequestQueued, other: RequestQueued): boolean => {
  if (one.kind !== other.kind) return one.kind === 'savepoint';
  if (one.isForced !== other.isForced) return one.isForced;
  const isPeriodic = (request: RequestQueued): boolean => request.cause === 'periodic';
  if (isPeriodic(one) !== isPeriodic(other)) return isPeriodic(other);
  return one.at === other.at ? one.requestId < other.requestId : one.at < other.at;
};

const holds = (check: Check): void =>
  fc.assert(
    fc.property(programme, (made) => void play(made, check)),
    { numRuns: RUNS },
  );

describe('after any history', () => {
  it('ids have strictly grown (C-060)', () => {
    holds((before, facts) => {
      for (const { checkpointId } of triggeredIn(facts)) expect(checkpointId).toBe(before.nextCheckpointId);
    });
  });

  it('what is not forced was begun only while fewer than maxConcurrent were in flight (C-040)', () => {
    holds((before, facts) => {
      const left = unfinished(before).length - endedIn(facts);
      for (const { isForced } of triggeredIn(facts)) {
        expect(isForced || left < before.configuration.maxConcurrent).toBe(true);
      }
    });
  });

  it('no checkpoint was begun while a savepoint waited: savepoints do not starve (C-038, C-302)', () => {
    holds((_before, facts, run) => {
      const isCheckpoint = triggeredIn(facts).some(({ kind }) => kind === 'checkpoint');
      const waits = run.state.table.queue.some(({ kind }) => kind === 'savepoint');
      expect(isCheckpoint && waits).toBe(false);
    });
  });

  it('the queue stands in the order of the specification, with one request of the timer at most (C-038, C-045)', () => {
    holds((_before, _facts, { state }) => {
      const { queue } = state.table;
      for (const [index, request] of queue.slice(1).entries()) {
        expect(mustPrecede(queue[index]!, request)).toBe(true);
      }
      expect(queue.filter(({ cause }) => cause === 'periodic').length).toBeLessThanOrEqual(1);
    });
  });

  it('something stands in the way of all that waits (C-044)', () => {
    holds((_before, _facts, { state, at, monotonicMs }) => {
      const { table } = state;
      for (const request of table.queue) {
        expect(verdictOn(table, request, { at, monotonicMs }).type).toBe('blocked');
      }
    });
  });

  it('every request that waited is begun or refused once nothing is in its way (C-291)', () => {
    const property = fc.property(programme, (made) => {
      const run = play(made, () => {});
      const asked = run.facts.filter((fact) => fact.type === 'request.queued').length;
      for (let rounds = 0; rounds < 500 && run.state.table.queue.length > 0; rounds++) {
        run.clean();
        speak(run, { say: 'complete', nth: 0 }, (command) => run.tell(command));
      }
      expect(run.state.table.queue).toEqual([]);
      const answers = run.facts.flatMap((fact) =>
        fact.type === 'checkpoint.triggered' || fact.type === 'request.rejected'
          ? (fact.requestId ?? [])
          : [],
      );
      expect(answers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: asked }, (_, n) => n + 1));
    });
    fc.assert(property, { numRuns: RUNS });
  });
});
