/** The metadata writer has answered: the checkpoint is complete, or it failed at its last step. */
import type { CheckpointId } from '../../state/ids.ts';
import { invariant } from '../../errors.ts';
import { inserted, planSubsumption, type Retainable } from '../../retention/plan.ts';
import type { FailMetadata, RecordMetadata, Time } from '../commands.ts';
import type { CheckpointCompleted, Fact } from '../facts/fact.ts';
import {
  canAbort,
  canBeSubsumed,
  isCommitted,
  lastedMs,
  type JobState,
  type UnfinishedCheckpoint,
} from '../job-state.ts';
import { checkpointPhases } from '../phase.ts';
import { absent } from './absent.ts';
import { abortAll, abortFacts, decided, DiscardPlanner, nothing, type Decision } from './decision.ts';
import { releaseFacts, stillInFlight, type Gone, type StoreAfter } from './release.ts';

const completedFact = (
  state: JobState,
  checkpoint: UnfinishedCheckpoint,
  command: RecordMetadata,
): CheckpointCompleted => {
  const { checkpointId, kind, cause } = checkpoint;
  const { at, monotonicMs } = command;
  const ledger = state.ledgers.get(checkpointId);
  invariant(ledger, `checkpoint ${checkpointId} has no ledger`);
  return {
    type: 'checkpoint.completed',
    at,
    monotonicMs,
    checkpointId,
    kind,
    cause,
    externalPointer: command.externalPointer,
    metadataSizeBytes: command.metadataSizeBytes,
    durationMs: lastedMs(state.table, checkpoint, command),
    totals: ledger.totals,
  };
};

const subsumed = (checkpointId: CheckpointId, clause: string, at: number): Fact => ({
  type: 'checkpoint.subsumed',
  at,
  checkpointId,
  clause,
});

/** A completed checkpoint, or the one that completes now. */
type Stored = Retainable & Pick<UnfinishedCheckpoint, 'location'>;

/** Gives way to what completes now: pending ones before it (C-112). */
const isObsolete =
  (done: UnfinishedCheckpoint) =>
  (other: UnfinishedCheckpoint): boolean =>
    canBeSubsumed(other) && other.checkpointId < done.checkpointId;

/**
 * What a completed checkpoint makes superfluous by retention. When newer ones have completed before it (C-107), it may
 * itself go in the same block.
 */
const subsumptionFacts = (
  state: JobState,
  done: UnfinishedCheckpoint,
  time: Time,
  planner: DiscardPlanner,
): Fact[] => {
  const { completed, configuration } = state.table;
  const store = inserted<Stored>(completed, done);
  const plan = planSubsumption(store, configuration.retainedMax);
  const gone = plan.discard.map(({ checkpointId, clause }): Gone => {
    const id = checkpointId as CheckpointId;
    const location = store.find((candidate) => candidate.checkpointId === id)?.location;
    invariant(location, `retention would discard checkpoint ${id}, which is not in the store`);
    return { checkpointId: id, location, cause: 'subsumed', clause };
  });
  const isOlder = isObsolete(done);
  const after: StoreAfter = {
    at: time.at,
    checkpointId: done.checkpointId,
    retained: plan.keep.map(({ checkpointId }) => checkpointId),
    inFlight: stillInFlight(state, (other) => other === done || (canAbort(other) && isOlder(other))),
    through: Math.max(state.table.latestCompletedId, done.checkpointId),
    gone,
  };
  return [
    ...gone.map(({ checkpointId, clause }) => subsumed(checkpointId, clause, time.at)),
    ...releaseFacts(state, after, planner),
  ];
};

/** Older pending ones are given up at once: no task needs them any more (C-112). */
const obsoleteFacts = (
  state: JobState,
  done: UnfinishedCheckpoint,
  time: Time,
  planner: DiscardPlanner,
): Fact[] => {
  const message = `Checkpoint ${done.checkpointId} completed first.`;
  return abortAll(state, { reason: 'CHECKPOINT_SUBSUMED', message, time }, planner, isObsolete(done));
};

export const decideRecordMetadata = (state: JobState, command: RecordMetadata): Decision => {
  const { checkpointId, externalPointer, metadataSizeBytes, at } = command;
  const checkpoint = state.table.checkpoints[checkpointId];
  if (checkpoint === undefined) return absent(state, checkpointId);
  if (!checkpointPhases.accepts(checkpoint.phase, 'metadata.written')) return nothing('duplicate');
  const planner = new DiscardPlanner(state, at);
  const facts: Fact[] = [
    { type: 'metadata.written', at, checkpointId, externalPointer, metadataSizeBytes },
    completedFact(state, checkpoint, command),
    ...(checkpoint.kind === 'checkpoint' ? subsumptionFacts(state, checkpoint, command, planner) : []),
    ...(isCommitted(checkpoint) ? obsoleteFacts(state, checkpoint, command, planner) : []),
  ];
  return decided(facts, { type: 'finalized', checkpointId, externalPointer });
};

export const decideFailMetadata = (state: JobState, command: FailMetadata): Decision => {
  const { checkpointId, message, at } = command;
  const checkpoint = state.table.checkpoints[checkpointId];
  if (checkpoint === undefined) return absent(state, checkpointId);
  if (!checkpointPhases.accepts(checkpoint.phase, 'metadata.written')) return nothing('duplicate');
  const why = { reason: 'FINALIZE_CHECKPOINT_FAILURE', message, time: command } as const;
  const facts = abortFacts(state, checkpoint, why, new DiscardPlanner(state, at));
  return decided(facts, { type: 'aborted', checkpointId });
};
