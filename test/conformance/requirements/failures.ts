/** Requirements: failures. */
import { better, coordinatorOne, open, partly, same, type Section } from '../entry.ts';

export const failuresRequirements: readonly Section[] = [
  {
    title: '6 Failures',
    entries: [
      same('C-150', '24 reasons for failing, five of which count'),
      same('C-151', 'failures of the coordinator and of a task are told apart'),
      same('C-152', "a coordinator's failure counts for checkpoints, not for savepoints"),
      partly(
        'C-153',
        "a task's failure counts, and fails the job at once for a savepoint that ends it",
        coordinatorOne,
        'the rule of savepoints that end the job is not asked',
      ),
      same('C-154', 'which failures count, once each, and the text when there are too many'),
      same('C-155', 'a job fails at the failure after the tolerated ones'),
      same('C-156', 'a success begins the count anew, an older one does not'),
      partly(
        'C-157',
        'statistics say failed, also when there was no checkpoint yet',
        coordinatorOne,
        'failures before there is a checkpoint',
      ),
      open('C-158', 'what is logged of a failure, and how loud', coordinatorOne),
      better(
        'C-159',
        'a negative tolerance',
        'is refused when it is configured, before there is a coordinator',
      ),
      same('C-160', 'an error of the callback keeps nothing from being cleaned up'),
      open(
        'C-161',
        'triggers that always fail: a limit of their own, and the time since the last success',
        coordinatorOne,
      ),
      better('C-162', 'the count of failures', 'survives the coordinator: it is part of the fold'),
    ],
  },
];
