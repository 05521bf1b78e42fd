/**
 * A golden scenario: a paragraph that says what it shows, then blocks of commands, `----`, and what they came to. The
 * blocks are run in order against one job.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ScenarioBlock {
  readonly commands: readonly string[];
  readonly output: readonly string[];
}

export interface Scenario {
  /** Lines of the opening paragraph, each with its `#`. */
  readonly paragraph: readonly string[];
  readonly blocks: readonly ScenarioBlock[];
}

const SEPARATOR = '----';

const blockOf = (text: string): ScenarioBlock => {
  const lines = text.split('\n').filter((line) => line !== '');
  const at = lines.indexOf(SEPARATOR);
  if (at < 0) return { commands: lines, output: [] };
  return { commands: lines.slice(0, at), output: lines.slice(at + 1) };
};

/** Reads a scenario; a block whose output is still to be written may end with its commands. */
export const parseScenario = (text: string): Scenario => {
  const [head = '', ...rest] = text.trim().split(/\n\s*\n/);
  return { paragraph: head.split('\n'), blocks: rest.map(blockOf) };
};

/** The text of a scenario: what {@link parseScenario} reads. */
export const printScenario = ({ paragraph, blocks }: Scenario): string => {
  const texts = blocks.map(({ commands, output }) => [...commands, SEPARATOR, ...output].join('\n'));
  return `${[paragraph.join('\n'), ...texts].join('\n\n')}\n`;
};

const folder = import.meta.dirname;

/** Names of all scenarios of this folder. */
export const scenarioNames = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .map((file) => file.replace(/\.txt$/, ''))
    .toSorted();

const pathOf = (name: string): string => join(folder, `${name}.txt`);

export const readScenario = (name: string): string => readFileSync(pathOf(name), 'utf8');

export const writeScenario = (name: string, text: string): void => writeFileSync(pathOf(name), text);
