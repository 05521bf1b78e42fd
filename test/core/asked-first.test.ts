/** Operator coordinators and master hooks in the core: the steps of a trigger, and every answer to them. */
import { describe, expect, it } from 'vitest';
import { owedEffects } from '../../src/core/effects.ts';
import type { Ledger } from '../../src/core/ledger.ts';
import {
  acknowledgeCommand,
  coordinatorsAnswer,
  countOperator,
  hooksAnswer,
  id,
  readOperator,
  runningJob,
  writeOperator,
  type CoreRun,
} from '../support/core-run.ts';

const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);

const both = { operatorCoordinators: [readOperator, countOperator], masterHooks: ['audit', 'offsets'] };

/** A checkpoint whose place is prepared. */
const located = (asked: Parameters<typeof runningJob>[1]): CoreRun => {
  const run = runningJob({}, asked);
  run.locate(run.trigger());
  return run;
};

const phaseOf = (run: CoreRun, checkpointId = 1): string | undefined =>
  run.state.table.checkpoints[checkpointId]?.phase;

const ledgerOf = (run: CoreRun): Ledger => {
  const ledger = run.state.ledgers.get(1);
  if (ledger === undefined) throw new Error('no ledger');
  return ledger;
};

describe('steps before the tasks are asked', () => {
  it('are coordinators, then hooks, then the tasks, and each is a fact (C-063, C-064, C-065)', () => {
    const run = located(both);
    expect(phaseOf(run)).toBe('pending.snapshottingCoordinators');
    run.tell(coordinatorsAnswer(1, [readOperator, 'splits'], [countOperator]));
    expect(phaseOf(run)).toBe('pending.snapshottingHooks');
    expect(run.effects.filter(({ type }) => type === 'triggerTasks')).toEqual([]);
    run.tell(hooksAnswer(1, ['audit', 'entry'], ['offsets']));
    expect(phaseOf(run)).toBe('pending.collecting');
    expect(run.effects.at(-1)).toMatchObject({ type: 'triggerTasks', timestamp: 1_000, slots: [0, 1] });
    expect(run.facts.slice(-6).map(({ type }) => type)).toEqual([
      'checkpoint.triggered',
      'coordinators.asked',
      'coordinators.snapshotted',
      'hooks.asked',
      'hooks.snapshotted',
      'tasks.asked',
    ]);
  });

  it.each([
    [{ operatorCoordinators: [readOperator] }, 'pending.snapshottingCoordinators'],
    [{ masterHooks: ['audit'] }, 'pending.snapshottingHooks'],
    [{}, 'pending.collecting'],
  ])('are skipped where there is nobody to ask: %j', (asked, phase) => {
    const run = located(asked);
    expect(phaseOf(run)).toBe(phase);
    const plain = run.facts.filter(({ type }) => type === 'checkpoint.located');
    expect(plain).toHaveLength(phase === 'pending.collecting' ? 1 : 0);
  });

  it('keep the next request waiting until the tasks are asked (C-003, C-066)', () => {
    const run = runningJob({ maxConcurrent: 2 }, both);
    run.locate(run.trigger());
    expect(run.tell({ type: 'triggerCheckpoint' }).outcome.type).toBe('queued');
    expect(run.factsOf(coordinatorsAnswer(1, [readOperator], [countOperator]))).not.toContain(
      'checkpoint.triggered',
    );
    expect(run.factsOf(hooksAnswer(1, ['audit'], ['offsets']))).toEqual([
      'hooks.snapshotted',
      'tasks.asked',
      'checkpoint.triggered',
    ]);
  });

  it('free the queue when they fail (C-044, C-067)', () => {
    const run = located(both);
    run.tell({ type: 'triggerCheckpoint' });
    const failed = { reason: 'TRIGGER_CHECKPOINT_FAILURE', message: 'no quorum' } as const;
    const facts = run.factsOf({ type: 'failTrigger', checkpointId: id(1), ...failed });
    expect(facts).toEqual(['checkpoint.aborted', 'discard.planned', 'checkpoint.triggered']);
  });

  it('count acknowledgements and declines of tasks all the while (C-106)', () => {
    const run = located(both);
    run.acknowledgeAll(id(1));
    expect(phaseOf(run)).toBe('pending.snapshottingCoordinators');
    run.tell(coordinatorsAnswer(1, [readOperator], [countOperator]));
    expect(phaseOf(run)).toBe('pending.snapshottingHooks');
    expect(run.factsOf(hooksAnswer(1, ['audit'], ['offsets']))).toEqual([
      'hooks.snapshotted',
      'tasks.asked',
      'checkpoint.fullyAcknowledged',
    ]);
    const declined = located(both);
    const decline = { slot: 3, attempt: 1, reason: 'CHECKPOINT_DECLINED', message: 'not now' } as const;
    const { outcome } = declined.tell({ type: 'decline', checkpointId: id(1), ...decline });
    expect(outcome.type).toBe('aborted');
  });

  it('fail a checkpoint once: what fails behind the first is late (C-068)', () => {
    const run = located(both);
    const failed = { reason: 'IO_EXCEPTION', message: '' } as const;
    run.tell({ type: 'failTrigger', checkpointId: id(1), ...failed });
    expect(run.tell({ type: 'failTrigger', checkpointId: id(1), ...failed }).outcome.type).toBe('late');
    expect(run.facts.filter(({ type }) => type === 'checkpoint.aborted')).toHaveLength(1);
  });

  it('fail the job, once, when what failed is a part of it (C-077)', () => {
    const run = runningJob({ tolerableFailed: 0 }, both);
    run.locate(run.trigger());
    const failed = { reason: 'IO_EXCEPTION', message: 'no splits', failsJob: true } as const;
    const { facts } = run.tell({ type: 'failTrigger', checkpointId: id(1), ...failed });
    expect(facts.map(({ type }) => type)).toEqual([
      'checkpoint.aborted',
      'discard.planned',
      'job.failureRequired',
    ]);
    expect(facts.at(-1)).toMatchObject({ checkpointId: 1, reason: 'IO_EXCEPTION', message: 'no splits' });
  });

  it('are not failed any more once every task has acknowledged', () => {
    const run = runningJob();
    run.locate(run.trigger());
    run.acknowledgeAll(id(1));
    const failed = { reason: 'IO_EXCEPTION', message: '' } as const;
    const { outcome } = run.tell({ type: 'failTrigger', checkpointId: id(1), ...failed });
    expect(outcome.type).toBe('duplicate');
  });

  it('are those of the moment of the trigger, whatever is registered later (C-076, C-078)', () => {
    const run = runningJob({}, both);
    run.trigger();
    run.tell({ type: 'registerHook', hookId: 'later' });
    run.locate(id(1));
    expect(ledgerOf(run).hooks.ids).toEqual(['audit', 'offsets']);
    expect(run.tell({ type: 'registerHook', hookId: 'later' }).outcome.type).toBe('already');
    expect(run.state.table.masterHooks).toEqual(['audit', 'offsets', 'later']);
  });

  it('owe nothing to the tasks after a crash (C-316)', () => {
    const run = located(both);
    expect(owedEffects(run.state)).toEqual([]);
    run.tell(coordinatorsAnswer(1, [readOperator], [countOperator]));
    expect(owedEffects(run.state)).toEqual([]);
    run.tell(hooksAnswer(1, ['audit'], ['offsets']));
    expect(owedEffects(run.state)).toMatchObject([{ type: 'triggerTasks', slots: [0, 1] }]);
  });
});

