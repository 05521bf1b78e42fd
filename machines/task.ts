import { setup } from 'xstate';

/** What an inspector shows of a task; nothing reads it. */
export interface TaskContext {
  readonly slot: number;
  readonly name: string;
  readonly attempt: number;
}

/** What the chart must hear; the journal's facts carry more and are assignable to these. */
export type TaskSignal =
  | { readonly type: 'task.active' }
  | { readonly type: 'task.inactive' }
  | { readonly type: 'task.dataEnded' }
  | { readonly type: 'task.finished' }
  | { readonly type: 'task.failed' }
  | { readonly type: 'task.cancelled' }
  | { readonly type: 'task.lost' };

/** The life of one execution attempt, as far as the coordinator must know it. */
export const taskMachine = setup({
  types: { context: {} as TaskContext, events: {} as TaskSignal },
}).createMachine({
  id: 'task',
  description: 'One execution attempt of one subtask.',
  context: { slot: 0, name: '', attempt: 0 },
  initial: 'alive',
  states: {
    alive: {
      description: 'Deployed: it can be triggered and can acknowledge.',
      initial: 'running',
      on: {
        'task.finished': { target: 'finished' },
        'task.failed': { target: 'failed' },
        'task.cancelled': { target: 'cancelled' },
        'task.lost': { target: 'lost' },
      },
      states: {
        running: {
          description: 'Works on its input.',
          on: { 'task.dataEnded': { target: 'dataEnded' }, 'task.inactive': { target: 'inactive' } },
        },
        inactive: {
          description: 'Being deployed, initialized or cancelled: no checkpoint can be taken.',
          on: { 'task.active': { target: 'running' }, 'task.dataEnded': { target: 'dataEnded' } },
        },
        dataEnded: {
          description: 'Its input is at its end; it still answers barriers.',
          on: { 'task.inactive': { target: 'inactive' } },
        },
      },
    },
    finished: { type: 'final', description: 'Ended in order.' },
    failed: { type: 'final', description: 'Ended by an error.' },
    cancelled: { type: 'final', description: 'Ended by the job manager.' },
    lost: { type: 'final', description: 'Gone without a word, with the process that ran it.' },
  },
});
