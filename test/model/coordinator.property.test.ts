/** The core beside a model of it, under the same random commands, compared after each of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkpointPhases } from '../../src/core/phase.ts';
import { unfinished, type UnfinishedCheckpoint } from '../../src/core/job-state.ts';
import { checkpointId, slot } from '../../src/state/ids.ts';
import {
  coordinatorsAnswer,
  hooksAnswer,
  readOperator,
  runningJob,
  type CoreRun,
} from '../support/core-run.ts';
import { CoordinatorModel, type PendingModel, type Step } from './coordinator-model.ts';

const RUNS = 1_000;
const TASKS = 4;

type Asked = Step | 'triggerFails';

type Word =
  | { readonly say: 'checkpoint' | 'savepoint' | 'restart' }
  | {
      readonly say: 'located' | 'everyone' | 'decline' | 'expire' | 'written' | 'unwritten' | Asked;
      readonly id: number;
    }
  | { readonly say: 'acknowledge'; readonly id: number; readonly task: number };

/** Up to 9: one of those in flight, counted from the oldest. Beyond: any id, gone by or still to come. */
const id = fc.oneof(
  { weight: 9, arbitrary: fc.nat(9) },
  { weight: 1, arbitrary: fc.integer({ min: 10, max: 30 }) },
);
const word: fc.Arbitrary<Word> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ say: fc.constantFrom('checkpoint', 'checkpoint', 'savepoint') }) },
  { weight: 7, arbitrary: fc.record({ say: fc.constantFrom('located', 'located', 'everyone'), id }) },
  { weight: 6, arbitrary: fc.record({ say: fc.constantFrom('coordinators', 'hooks'), id }) },
  { weight: 4, arbitrary: fc.record({ say: fc.constant('acknowledge'), id, task: fc.nat(TASKS - 1) }) },
  { weight: 5, arbitrary: fc.record({ say: fc.constantFrom('written', 'written', 'unwritten'), id }) },
  { weight: 1, arbitrary: fc.record({ say: fc.constantFrom('decline', 'expire', 'triggerFails'), id }) },
  { weight: 1, arbitrary: fc.record({ say: fc.constant('restart') }) },
);

interface Programme {
  readonly maxConcurrent: number;
  readonly retained: number;
  readonly steps: readonly Step[];
  readonly words: readonly Word[];
}

const textOf = ({ maxConcurrent, retained, steps, words }: Programme): string =>
  `\n  ${maxConcurrent} at once, ${retained} kept, first ${steps.join(' and ')}\n  ${words.map((each) => Object.values(each).join(' ')).join('\n  ')}\n`;

const programme: fc.Arbitrary<Programme> = fc
  .record({
    maxConcurrent: fc.integer({ min: 1, max: 3 }),
    retained: fc.integer({ min: 1, max: 3 }),
    steps: fc.subarray<Step>(['coordinators', 'hooks']),
    words: fc.array(word, { minLength: 1, maxLength: 80, size: 'max' }),
  })
  .map((made) => Object.defineProperty(made, fc.toStringMethod, { value: () => textOf(made) }));

/** Both sides of one programme. */
class Comparison {
  readonly run: CoreRun;
  readonly model: CoordinatorModel;
  #deployments = 1;
  /** Answers that differ. */
  readonly disagreements: string[] = [];

  constructor({ maxConcurrent, retained, steps }: Programme) {
    const asked = {
      operatorCoordinators: steps.includes('coordinators') ? [readOperator] : [],
      masterHooks: steps.includes('hooks') ? ['audit'] : [],
    };
    this.run = runningJob({ maxConcurrent, retained }, asked);
    this.model = new CoordinatorModel({ tasks: TASKS, maxConcurrent, retained, steps });
  }

