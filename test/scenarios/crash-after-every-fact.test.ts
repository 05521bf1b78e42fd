import { describe, expect, it } from 'vitest';
import { owedEffects, type Effect, type FailJob } from '../../src/core/effects.ts';
import { fold } from '../../src/core/evolve.ts';
import { endedFactType, isAnswering, type Fact } from '../../src/core/facts/fact.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/core/facts/snapshot.ts';
import type { JobState } from '../../src/core/job-state.ts';
import { coreGraph, coreJobId } from '../support/core-run.ts';
import { describeState } from '../support/describe-state.ts';
import { parseScenario, printScenario, readScenario, scenarioNames } from './scenario-file.ts';
import { emptyState, playScenario, throughCodec, type RunBlock, type ScenarioRun } from './scenario-run.ts';

const played = (name: string, afterCommand?: (run: ScenarioRun) => void): string =>
  printScenario(playScenario(parseScenario(readScenario(name)), afterCommand));

const blocksOf = (name: string): readonly RunBlock[] => {
  let blocks: readonly RunBlock[] = [];
  played(name, (run) => (blocks = run.blocks));
  return blocks;
};

const foldAll = (facts: readonly Fact[]): JobState =>
  facts.reduce((state, fact) => fold(state, [fact]), emptyState());

/** The state through a journal snapshot; the acknowledgements of what is unfinished are read from their blocks. */
const throughSnapshot = (state: JobState, facts: readonly Fact[]): JobState => {
  const { configuration } = state.table;
  const job = { jobId: coreJobId, graph: coreGraph, configuration };
  return decodeSnapshot(encodeSnapshot(state, new Map()), 'snapshot of a scenario', job).rebuild((id) =>
    facts.filter((fact) => isAnswering(fact) && fact.checkpointId === id),
  );
};

type Settled = {
  readonly [Type in Effect['type']]: (effect: Effect & { type: Type }, facts: readonly Fact[]) => Effect[];
};

const endings: ReadonlySet<string> = new Set(Object.values(endedFactType));

const isJobMoved = ({ type }: Fact): boolean => type === 'job.restarting' || endings.has(type);

const isRequiredAgain = (fact: Fact, { failure }: FailJob): boolean =>
  fact.type === 'job.failureRequired' && fact.checkpointId !== failure.checkpointId;

const isOver = (fact: Fact): boolean =>
  fact.type === 'checkpoint.fullyAcknowledged' || fact.type === 'checkpoint.aborted';

/** What is left of an effect after the facts that followed it: nothing once it is settled. */
const leftOver: Settled = {
  triggerTasks: (effect, facts) => {
    const later = facts.filter((fact) => 'checkpointId' in fact && fact.checkpointId === effect.checkpointId);
    if (later.some(isOver)) return [];
    const answered = later.flatMap((fact) =>
      fact.type === 'tasks.acknowledged' ? Array.from(fact.columns?.slots ?? []) : [],
    );
    const slots = effect.slots.filter((slot) => !answered.includes(slot));
    return slots.length === 0 ? [] : [{ ...effect, slots }];
  },
  // Tasks are told on attaching what has completed and what is in flight: notices are owed by no fact.
  notifyCompleted: () => [],
  notifyAborted: () => [],
  // A new coordinator's timer begins anew.
  rearmPeriodicTrigger: () => [],
  advancePeriodicTrigger: () => [],
  failJob: (effect, facts) =>
    facts.some((fact) => isJobMoved(fact) || isRequiredAgain(fact, effect)) ? [] : [effect],
  discard: (effect, facts) =>
    facts.some((fact) => fact.type === 'discard.confirmed' && fact.discardId === effect.planned.discardId)
      ? []
      : [effect],
};

const leftOf = <Type extends Effect['type']>(
  effect: Effect & { type: Type },
  facts: readonly Fact[],
): Effect[] => leftOver[effect.type](effect, facts);

/** Effects ordered by the blocks and not settled by the facts behind them. */
const unsettled = (blocks: readonly RunBlock[]): Effect[] =>
  blocks.flatMap(({ facts, effects }, index) => {
    const later = [facts, ...blocks.slice(index + 1).map((block) => block.facts)].flat();
    return effects.flatMap((effect) => leftOf(effect, later));
  });

const byText = (effects: readonly Effect[]): string[] =>
  effects.map((effect) => JSON.stringify(effect)).toSorted();

describe.each(scenarioNames())('a crash in scenario %s', (name) => {
  const blocks = blocksOf(name);

  it('after any fact leaves what the journal says, read back fact by fact or from a snapshot', () => {
    const facts = blocks.flatMap((block) => block.facts);
    for (let length = 0; length <= facts.length; length++) {
      const until = facts.slice(0, length);
      const live = foldAll(until);
      const where = `after ${length} facts, the last one ${until.at(-1)?.type}`;
      const expected = describeState(live);
      expect(describeState(foldAll(throughCodec(until))), where).toEqual(expected);
      expect(describeState(fold(emptyState(), until)), where).toEqual(expected);
      expect(describeState(throughSnapshot(live, until)), where).toEqual(expected);
    }
  });

  it('after any block owes exactly the effects that nothing has settled yet (C-316)', () => {
    for (let length = 0; length <= blocks.length; length++) {
      const until = blocks.slice(0, length);
      const state = foldAll(throughCodec(until.flatMap((block) => block.facts)));
      expect(byText(owedEffects(state)), `after ${length} blocks`).toEqual(byText(unsettled(until)));
    }
  });

  it('after any command changes nothing of what follows', () => {
    const whole = played(name);
    let commands = 0;
    played(name, () => (commands += 1));
    for (let crashed = 1; crashed <= commands; crashed++) {
      let done = 0;
      const again = played(name, (run) => {
        done += 1;
        if (done === crashed) run.reopen();
      });
      expect(again, `after command ${crashed}`).toBe(whole);
    }
  });
});
