/** The configuration in force as Flink's REST interface tells it (C-032, C-237). */
import type { CheckpointConfiguration } from '../core/configuration.ts';
import { externalizationOf } from '../retention/policy.ts';

/** A number that JSON can hold and JavaScript cannot: `JSON.stringify` writes it as it stands. */
export interface LongLiteral {
  readonly rawJSON: string;
}

/** Node has it since version 21; TypeScript does not know it yet. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => LongLiteral };

/** Flink's interval of a job without periodic checkpoints: the greatest long. */
const NEVER = rawJSON('9223372036854775807');

export interface CheckpointConfigurationView {
  readonly mode: 'exactly_once' | 'at_least_once';
  readonly interval: number | LongLiteral;
  readonly timeout: number;
  readonly min_pause: number;
  readonly max_concurrent: number;
  readonly externalization: { readonly enabled: boolean; readonly delete_on_cancellation: boolean };
  readonly state_backend: string;
  readonly checkpoint_storage: string;
  readonly unaligned_checkpoints: boolean;
  readonly tolerable_failed_checkpoints: number;
  readonly aligned_checkpoint_timeout: number;
  readonly checkpoints_after_tasks_finish: boolean;
  readonly state_changelog_enabled: boolean;
  readonly changelog_periodic_materialization_interval: number;
  readonly changelog_storage: string | null;
}

/** Names that Flink shows to people; no decision depends on them. */
export interface ShownNames {
  readonly stateBackend?: string | undefined;
  readonly checkpointStorage?: string | undefined;
}

/** The configuration in force. */
export const checkpointConfigurationView = (
  configuration: CheckpointConfiguration,
  names: ShownNames = {},
): CheckpointConfigurationView => {
  const { enabled, deleteOnCancellation } = externalizationOf(configuration.retention);
  return {
    mode: configuration.mode === 'AT_LEAST_ONCE' ? 'at_least_once' : 'exactly_once',
    interval: configuration.intervalMs ?? NEVER,
    timeout: configuration.timeoutMs,
    min_pause: configuration.minPauseMs,
    max_concurrent: configuration.maxConcurrent,
    externalization: { enabled, delete_on_cancellation: deleteOnCancellation },
    state_backend: names.stateBackend ?? 'HashMapStateBackend',
    checkpoint_storage: names.checkpointStorage ?? 'FileSystemCheckpointStorage',
    unaligned_checkpoints: configuration.unaligned,
    tolerable_failed_checkpoints: configuration.tolerableFailed,
    aligned_checkpoint_timeout: configuration.alignedTimeoutMs,
    checkpoints_after_tasks_finish: configuration.checkpointsAfterTasksFinish,
    state_changelog_enabled: false,
    changelog_periodic_materialization_interval: 0,
    changelog_storage: null,
  };
};