  /** The id that a word speaks of, now. */
  #idOf(number: number): number {
    const { pending } = this.model;
    return number < 10 ? (pending[number % Math.max(1, pending.length)]?.id ?? 1) : number - 9;
  }

  tell(each: Word): void {
    switch (each.say) {
      case 'checkpoint':
      case 'savepoint':
        return this.#ask(each.say);
      case 'restart':
        return this.#restart();
      case 'acknowledge':
        return this.#acknowledge(this.#idOf(each.id), each.task);
      case 'everyone':
        return this.#acknowledgeAll(this.#idOf(each.id));
      case 'coordinators':
      case 'hooks':
      case 'triggerFails':
        return this.#answer(each.say, this.#idOf(each.id));
      default:
        return this.#end(each.say, this.#idOf(each.id));
    }
  }

  #ask(kind: 'checkpoint' | 'savepoint'): void {
    const target = { base: 'memory:/backups', name: `savepoint-00c0ff-${this.model.nextId}` };
    const { outcome } =
      kind === 'checkpoint'
        ? this.run.tell({ type: 'triggerCheckpoint' })
        : this.run.tell({ type: 'triggerSavepoint', target, key: undefined });
    const expected = this.model.ask(kind);
    if (outcome.type !== expected) this.disagreements.push(`${kind}: ${outcome.type}, not ${expected}`);
  }

  /** The slot of a task in the deployment that lives now. */
  #slot(task: number): number {
    return 4 * (this.#deployments - 1) + task;
  }

  #acknowledge(checkpoint: number, task: number): void {
    const frame = { checkpointId: checkpoint, slot: this.#slot(task), attempt: this.#deployments };
    this.run.acknowledge(frame);
    this.model.acknowledge(checkpoint, task);
  }

  #answer(say: Asked, checkpoint: number): void {
    const { run, model } = this;
    if (say === 'triggerFails') {
      const failed = { reason: 'TRIGGER_CHECKPOINT_FAILURE', message: '' } as const;
      run.tell({ type: 'failTrigger', checkpointId: checkpointId(checkpoint), ...failed });
      model.failTrigger(checkpoint);
      return;
    }
    const isCoordinators = say === 'coordinators';
    run.tell(
      isCoordinators
        ? coordinatorsAnswer(checkpoint, [readOperator, 'splits'])
        : hooksAnswer(checkpoint, ['audit', 'entry']),
    );
    model.answer(checkpoint, say);
  }

  #acknowledgeAll(checkpoint: number): void {
    for (let task = 0; task < TASKS; task += 1) this.#acknowledge(checkpoint, task);
  }

  #restart(): void {
    this.run.status('RESTARTING');
    this.#deployments += 1;
    this.run.deploy(this.#slot(0), this.#deployments);
    this.run.status('RUNNING');
    this.model.restart();
  }

  #end(say: 'located' | 'decline' | 'expire' | 'written' | 'unwritten', checkpoint: number): void {
    const { run, model } = this;
    const named = { checkpointId: checkpointId(checkpoint) };
    if (say === 'located') {
      run.locate(named.checkpointId);
      model.locate(checkpoint);
    } else if (say === 'decline') {
      run.tell({
        type: 'decline',
        ...named,
        slot: slot(this.#slot(0)),
        attempt: this.#deployments,
        reason: 'CHECKPOINT_DECLINED',
        message: '',
      });
      model.decline(checkpoint);
    } else if (say === 'expire') {
      run.tell({ type: 'expire', ...named });
      model.fail(checkpoint, false);
    } else if (say === 'written') {
      run.recordMetadata(named.checkpointId);
      model.complete(checkpoint);
    } else {
      run.tell({ type: 'failMetadata', ...named, message: 'no space' });
      model.fail(checkpoint, true);
    }
  }
}

const stageOf = ({ phase }: UnfinishedCheckpoint): PendingModel['stage'] => {
  if (checkpointPhases.accepts(phase, 'checkpoint.located')) return 'locating';
  if (checkpointPhases.accepts(phase, 'tasks.asked')) {
    return checkpointPhases.accepts(phase, 'hooks.asked') ? 'coordinators' : 'hooks';
  }
  return checkpointPhases.accepts(phase, 'metadata.written') ? 'writing' : 'collecting';
};

const ofCore = ({ state }: CoreRun) => ({
  pending: unfinished(state.table).map((each) => ({
    id: Number(each.checkpointId),
    kind: each.kind,
    stage: stageOf(each),
    acknowledged: TASKS - (state.ledgers.get(each.checkpointId)?.left ?? 0),
  })),
  kept: state.table.completed.map((each) => Number(each.checkpointId)),
  queue: state.table.queue.map(({ kind }) => kind),
  nextId: state.table.nextCheckpointId,
  latest: state.table.latestCompletedId,
});

const ofModel = ({ pending, kept, queue, nextId, latest }: CoordinatorModel): ReturnType<typeof ofCore> => ({
  pending: pending.map(({ acknowledged, ...each }) => ({ ...each, acknowledged: acknowledged.size })),
  kept,
  queue: queue.toSorted((one, other) => Number(one === 'checkpoint') - Number(other === 'checkpoint')),
  nextId,
  latest,
});

describe('the coordinator and its model', () => {
  it('agree after every command of any programme', () => {
    fc.assert(
      fc.property(programme, (made) => {
        const both = new Comparison(made);
        for (const each of made.words) {
          both.tell(each);
          // A storage that deletes at once: what waits for clean-up has tests of its own.
          both.run.clean();
          expect(ofCore(both.run)).toEqual(ofModel(both.model));
          expect(both.disagreements).toEqual([]);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('have every checkpoint end in one way, under an id of its own, growing with the triggers', () => {
    fc.assert(
      fc.property(programme, (made) => {
        const both = new Comparison(made);
        for (const each of made.words) {
          both.tell(each);
          both.run.clean();
        }
        const idsOf = (type: string): number[] =>
          both.run.facts.flatMap((fact) =>
            fact.type === type && 'checkpointId' in fact ? [Number(fact.checkpointId)] : [],
          );
        const triggered = idsOf('checkpoint.triggered');
        const ended = [...idsOf('checkpoint.completed'), ...idsOf('checkpoint.aborted')];
        expect(triggered).toEqual(triggered.map((_, index) => index + 1));
        expect(new Set(ended).size).toBe(ended.length);
        expect(idsOf('checkpoint.aborted')).toHaveLength(both.model.failed);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('the order of acknowledgements', () => {
  const slices = (run: CoreRun): string[] =>
    unfinished(run.state.table).flatMap(({ checkpointId: each }) => {
      const ledger = run.state.ledgers.get(each);
      return Array.from({ length: TASKS }, (_, position) =>
        Buffer.from(ledger?.sliceAt(position, 0) ?? []).toString('hex'),
      );
    });

  it('makes no difference to what a checkpoint holds', () => {
    const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: TASKS });
    const collected = (tasks: readonly number[]): CoreRun => {
      const run = runningJob();
      const triggered = run.trigger();
      run.locate(triggered);
      for (const task of tasks) run.acknowledge({ checkpointId: triggered, slot: task });
      return run;
    };
    fc.assert(
      fc.property(order, order, (one, other) => {
        const [left, right] = [collected(one), collected(other)];
        expect(slices(left)).toEqual(slices(right));
        expect(left.facts.at(-1)).toEqual(right.facts.at(-1));
      }),
    );
  });
});