describe('answers of operator coordinators (C-092)', () => {
  it('are kept by operator, none as well (T-086)', () => {
    const run = located(both);
    run.tell(coordinatorsAnswer(1, [countOperator], [readOperator, 'splits']));
    const { coordinators } = ledgerOf(run);
    expect(coordinators.left).toEqual([]);
    expect([readOperator, countOperator].map((each) => text(coordinators.stateOf(each)?.bytes))).toEqual([
      'splits',
      undefined,
    ]);
  });

  it('of an operator that was not asked give up the checkpoint (C-063, T-085)', () => {
    const run = located(both);
    const { facts } = run.tell(coordinatorsAnswer(1, [readOperator], [countOperator], [writeOperator]));
    expect(facts[0]).toMatchObject({
      type: 'checkpoint.aborted',
      reason: 'TRIGGER_CHECKPOINT_FAILURE',
      message: expect.stringContaining('Coordinator state not acknowledged successfully: UNKNOWN'),
    });
  });

  it('that are repeated change nothing, also without state (T-090)', () => {
    const run = located(both);
    run.tell(coordinatorsAnswer(1, [readOperator, 'splits'], [countOperator]));
    const { outcome } = run.tell(coordinatorsAnswer(1, [readOperator, 'others'], [countOperator]));
    expect(outcome.type).toBe('duplicate');
    expect(text(ledgerOf(run).coordinators.stateOf(readOperator)?.bytes)).toBe('splits');
  });

  it('of some keep the others waiting (T-091)', () => {
    const run = located(both);
    expect(run.tell(coordinatorsAnswer(1, [readOperator, 'splits'])).outcome.type).toBe('recorded');
    run.acknowledgeAll(id(1));
    expect(phaseOf(run)).toBe('pending.snapshottingCoordinators');
    expect(run.tell(coordinatorsAnswer(1, [readOperator], [countOperator])).outcome.type).toBe('asked');
    expect(text(ledgerOf(run).coordinators.stateOf(readOperator)?.bytes)).toBe('splits');
  });

  it('cannot be recorded twice', () => {
    const run = located(both);
    const { coordinators } = ledgerOf(run);
    coordinators.record(readOperator, undefined);
    expect(() => coordinators.record(readOperator, undefined)).toThrow('coordinator state already set');
  });

  it('before anybody asked, and for what is over, come to nothing', () => {
    const run = runningJob({}, both);
    run.trigger();
    const answer = coordinatorsAnswer(1, [readOperator], [countOperator]);
    expect(run.tell(answer).outcome.type).toBe('notAsked');
    run.tell({ type: 'expire', checkpointId: id(1) });
    expect(run.tell(answer).outcome.type).toBe('late');
    expect(run.tell(coordinatorsAnswer(7, [readOperator])).outcome.type).toBe('unknownCheckpoint');
  });
});

