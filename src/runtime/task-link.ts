/** Both directions between the core and the tasks: messages become letters, effects become commands of this term. */
import type { Subscription } from 'rxjs';
import { assertNever } from '../errors.ts';
import type { Effect } from '../core/effects.ts';
import { unfinished, type JobState } from '../core/job-state.ts';
import { frameOutcomeCode, type Outcome } from '../core/outcomes.ts';
import type { CheckpointId, JobId, Slot } from '../state/ids.ts';
import type {
  DeclinedMessage,
  MetricsMessage,
  LatestCompletion,
  TaskCommand,
  TaskGateway,
  TaskMessage,
  TriggerCommand,
} from '../tasks/gateway.ts';
import { readDecline, readMetrics, type ReadDecline } from '../tasks/read-messages.ts';
import { walkFrames } from '../tasks/walk-frames.ts';
import { AbortNotices } from './abort-notices.ts';
import type { Clock } from './clock.ts';
import type { Letter } from './inbox.ts';
import { Notices } from './notices.ts';
import { triggerFailure } from './trigger-failure.ts';

export interface TaskLinkOptions {
  readonly clock: Clock;
  readonly gateway: TaskGateway;
  readonly term: number;
  readonly jobId: JobId;
}

/** Who hears what the tasks say. */
export interface TaskListener {
  readonly post: (letter: Letter) => void;
  /** Frames that were refused. */
  readonly report: (message: string) => void;
}

/** What is ordered of tasks. */
type TaskEffect = Extract<Effect, { readonly slots: readonly Slot[] }>;

const refusedCodes: ReadonlySet<number> = new Set(
  (['malformed', 'wrongJob', 'tooLarge'] as const).map((outcome) => frameOutcomeCode[outcome]),
);

/** What is logged of a message that comes to nothing, in Flink's words (C-095). */
const acknowledgeTrouble = 'Error while processing AcknowledgeCheckpoint message';
const declineTrouble = 'Error while processing DeclineCheckpoint message';
const metricsTrouble = 'Error while processing ReportCheckpointMetrics message';

const wrongJobText = ({ jobId, slot }: ReadDecline, own: JobId): string =>
  `${declineTrouble}: Received DeclineCheckpoint message for job ${jobId} from slot ${slot} while this coordinator ` +
  `handles job ${own}`;

const latestCompletion = ({ table }: JobState): LatestCompletion => {
  const { latestCommittedId, latestTimestamp, lastSubsumedId } = table;
  if (latestCommittedId === 0) return { latestCompletedId: undefined };
  return { latestCompletedId: latestCommittedId as CheckpointId, latestTimestamp, lastSubsumedId };
};

/** What is in flight behind the newest completed checkpoint: savepoints, and metadata that is still being written. */
const olderInFlight = ({ table }: JobState): CheckpointId[] =>
  unfinished(table)
    .map((checkpoint) => checkpoint.checkpointId)
    .filter((id) => id < table.latestCommittedId);

export class TaskLink {
  readonly #options: TaskLinkOptions;
  readonly #notices: Notices;
  readonly #abortNotices: AbortNotices;
  #subscription: Subscription | undefined;
  /** What came before the coordinator was ready to hear it. */
  #held: TaskMessage[] = [];
  #listener: TaskListener | undefined;

  constructor(options: TaskLinkOptions) {
    this.#options = options;
    this.#notices = new Notices(options.clock, (command) => this.#send(command));
    this.#abortNotices = new AbortNotices(options.clock, (command) => this.#send(command));
  }

