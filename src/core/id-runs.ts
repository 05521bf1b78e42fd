/** A set of ids as runs of consecutive ones: what failed in a row takes no more room than what failed once. */

/** First and last id of each run, ascending; runs neither meet nor overlap. */
export type IdRuns = readonly (readonly [first: number, last: number])[];

export const hasId = (runs: IdRuns, id: number): boolean =>
  runs.some(([first, last]) => id >= first && id <= last);

/** With the id in it too; beyond `runsMax` runs the lowest ids are forgotten. */
export const withId = (runs: IdRuns, id: number, runsMax: number): IdRuns => {
  if (hasId(runs, id)) return runs;
  const below = runs.filter(([, last]) => last < id - 1);
  const above = runs.filter(([first]) => first > id + 1);
  const beside = runs.slice(below.length, runs.length - above.length);
  const first = beside[0]?.[0] ?? id;
  const last = beside.at(-1)?.[1] ?? id;
  return [...below, [Math.min(first, id), Math.max(last, id)] as const, ...above].slice(-runsMax);
};
