/**
 * The entries of the conformance page. A requirement has a number `C-nnn`, a test of Flink's own that is worth having
 * here `T-nnn`. What proves an entry is not written here: it is found in the titles of the tests that cite its number.
 */

/** What is to be done yet, and where: the three pieces of work that the coordinator is built in. */
export type Work = 'coordinator I' | 'coordinator II' | 'storage';

/** From the configuration and the trigger to the store, the failures and the statistics. */
export const coordinatorOne: Work = 'coordinator I';
/** Restoring, assigning state, shared state, finished tasks and high availability. */
export const coordinatorTwo: Work = 'coordinator II';
/** The storages in full. */
export const storages: Work = 'storage';

/** `done` and `better` are proved by tests, `open` by none, `partly` by some. */
export type Standing =
  | { readonly is: 'done' }
  | { readonly is: 'better'; readonly how: string }
  | { readonly is: 'notApplicable'; readonly why: string }
  | { readonly is: 'open'; readonly work: Work }
  | { readonly is: 'partly'; readonly work: Work; readonly missing: string };

export interface Entry {
  readonly number: string;
  /** What it asks for, in our own words. */
  readonly title: string;
  readonly standing: Standing;
  /** A test of Flink: its method or class, and whether it is to be ported (Y), adapted (A) or is none of ours (N). */
  readonly peer?: { readonly name: string; readonly mark: 'Y' | 'A' | 'N' };
}

export interface Section {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** Built as Flink has it. */
export const same = (number: string, title: string): Entry => ({ number, title, standing: { is: 'done' } });

/** Built, and better than Flink has it: how. */
export const better = (number: string, title: string, how: string): Entry => ({
  number,
  title,
  standing: { is: 'better', how },
});

/** Not to be built: why. */
export const notApplicable = (number: string, title: string, why: string): Entry => ({
  number,
  title,
  standing: { is: 'notApplicable', why },
});

/** Not built, or not proved by any test. */
export const open = (number: string, title: string, work: Work): Entry => ({
  number,
  title,
  standing: { is: 'open', work },
});

/** Built but for what is still missing; tests cite it for the rest. */
export const partly = (number: string, title: string, work: Work, missing: string): Entry => ({
  number,
  title,
  standing: { is: 'partly', work, missing },
});

type Mark = 'Y' | 'A';

const ofFlink = (entry: Entry, name: string, mark: 'Y' | 'A' | 'N'): Entry => ({
  ...entry,
  peer: { name, mark },
});

/** A test of Flink that a test here stands for. */
export const covered = (number: string, mark: Mark, name: string, title: string): Entry =>
  ofFlink(same(number, title), name, mark);

/** A test of Flink that no test here stands for. */
export const uncovered = (number: string, mark: Mark, name: string, title: string, work: Work): Entry =>
  ofFlink(open(number, title, work), name, mark);

/** A test of Flink of which some part is tested here. */
export const partlyCovered = (
  number: string,
  mark: Mark,
  name: string,
  title: string,
  work: Work,
  missing: string,
): Entry => ofFlink(partly(number, title, work, missing), name, mark);

/** A test of Flink that has no place here: why. */
export const notOurs = (number: string, name: string, title: string, why: string): Entry =>
  ofFlink(notApplicable(number, title, why), name, 'N');
