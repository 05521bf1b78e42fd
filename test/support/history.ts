/**
 * Random histories of a job, as short programmes: what happened, in words that mean something at every moment. A
 * programme is played into turns, grouped into blocks as the runtime groups them, and appended to a journal.
 */
import fc from 'fast-check';
import type { Command, Time } from '../../src/core/commands.ts';
import { checkConfiguration } from '../../src/core/configuration.ts';
import { declineReasons } from '../../src/core/failures.ts';
import { encodeFacts } from '../../src/core/facts/codec.ts';
import { encodeSnapshot } from '../../src/core/facts/snapshot.ts';
import { inactivePhase, initialState, type JobState } from '../../src/core/job-state.ts';
import { taskPhases as phasesOfTasks } from '../../src/core/phase.ts';
import { step } from '../../src/core/step.ts';
import type { BlockContent, Journal } from '../../src/journal/journal.ts';
import { retentionPolicies } from '../../src/retention/policy.ts';
import type { Letter } from '../../src/runtime/inbox.ts';
import { streamOf } from '../../src/runtime/recover.ts';
import { noteAcknowledged } from '../../src/runtime/recover-statistics.ts';
import { takeTurn } from '../../src/runtime/turn.ts';
import { parseOperatorId, type CheckpointId, type OperatorId } from '../../src/state/ids.ts';
import { walkFrames } from '../../src/tasks/walk-frames.ts';
import {
  coordinatorsAnswer,
  coreAttempts,
  coreGraph,
  coreJobId,
  coreLocation,
  countOperator,
  frameOf,
  hooksAnswer,
  metricsOf,
  readOperator,
  writeOperator,
  type AskedFirst,
  type CoreCommand,
  type FrameSpec,
} from './core-run.ts';
import { describeState } from './describe-state.ts';

const dataEndedPhase = phasesOfTasks.next(phasesOfTasks.initial, 'task.dataEnded');

/** Which checkpoint something speaks of, counted back from the newest id: 0 is the newest. */
type Back = number;

export type Happening =
  | { readonly type: 'tick' | 'checkpoint' | 'restart' }
  | { readonly type: 'complete' | 'deploy' | 'block' }
  | { readonly type: 'savepoint'; readonly key: string | undefined }
  | { readonly type: 'locate' | 'locateFails' | 'expire' | 'metadata' | 'metadataFails'; readonly back: Back }
  | {
      readonly type: 'acknowledge';
      readonly back: Back;
      readonly tasks: readonly number[];
      readonly how: How;
    }
  | {
      readonly type: 'coordinatorsAnswer' | 'hooksAnswer';
      readonly back: Back;
      readonly by: 'asked' | 'some' | 'stranger';
      readonly text: string | undefined;
    }
  | { readonly type: 'triggerFails'; readonly back: Back }
  | { readonly type: 'hookAdded'; readonly name: string }
  | { readonly type: 'decline'; readonly back: Back; readonly task: number; readonly reason: number }
  | { readonly type: 'measured'; readonly back: Back; readonly task: number }
  | { readonly type: 'end'; readonly task: number; readonly status: 'finished' | 'failed' | 'cancelled' }
  | { readonly type: 'dataEnds'; readonly tasks: readonly number[] }
  | {
      readonly type: 'status';
      readonly status: 'RUNNING' | 'FINISHED' | 'FAILED' | 'CANCELLED' | 'SUSPENDED';
    }
  | { readonly type: 'startSchedule' | 'stopSchedule' }
  | { readonly type: 'active' | 'inactive'; readonly tasks: readonly number[] }
  | { readonly type: 'backlog'; readonly operator: 'a' | 'b'; readonly isBacklog: boolean }
  | { readonly type: 'discarded' | 'undeletable'; readonly nth: number }
  | {
      readonly type: 'crash';
      readonly retention: number;
      readonly retained: number;
      readonly concurrent: number;
      readonly pauseMs: number;
      readonly unaligned: boolean;
      readonly coordinators: number;
      readonly hooks: number;
      readonly lost: readonly number[];
    }
  | { readonly type: 'time'; readonly ms: number };

/** `old`: by attempts of an earlier deployment. `bare`: without state. `sharing`: with files of other checkpoints. */
type How = 'well' | 'old' | 'malformed' | 'bare' | 'sharing';

