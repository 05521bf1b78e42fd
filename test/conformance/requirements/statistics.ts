/** Requirements: statistics. */
import { better, coordinatorOne, partly, same, type Section } from '../entry.ts';

export const statisticsRequirements: readonly Section[] = [
  {
    title: '9 Statistics',
    entries: [
      better(
        'C-221',
        'counts, and how they move',
        'they are folded from the journal: a coordinator that takes over goes on counting',
      ),
      same('C-222', 'a history of so many, and the latest of each kind beyond it'),
      better(
        'C-223',
        'what is in flight stays countable when the history is full; savepoints are never checkpoints',
        'all in flight are kept beside the history, and the latest of a kind is one of that kind',
      ),
      same('C-224', 'what is shown of a subtask'),
      same('C-225', 'what is shown of a task'),
      same('C-226', 'vertices shown are those of the plan'),
      partly(
        'C-227',
        'sums while in flight',
        coordinatorOne,
        'what late acknowledgements measured, and reports without one',
      ),
      same('C-228', 'a summary with quantiles over the completed ones'),
      same('C-229', 'statistics are immutable values, the same one as long as nothing changed'),
      same('C-230', 'fourteen gauges'),
      same('C-231', 'in progress, completed and failed'),
      same('C-232', 'a span and an event per checkpoint'),
      same('C-233', 'levels of detail of a span'),
      same('C-234', 'a span for the start of the job'),
      same('C-235', 'an error in a span harms nobody'),
      same('C-236', 'a listener that hears of every end'),
      same('C-237', 'fields of the REST interface'),
      same('C-238', 'a completed one is marked once its files go'),
    ],
  },
];
