import { assign, fromCallback, setup } from 'xstate';

/** What an inspector shows of a checkpoint; nothing reads it. */
export interface CheckpointContext {
  readonly checkpointId: number;
  readonly kind: string;
  readonly acknowledged: number;
  readonly total: number;
}

/** What the chart must hear; the journal's facts carry more and are assignable to these. */
export type CheckpointSignal =
  | { readonly type: 'checkpoint.located' }
  | { readonly type: 'coordinators.asked' }
  | { readonly type: 'hooks.asked' }
  | { readonly type: 'tasks.asked' }
  | { readonly type: 'checkpoint.fullyAcknowledged' }
  | { readonly type: 'metadata.written' }
  | { readonly type: 'checkpoint.completed' }
  | { readonly type: 'checkpoint.aborted' }
  | { readonly type: 'progress'; readonly acknowledged: number; readonly total: number };

/** Stands where the runtime provides the real child; it does nothing, so the chart opens alone in a visualizer. */
const unprovided = fromCallback(() => {});

/**
 * The life of one checkpoint. Children last as long as their state and answer through the coordinator's inbox, never
 * through `onDone`: what they say is journaled first and comes back as one of the signals above.
 */
export const checkpointMachine = setup({
  types: { context: {} as CheckpointContext, events: {} as CheckpointSignal },
  actors: {
    deadline: unprovided,
    locationProvider: unprovided,
    coordinatorSnapshots: unprovided,
    masterHooks: unprovided,
    metadataWriter: unprovided,
  },
  actions: {
    showProgress: assign(({ event }) =>
      event.type === 'progress' ? { acknowledged: event.acknowledged, total: event.total } : {},
    ),
  },
}).createMachine({
  id: 'checkpoint',
  description:
    'The life of one checkpoint or savepoint, from its trigger to its metadata file or its disposal.',
  context: { checkpointId: 0, kind: 'Checkpoint', acknowledged: 0, total: 0 },
  initial: 'pending',
  invoke: { id: 'deadline', src: 'deadline' },
  on: { progress: { actions: 'showProgress' } },
  states: {
    pending: {
      description: 'Triggered, but not every task has acknowledged.',
      initial: 'locating',
      on: { 'checkpoint.aborted': { target: 'disposed' } },
      states: {
        locating: {
          description: 'The storage prepares the place the checkpoint is written to.',
          invoke: { id: 'locationProvider', src: 'locationProvider' },
          on: {
            'coordinators.asked': { target: 'snapshottingCoordinators' },
            'hooks.asked': { target: 'snapshottingHooks' },
            'checkpoint.located': { target: 'collecting' },
          },
        },
        snapshottingCoordinators: {
          description: 'Operator coordinators save their state; nobody else has been asked.',
          invoke: { id: 'coordinatorSnapshots', src: 'coordinatorSnapshots' },
          on: {
            'hooks.asked': { target: 'snapshottingHooks' },
            'tasks.asked': { target: 'collecting' },
          },
        },
        snapshottingHooks: {
          description: 'Hooks of the job manager save their state, after every operator coordinator.',
          invoke: { id: 'masterHooks', src: 'masterHooks' },
          on: { 'tasks.asked': { target: 'collecting' } },
        },
        collecting: {
          description: 'Tasks have been asked for their state; their acknowledgements come in.',
          on: { 'checkpoint.fullyAcknowledged': { target: '#checkpoint.writingMetadata' } },
        },
      },
    },
    writingMetadata: {
      description: 'Every task has acknowledged; the metadata file decides.',
      initial: 'writing',
      states: {
        writing: {
          description: 'The storage writes the metadata file; the deadline still runs.',
          invoke: { id: 'metadataWriter', src: 'metadataWriter' },
          on: {
            'metadata.written': { target: 'storing' },
            'checkpoint.aborted': { target: '#checkpoint.disposed' },
          },
        },
        storing: {
          description:
            'The file stands; the append that makes the checkpoint the newest is all that is missing.',
          on: { 'checkpoint.completed': { target: '#checkpoint.finalized' } },
        },
      },
    },
    finalized: {
      type: 'final',
      description:
        'The metadata file is durable and the journal says so. A later discard does not change this.',
    },
    disposed: { type: 'final', description: 'Given up: its state is discarded and its tasks were told.' },
  },
});
