/**
 * Messages that tasks send as objects, read as what they are: from elsewhere. Wrong types are named, never passed on.
 */
import type { Decline, ReportMetrics } from '../core/commands.ts';
import type { ReportedMetrics } from '../core/facts/reported-metrics.ts';
import { declineReasons, type DeclineReason } from '../core/failures.ts';
import type { JobId } from '../state/ids.ts';
import type { DeclinedMessage, MetricsMessage } from './gateway.ts';
import type { AcknowledgementMetrics } from './frame.ts';

/** Characters of a task's own words that are kept: a stack trace fits, a heap dump does not. */
export const DECLINE_TEXT_MAX = 8_192;

/** A decline as a command, without its time. */
export type ReadDecline = Pick<Decline, 'checkpointId' | 'slot' | 'attempt' | 'reason' | 'message'> & {
  readonly jobId: JobId;
};

type Sender = Pick<DeclinedMessage, 'checkpointId' | 'slot' | 'attempt'>;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** What is wrong with a message's numbers, or nothing. */
const troubleWith = (sender: Sender): string | undefined => {
  const wrong = (['checkpointId', 'slot', 'attempt'] as const).find((name) => !isCount(sender[name]));
  return wrong === undefined ? undefined : `${wrong} is ${String(sender[wrong])}, not a whole number`;
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : String(value));

const isDeclineReason = (value: unknown): value is DeclineReason =>
  (declineReasons as readonly unknown[]).includes(value);

/**
 * A decline, or what is wrong with it. One with a reason that no task has still declines: its task takes no part,
 * whatever it calls that (C-150).
 */
export const readDecline = (message: DeclinedMessage): ReadDecline | string => {
  const trouble = troubleWith(message);
  if (trouble !== undefined) return trouble;
  const { jobId, checkpointId, slot, attempt, reason } = message;
  const text = textOf(message.message).slice(0, DECLINE_TEXT_MAX);
  if (isDeclineReason(reason)) return { jobId, checkpointId, slot, attempt, reason, message: text };
  const unknown = `Unknown checkpoint failure reason : ${textOf(reason).slice(0, DECLINE_TEXT_MAX)}. ${text}`;
  return { jobId, checkpointId, slot, attempt, reason: 'CHECKPOINT_DECLINED', message: unknown };
};

const durations = ['syncDurationMs', 'asyncDurationMs', 'alignmentDurationMs', 'startDelayMs'] as const;
const byteCounts = ['processedBytes', 'persistedBytes'] as const;

const troubleWithMetrics = (metrics: AcknowledgementMetrics): string | undefined => {
  const isKnown = (value: unknown): boolean => value === -1 || isCount(value);
  const wrong =
    durations.find((name) => !isCount(metrics?.[name])) ??
    byteCounts.find((name) => !isKnown(metrics?.[name]));
  return wrong === undefined ? undefined : `${wrong} is ${String(metrics?.[wrong])}`;
};

/** What a task measured, or what is wrong with the message. */
export const readMetrics = (
  message: MetricsMessage,
  own: JobId,
): Pick<ReportMetrics, 'checkpointId' | 'metrics'> | string => {
  const { jobId, checkpointId, slot, attempt, metrics } = message;
  if (jobId !== own) return `it is for job ${String(jobId)}, this coordinator handles job ${own}`;
  const trouble = troubleWith(message) ?? troubleWithMetrics(metrics);
  if (trouble !== undefined) return trouble;
  const reported: ReportedMetrics = {
    slot,
    attempt,
    syncDurationMs: metrics.syncDurationMs,
    asyncDurationMs: metrics.asyncDurationMs,
    alignmentDurationMs: metrics.alignmentDurationMs,
    startDelayMs: metrics.startDelayMs,
    processedBytes: metrics.processedBytes,
    persistedBytes: metrics.persistedBytes,
    isUnaligned: metrics.isUnaligned === true,
    stateSizeBytes: 0,
    checkpointedSizeBytes: 0,
  };
  return { checkpointId, metrics: reported };
};
