import { setup } from 'xstate';

/** What an inspector shows of the coordinator; nothing reads it. */
export interface CoordinatorContext {
  readonly jobId: string;
  readonly term: number;
}

/** What the chart must hear from its runtime. */
export type CoordinatorSignal =
  | { readonly type: 'coordinator.recovered' }
  | { readonly type: 'coordinator.closed' }
  | { readonly type: 'coordinator.fenced' }
  | { readonly type: 'coordinator.stopped' };

/** The life of one coordinator on one journal; parent of the actors of its job, checkpoints and tasks. */
export const coordinatorMachine = setup({
  types: { context: {} as CoordinatorContext, events: {} as CoordinatorSignal },
}).createMachine({
  id: 'coordinator',
  description: 'One reign over one job, from taking over to closing or being fenced.',
  context: { jobId: '', term: 0 },
  initial: 'recovering',
  on: {
    'coordinator.closed': { target: '.closed' },
    'coordinator.fenced': { target: '.fenced' },
    'coordinator.stopped': { target: '.stopped' },
    // Checkpoints, tasks and the job are children that end one by one; the fold has known it before they do.
    'xstate.done.actor.*': {},
  },
  states: {
    recovering: {
      description: 'Has taken over; asks which attempts live and orders again what the journal owes.',
      on: { 'coordinator.recovered': { target: 'coordinating' } },
    },
    coordinating: { description: 'Takes turns: decides, appends, shows.' },
    closed: { type: 'final', description: 'Closed by its job manager; the job can be resumed.' },
    fenced: { type: 'final', description: 'Another coordinator has taken over; nothing more is shown.' },
    stopped: {
      type: 'final',
      description: 'The journal cannot be written; the job can be resumed when it can.',
    },
  },
});
