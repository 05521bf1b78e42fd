/** Every command in every state a job can be in: what it comes to. Behind the test and the reference page. */
import type { CommandType } from '../../src/core/commands.ts';
import { checkConfiguration } from '../../src/core/configuration.ts';
import { DISPOSED_REMEMBERED_MAX } from '../../src/core/job-state.ts';
import { frameOutcomes, type OutcomeType } from '../../src/core/outcomes.ts';
import { parseJobId, parseOperatorId } from '../../src/state/ids.ts';
import {
  acknowledgeCommand,
  coordinatorsAnswer,
  coreAttempts,
  coreLocation,
  CoreRun,
  framesCommand,
  hooksAnswer,
  id,
  metricsCommand,
  readOperator,
  runningJob,
  tooLargeFrame,
  writeOperator,
  type AskedFirst,
  type CoreCommand,
  type FrameSpec,
} from './core-run.ts';

/** A state of the job and of the checkpoint that commands speak of (always checkpoint 1, or 9 where there is none). */
export interface Scenario {
  readonly job: string;
  readonly checkpoint: string;
  readonly make: () => CoreRun;
  readonly checkpointId: number;
}

/** A command, or one of the ways it can be given. */
export interface CommandVariant {
  readonly type: CommandType;
  /** What is special about this one; empty for the plain command. */
  readonly detail: string;
  readonly make: (checkpointId: number) => CoreCommand;
}

/** One pair and what it comes to. */
export interface WalkedPair {
  readonly variant: CommandVariant;
  readonly scenario: Scenario;
  readonly outcome: OutcomeType;
  readonly facts: readonly string[];
}

const otherJob = parseJobId('f'.repeat(32));
const target = { base: 'file:/backups', name: 'savepoint-00c0ff-1' };

const phases: Readonly<Record<string, (run: CoreRun) => void>> = {
  none: () => {},
  locating: (run) => void run.trigger(),
  'snapshotting coordinators': (run) => run.locate(run.trigger()),
  'snapshotting hooks': (run) => run.locate(run.trigger()),
  collecting: (run) => {
    run.locate(run.trigger());
    run.acknowledge({ checkpointId: 1, slot: 0 });
  },
  'another waits': (run) => {
    run.locate(run.trigger());
    run.acknowledge({ checkpointId: 1, slot: 0 });
    run.tell({ type: 'triggerCheckpoint' });
  },
  'last one missing': (run) => {
    run.locate(run.trigger());
    run.acknowledge(...[0, 2, 3].map((slot) => ({ checkpointId: 1, slot })));
  },
  writing: (run) => {
    run.locate(run.trigger());
    run.acknowledgeAll(id(1));
  },
  completed: (run) => void run.complete(),
  aborted: (run) => {
    run.locate(run.trigger());
    run.tell({ type: 'expire', checkpointId: id(1) });
  },
  'aborted long ago': (run) => {
    for (let n = 0; n <= DISPOSED_REMEMBERED_MAX; n++) {
      const checkpointId = run.trigger();
      run.locate(checkpointId);
      run.tell({ type: 'expire', checkpointId });
    }
    run.clean();
  },
};

/** Who is asked before the tasks, where that is what the scenario is about. */
const asked: Readonly<Record<string, AskedFirst>> = {
  'snapshotting coordinators': { operatorCoordinators: [readOperator], masterHooks: ['audit'] },
  'snapshotting hooks': { masterHooks: ['audit'] },
};

const scenario = (job: string, checkpoint: string, then: (run: CoreRun) => void): Scenario => ({
  job,
  checkpoint,
  checkpointId: checkpoint === 'none' ? 9 : 1,
  make: () => {
    const run = runningJob({ interval: '1 d' }, asked[checkpoint]);
    phases[checkpoint]?.(run);
    then(run);
    return run;
  },
});

/** Nothing is in flight unless the job runs: leaving `running` gives everything up. */
const settled = ['none', 'completed', 'aborted', 'aborted long ago'];

