/** Requirements: failures. */
import { coordinatorOne, open, partly, same, type Section } from '../entry.ts';

const notAsked = 'the rule stands, the coordinator does not ask it';

export const failuresRequirements: readonly Section[] = [
  {
    title: '6 Failures',
    entries: [
      same('C-150', '24 reasons for failing, five of which count'),
      partly('C-151', 'failures of the coordinator and of a task are told apart', coordinatorOne, notAsked),
      partly(
        'C-152',
        "a coordinator's failure counts for checkpoints, not for savepoints",
        coordinatorOne,
        notAsked,
      ),
      partly(
        'C-153',
        "a task's failure counts, and fails the job at once for a savepoint that ends it",
        coordinatorOne,
        notAsked,
      ),
      partly(
        'C-154',
        'which failures count, once each, and the text when there are too many',
        coordinatorOne,
        notAsked,
      ),
      partly('C-155', 'a job fails at the failure after the tolerated ones', coordinatorOne, notAsked),
      partly('C-156', 'a success begins the count anew, an older one does not', coordinatorOne, notAsked),
      partly(
        'C-157',
        'statistics say failed, also when there was no checkpoint yet',
        coordinatorOne,
        'failures before there is a checkpoint',
      ),
      open('C-158', 'what is logged of a failure, and how loud', coordinatorOne),
      open('C-159', 'a negative tolerance is refused', coordinatorOne),
      open('C-160', 'an error of the callback keeps nothing from being cleaned up', coordinatorOne),
      open(
        'C-161',
        'triggers that always fail: a limit of their own, and the time since the last success',
        coordinatorOne,
      ),
      open('C-162', 'the count of failures survives the coordinator', coordinatorOne),
    ],
  },
];
