import { setup } from 'xstate';

/** What the chart must hear; the journal's facts carry more and are assignable to these. */
export type JobSignal =
  | { readonly type: 'job.running' }
  | { readonly type: 'job.restarting' }
  | { readonly type: 'job.finished' }
  | { readonly type: 'job.failed' }
  | { readonly type: 'job.cancelled' }
  | { readonly type: 'job.suspended' };

/** The life of the job as the job manager reports it; retention takes effect when it ends for good. */
export const jobMachine = setup({
  types: { events: {} as JobSignal },
}).createMachine({
  id: 'job',
  description: 'The life of the job; what ends it for good decides which checkpoints stay.',
  initial: 'created',
  on: {
    'job.finished': { target: '.finished' },
    'job.failed': { target: '.failed' },
    'job.cancelled': { target: '.cancelled' },
    'job.suspended': { target: '.suspended' },
  },
  states: {
    created: {
      description: 'Known to the journal; its tasks do not run yet.',
      on: { 'job.running': { target: 'running' }, 'job.restarting': { target: 'restarting' } },
    },
    running: {
      description: 'Its tasks run; checkpoints can be taken.',
      on: { 'job.restarting': { target: 'restarting' } },
    },
    restarting: {
      description:
        'A task or the whole process was lost; tasks are deployed anew from the newest checkpoint.',
      on: { 'job.running': { target: 'running' }, 'job.restarting': { target: 'restarting' } },
    },
    suspended: {
      description: 'Stopped in order; every checkpoint is kept and the job can be resumed.',
      on: { 'job.running': { target: 'running' }, 'job.restarting': { target: 'restarting' } },
    },
    finished: { type: 'final', description: 'All input was processed and committed.' },
    failed: { type: 'final', description: 'Given up after too many failures.' },
    cancelled: { type: 'final', description: 'Ended by its user.' },
  },
});