const show = (happening: Happening): string => {
  const { type, ...rest } = happening;
  const texts = Object.values(rest).map((value) =>
    Array.isArray(value) ? `[${value.join(' ')}]` : String(value),
  );
  return texts.length === 0 ? type : `${type}(${texts.join(', ')})`;
};

const back = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(3) });
const task = fc.nat(3);
const tasks = fc.oneof(
  { weight: 2, arbitrary: fc.constant([0, 1, 2, 3]) },
  { weight: 3, arbitrary: fc.array(task, { minLength: 1, maxLength: 6 }) },
);
const how = fc.oneof(
  { weight: 4, arbitrary: fc.constant<How>('well') },
  { weight: 3, arbitrary: fc.constant<How>('sharing') },
  { weight: 1, arbitrary: fc.constantFrom<How>('old', 'malformed', 'bare') },
);
const of = <Type extends Happening['type']>(...types: Type[]): { type: fc.Arbitrary<Type> } => ({
  type: fc.constantFrom(...types),
});

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 8, arbitrary: fc.record(of('tick', 'checkpoint')) },
  { weight: 4, arbitrary: fc.record(of('complete')) },
  { weight: 3, arbitrary: fc.record({ ...of('savepoint'), key: fc.constantFrom(undefined, 'a', 'b', '7') }) },
  { weight: 8, arbitrary: fc.record({ ...of('locate'), back }) },
  { weight: 6, arbitrary: fc.record({ ...of('metadata'), back }) },
  { weight: 3, arbitrary: fc.record({ ...of('expire', 'locateFails', 'metadataFails'), back }) },
  { weight: 14, arbitrary: fc.record({ ...of('acknowledge'), back, tasks, how }) },
  {
    weight: 10,
    arbitrary: fc.record({
      ...of('coordinatorsAnswer', 'hooksAnswer'),
      back,
      by: fc.constantFrom('asked', 'asked', 'asked', 'some', 'stranger'),
      text: fc.constantFrom('', 'state', undefined),
    }),
  },
  { weight: 1, arbitrary: fc.record({ ...of('triggerFails'), back }) },
  { weight: 1, arbitrary: fc.record({ ...of('hookAdded'), name: fc.constantFrom('hook-0', 'later') }) },
  {
    weight: 1,
    arbitrary: fc.record({ ...of('decline'), back, task, reason: fc.nat(declineReasons.length - 1) }),
  },
  { weight: 2, arbitrary: fc.record({ ...of('measured'), back, task }) },
  {
    weight: 1,
    arbitrary: fc.record({ ...of('end'), task, status: fc.constantFrom('finished', 'failed', 'cancelled') }),
  },
  { weight: 2, arbitrary: fc.record({ ...of('dataEnds'), tasks }) },
  { weight: 1, arbitrary: fc.record(of('restart')) },
  { weight: 1, arbitrary: fc.record(of('startSchedule', 'stopSchedule')) },
  { weight: 2, arbitrary: fc.record({ ...of('active', 'inactive'), tasks }) },
  {
    weight: 1,
    arbitrary: fc.record({
      ...of('backlog'),
      operator: fc.constantFrom('a' as const, 'b' as const),
      isBacklog: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record(of('deploy')) },
  { weight: 4, arbitrary: fc.record({ ...of('status'), status: fc.constant('RUNNING') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      ...of('status'),
      status: fc.constantFrom('FINISHED', 'FAILED', 'CANCELLED', 'SUSPENDED', 'SUSPENDED'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ ...of('discarded', 'discarded', 'undeletable'), nth: fc.nat(2) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      ...of('crash'),
      retention: fc.nat(2),
      retained: fc.integer({ min: 1, max: 3 }),
      concurrent: fc.integer({ min: 1, max: 3 }),
      pauseMs: fc.constantFrom(0, 0, 1_000),
      unaligned: fc.boolean(),
      coordinators: fc.constantFrom(0, 0, 0, 1, 2),
      hooks: fc.constantFrom(0, 0, 0, 1, 2),
      lost: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(task, { maxLength: 2 })),
    }),
  },
  { weight: 2, arbitrary: fc.record({ ...of('time'), ms: fc.integer({ min: -50, max: 5_000 }) }) },
  { weight: 12, arbitrary: fc.record(of('block')) },
);

/** A file of this checkpoint alone, one of two or three in a row, and one in its own directory. */
const sharedBy = (checkpointId: number, task: number): string[] => [
  `${task}-${checkpointId}`,
  `${task}-${Math.floor(checkpointId / 3)}-and-more`,
  `./own-${task}`,
];

/** A programme: printed as one line a happening when it fails. */
export const history: fc.Arbitrary<readonly Happening[]> = fc
  .array(happening, { minLength: 1, maxLength: 60, size: 'max' })
  .map((programme) =>
    Object.defineProperty(programme, fc.toStringMethod, {
      value: () => `\n  ${programme.map(show).join('\n  ')}\n`,
    }),
  );

/** The live state after a block, and the snapshot that could be taken there. */
export interface Seam {
  readonly revision: number;
  readonly described: unknown;
  readonly snapshot: Uint8Array;
}

type Chosen = Omit<Extract<Happening, { type: 'crash' }>, 'type' | 'lost'>;

const configurationOf = ({ retention, retained, concurrent, pauseMs, unaligned }: Chosen) =>
  checkConfiguration({
    retention: retentionPolicies[retention],
    retained,
    maxConcurrent: concurrent,
    minPause: pauseMs,
    // Only one at a time can be unaligned (C-027).
    unaligned: unaligned && concurrent === 1,
    interval: '1 d',
    timeout: '30 s',
  });

/** Two in flight at most, so that what only overlaps can reach is reached without a crash. */
const atFirst: Chosen = {
  retention: 0,
  retained: 1,
  concurrent: 2,
  pauseMs: 0,
  unaligned: false,
  coordinators: 1,
  hooks: 1,
};

/** Who is asked before the tasks. */
const askedOf = ({ coordinators, hooks }: Chosen): AskedFirst => ({
  operatorCoordinators: [readOperator, countOperator].slice(0, coordinators),
  masterHooks: ['hook-0', 'hook-1'].slice(0, hooks),
});

/** Memory for the states is the turn's. */
const unallocated = ({ allocate: _allocate, ...content }: CoreCommand & { allocate?: unknown }) =>
  content as Letter['content'];

const answerBytes = (content: Letter['content']): number =>
  content.type === 'acknowledgeCoordinators' || content.type === 'acknowledgeHooks'
    ? content.states.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0)
    : 0;

