import { fromCallback, setup } from 'xstate';

/** What the chart must hear; the journal's facts carry more and are assignable to these. */
export type SchedulerSignal = { readonly type: 'scheduler.started' } | { readonly type: 'scheduler.stopped' };

/** Stands where the runtime provides the real child; it does nothing, so the chart opens alone in a visualizer. */
const unprovided = fromCallback(() => {});

/** The schedule of periodic checkpoints: kept while the job runs with every task, unless somebody has stopped it. */
export const schedulerMachine = setup({
  types: { events: {} as SchedulerSignal },
  actors: { periodicTrigger: unprovided },
}).createMachine({
  id: 'scheduler',
  description: 'The schedule of periodic checkpoints.',
  initial: 'stopped',
  states: {
    stopped: {
      description: 'No checkpoint is taken by itself.',
      on: { 'scheduler.started': { target: 'started' }, 'scheduler.stopped': { target: 'stopped' } },
    },
    started: {
      description: 'The job runs with every task; checkpoints are triggered periodically.',
      invoke: { id: 'periodicTrigger', src: 'periodicTrigger' },
      on: { 'scheduler.stopped': { target: 'stopped' } },
    },
  },
});
