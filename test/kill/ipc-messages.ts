/** What the parent, who has the tasks, and the child, who coordinates, say to each other. */
import type { Fact } from '../../src/core/facts/fact.ts';
import type { LivingAttempt, TaskCommand, TaskMessage } from '../../src/tasks/gateway.ts';

export interface ChildSettings {
  readonly journal: string;
  readonly checkpoints: string;
}

export type ToParent =
  | { readonly type: 'attach'; readonly request: { readonly term: number; readonly slotFloor: number } }
  | { readonly type: 'commands'; readonly commands: readonly TaskCommand[] }
  | { readonly type: 'facts'; readonly facts: readonly Fact[] }
  | {
      readonly type: 'opened';
      readonly resumed: readonly { readonly checkpointId: number; readonly acknowledged: number }[];
    }
  | { readonly type: 'closed' };

export type ToChild =
  | { readonly type: 'living'; readonly attempts: readonly LivingAttempt[] }
  | { readonly type: 'message'; readonly message: TaskMessage }
  | { readonly type: 'run' }
  | { readonly type: 'restore'; readonly attempts: readonly LivingAttempt[] }
  | { readonly type: 'trigger' }
  | { readonly type: 'close' };
