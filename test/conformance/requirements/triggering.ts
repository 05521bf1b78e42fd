/** Requirements: triggering. */
import { better, coordinatorOne, coordinatorTwo, open, partly, same, type Section } from '../entry.ts';

export const triggeringRequirements: readonly Section[] = [
  {
    title: '2.1 Kinds of snapshots',
    entries: [
      same('C-033', 'kinds of snapshots with their names, sharing and formats'),
      same('C-034', 'a savepoint that ends the job is synchronous'),
      same('C-035', 'a savepoint is forced unless checkpoints are unaligned'),
      same('C-036', 'a checkpoint by hand takes a type: as configured, full or incremental; null is refused'),
      partly(
        'C-037',
        'checkpoints after a restore without claim are sent in full until one is stored',
        coordinatorTwo,
        'the restore without claim itself',
      ),
    ],
  },
  {
    title: '2.2 Requests that wait',
    entries: [
      better(
        'C-038',
        'savepoints go before checkpoints and requests by hand before periodic ones, otherwise in order of asking',
        'what came at the same time goes in the order of asking',
      ),
      better(
        'C-039',
        'at most 1,000 requests wait; beyond that the last in order is dropped or the new one refused',
        'a request that can begin at once is begun however many wait',
      ),
      same('C-040', 'which waiting request runs next, and what keeps it waiting'),
      better(
        'C-041',
        'only the first in order is looked at',
        'a request that is blocked is looked past; one of the timer inside the pause is refused and the next one looked at',
      ),
      same('C-042', 'the pause counts from the last completion and holds for periodic requests only'),
      same('C-043', 'what is refused before it is a checkpoint fails its caller alone and counts nowhere'),
      same('C-044', 'the queue is looked at again whenever something made room'),
      better('C-045', 'one periodic request waits at most', 'ticks behind it are dropped and counted'),
      same('C-046', 'at the end the waiting requests fail first, then what is in flight is given up'),
      better(
        'C-047',
        'a request that waited long is logged',
        'the fact that begins it says how long it waited',
      ),
    ],
  },
  {
    title: '2.3 The periodic timer',
    entries: [
      same('C-048', 'starting the periodic scheduler again stops it first'),
      same('C-049', 'the first start waits a random delay, later ones the pause'),
      better(
        'C-050',
        'periodic checkpoints at a fixed rate; a stale timer does nothing',
        'ticks missed while the process stood still are not made up for: one checkpoint serves them all',
      ),
      same('C-051', 'an interval that became never at a tick: this one is issued, no more follow'),
      better(
        'C-052',
        'a tick asks for a periodic checkpoint, and its failure is no error of the timer',
        'instead of a line in a log, a tick that is not heard is counted, or told as a problem',
      ),
      same('C-053', 'backlog of sources: other interval, timer set anew, end of data ends it'),
      better(
        'C-054',
        'a backlog reported while the scheduler stands still does not start it',
        'Flink arms the timer, whose ticks then fail and are counted as failures',
      ),
      better(
        'C-055',
        'stopping the scheduler stops its timer and gives up what is in flight, once',
        'a savepoint in flight is left alone (C-300)',
      ),
      better(
        'C-056',
        'the scheduler runs exactly while the job runs with every task',
        'also across coordinators; a stop that somebody asked for stays in force until the job or a task stops it too',
      ),
      better(
        'C-057',
        'when all tasks have read their data one checkpoint is taken at once',
        'as soon as the sources have: its barriers come behind their last records',
      ),
    ],
  },
  {
    title: '2.4 From the trigger to the tasks',
    entries: [
      partly(
        'C-058',
        'a trigger is refused when the coordinator ended or the scheduler stands still; one time stamp serves all',
        coordinatorOne,
        'a reason of its own for the timer while the scheduler stands still',
      ),
      partly(
        'C-059',
        'the plan of a checkpoint is made in one turn',
        coordinatorOne,
        'plans with finished tasks',
      ),
      same('C-060', 'ids count up from 1 and are never given twice, with gaps where a checkpoint failed'),
      same('C-061', 'the checkpoint is in flight, shown and under its deadline from the moment it has an id'),
      same('C-062', 'its place is prepared, and base directories once before'),
      same('C-063', 'operator coordinators are asked side by side, and acknowledge'),
      same('C-064', 'master hooks are asked after the operator coordinators'),
      same('C-065', 'sources are asked with id, time stamp, place and options'),
      same('C-066', 'a checkpoint that has all it needs when its trigger ends completes at once'),
      same('C-067', 'a trigger that fails gives up its checkpoint with the reason, and counts'),
      better(
        'C-068',
        'a checkpoint given up while it is triggered is reported once',
        'being given up is one fact, decided once for each id',
      ),
      partly(
        'C-069',
        'a plan without tasks is refused',
        coordinatorOne,
        'plans that become empty while the job runs',
      ),
      same('C-070', 'options in the message to a task follow from the configuration'),
      same('C-071', 'alignment of barriers: forced, needed or not, with a time limit'),
      same('C-072', 'a savepoint over a blocking output is refused'),
      same('C-073', 'a savepoint needs a target or a default directory'),
      open('C-074', 'cancel with savepoint', coordinatorOne),
      open(
        'C-075',
        'stop with savepoint, suspending or draining, in every order of its answers',
        coordinatorOne,
      ),
      same('C-076', 'master hooks are registered under an id of their own, once'),
      better(
        'C-077',
        "an operator coordinator's events wait while its snapshot is taken",
        'an event that was lost keeps failing snapshots until operator coordinator and subtask are restored',
      ),
    ],
  },
];