describe('answers of master hooks (C-093)', () => {
  const atHooks = (): CoreRun => located({ masterHooks: ['audit', 'offsets'] });

  it('are kept with the version of their serializer, none as well (T-092, T-093)', () => {
    const run = atHooks();
    run.tell(hooksAnswer(1, ['audit', 'entry'], ['offsets']));
    const states = ledgerOf(run).hooks.states.map((state) => ({ ...state, bytes: text(state.bytes) }));
    expect(states).toEqual([{ id: 'audit', version: 3, bytes: 'entry' }]);
    expect(ledgerOf(run).hooks.left).toEqual([]);
  });

  it('of hooks that nobody waits for are ignored, the others count', () => {
    const run = atHooks();
    expect(run.tell(hooksAnswer(1, ['stranger', 'x'])).outcome.type).toBe('notAsked');
    expect(run.tell(hooksAnswer(1, ['stranger', 'x'], ['audit', 'entry'])).outcome.type).toBe('recorded');
    expect(run.tell(hooksAnswer(1, ['audit', 'again'])).outcome.type).toBe('duplicate');
    expect(run.tell(hooksAnswer(1, ['audit', 'again'], ['offsets'])).outcome.type).toBe('asked');
    expect(text(ledgerOf(run).hooks.stateOf('audit')?.bytes)).toBe('entry');
  });

  it('before the coordinators have answered, and for what is over, come to nothing (C-064)', () => {
    const run = located(both);
    const answer = hooksAnswer(1, ['audit'], ['offsets']);
    expect(run.tell(answer).outcome.type).toBe('notAsked');
    run.tell({ type: 'expire', checkpointId: id(1) });
    expect(run.tell(answer).outcome.type).toBe('late');
  });
});

describe('a job with neither', () => {
  it('says nothing of them in its facts', () => {
    const run = runningJob();
    run.complete();
    expect(JSON.stringify(run.facts)).not.toMatch(/operatorCoordinators|masterHooks/);
    expect(run.tell(acknowledgeCommand([{ checkpointId: 1, slot: 0 }])).facts).toEqual([]);
  });
});
