/** Requirements: storage. */
import { better, coordinatorTwo, open, partly, same, storages, type Section } from '../entry.ts';

export const storageRequirements: readonly Section[] = [
  {
    title: '10.1 Ports',
    entries: [
      partly(
        'C-239',
        'what coordinator and tasks ask of a storage',
        storages,
        'high availability, task-owned state, finding a place by id',
      ),
      partly(
        'C-240',
        'a place with its streams, its disposal and its reference',
        storages,
        'the reference as bytes',
      ),
      same('C-241', 'metadata is there when its stream is finalised, and not when it is closed before'),
      open('C-242', 'a storage or a counter that cannot be made, each with its text', coordinatorTwo),
    ],
  },
  {
    title: '10.2 Files',
    entries: [
      same('C-243', 'names of files and directories are contract'),
      same('C-244', 'base directories are made once, or the text says which cannot be'),
      better(
        'C-245',
        'a checkpoint directory',
        'is refused when it holds anything, not only when metadata stands',
      ),
      partly(
        'C-246',
        "a checkpoint's place follows from its id, a savepoint is one directory",
        storages,
        'the empty reference',
      ),
      partly(
        'C-247',
        'the directory of a savepoint: given or default, under a fresh name',
        storages,
        'the default, and ten names',
      ),
      same('C-248', 'a savepoint carries all it needs and can be moved'),
      open('C-249', 'random parts of paths', storages),
      open('C-250', 'the reference as bytes, and what cannot be one', storages),
    ],
  },
  {
    title: '10.3 Streams',
    entries: [
      partly('C-251', 'a state stream keeps little inline and more in a file', storages, 'flush'),
      partly('C-252', 'limits of a state stream are checked', storages, 'the write buffer'),
      same('C-253', 'exclusive files are named relatively, shared ones absolutely'),
      same('C-254', 'random names, ten tries'),
      same('C-255', 'a stream that ends early leaves no file'),
      partly(
        'C-256',
        'memory storage: limit, metadata in memory',
        storages,
        "pointers that lead nowhere, metadata in a directory, tasks' streams",
      ),
      same('C-257', 'deleting a file: gone is good, a directory is not touched'),
      better(
        'C-258',
        'nobody sees half a metadata file',
        'written aside, synced, then linked under its name, which never replaces',
      ),
    ],
  },
  {
    title: '10.4 Pointers',
    entries: [
      same('C-259', 'pointers that lead nowhere, each with its text'),
      same('C-260', 'any file of metadata is taken, and the pointer is its directory'),
      open('C-261', 'relative state needs a directory to be relative to', storages),
      partly(
        'C-262',
        'disposing of a savepoint: metadata first, all tried',
        storages,
        'state outside the directory',
      ),
    ],
  },
  {
    title: '10.5 The storage of 2018',
    entries: [
      partly(
        'C-263',
        "2018: the state backend makes the storage and a pointer leads to a stream. Today's side is built: a storage of its own, and a pointer leads to a location; a caller of the other reads the stream of that location",
        storages,
        'task-owned state and references as bytes',
      ),
      same(
        'C-264',
        "2018: a place is marked as finished and gives its pointer. Today's side is built: finalising is the end of the metadata stream; a caller of the other finalises and takes the pointer of what comes back",
      ),
      same(
        'C-265',
        "2018: directories are made by the constructor, unchecked. Today's side is built: made when first needed, checked; a caller of the other asks for the base locations right after",
      ),
      better(
        'C-266',
        "2018: closing the metadata stream deletes its file, unless closing fails. Today's side is built: a stream closed before it is finalised leaves nothing; a caller of the other closes likewise",
        'the file goes also when closing fails',
      ),
      partly(
        'C-267',
        '2018 and today: names and texts that never changed; a caller of either reads the same',
        storages,
        'the pointer that leads nowhere',
      ),
      open(
        'C-268',
        "2018: places and texts of the savepoint store before it. Today's side is to be built: savepoints have directories; a caller of the other lists directories instead of files",
        storages,
      ),
      same(
        'C-269',
        "2018: a savepoint's path is made absolute for its pointer alone. Today's side is built: before its place is made; a caller of the other sees the absolute path earlier",
      ),
    ],
  },
];
