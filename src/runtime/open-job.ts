/**
 * Opening: read the journal, take over, ask which attempts live, and decide what that means for what is in flight. The
 * first append is what fences the coordinator before.
 */
import { invariant, TidemarkError } from '../errors.ts';
import type { Command, TakeOver, Time } from '../core/commands.ts';
import { reportOn, type ConfigurationReport } from '../core/configuration.ts';
import type { Effect } from '../core/effects.ts';
import { encodeFacts } from '../core/facts/codec.ts';
import type { Fact } from '../core/facts/fact.ts';
import { checkJobGraph, type JobGraph } from '../core/job-graph.ts';
import { compareJobGraphs } from '../core/job-mismatch.ts';
import { checkUnaligned } from '../core/unaligned-graph.ts';
import { unfinished, type JobState } from '../core/job-state.ts';
import type { RosterEntry } from '../core/roster.ts';
import { step } from '../core/step.ts';
import { foldStatistics, type StatisticsState } from '../stats/statistics.ts';
import type { CheckpointId } from '../state/ids.ts';
import type { LivingAttempt } from '../tasks/gateway.ts';
import type { AppendRequest } from '../journal/journal.ts';
import type { BlockWriter } from './block-writer.ts';
import type { CoordinatorOptions, Recovery } from './options.ts';
import { drawInitialDelay } from './periodic-trigger.ts';
import { systemRandom } from './random.ts';
import { catchUp, recoverJob, streamOf, type RecoveredJob } from './recover.ts';

/** Tries to take over while others do the same; each lost race means that somebody else has won. */
const TAKE_OVER_TRIES_MAX = 5;

/** The job as it stands once this coordinator's term is in the journal. */
export interface TakenOver {
  readonly recovered: RecoveredJob;
  readonly state: JobState;
  readonly statistics: StatisticsState;
  readonly facts: readonly Fact[];
  readonly term: number;
  readonly revision: number;
}

/** Who is asked before the tasks, and what was drawn for this reign. */
type ReignStart = Pick<TakeOver, 'operatorCoordinators' | 'masterHooks' | 'initialDelayMs'>;

const checkStorage = async (options: CoordinatorOptions, state: JobState): Promise<void> => {
  const stored = await options.storage.completedCheckpoints(options.jobId);
  const newest = stored.at(-1) ?? 0;
  const { nextCheckpointId } = state.table;
  if (newest < nextCheckpointId) return;
  const text = `the storage holds checkpoint ${newest}, but the journal knows none after ${nextCheckpointId - 1}`;
  throw new TidemarkError('JOURNAL_BEHIND_STORAGE', text, { newest, journaled: nextCheckpointId - 1 });
};

const tryTakeOver = async (
  options: CoordinatorOptions,
  graph: JobGraph,
  { configuration, corrections }: ConfigurationReport,
  time: Time,
  asked: ReignStart,
): Promise<TakenOver | undefined> => {
  const { jobId, journal } = options;
  const recovered = await recoverJob(journal, { jobId, graph, configuration });
  const { head } = recovered;
  if (head.revision > 0) compareJobGraphs(recovered.state.table.graph, graph);
  await checkStorage(options, recovered.state);
  const term = head.term + 1;
  const isNew = head.revision === 0;
  const { isDurable: isJournalDurable } = journal;
  const command = {
    type: 'takeOver',
    ...time,
    term,
    configuration,
    corrections,
    isNew,
    isJournalDurable,
    ...asked,
  } as const;
  const block = encodeFacts(step(recovered.state, command).facts);
  // The coordinator before may append without a pause: whatever came between is read afterwards.
  const expectedRevision = isNew ? 0 : 'any';
  const revision = await appended(options, { stream: streamOf(jobId), expectedRevision, term, block });
  if (revision === undefined) return undefined;
  const whole = await catchUp(journal, streamOf(jobId), recovered, revision - 1);
  const { state, facts } = step(whole.state, command);
  const statistics = foldStatistics(whole.statistics, facts);
  return { recovered: whole, state, statistics, facts, term, revision };
};

/** The revision of the block, or undefined when somebody else has won. */
const appended = async (options: CoordinatorOptions, request: AppendRequest): Promise<number | undefined> => {
  const result = await options.journal.append(request);
  if (result.type === 'appended') return result.revision;
  if (result.type !== 'unknown') return undefined;
  const head = await options.journal.head(request.stream);
  return head.term === request.term ? head.revision : undefined;
};

