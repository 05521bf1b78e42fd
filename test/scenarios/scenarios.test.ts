import { describe, expect, it } from 'vitest';
import { numbersIn } from '../conformance/citations.ts';
import { parseScenario, printScenario, readScenario, scenarioNames, writeScenario } from './scenario-file.ts';
import { playScenario } from './scenario-run.ts';

/** `UPDATE_SCENARIOS=1` in the environment writes what the commands come to now: read the difference. */
const isUpdating = process.env['UPDATE_SCENARIOS'] === '1';

describe.each(scenarioNames())('golden scenario %s', (name) => {
  it('comes to what it says (else: UPDATE_SCENARIOS=1, and read the difference)', () => {
    const played = printScenario(playScenario(parseScenario(readScenario(name))));
    if (isUpdating) writeScenario(name, played);
    expect(played).toBe(readScenario(name));
  });

  it('begins with a paragraph that says what it shows and cites numbers', () => {
    const { paragraph } = parseScenario(readScenario(name));
    expect(paragraph.filter((line) => !line.startsWith('# '))).toEqual([]);
    expect(numbersIn(paragraph.join(' '))).not.toEqual([]);
  });
});
