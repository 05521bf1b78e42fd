/** Requirements: high availability, and where Flink can be improved on. */
import {
  better,
  coordinatorOne,
  coordinatorTwo,
  notApplicable,
  open,
  partly,
  same,
  storages,
  type Section,
} from '../entry.ts';

export const availabilityRequirements: readonly Section[] = [
  {
    title: '11.1 What is kept',
    entries: [
      partly('C-270', 'the store keeps pointer, digest and properties', coordinatorTwo, 'a digest'),
      notApplicable('C-271', 'names of ZooKeeper nodes', 'there is no ZooKeeper; the journal is the store'),
      notApplicable(
        'C-272',
        'entries of a Kubernetes ConfigMap',
        'there is no Kubernetes; the journal is the store',
      ),
      notApplicable(
        'C-273',
        'adding where a node stands already',
        'a block is appended at the expected revision; there are no nodes',
      ),
      same('C-274', 'failing for certain and in doubt are told apart'),
      better('C-275', 'a refused write', 'is fencing: the coordinator ends and shows nothing more'),
      notApplicable(
        'C-276',
        'removing with locks in two steps',
        'no locks; the intent to delete is journaled, then that it is done',
      ),
      same('C-277', 'what points to a checkpoint goes before its files'),
      partly('C-278', 'the counter of ids, compared and set', coordinatorTwo, "overflow, and Flink's texts"),
      open('C-279', 'the counter at the end of the job', coordinatorTwo),
      better('C-280', 'a counter without leadership', 'cannot give an id: its block is refused'),
    ],
  },
  {
    title: '11.2 Recovery',
    entries: [
      open('C-281', 'an entry of the store that cannot be read is set aside', coordinatorTwo),
      notApplicable('C-282', 'listing again while nodes change', 'one stream is read by revision'),
      same('C-283', 'more stored than retained: all are taken over, the next completion trims'),
      open('C-284', 'shared state is registered before the first one is stored', coordinatorTwo),
      same('C-285', 'what was decided for a checkpoint holds under a later configuration'),
      partly(
        'C-286',
        'what a change of coordinators loses',
        coordinatorOne,
        'the failure counter; checkpoints in flight, the queue, keyed savepoints and statistics are kept',
      ),
      open('C-287', 'recovery keeps nobody from asking for the status', coordinatorTwo),
      partly(
        'C-288',
        'the epoch goes with every fact and message',
        coordinatorTwo,
        'facts and acknowledgements; blocks and commands carry it',
      ),
      partly(
        'C-289',
        'what the storage holds beyond the journal is seen at the start',
        coordinatorTwo,
        'checkpoints that never completed',
      ),
      same('C-290', 'suspended keeps everything for the next coordinator'),
    ],
  },
  {
    title: '13 Where Flink can be improved on',
    entries: [
      better(
        'C-291',
        'checkpoints in flight survive their coordinator, savepoints are found by their key',
        'and so do requests that wait, each of them once',
      ),
      open('C-292', 'what is given up leaves a mark, and orphans are swept', storages),
      better('C-293', 'deleting a directory', 'takes all in it'),
      open('C-294', 'one entry that cannot be read blocks nothing', coordinatorTwo),
      partly('C-295', 'a store in doubt is a fact, looked up again', coordinatorOne, 'the fact'),
      better('C-296', 'a completion is told', 'until every task has confirmed it, or a newer one is told'),
      better(
        'C-297',
        'an abort is told',
        'until every task has confirmed it, or a newer completion; a task hears of it once',
      ),
      open('C-298', 'a commit still owed at stop with savepoint is a state', coordinatorOne),
      open('C-299', 'a savepoint as the point to recover from', coordinatorTwo),
      better(
        'C-300',
        'a savepoint is given up only if one of its tasks failed',
        'it outlives a schedule that stops and a restart of other tasks; a job that restarts as a whole ends it',
      ),
      better(
        'C-301',
        'no lock is held during input and output',
        'a write that hangs stops neither deadlines nor later checkpoints',
      ),
      better(
        'C-302',
        'deleting is bounded, tried again and shown',
        'what cannot be deleted at once holds nothing back, and savepoints never wait for it',
      ),
      better('C-303', 'periodic requests never pile up', 'one waits at most, and a pause can be kept'),
      better(
        'C-304',
        'a blocked request does not block those behind it',
        'the first that nothing stands in the way of is begun',
      ),
      better('C-305', 'a job that must fail', 'is told which failures were counted'),
      better(
        'C-306',
        'the slowest tasks, and how long nothing moved',
        'the last to acknowledge and when, how long ago that was, and who reported without acknowledging',
      ),
      partly(
        'C-307',
        'an expiry names who is missing and in which phase',
        coordinatorOne,
        'operator coordinators and master hooks',
      ),
      open('C-308', 'claiming native savepoints', coordinatorTwo),
      open('C-309', 'a claim mode for each snapshot', coordinatorTwo),
      better(
        'C-310',
        'statistics are a fold of facts',
        'a replay of the journal gives those of the run, and its snapshots keep them',
      ),
      open('C-311', 'a claimed directory is marked', storages),
      better(
        'C-312',
        'the configuration in force is a fact',
        'each value that does not hold as it was given, and each option without effect, is told and journaled',
      ),
      better(
        'C-313',
        'durations',
        'are measured by a clock that only goes forward; the wall clock is for people',
      ),
      better(
        'C-314',
        'chance is decided once, and journaled',
        'the first delay and the names of savepoints are in facts; no replay draws again',
      ),
      partly(
        'C-315',
        'the journal stays bounded and folds to the same',
        coordinatorOne,
        'registry, failure counter and statistics',
      ),
      better(
        'C-316',
        'what a crash left undone is done again',
        'triggers and deletions owed follow from the fold, and doing one twice is harmless',
      ),
    ],
  },
];