  /** Subscribes; messages are held until {@link TaskLink.release}, so that none is lost while attaching. */
  listen(): void {
    this.#subscription = this.#options.gateway.messages$.subscribe((message) => {
      if (this.#listener === undefined) this.#held.push(message);
      else this.#hear(message, this.#listener);
    });
  }

  /** The coordinator is ready: what was held is heard first. */
  release(listener: TaskListener): void {
    const held = this.#held;
    this.#held = [];
    this.#listener = listener;
    for (const message of held) this.#hear(message, listener);
  }

  stop(): void {
    this.#subscription?.unsubscribe();
    this.#notices.stop();
    this.#abortNotices.stop();
  }

  /** Every task hears what completed last and what is in flight; tasks then repeat what was not recorded. */
  announce(state: JobState): void {
    const { term } = this.#options;
    const { jobId, roster, lastSubsumedId } = state.table;
    const latest = latestCompletion(state);
    const inFlight = unfinished(state.table).map((checkpoint) => checkpoint.checkpointId);
    this.#send({ type: 'announce', term, jobId, ...latest, inFlight });
    const { latestCompletedId: checkpointId, latestTimestamp: timestamp } = latest;
    if (checkpointId === undefined || timestamp === undefined) return;
    const slots = Array.from(roster.slots) as Slot[];
    const older = olderInFlight(state);
    const told = { checkpointId, timestamp, lastSubsumedId, olderInFlight: older, slots };
    this.#notices.start({ type: 'notifyCompleted', term, ...told });
  }

  /** Carries out an effect on tasks; `state` is the durable fold that ordered it. */
  carryOut(effect: TaskEffect, state: JobState): void {
    const { term } = this.#options;
    switch (effect.type) {
      case 'triggerTasks': {
        const { checkpointId, timestamp, location, options, slots } = effect;
        return this.#trigger({ type: 'trigger', term, checkpointId, timestamp, location, options, slots });
      }
      case 'notifyCompleted':
        return this.#notices.start({ ...effect, term, olderInFlight: olderInFlight(state) });
      case 'notifyAborted': {
        const told = { ...latestCompletion(state), olderInFlight: olderInFlight(state) };
        return this.#abortNotices.start({ ...effect, term, ...told });
      }
      default:
        return assertNever(effect);
    }
  }

  /** A gateway that knows at once that the tasks cannot be asked says so by throwing (C-065). */
  #trigger(command: TriggerCommand): void {
    try {
      this.#send(command);
    } catch (error) {
      const { checkpointId } = command;
      this.#listener?.post({ content: { type: 'failTrigger', checkpointId, ...triggerFailure(error) } });
    }
  }

  #send(command: TaskCommand): void {
    this.#options.gateway.send([command]);
  }

  #hear(message: TaskMessage, listener: TaskListener): void {
    const { post } = listener;
    switch (message.type) {
      case 'acknowledgements':
        return this.#hearFrames(message.frames, listener);
      case 'declined':
        return this.#hearDecline(message, listener);
      case 'metrics':
        return this.#hearMetrics(message, listener);
      case 'attemptEnded': {
        const { slot, attempt, status, message: text } = message;
        this.#notices.forget(slot);
        this.#abortNotices.forget(slot);
        return post({ content: { type: 'endAttempt', slot, attempt, status, message: text } });
      }
      case 'activityChanged':
        return post({
          content: { type: 'changeActivity', attempts: message.attempts, isActive: message.isActive },
        });
      case 'backlogReported': {
        const { operatorId, isBacklog } = message;
        return post({ content: { type: 'reportBacklog', operatorId, isBacklog } });
      }
      case 'endOfData':
        return post({ content: { type: 'endData', slot: message.slot, attempt: message.attempt } });
      case 'completionConfirmed':
        this.#abortNotices.supersede(message.slot, message.checkpointId);
        return this.#notices.confirm(message.slot, message.checkpointId);
      case 'abortConfirmed':
        return this.#abortNotices.confirm(message.slot, message.checkpointId);
      default:
        return assertNever(message);
    }
  }

  /** A decline that names no checkpoint that could be is told to the operator, never to the task (C-095). */
  #hearDecline(message: DeclinedMessage, { post, report }: TaskListener): void {
    const read = readDecline(message);
    if (typeof read === 'string') return report(`${declineTrouble}: ${read}`);
    const { jobId } = this.#options;
    const resolve = ({ type }: Outcome): void => {
      if (type === 'wrongJob') report(wrongJobText(read, jobId));
    };
    post({ content: { type: 'decline', ...read }, resolve });
  }

  #hearMetrics(message: MetricsMessage, { post, report }: TaskListener): void {
    const read = readMetrics(message, this.#options.jobId);
    if (typeof read === 'string') return report(`${metricsTrouble}: ${read}`);
    post({ content: { type: 'reportMetrics', ...read } });
  }

  /** Frames that are refused change nothing; somebody should know, for their checkpoint waits in vain. */
  #hearFrames(frames: Uint8Array, { post, report }: TaskListener): void {
    const batch = walkFrames(this.#options.jobId, frames);
    const resolve = ({ frames: outcomes }: Outcome): void => {
      const refused = outcomes?.filter((code) => refusedCodes.has(code)).length ?? 0;
      if (refused === 0) return;
      const [why] = [...batch.refused.values()].map((refusal) => refusal.message);
      report(
        `${acknowledgeTrouble}: ${refused} of ${batch.count} frames are refused: ${why ?? 'not what their slots must send'}`,
      );
    };
    post({ content: { type: 'frames', batch }, resolve });
  }
}
