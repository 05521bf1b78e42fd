/**
 * A job that a golden scenario drives through the pure core. What a command decided is a block; beside the commands of
 * the core a scenario can say what becomes of the block: `refused`, or `in-doubt` until `stands` or `gone`; and that
 * the coordinator crashes, which leaves what the journal holds. What is done `quietly` prints nothing.
 */
import type { Command } from '../../src/core/commands.ts';
import { checkConfiguration } from '../../src/core/configuration.ts';
import { owedEffects, type Effect } from '../../src/core/effects.ts';
import { fold } from '../../src/core/evolve.ts';
import { decodeFacts, encodeFacts } from '../../src/core/facts/codec.ts';
import { isAnswering, type Fact } from '../../src/core/facts/fact.ts';
import { fork, initialState, type JobState } from '../../src/core/job-state.ts';
import { step, type Step } from '../../src/core/step.ts';
import { coreGraph, coreJobId } from '../support/core-run.ts';
import { framesOf, readCommand, TaskNames } from './scenario-commands.ts';
import type { Scenario } from './scenario-file.ts';
import { effectLine, factLine, outcomeLine } from './scenario-lines.ts';

/** One durable block, and what was ordered once it was durable. */
export interface RunBlock {
  readonly facts: readonly Fact[];
  readonly effects: readonly Effect[];
}

/** The state before the first fact. */
export const emptyState = (): JobState => initialState(coreJobId, coreGraph, checkConfiguration({}));

/** Facts as the journal gives them back. */
export const throughCodec = (facts: readonly Fact[]): Fact[] => {
  const { facts: json, detail } = encodeFacts(facts);
  const slices = facts.flatMap((fact) => (isAnswering(fact) ? [fact.bytes ?? []] : []));
  const bulk = Buffer.concat(slices.map((bytes) => Uint8Array.from(bytes)));
  return decodeFacts({ where: 'block of a scenario', facts: json, detail, bulk: new Uint8Array(bulk) });
};

export class ScenarioRun {
  state: JobState = emptyState();
  readonly blocks: RunBlock[] = [];
  readonly names = new TaskNames();
  #at = 1_000;
  #inDoubt: Step | undefined;

  /** Runs one line and says what it came to. */
  run(line: string): string[] {
    const [word = '', ...rest] = line.split(/ +/);
    const special = this.#specials[word];
    if (special !== undefined) return special(rest.join(' '));
    const taken = this.#decide(this.state, line);
    return [this.#outcome(taken, line), ...this.#append(taken)];
  }

  readonly #specials: Readonly<Record<string, (rest: string) => string[]>> = {
    wait: (duration) => this.#wait(Number(duration.replace(/ ?ms$/, ''))),
    quietly: (line) => this.#quietly(line),
    crash: () => this.#crash(),
    refused: (line) => [
      'refused: the journal is not ours, nothing is shown',
      ...this.#lost(this.#decide(fork(this.state), line)),
    ],
    'in-doubt': (line) => this.#doubt(line),
    stands: () => this.#resolve(true),
    gone: () => this.#resolve(false),
  };

  #decide(state: JobState, line: string): Step {
    const command = { ...readCommand(line, this.names), at: this.#at, monotonicMs: this.#at } as Command;
    return step(state, command);
  }

  #outcome(taken: Step, line: string): string {
    const [name] = line.split(' ');
    return `${name}: ${outcomeLine(taken.outcome, framesOf(line, this.names), this.names.nameOf)}`;
  }

  #facts(taken: Step): string[] {
    return taken.facts.map((fact) => factLine(fact, this.names.nameOf));
  }

  #append(taken: Step): string[] {
    this.state = taken.state;
    if (taken.facts.length > 0) this.blocks.push({ facts: taken.facts, effects: taken.effects });
    return [...this.#facts(taken), ...this.#effects(taken.effects)];
  }

  #effects(effects: readonly Effect[]): string[] {
    return effects.map((effect) => effectLine(effect, this.names.nameOf));
  }

  /** For what leads up to the scenario: nothing is printed. */
  #quietly(line: string): string[] {
    this.run(line);
    return [];
  }

  #wait(ms: number): string[] {
    this.#at += ms;
    return [`wait: it is ${this.#at} ms`];
  }

  /** What was decided is thrown away with the coordinator, and nothing of it was shown. */
  #lost(taken: Step): string[] {
    return this.#facts(taken).map((text) => text.replace('  fact  ', '  lost  '));
  }

  #doubt(line: string): string[] {
    const taken = this.#decide(fork(this.state), line);
    this.#inDoubt = taken;
    const facts = this.#facts(taken).map((text) => text.replace('  fact  ', '  doubt '));
    return ['in-doubt: no answer from the journal, nothing is shown, deleted or ordered', ...facts];
  }

  #resolve(stands: boolean): string[] {
    const taken = this.#inDoubt;
    if (taken === undefined) throw new Error('nothing is in doubt');
    this.#inDoubt = undefined;
    return stands
      ? ['stands: read back, the block is there', ...this.#append(taken)]
      : ['gone: read back, the block is not there'];
  }

  /** A coordinator that knows nothing but the journal; what it owes is what the fold says. */
  #crash(): string[] {
    this.reopen();
    const owed = owedEffects(this.state).map((effect) => effectLine(effect, this.names.nameOf));
    const lines = owed.map((text) => text.replace('  effect', '  owed  '));
    return [`crash: ${lines.length === 0 ? 'nothing is owed' : 'the journal says what is owed'}`, ...lines];
  }

  /** The state as the journal gives it back. */
  reopen(): void {
    this.state = this.blocks.reduce((state, { facts }) => fold(state, throughCodec(facts)), emptyState());
  }
}

/** Runs all blocks; `afterCommand` is called behind every command. */
export const playScenario = (
  scenario: Scenario,
  afterCommand: (run: ScenarioRun) => void = () => {},
): Scenario => {
  const run = new ScenarioRun();
  const blocks = scenario.blocks.map(({ commands }) => ({
    commands,
    output: commands.flatMap((line) => {
      if (line.startsWith('#')) return [];
      const output = run.run(line);
      afterCommand(run);
      return output;
    }),
  }));
  return { ...scenario, blocks };
};
