/** Shared state that a completion or the end of the job makes superfluous, and directories that waited for that. */
import type { CheckpointId } from '../../state/ids.ts';
import { runsOf, type SharedEntry } from '../../state/shared-state.ts';
import type { Fact } from '../facts/fact.ts';
import {
  unfinished,
  type CompletedCheckpoint,
  type JobState,
  type UnfinishedCheckpoint,
} from '../job-state.ts';
import type { DiscardPlanner } from './decision.ts';

/** What was decided about the store before shared state is asked. */
export interface StoreAfter {
  readonly at: number;
  /** The checkpoint that completed; at the end of the job the last one that was given an id. */
  readonly checkpointId: CheckpointId;
  /** Completed checkpoints that stay. */
  readonly retained: readonly number[];
  /** Checkpoints in flight that stay so. */
  readonly inFlight: readonly number[];
  /** Files of checkpoints as young as this are kept: later ones may still name them. */
  readonly through: number;
  /** Left the store now: their directories go, unless a file in them is in use. */
  readonly gone: readonly Gone[];
}

/** A completed checkpoint whose directory is to go, and the clause of retention that decided. */
export interface Gone extends Pick<CompletedCheckpoint, 'checkpointId' | 'location'> {
  readonly cause: 'subsumed' | 'terminated';
  readonly clause: string;
}

/** Checkpoints in flight, but for those that end with the same decision. */
export const stillInFlight = (
  state: JobState,
  ends: (checkpoint: UnfinishedCheckpoint) => boolean,
): number[] =>
  unfinished(state.table)
    .filter((checkpoint) => !ends(checkpoint))
    .map(({ checkpointId }) => checkpointId);

/** What one in flight may build on is needed as long as itself. */
const neededBy = (state: JobState, { retained, inFlight }: StoreAfter): number[] => [
  ...retained,
  ...inFlight,
  ...inFlight.flatMap((checkpointId) => state.table.bases[checkpointId] ?? []),
];

const waitingFor = ({ table }: JobState): Gone[] =>
  table.subsumed.map(({ checkpointId, location }) => ({
    checkpointId,
    location,
    cause: 'subsumed',
    clause: 'no file in its directory is in use any more',
  }));

const releasedFacts = (
  state: JobState,
  after: StoreAfter,
  unused: readonly SharedEntry[],
  planner: DiscardPlanner,
): Fact[] => {
  if (unused.length === 0) return [];
  const { at, checkpointId } = after;
  const files = unused.filter((entry) => state.shared.isDeletedAlone(entry)).map(({ path }) => path);
  const released = runsOf(unused.map(({ number }) => number));
  return [
    { type: 'shared.released', at, checkpointId, released },
    ...(files.length === 0
      ? []
      : [planner.plan(checkpointId, 'unused', 'used by no checkpoint', { kind: 'shared', files })]),
  ];
};

/**
 * Releases shared files that nobody needs any more (C-130) and plans them to go, and then the directories of
 * checkpoints that left the store. The facts that take them out of the store must stand before, in the same block: no
 * file goes before every pointer to it is gone (C-203). A directory with a file that is in use waits (C-131).
 */
export const releaseFacts = (state: JobState, after: StoreAfter, planner: DiscardPlanner): Fact[] => {
  const unused = state.shared.unused(neededBy(state, after), after.through);
  const held = state.shared.size === 0 ? new Set<number>() : state.shared.heldBy(unused);
  const directories = [...waitingFor(state), ...after.gone].filter(
    ({ checkpointId }) => !held.has(checkpointId),
  );
  return [
    ...releasedFacts(state, after, unused, planner),
    ...directories.map(({ checkpointId, location, cause, clause }) =>
      planner.plan(checkpointId, cause, clause, { kind: 'directory', location }),
    ),
  ];
};