export const scenarios: readonly Scenario[] = [
  { job: 'created', checkpoint: 'none', checkpointId: 9, make: () => new CoreRun({ interval: '1 d' }) },
  ...Object.keys(phases).map((phase) => scenario('running', phase, () => {})),
  ...settled.map((phase) => scenario('restarting', phase, (run) => run.status('RESTARTING'))),
  ...settled.map((phase) => scenario('suspended', phase, (run) => run.status('SUSPENDED'))),
  ...settled.map((phase) => scenario('ended', phase, (run) => run.status('FAILED'))),
];

const plain = (type: CommandType, make: CommandVariant['make']): CommandVariant => ({
  type,
  detail: '',
  make,
});

const frame = (detail: string, spec: Omit<FrameSpec, 'checkpointId'>): CommandVariant => ({
  type: 'acknowledge',
  detail,
  make: (checkpointId) => acknowledgeCommand([{ checkpointId, ...spec }]),
});

const status = (name: Extract<CoreCommand, { type: 'reportJobStatus' }>['status']): CommandVariant => ({
  type: 'reportJobStatus',
  detail: name,
  make: () => ({ type: 'reportJobStatus', status: name, message: '' }),
});

const attempt = (slot: number, number: number, detail: string): readonly CommandVariant[] => [
  {
    type: 'endAttempt',
    detail,
    make: () => ({ type: 'endAttempt', slot, attempt: number, status: 'failed', message: '' }),
  },
  ...[false, true].map((isActive) => ({
    type: 'changeActivity' as const,
    detail: `${isActive ? 'active' : 'inactive'}, ${detail}`,
    make: () => ({ type: 'changeActivity' as const, attempts: [{ slot, attempt: number }], isActive }),
  })),
  { type: 'endData', detail, make: () => ({ type: 'endData', slot, attempt: number }) },
  {
    type: 'decline',
    detail,
    make: (checkpointId) => ({
      type: 'decline',
      checkpointId: id(checkpointId),
      slot,
      attempt: number,
      reason: 'CHECKPOINT_DECLINED',
      message: '',
    }),
  },
];

const backlog = (digit: string, detail: string): CommandVariant => ({
  type: 'reportBacklog',
  detail,
  make: () => ({ type: 'reportBacklog', operatorId: parseOperatorId(digit.repeat(32)), isBacklog: true }),
});

