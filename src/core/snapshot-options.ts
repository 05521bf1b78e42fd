/** What tasks are told about a snapshot they are to take: it goes with the trigger and with every barrier. */
import { TidemarkError } from '../errors.ts';
import type { CheckpointConfiguration } from './configuration.ts';
import {
  fullCheckpoint,
  isSavepoint,
  isSynchronous,
  type SnapshotProperties,
} from './snapshot-properties.ts';

/**
 * What a task does with an input whose barrier has come while others have not. AT_LEAST_ONCE: it may read on. ALIGNED:
 * it waits. UNALIGNED: it takes what is in the channels into the snapshot. FORCED_ALIGNED: it waits, because a channel
 * on the way cannot do what was asked for.
 */
export type AlignmentType = 'AT_LEAST_ONCE' | 'ALIGNED' | 'UNALIGNED' | 'FORCED_ALIGNED';

export interface SnapshotOptions {
  /** What is to be written. It may be fuller than what was asked for (C-037). */
  readonly snapshot: SnapshotProperties;
  readonly alignment: AlignmentType;
  /** After which an aligned checkpoint goes on unaligned, in ms; undefined: never. */
  readonly alignedTimeoutMs?: number | undefined;
  /** The task takes nothing more in until the snapshot is complete (C-034). */
  readonly isSynchronous: boolean;
  /** With a synchronous one: sources end, and event time with them, before it is taken. */
  readonly drain: boolean;
}

const refuse = (text: string): never => {
  throw new TidemarkError('CONFIGURATION_INVALID', text);
};

/**
 * Options of a snapshot, checked.
 * @throws CONFIGURATION_INVALID for what cannot be, with Flink's texts (C-070).
 */
export const snapshotOptions = (
  snapshot: SnapshotProperties,
  alignment: AlignmentType,
  alignedTimeoutMs?: number,
): SnapshotOptions => {
  if (alignment === 'UNALIGNED' && isSavepoint(snapshot)) refuse("Savepoint can't be unaligned");
  if (alignment === 'UNALIGNED' && alignedTimeoutMs !== undefined) {
    refuse(`Unaligned checkpoint can't have timeout (${alignedTimeoutMs})`);
  }
  return {
    snapshot,
    alignment,
    ...(alignedTimeoutMs === undefined ? {} : { alignedTimeoutMs }),
    isSynchronous: isSynchronous(snapshot),
    drain: snapshot.type === 'savepoint' && snapshot.action === 'TERMINATE',
  };
};

/** @throws CONFIGURATION_INVALID for a savepoint. */
const unaligned = (snapshot: SnapshotProperties): SnapshotOptions =>
  isSavepoint(snapshot) ? refuse('Savepoints can not be unaligned') : snapshotOptions(snapshot, 'UNALIGNED');

/** What the configuration says about a snapshot (C-070). */
export const configuredOptions = (
  snapshot: SnapshotProperties,
  configuration: Pick<CheckpointConfiguration, 'mode' | 'unaligned' | 'alignedTimeoutMs'>,
): SnapshotOptions => {
  const { mode, alignedTimeoutMs } = configuration;
  if (mode !== 'EXACTLY_ONCE') return snapshotOptions(snapshot, 'AT_LEAST_ONCE');
  if (isSavepoint(snapshot) || !configuration.unaligned) return snapshotOptions(snapshot, 'ALIGNED');
  return alignedTimeoutMs === 0
    ? unaligned(snapshot)
    : snapshotOptions(snapshot, 'ALIGNED', alignedTimeoutMs);
};

/**
 * The options that are sent. As long as what the job was restored from is not its own, no checkpoint may refer to its
 * files: each is taken in full, whatever was asked for (C-037).
 */
export const sentOptions = (
  snapshot: SnapshotProperties,
  configuration: CheckpointConfiguration,
  forceFull: boolean,
): SnapshotOptions =>
  configuredOptions(forceFull && !isSavepoint(snapshot) ? fullCheckpoint : snapshot, configuration);

/** True while a task has to hold back inputs whose barriers have come (C-071). */
export const needsAlignment = ({ alignment, snapshot }: SnapshotOptions): boolean =>
  alignment !== 'AT_LEAST_ONCE' && (isSavepoint(snapshot) || alignment !== 'UNALIGNED');

/** True when alignment may be given up after a time (C-071). */
export const isTimeoutable = ({ alignment, alignedTimeoutMs }: SnapshotOptions): boolean =>
  alignment === 'ALIGNED' && alignedTimeoutMs !== undefined && alignedTimeoutMs > 0;

/** True when what is in the channels may become part of the snapshot (C-071). */
export const needsChannelState = (options: SnapshotOptions): boolean =>
  options.alignment === 'UNALIGNED' || isTimeoutable(options);

/** The options over a channel whose content cannot become part of a snapshot (C-071). */
export const withoutChannelState = (options: SnapshotOptions): SnapshotOptions =>
  needsChannelState(options) ? { ...options, alignment: 'FORCED_ALIGNED' } : options;

/** The options over a channel whose content can: what {@link withoutChannelState} took back holds again (C-071). */
export const withChannelState = (options: SnapshotOptions): SnapshotOptions => {
  const { alignment, snapshot, alignedTimeoutMs } = options;
  if (alignment !== 'FORCED_ALIGNED') return options;
  return alignedTimeoutMs === undefined
    ? unaligned(snapshot)
    : snapshotOptions(snapshot, 'ALIGNED', alignedTimeoutMs);
};