/**
 * Reads the journal and appends that this coordinator has taken over.
 * @throws JOB_MISMATCH, JOURNAL_BEHIND_STORAGE, JOURNAL_CORRUPT, JOURNAL_VERSION, JOURNAL_UNAVAILABLE,
 *   COORDINATOR_FENCED
 */
export const takeOver = async (
  options: CoordinatorOptions,
  time: Time,
  asked: Omit<ReignStart, 'initialDelayMs'>,
): Promise<TakenOver> => {
  const graph = checkJobGraph(options.jobGraph);
  const report = reportOn(options.configuration ?? {});
  checkUnaligned(graph, report.configuration);
  if (graph.isDynamic === true) {
    const text = `Job ${options.jobId} is not a streaming job.`;
    throw new TidemarkError('CONFIGURATION_INVALID', text, { jobId: options.jobId });
  }
  const initialDelayMs = drawInitialDelay(report.configuration, options.random ?? systemRandom);
  for (let tries = 0; tries < TAKE_OVER_TRIES_MAX; tries++) {
    const taken = await tryTakeOver(options, graph, report, time, { ...asked, initialDelayMs });
    if (taken !== undefined) return taken;
  }
  throw new TidemarkError(
    'COORDINATOR_FENCED',
    `another coordinator of job ${options.jobId} takes over at the same time`,
  );
};

/** An attempt as the gateway names it, as the core does. */
export const rosterEntry = (graph: JobGraph, attempt: LivingAttempt): RosterEntry => {
  const vertex = graph.vertices.findIndex((candidate) => candidate.id === attempt.vertexId);
  const isKnown =
    vertex >= 0 && attempt.subtask >= 0 && attempt.subtask < graph.vertices[vertex]!.parallelism;
  if (!isKnown) {
    const task = `subtask ${attempt.subtask} of vertex ${attempt.vertexId}`;
    const text = `slot ${attempt.slot} runs ${task}, which the job does not have`;
    throw new TidemarkError('JOB_MISMATCH', text, { slot: attempt.slot });
  }
  return { vertex, subtask: attempt.subtask, slot: attempt.slot, attempt: attempt.attempt };
};

/** What attaching decided: durable, but not yet shown. */
export interface Attached {
  readonly state: JobState;
  readonly statistics: StatisticsState;
  readonly facts: readonly Fact[];
  readonly effects: readonly Effect[];
  readonly living: number;
}

/**
 * Compares the living attempts with the plan, and journals what that means.
 * @throws JOB_MISMATCH, JOURNAL_UNAVAILABLE, COORDINATOR_FENCED
 */
export const attach = async (
  options: CoordinatorOptions,
  taken: TakenOver,
  writer: BlockWriter,
  time: Time,
): Promise<Attached> => {
  const { term, state: before } = taken;
  const attempts = await options.tasks.attach({ term, slotFloor: before.table.nextSlot });
  const living = attempts.map((attempt) => ({
    ...rosterEntry(before.table.graph, attempt),
    dataEnded: attempt.dataEnded,
    isActive: attempt.isActive,
  }));
  const command: Command = { type: 'attach', ...time, living };
  const { state, facts, effects } = step(before, command);
  if (facts.length > 0) await writer.append(encodeFacts(facts));
  const statistics = foldStatistics(taken.statistics, facts);
  return { state, statistics, facts, effects, living: living.length };
};

/** What opening found. */
export const recoveryOf = (taken: TakenOver, attached: Attached): Recovery => ({
  term: taken.term,
  isNew: taken.recovered.head.revision === 0,
  resumed: unfinished(attached.state.table).map(({ checkpointId, plan }) => {
    const ledger = attached.state.ledgers.get(checkpointId);
    invariant(ledger, `checkpoint ${checkpointId} has no ledger`);
    return { checkpointId, acknowledged: plan.size - ledger.left, total: plan.size };
  }),
  aborted: attached.facts.flatMap((fact): CheckpointId[] =>
    fact.type === 'checkpoint.aborted' ? [fact.checkpointId] : [],
  ),
  endOfData: attached.state.table.endCompletedId,
  living: attached.living,
});