export const variants: readonly CommandVariant[] = [
  plain('takeOver', () => ({
    type: 'takeOver',
    term: 2,
    configuration: checkConfiguration({}),
    isNew: false,
  })),
  plain('registerHook', () => ({ type: 'registerHook', hookId: 'audit' })),
  {
    type: 'takeOver',
    detail: 'in a term that has begun before',
    make: () => ({ type: 'takeOver', term: 1, configuration: checkConfiguration({}), isNew: false }),
  },
  {
    type: 'attach',
    detail: 'all attempts live',
    make: () => ({
      type: 'attach',
      living: coreAttempts(0, 1).map((entry) => ({ ...entry, dataEnded: false })),
    }),
  },
  { type: 'attach', detail: 'no attempt lives', make: () => ({ type: 'attach', living: [] }) },
  plain('restore', () => ({ type: 'restore', attempts: coreAttempts(4, 2) })),
  ...(['RUNNING', 'RESTARTING', 'SUSPENDED', 'FINISHED', 'FAILED', 'CANCELLED'] as const).map(status),
  plain('startScheduler', () => ({ type: 'startScheduler' })),
  plain('stopScheduler', () => ({ type: 'stopScheduler' })),
  backlog('a', 'of a source'),
  backlog('f', 'of no operator of the job'),
  plain('tick', () => ({ type: 'tick' })),
  { type: 'tick', detail: 'of an earlier schedule', make: () => ({ type: 'tick', start: 7 }) },
  plain('triggerCheckpoint', () => ({ type: 'triggerCheckpoint' })),
  plain('triggerSavepoint', () => ({ type: 'triggerSavepoint', target, key: undefined })),
  plain('locate', (checkpointId) => ({
    type: 'locate',
    checkpointId: id(checkpointId),
    location: coreLocation(checkpointId),
  })),
  plain('failLocation', (checkpointId) => ({
    type: 'failLocation',
    checkpointId: id(checkpointId),
    message: '',
  })),
  {
    type: 'acknowledgeCoordinators',
    detail: 'of an operator that has one',
    make: (checkpointId) => coordinatorsAnswer(checkpointId, [readOperator, 'splits']),
  },
  {
    type: 'acknowledgeCoordinators',
    detail: 'of an operator that has none',
    make: (checkpointId) => coordinatorsAnswer(checkpointId, [writeOperator, 'what?']),
  },
  {
    type: 'acknowledgeHooks',
    detail: 'of the job',
    make: (checkpointId) => hooksAnswer(checkpointId, ['audit', 'entry 7']),
  },
  {
    type: 'acknowledgeHooks',
    detail: 'that nobody knows',
    make: (checkpointId) => hooksAnswer(checkpointId, ['stranger', 'what?']),
  },
  plain('failTrigger', (checkpointId) => ({
    type: 'failTrigger',
    checkpointId: id(checkpointId),
    reason: 'TRIGGER_CHECKPOINT_FAILURE',
    message: '',
  })),
  frame('by the second task to answer', { slot: 1 }),
  frame('by the first task to answer', { slot: 0 }),
  frame('by an attempt outside the plan', { slot: 0, attempt: 9 }),
  frame('with the slices of another subtask', { slot: 1, subtask: 0 }),
  frame('of another job', { slot: 1, jobId: otherJob }),
  {
    type: 'acknowledge',
    detail: 'larger than may be',
    make: (checkpointId) => framesCommand(tooLargeFrame(checkpointId, 1)),
  },
  ...attempt(0, 1, 'by an attempt of the plan'),
  ...attempt(0, 9, 'by an attempt that is not known'),
  {
    type: 'decline',
    detail: 'of another job',
    make: (checkpointId) => ({
      type: 'decline',
      jobId: otherJob,
      checkpointId: id(checkpointId),
      slot: 0,
      attempt: 1,
      reason: 'CHECKPOINT_DECLINED',
      message: '',
    }),
  },
  {
    type: 'reportMetrics',
    detail: 'by the second task to answer',
    make: (checkpointId) => metricsCommand(checkpointId, 1),
  },
  {
    type: 'reportMetrics',
    detail: 'by the first task to answer',
    make: (checkpointId) => metricsCommand(checkpointId, 0),
  },
  {
    type: 'reportMetrics',
    detail: 'by an attempt outside the plan',
    make: (checkpointId) => metricsCommand(checkpointId, 0, 9),
  },
  plain('expire', (checkpointId) => ({ type: 'expire', checkpointId: id(checkpointId) })),
  plain('recordMetadata', (checkpointId) => ({
    type: 'recordMetadata',
    checkpointId: id(checkpointId),
    externalPointer: coreLocation(checkpointId).exclusive,
    metadataSizeBytes: 500,
  })),
  plain('failMetadata', (checkpointId) => ({
    type: 'failMetadata',
    checkpointId: id(checkpointId),
    message: '',
  })),
  { type: 'postponeDiscard', detail: 'discard 1', make: () => ({ type: 'postponeDiscard', discardId: 1 }) },
  { type: 'postponeDiscard', detail: 'discard 99', make: () => ({ type: 'postponeDiscard', discardId: 99 }) },
  { type: 'confirmDiscard', detail: 'discard 1', make: () => ({ type: 'confirmDiscard', discardId: 1 }) },
  { type: 'confirmDiscard', detail: 'discard 99', make: () => ({ type: 'confirmDiscard', discardId: 99 }) },
];

/** A batch is done; what became of its one frame is what the page is about. */
const outcomeOf = (told: ReturnType<CoreRun['tell']>): OutcomeType => {
  const [code] = told.outcome.frames ?? [];
  return code === undefined ? told.outcome.type : (frameOutcomes[code] ?? 'done');
};

/** Gives every command in every state, each to a run of its own. */
export const walkCommands = (): readonly WalkedPair[] =>
  variants.flatMap((variant) =>
    scenarios.map((where) => {
      const told = where.make().tell(variant.make(where.checkpointId));
      return {
        variant,
        scenario: where,
        outcome: outcomeOf(told),
        facts: told.facts.map((fact) => fact.type),
      };
    }),
  );
