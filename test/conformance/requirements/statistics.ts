/** Requirements: statistics. */
import { coordinatorOne, open, partly, same, type Section } from '../entry.ts';

export const statisticsRequirements: readonly Section[] = [
  {
    title: '9 Statistics',
    entries: [
      partly(
        'C-221',
        'counts, and how they move',
        coordinatorOne,
        'all of the past at the start of a coordinator, and failures before there is a checkpoint',
      ),
      partly(
        'C-222',
        'a history of so many, and the latest of each kind beyond it',
        coordinatorOne,
        'its size as an option, and the latest by id',
      ),
      partly(
        'C-223',
        'what is in flight stays countable when the history is full; savepoints are never checkpoints',
        coordinatorOne,
        'the latest by id',
      ),
      open('C-224', 'what is shown of a subtask', coordinatorOne),
      open('C-225', 'what is shown of a task', coordinatorOne),
      open('C-226', 'vertices shown are those of the plan', coordinatorOne),
      partly(
        'C-227',
        'sums while in flight',
        coordinatorOne,
        'reports without acknowledgement, and unknown values',
      ),
      open('C-228', 'a summary with quantiles over the completed ones', coordinatorOne),
      same('C-229', 'statistics are immutable values, the same one as long as nothing changed'),
      open('C-230', 'fourteen gauges', coordinatorOne),
      same('C-231', 'in progress, completed and failed'),
      open('C-232', 'a span and an event per checkpoint', coordinatorOne),
      open('C-233', 'levels of detail of a span', coordinatorOne),
      open('C-234', 'a span for the start of the job', coordinatorOne),
      open('C-235', 'an error in a span harms nobody', coordinatorOne),
      open('C-236', 'a listener that hears of every end', coordinatorOne),
      open('C-237', 'fields of the REST interface', coordinatorOne),
      same('C-238', 'a completed one is marked once its files go'),
    ],
  },
];
