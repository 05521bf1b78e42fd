/** Requirements: restoring, finished tasks and unaligned checkpoints. */
import { better, coordinatorTwo, open, partly, same, type Section } from '../entry.ts';

export const restoreRequirements: readonly Section[] = [
  {
    title: '7.1 Restoring',
    entries: [
      partly(
        'C-163',
        'at the start the store is asked first, a path only when it is empty',
        coordinatorTwo,
        'a path',
      ),
      partly('C-164', 'no restore after the end', coordinatorTwo, "Flink's text"),
      partly(
        'C-165',
        'a restore is announced, then shown with what it restored',
        coordinatorTwo,
        'announcing, size and properties',
      ),
      partly(
        'C-166',
        'the order of a restore',
        coordinatorTwo,
        'checks of finished tasks and of the mapping',
      ),
      partly(
        'C-167',
        'master hooks are restored, reset where there is nothing',
        coordinatorTwo,
        'allowing state that no hook takes',
      ),
      same('C-168', 'before a restore everything in flight is given up'),
      partly(
        'C-169',
        'a restart of a region restores its vertices',
        coordinatorTwo,
        'operator coordinators hear of single subtasks',
      ),
    ],
  },
  {
    title: '7.2 From a path',
    entries: [
      open('C-170', 'a path of nothing is refused', coordinatorTwo),
      open('C-171', 'restoring from a path, step by step', coordinatorTwo),
      open(
        'C-172',
        'state without an operator and other parallelism limits, refused or allowed',
        coordinatorTwo,
      ),
      open('C-173', 'what is restored has no times, and keeps its properties', coordinatorTwo),
      partly(
        'C-174',
        'the counter of ids never falls behind what is stored',
        coordinatorTwo,
        'restoring from a path',
      ),
    ],
  },
  {
    title: '7.3 Claims',
    entries: [
      open('C-175', 'an unknown claim mode is refused', coordinatorTwo),
      open('C-176', 'a restore without claim registers nothing', coordinatorTwo),
      open('C-177', 'it is independent after its first stored checkpoint', coordinatorTwo),
      open('C-178', 'who owns a snapshot is kept with it', coordinatorTwo),
      open('C-179', 'a snapshot is claimed by one job', coordinatorTwo),
    ],
  },
  {
    title: '7.4 Assigning state',
    entries: [
      open('C-180', 'operators are found by generated id or by the hash the user gave', coordinatorTwo),
      open('C-181', 'state of an operator the job no longer has', coordinatorTwo),
      partly('C-182', 'an operator without state starts empty', coordinatorTwo, 'operators that moved'),
      open('C-183', 'limits of parallelism that may change, and those that may not', coordinatorTwo),
      same('C-184', 'key groups, their spread over subtasks and the group of a key'),
      open('C-185', 'the default limit of parallelism', coordinatorTwo),
      partly('C-186', 'keyed state goes where its key groups are', coordinatorTwo, 'another parallelism'),
      open('C-187', 'lists of operator state are spread anew', coordinatorTwo),
      open('C-188', 'channel state is mapped to other channels', coordinatorTwo),
      open('C-189', 'output in flight is recovered downstream', coordinatorTwo),
      open('C-190', 'a vertex that finished stays finished', coordinatorTwo),
      open('C-191', 'data in flight may be left out of a restore', coordinatorTwo),
      same('C-192', 'every restored subtask hears the id it is restored from'),
    ],
  },
  {
    title: '7.5 Finished vertices',
    entries: [
      open('C-193', 'operators of a vertex agree on whether it finished', coordinatorTwo),
      open('C-194', 'before what finished everything finished', coordinatorTwo),
      open('C-195', 'what finished in part, and what may follow it', coordinatorTwo),
    ],
  },
  {
    title: '7.6 Shared state',
    entries: [
      same('C-196', 'what the registry of shared state holds per key'),
      better(
        'C-197',
        'registering shared state: first, again, by another',
        'a file that is being deleted is refused like one that was never registered',
      ),
      better(
        'C-198',
        'the registered state replaces its placeholder',
        'a reference is a handle without a size, and the size is written into the slice when it is recorded',
      ),
      better(
        'C-199',
        'what nobody refers to is deleted',
        'between the retained checkpoints too, not only below the lowest',
      ),
      partly(
        'C-200',
        'restored shared state is registered, and kept when not claimed',
        coordinatorTwo,
        'registering at a restore',
      ),
      better(
        'C-201',
        'shared state of what was given up is swept',
        'registrations are facts: the next completion sweeps them, whoever the coordinator is then',
      ),
      better('C-202', 'savepoints register nothing', 'late acknowledgements of a savepoint do not, either'),
      same('C-203', 'a shared file goes after every pointer to it'),
    ],
  },
  {
    title: '8.1 The plan with finished tasks',
    entries: [
      partly(
        'C-204',
        'no checkpoint with a finished task while that is switched off',
        coordinatorTwo,
        "Flink's text",
      ),
      partly('C-205', 'no checkpoint while a subtask has no attempt', coordinatorTwo, "Flink's text"),
      partly(
        'C-206',
        'no checkpoint while a task is not running',
        coordinatorTwo,
        'the status of single attempts',
      ),
      same('C-207', 'with nothing finished sources are asked and everybody answers'),
      open('C-208', 'with finished tasks the next ones behind them are asked', coordinatorTwo),
      same('C-209', 'the plan sees one moment'),
      same('C-210', 'a task that ends after the plan was made never leaves a hole'),
    ],
  },
  {
    title: '8.2 Writing what finished',
    entries: [
      open('C-211', 'union state of a vertex that finished in part', coordinatorTwo),
      open('C-212', 'a vertex that finished is written as such', coordinatorTwo),
      open('C-213', 'a subtask that finished is written as such', coordinatorTwo),
      open('C-214', 'nothing is filled in while finished tasks are switched off', coordinatorTwo),
      open('C-215', 'finished tasks in the statistics', coordinatorTwo),
    ],
  },
  {
    title: '8.3 Unaligned checkpoints',
    entries: [
      same('C-216', 'all kinds of state of a subtask are taken as they are'),
      open('C-217', 'files of channel state that several subtasks share', coordinatorTwo),
      partly('C-218', 'metrics of unaligned acknowledgements', coordinatorTwo, 'in the statistics'),
      open('C-219', 'checkpoints while tasks recover', coordinatorTwo),
      same('C-220', 'the size of state includes channel state'),
    ],
  },
];
