/** Requirements: checkpoints in flight. */
import {
  better,
  coordinatorOne,
  coordinatorTwo,
  notApplicable,
  open,
  partly,
  same,
  type Section,
} from '../entry.ts';

export const inFlightRequirements: readonly Section[] = [
  {
    title: '3.1 What is in flight',
    entries: [
      same('C-078', 'what a checkpoint in flight holds'),
      same('C-079', 'it is full when nobody is left to answer'),
      same('C-080', 'checkpoints can be subsumed, savepoints cannot'),
      notApplicable(
        'C-081',
        'the deadline of a checkpoint is set once',
        "each checkpoint's actor starts exactly one deadline, as the chart says",
      ),
    ],
  },
  {
    title: '3.2 Acknowledgements',
    entries: [
      same('C-082', 'a message of another job, or after the end, comes to nothing and never throws'),
      better(
        'C-083',
        'shared state is registered before the checkpoint is looked up',
        'an id that was never given counts as the newest one, so that its files go in the end',
      ),
      same(
        'C-084',
        'an acknowledgement counts once; its state is kept per operator, and none is an answer too',
      ),
      open('C-085', 'acknowledgements of finished subtasks and finished operators', coordinatorTwo),
      same('C-086', 'a repeated acknowledgement changes nothing and discards nothing'),
      same('C-087', 'state of an attempt that was not asked is discarded'),
      notApplicable(
        'C-088',
        'state for a checkpoint that is given up but still listed',
        'giving up and leaving the list are one step, so it is late, never this',
      ),
      better(
        'C-089',
        'state that comes late is discarded, its metrics kept',
        'every id that ended is told apart for ever, by what became of it; files of a complete one are never deleted',
      ),
      better(
        'C-090',
        'ids of expired checkpoints are remembered for what comes late',
        'the newest 64, whatever they were given up for',
      ),
      partly(
        'C-091',
        'metrics of an attempt that did not acknowledge',
        coordinatorOne,
        'showing them; they are facts',
      ),
      same('C-092', 'acknowledgements of operator coordinators, in every case'),
      same('C-093', 'acknowledgements of master hooks, in every case'),
      better(
        'C-094',
        'acknowledgements count in the order they came',
        'one batch and turn after the other, each frame with its own outcome',
      ),
      same('C-095', 'trouble with a message is told to the operator, never to its sender'),
    ],
  },
  {
    title: '3.3 Declines and the deadline',
    entries: [
      same('C-096', 'a decline names job, reason and attempt'),
      same('C-097', 'one decline gives up the whole checkpoint'),
      same('C-098', 'a decline can be read without the classes of the job'),
      same('C-099', 'past its deadline a checkpoint or savepoint is given up, whatever else is in flight'),
    ],
  },
  {
    title: '3.4 Giving up',
    entries: [
      same('C-100', 'what giving up does, and in which order'),
      partly(
        'C-101',
        'files of a checkpoint given up are deleted, shared ones stay',
        coordinatorOne,
        'deleting state outside the directory, and counting it',
      ),
      partly(
        'C-102',
        'what is written after the abort is deleted, too',
        coordinatorOne,
        'files that nobody names',
      ),
      better(
        'C-103',
        'when a task fails everything in flight is given up first',
        'a savepoint outlives a restart of tasks that it does not need',
      ),
      same('C-104', 'several are given up in the order they were triggered'),
    ],
  },
  {
    title: '3.5 Phases',
    entries: [
      same('C-105', 'a checkpoint ends once, its caller is answered once'),
      same(
        'C-106',
        'tasks may acknowledge while the place is still prepared, and nothing completes before every step is done',
      ),
      better(
        'C-107',
        'the file is written and the checkpoint stored beside other work; neither subsumption nor the deadline touch it then',
        'neither keeps anything else waiting; it completes behind a newer one, in its place in the store',
      ),
    ],
  },
];
