/** What a command comes to: every (command, state) pair has one of these names, and each says why. */
import type { CheckpointId } from '../state/ids.ts';
import type { FailureReason } from './failures.ts';

/** Name → why. The reference page of commands is generated from this. */
export const outcomeReasons = {
  done: 'The command was carried out; its facts say how.',
  triggered: 'A checkpoint was triggered under the given id.',
  inFlight: 'A savepoint under this key is in flight; the id is its own.',
  completed: 'A savepoint under this key is complete; the pointer is its own.',
  located: 'The tasks are asked for their state.',
  asked: 'Who is next to be asked for state is asked.',
  recorded: 'The acknowledgement counts.',
  notAsked: 'Nobody has asked for this; it is dropped.',
  duplicate:
    'It was said before; nothing changes, and the state is not discarded: it may be the same files (C-086).',
  late: 'The checkpoint was given up before; what came with it is discarded.',
  afterCompletion: 'The checkpoint is complete; its files are its own.',
  unknownCheckpoint: 'No checkpoint of this job has, or lately had, this id.',
  unknownAttempt: 'The attempt is not in the plan; its state is discarded (C-087).',
  malformed: 'The frame does not hold what its slot must send; it is refused.',
  wrongJob: 'The message belongs to another job; it is refused (C-082, C-096).',
  wrongTerm: 'A coordinator of this term or of a newer one has taken over already; nothing changes.',
  tooLarge:
    'The acknowledgement is larger than may be; its checkpoint is given up at once, if it waits for it.',
  reported: 'What the task measured is kept for the statistics; the checkpoint still waits for it.',
  aborted: 'The checkpoint is given up; its state is discarded and its tasks are told.',
  finalized: 'The checkpoint is complete.',
  notRunning: 'The job does not run: nothing can be triggered.',
  tasksMissing: 'Not all required tasks are currently running.',
  schedulerStopped: 'No schedule of periodic checkpoints is kept: a tick does nothing.',
  schedulerWaits: 'It starts by itself as soon as the job runs with every task, and no output is blocking.',
  staleTick: 'The tick is of a schedule that was stopped; it does nothing (C-050).',
  noInterval: 'There is no interval: no schedule can be kept.',
  unknownOperator: 'No operator of this job has this id.',
  queued: 'The request waits; it is begun as soon as nothing stands in its way.',
  tickDropped: 'A request of the timer waits already; one checkpoint serves both (C-045).',
  tooSoon: 'The pause after the last completion is not over; the timer comes again when it is.',
  tooManyRequests: 'As many requests wait as may wait.',
  blockingOutput: 'Blocking output edge exists in running tasks: such a job takes no savepoints (C-072).',
  inputEnded: 'All input is read and checkpointed: there is nothing more to save.',
  terminated: 'The job has ended for good.',
  already: 'The job is in this state already.',
  confirmed: 'The discard is journaled as done.',
  postponed: 'The discard takes longer; no request waits for it any more.',
  unknownDiscard: 'No such discard is owed; it was confirmed before.',
} as const satisfies Record<string, string>;

export type OutcomeType = keyof typeof outcomeReasons;

export interface Outcome {
  readonly type: OutcomeType;
  readonly checkpointId?: CheckpointId;
  readonly externalPointer?: string;
  /** Of a request that waits. */
  readonly requestId?: number;
  /** For a tick that came too soon: when the next one does not, in ms. */
  readonly waitMs?: number;
  /** For a batch of acknowledgements: the outcome of each frame, as an index into {@link frameOutcomes}. */
  readonly frames?: Uint8Array;
}

/** Why a request is refused at once, in Flink's words (C-150). */
export const refusalReasons = {
  terminated: 'CHECKPOINT_COORDINATOR_SHUTDOWN',
  notRunning: 'NOT_ALL_REQUIRED_TASKS_RUNNING',
  tasksMissing: 'NOT_ALL_REQUIRED_TASKS_RUNNING',
  schedulerStopped: 'PERIODIC_SCHEDULER_SHUTDOWN',
  tooManyRequests: 'TOO_MANY_CHECKPOINT_REQUESTS',
  blockingOutput: 'BLOCKING_OUTPUT_EXIST',
} as const satisfies Partial<Record<OutcomeType, FailureReason>>;

export type RefusalType = keyof typeof refusalReasons;

/** One byte per frame. */
export const frameOutcomes = [
  'recorded',
  'duplicate',
  'late',
  'afterCompletion',
  'unknownCheckpoint',
  'unknownAttempt',
  'malformed',
  'wrongJob',
  'tooLarge',
] as const satisfies readonly OutcomeType[];

export type FrameOutcome = (typeof frameOutcomes)[number];

/** The byte of a frame's outcome. */
export const frameOutcomeCode = Object.fromEntries(
  frameOutcomes.map((name, code) => [name, code]),
) as Readonly<Record<FrameOutcome, number>>;