/** Plays a programme. Turns are the runtime's own; only the taking over is done by hand, as opening does it. */
export class HistoryPlay {
  readonly seams: Seam[] = [];
  /** Types of all facts that were decided, for the test that says what the histories reach. */
  readonly factTypes = new Set<string>();
  readonly outcomes = new Set<string>();
  state: JobState;
  readonly #journal: Journal;
  readonly #acknowledgedIn = new Map<number, number[]>();
  #letters: Letter[] = [];
  #time: Time = { at: 1_000_000, monotonicMs: 0 };
  #revision = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
    this.state = initialState(coreJobId, coreGraph, configurationOf(atFirst));
  }

  async play(programme: readonly Happening[]): Promise<void> {
    await this.#takeOver(atFirst, []);
    await this.#play({ type: 'deploy' });
    await this.#play({ type: 'status', status: 'RUNNING' });
    await this.#turn();
    for (const each of programme) await this.#play(each);
    await this.#turn();
  }

  async #play(each: Happening): Promise<void> {
    switch (each.type) {
      case 'time':
        await this.#turn();
        this.#time = {
          at: this.#time.at + each.ms,
          monotonicMs: this.#time.monotonicMs + Math.abs(each.ms),
        };
        return;
      case 'block':
        return this.#turn();
      case 'crash':
        await this.#turn();
        return this.#takeOver(each, each.lost);
      case 'complete':
        return this.#complete();
      case 'deploy': {
        // Slots and attempts depend on what was decided before.
        await this.#turn();
        const { nextSlot, nextAttempt } = this.state.table;
        return this.#post({ type: 'restore', attempts: coreAttempts(nextSlot, nextAttempt) });
      }
      default:
        for (const content of this.#contents(each)) this.#post(content);
    }
  }

  /** A checkpoint from its trigger to its end, in one block each. */
  async #complete(): Promise<void> {
    const back = 0;
    await this.#play({ type: 'checkpoint' });
    await this.#turn();
    await this.#play({ type: 'locate', back });
    await this.#play({ type: 'coordinatorsAnswer', back, by: 'asked', text: 'splits' });
    await this.#play({ type: 'hooksAnswer', back, by: 'asked', text: 'entry' });
    await this.#play({ type: 'acknowledge', back, tasks: [0, 1, 2, 3], how: 'well' });
    await this.#turn();
    await this.#play({ type: 'metadata', back });
    await this.#turn();
  }

  #contents(
    each: Exclude<Happening, { type: 'time' | 'block' | 'crash' | 'deploy' | 'complete' }>,
  ): Letter['content'][] {
    switch (each.type) {
      case 'tick':
        return [{ type: 'tick' }];
      case 'checkpoint':
        return [{ type: 'triggerCheckpoint' }];
      case 'savepoint':
        return [
          { type: 'triggerSavepoint', target: { base: 'memory:/s', name: 'savepoint-1' }, key: each.key },
        ];
      case 'locate': {
        const checkpointId = this.#idOf(each.back);
        return [{ type: 'locate', checkpointId, location: coreLocation(checkpointId) }];
      }
      case 'locateFails':
        return [{ type: 'failLocation', checkpointId: this.#idOf(each.back), message: 'no disk' }];
      case 'expire':
        return [{ type: 'expire', checkpointId: this.#idOf(each.back) }];
      case 'metadata': {
        const checkpointId = this.#idOf(each.back);
        const externalPointer = coreLocation(checkpointId).exclusive;
        return [{ type: 'recordMetadata', checkpointId, externalPointer, metadataSizeBytes: 321 }];
      }
      case 'metadataFails':
        return [{ type: 'failMetadata', checkpointId: this.#idOf(each.back), message: 'disk full' }];
      case 'acknowledge':
        return [{ type: 'frames', batch: this.#batch(each.back, each.tasks, each.how) }];
      case 'coordinatorsAnswer':
      case 'hooksAnswer':
        return [unallocated(this.#answer(each))];
      case 'triggerFails':
        return [
          {
            type: 'failTrigger',
            checkpointId: this.#idOf(each.back),
            reason: 'TRIGGER_CHECKPOINT_FAILURE',
            message: 'no',
          },
        ];
      case 'hookAdded':
        return [{ type: 'registerHook', hookId: each.name }];
      case 'decline': {
        const { slot, attempt } = this.#attemptOf(each.task);
        const reason = declineReasons[each.reason] ?? declineReasons[0];
        return [
          { type: 'decline', checkpointId: this.#idOf(each.back), slot, attempt, reason, message: 'not now' },
        ];
      }
      case 'measured': {
        const { slot, attempt } = this.#attemptOf(each.task);
        const { checkpointId, metrics } = metricsOf(this.#idOf(each.back), slot, attempt);
        return [{ type: 'reportMetrics', checkpointId, metrics }];
      }
      case 'end': {
        const { slot, attempt } = this.#attemptOf(each.task);
        return [{ type: 'endAttempt', slot, attempt, status: each.status, message: 'gone' }];
      }
      case 'dataEnds':
        return each.tasks.map((number) => ({ type: 'endData', ...this.#attemptOf(number) }) as const);
      case 'startSchedule':
        return [{ type: 'startScheduler' }];
      case 'stopSchedule':
        return [{ type: 'stopScheduler' }];
      case 'active':
      case 'inactive': {
        const attempts = each.tasks.map((number) => this.#attemptOf(number));
        return [{ type: 'changeActivity', attempts, isActive: each.type === 'active' }];
      }
      case 'backlog': {
        const { operator, isBacklog } = each;
        return [{ type: 'reportBacklog', operatorId: parseOperatorId(operator.repeat(32)), isBacklog }];
      }
      case 'restart':
        return [{ type: 'reportJobStatus', status: 'RESTARTING', message: 'task failed' }];
      case 'status':
        return [{ type: 'reportJobStatus', status: each.status, message: '' }];
      case 'discarded':
      case 'undeletable': {
        const type = each.type === 'discarded' ? 'confirmDiscard' : 'postponeDiscard';
        const owed = Object.keys(this.state.table.discards).map(Number);
        return [{ type, discardId: owed[each.nth] ?? 1 }];
      }
    }
  }

  #idOf(back: Back): CheckpointId {
    return (this.state.table.nextCheckpointId - 1 - back) as CheckpointId;
  }

  /** By those who were asked, the first of them, or somebody else. */
  #answer({ type, back, by, text }: Extract<Happening, { type: 'coordinatorsAnswer' | 'hooksAnswer' }>) {
    const checkpointId = this.#idOf(back);
    const ledger = this.state.ledgers.get(checkpointId);
    const isCoordinators = type === 'coordinatorsAnswer';
    const asked = (isCoordinators ? ledger?.coordinators.ids : ledger?.hooks.ids) ?? [];
    const stranger = isCoordinators ? writeOperator : 'stranger';
    const ids = by === 'stranger' ? [stranger] : by === 'some' ? asked.slice(0, 1) : asked;
    return isCoordinators
      ? coordinatorsAnswer(checkpointId, ...ids.map((id) => [id as OperatorId, text] as const))
      : hooksAnswer(checkpointId, ...ids.map((id) => [id, text] as const));
  }

  /** The attempt that runs a task, or one that ran before where none does. */
  #attemptOf(number: number): { readonly slot: number; readonly attempt: number } {
    const { roster } = this.state.table;
    const position = roster.entries().findIndex(({ vertex, subtask }) => vertex * 2 + subtask === number);
    return position < 0 ? { slot: number, attempt: 1 } : roster.at(position);
  }

  #batch(back: Back, numbers: readonly number[], way: How) {
    const checkpointId = this.#idOf(back);
    const specs = numbers.map((number): FrameSpec => {
      const current = this.#attemptOf(number);
      const base = { checkpointId, slot: current.slot, attempt: current.attempt };
      const metrics = {
        syncDurationMs: number * 3,
        asyncDurationMs: 40 - number,
        processedBytes: number - 1,
      };
      if (way === 'old') return { ...base, attempt: current.attempt + 50, metrics };
      if (way === 'sharing') return { ...base, shared: sharedBy(checkpointId, number), metrics };
      if (way === 'malformed') return { ...base, subtask: 5 };
      return way === 'bare' ? { ...base, sliceCount: 0 } : { ...base, metrics };
    });
    return walkFrames(coreJobId, Buffer.concat(specs.map(frameOf)));
  }

  #post(content: Letter['content']): void {
    this.#letters.push({ content });
  }

  /** What waits is decided and appended as one block. */
  async #turn(): Promise<void> {
    const letters = this.#letters;
    this.#letters = [];
    if (letters.length === 0) return;
    const frameBytes = letters.reduce(
      (sum, { content }) =>
        sum + (content.type === 'frames' ? content.batch.slicesBytes : answerBytes(content)),
      0,
    );
    const turn = takeTurn(this.state, { letters, frameBytes }, this.#time);
    for (const { outcome } of turn.replies) this.outcomes.add(outcome.type);
    this.state = turn.state;
    if (turn.block !== undefined) await this.#append(turn.block, turn.facts);
  }

  /** Opening: one block that fences, one for what attaching decides. */
  async #takeOver(chosen: Chosen, lost: readonly number[]): Promise<void> {
    const { term } = this.state.table;
    const configuration = configurationOf(chosen);
    const initialDelayMs = 100 * term;
    const reign = { term: term + 1, configuration, initialDelayMs, isNew: term === 0, ...askedOf(chosen) };
    await this.#decide({ type: 'takeOver', ...this.#time, ...reign });
    const gone = new Set(lost.map((number) => this.#attemptOf(number).slot));
    const { roster, taskPhases } = this.state.table;
    const living = roster
      .entries()
      .filter(({ slot }) => !gone.has(slot))
      .map((entry) => ({
        ...entry,
        dataEnded: taskPhases[entry.slot] === dataEndedPhase,
        isActive: taskPhases[entry.slot] !== inactivePhase,
      }));
    await this.#decide({ type: 'attach', ...this.#time, living });
  }

  async #decide(command: Command): Promise<void> {
    const { state, facts } = step(this.state, command);
    this.state = state;
    if (facts.length > 0) await this.#append(encodeFacts(facts), facts);
  }

  async #append(block: BlockContent, facts: Parameters<typeof noteAcknowledged>[1]): Promise<void> {
    const { term } = this.state.table;
    const expectedRevision = this.#revision;
    const result = await this.#journal.append({ stream: streamOf(coreJobId), expectedRevision, term, block });
    if (result.type !== 'appended') throw new Error(`not appended: ${result.type}`);
    this.#revision = result.revision;
    for (const fact of facts) this.factTypes.add(fact.type);
    noteAcknowledged(this.#acknowledgedIn, facts, result.revision);
    this.seams.push({
      revision: result.revision,
      described: describeState(this.state),
      snapshot: encodeSnapshot(this.state, this.#acknowledgedIn),
    });
  }
}
