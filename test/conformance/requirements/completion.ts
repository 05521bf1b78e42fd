/** Requirements: completion and the store. */
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

export const completionRequirements: readonly Section[] = [
  {
    title: '4.1 Finalising',
    entries: [
      partly(
        'C-108',
        'the order of finalising',
        coordinatorTwo,
        'the hook of the registry, and subtasks filled in',
      ),
      same('C-109', 'the order of storing, answering, subsuming and telling'),
      same(
        'C-110',
        'a plain savepoint subsumes nothing and nobody commits on it; one that ends the job does both',
      ),
      partly(
        'C-111',
        'tasks are told id, time stamp and the last subsumed id',
        coordinatorOne,
        'a proof that operator coordinators hear of it',
      ),
      same('C-112', 'a newer completion gives up older checkpoints in flight, savepoints excepted'),
      same('C-113', 'the store is in the order of ids'),
      same('C-114', 'nothing completes after the coordinator was shut down'),
    ],
  },
  {
    title: '4.2 The metadata file',
    entries: [
      same('C-115', 'the metadata format, read in versions 1 to 6'),
      same('C-116', "a file that does not begin as metadata is refused with Flink's text"),
      partly(
        'C-117',
        'negative counts and ids, wrong inner marks and trailing bytes are refused',
        coordinatorOne,
        'the texts about master states',
      ),
      same('C-118', 'metadata is never written over'),
    ],
  },
  {
    title: '4.3 Finalising that fails',
    entries: [
      open(
        'C-119',
        'union state of a vertex that has finished in part gives the checkpoint up',
        coordinatorTwo,
      ),
      partly(
        'C-120',
        'metadata that cannot be written gives the checkpoint up, with its state',
        coordinatorOne,
        'counting the failure',
      ),
      partly(
        'C-121',
        'a store that refuses for certain: state deleted, caller and failure counter told',
        coordinatorOne,
        'a store that is handed in; a refused append ends the coordinator',
      ),
      better(
        'C-122',
        'a store that may have stored: nothing is deleted',
        'the journal is read back before anything else, and the next coordinator decides',
      ),
      partly(
        'C-123',
        'whoever acknowledged last hears nothing of a failing end',
        coordinatorOne,
        'asking the queue for the next one',
      ),
      same('C-124', 'what fails after the store has it never takes a completion back'),
      better(
        'C-125',
        'a crash between any two steps of finalising',
        'the place is journaled before the file is written, which comes out with the same bytes',
      ),
    ],
  },
  {
    title: '5.1 The store',
    entries: [
      partly(
        'C-126',
        'storing adds, subsumes and deletes',
        coordinatorOne,
        'refusing after the store stopped',
      ),
      same('C-127', 'the oldest go until the limit is met'),
      same('C-128', 'trouble with one that goes does not keep the others from going'),
      same('C-129', 'the newest checkpoint stays'),
      better(
        'C-130',
        'shared state nobody refers to any more is deleted',
        'by the range of checkpoints that use a file, and never while one in flight may build on it',
      ),
      better(
        'C-131',
        'what is subsumed and still in use waits',
        'the list is journaled and survives the process',
      ),
      same('C-132', 'the latest is the one stored last, and 0 before the first'),
      partly(
        'C-133',
        'restored savepoints in the store count, may leave it, and keep their files',
        coordinatorTwo,
        'a restore that puts one into the store',
      ),
      notApplicable('C-134', 'history of what a savepoint commits', 'explains other rules; nothing to build'),
    ],
  },
  {
    title: '5.2 Deleting',
    entries: [
      partly(
        'C-135',
        'marked first, then metadata, then state, then the directory; one that fails does not stop the others',
        coordinatorOne,
        'state outside the directory',
      ),
      better(
        'C-136',
        'the directory goes',
        "with all in it, after a check that it is a checkpoint's, and journaled when it is gone",
      ),
      same('C-137', 'files shared between checkpoints do not go with one of them'),
      partly('C-138', 'deleting is counted and followed up', coordinatorOne, 'refusing after the end'),
    ],
  },
  {
    title: '5.3 The end of the job',
    entries: [
      partly(
        'C-139',
        'order of shutting down at the end of the job',
        coordinatorOne,
        'master hooks, services and their text',
      ),
      same('C-140', 'finished, cancelled and failed are final everywhere, suspended is not'),
      same(
        'C-141',
        'a store that outlives the process deletes by the matrix at a final status and keeps all when suspended',
      ),
      better(
        'C-142',
        'a store that dies with the process deletes by the matrix when suspended, too',
        'shared files that no kept checkpoint uses go too, and one that cannot be deleted stops no other',
      ),
      better(
        'C-143',
        'no shared state is registered after a final status',
        'what a late acknowledgement shares after the end is deleted instead of being left behind',
      ),
      same('C-144', 'deleting after the end is finished by the next process'),
    ],
  },
  {
    title: '5.4 What the end deletes',
    entries: [
      same('C-145', 'every retention policy deletes the checkpoints of a finished job'),
      same('C-146', 'no retention policy keeps a subsumed checkpoint'),
      open('C-147', 'equality of properties includes the mark of a restore without claim', coordinatorOne),
      same('C-148', 'the two switches of old for external checkpoints map to the policies'),
      notApplicable('C-149', 'the matrix of Flink 1.4 and 1.5', "history; today's rows are built"),
    ],
  },
];
