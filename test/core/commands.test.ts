import { describe, expect, it } from 'vitest';
import { factVersions } from '../../src/core/facts/codec.ts';
import { frameOutcomes, outcomeReasons } from '../../src/core/outcomes.ts';
import { unfinished } from '../../src/core/job-state.ts';
import { commandPage, commandTexts } from '../support/command-page.ts';
import { scenarios, variants, walkCommands } from '../support/command-walk.ts';
import { expectPage } from '../support/generated-page.ts';
import { runningJob } from '../support/core-run.ts';

describe('every command in every state', () => {
  const pairs = walkCommands();

  it('comes to an outcome that has a name and a reason', () => {
    expect(pairs).toHaveLength(variants.length * scenarios.length);
    expect(pairs.filter(({ outcome }) => outcomeReasons[outcome] === undefined)).toEqual([]);
    expect([...new Set(variants.map(({ type }) => type))].toSorted()).toEqual(
      Object.keys(commandTexts).toSorted(),
    );
  });

  it('decides something, or says why it does not', () => {
    const accepting = ['triggered', 'located', 'recorded', 'aborted', 'finalized', 'confirmed'];
    const idle = pairs.filter(({ facts }) => facts.length === 0);
    expect(idle.filter(({ outcome }) => accepting.includes(outcome))).toEqual([]);
    // Attaching to what is known already is the one thing that is done without a fact.
    const done = idle.filter(({ outcome }) => outcome === 'done').map(({ variant }) => variant.type);
    expect([...new Set(done)]).toEqual(['attach']);
  });

  it('meets every outcome of a frame', () => {
    const met = new Set(
      pairs.filter(({ variant }) => variant.type === 'acknowledge').map((pair) => pair.outcome),
    );
    expect([...met].toSorted()).toEqual([...frameOutcomes].toSorted());
  });

  it('decides every type of fact but those of several commands, of shared state and of few tolerable failures', () => {
    const decided = new Set(pairs.flatMap(({ facts }) => facts));
    const others = Object.keys(factVersions).filter((type) => !decided.has(type));
    expect(others).toEqual([
      'job.opened',
      'task.finished',
      'task.cancelled',
      'tasks.active',
      'job.failureRequired',
      'coordinators.asked',
      'checkpoint.subsumed',
      'shared.registered',
      'shared.released',
    ]);
  });

  it('leaves nothing in flight and nothing queued when the job does not run', () => {
    for (const status of ['RESTARTING', 'SUSPENDED', 'FINISHED', 'FAILED', 'CANCELLED'] as const) {
      for (const { job, make } of scenarios) {
        if (job !== 'running') continue;
        const run = make();
        run.status(status);
        expect([unfinished(run.state.table), run.state.table.queue], status).toEqual([[], []]);
      }
    }
    expect(unfinished(runningJob().state.table)).toEqual([]);
  });
});

describe('docs/reference/commands.md', () => {
  it('says what the walk found', () => {
    expectPage('docs/reference/commands.md', commandPage());
  });
});
