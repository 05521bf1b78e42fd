/** Keyed handles: reading (metadata format, section 7). */
import type {
  ChangelogFile,
  ChangelogIncrement,
  ChangelogInFilesStateHandle,
  ChangelogInMemoryStateHandle,
  ChangelogStateHandle,
  IncrementalStateHandle,
  KeyedStateHandle,
  KeyGroupsStateHandle,
  LocalFileHandle,
  StateChange,
  StoredKeyGroupRange,
} from '../state/handles.ts';
import { illegalCapacity } from './byte-reader.ts';
import type { ByteReader } from './byte-reader.ts';
import { flinkWords, keyedTag, leastBytes } from './layout.ts';
import { checkKeyGroups, readDelegate, readKeyGroupOffsets, readStream } from './stream-handles.ts';

const readKeyGroups = (reader: ByteReader, tag: number): KeyGroupsStateHandle => {
  const { mark } = reader;
  const { firstKeyGroup, offsets } = readKeyGroupOffsets(reader);
  const stream = readDelegate(reader);
  if (tag === keyedTag.firstKeyGroups) {
    return { kind: 'keyGroups', firstKeyGroup, offsets, stream, stateHandleId: undefined };
  }
  const stateHandleId = reader.text('stateHandleId', 'state handle id');
  return reader.complete(mark, { kind: 'keyGroups', firstKeyGroup, offsets, stream, stateHandleId });
};

const readRange = (reader: ByteReader): StoredKeyGroupRange => {
  const offset = reader.position;
  const firstKeyGroup = reader.i32('first key group');
  const keyGroupCount = reader.i32('number of key groups');
  checkKeyGroups(reader, offset, firstKeyGroup, keyGroupCount);
  return { firstKeyGroup, keyGroupCount };
};

const readLocalFile = (reader: ByteReader): LocalFileHandle => {
  const { mark } = reader;
  const localPath = reader.text('localPath', 'local path of a file');
  return reader.complete(mark, { localPath, stream: readDelegate(reader, flinkWords.nullHandle) });
};

const readLocalFiles = (reader: ByteReader, which: string): LocalFileHandle[] => {
  reader.enter(which);
  const files = reader.list(which, leastBytes.localFile, readLocalFile, illegalCapacity);
  reader.leave();
  return files;
};

const readIncremental = (reader: ByteReader, isFirstForm: boolean): IncrementalStateHandle => {
  const { mark } = reader;
  const checkpointId = reader.i64('checkpoint id of the files');
  const backendId = reader.text('backendId', 'id of the state backend');
  const range = readRange(reader);
  const checkpointedSizeBytes = isFirstForm ? undefined : reader.i64('checkpointed size');
  reader.enter('metadata');
  const metadata = readStream(reader);
  reader.leave();
  const sharedFiles = readLocalFiles(reader, 'shared files');
  const privateFiles = readLocalFiles(reader, 'private files');
  const stateHandleId = isFirstForm ? undefined : reader.text('stateHandleId', 'state handle id');
  return reader.complete(mark, {
    kind: 'incremental',
    checkpointId,
    backendId,
    firstKeyGroup: range.firstKeyGroup,
    keyGroupCount: range.keyGroupCount,
    checkpointedSizeBytes,
    metadata,
    sharedFiles,
    privateFiles,
    stateHandleId,
  });
};

const readFilledRange = (reader: ByteReader): StoredKeyGroupRange => {
  const offset = reader.position;
  const range = readRange(reader);
  if (range.keyGroupCount > 0) return range;
  throw reader.corrupt(offset, 'key groups of a changelog', `${range.keyGroupCount} of them`);
};

const readIncrement = (reader: ByteReader): ChangelogIncrement => {
  const offset = reader.position;
  const handle = readKeyed(reader);
  if (handle?.kind === 'changelogInMemory' || handle?.kind === 'changelogInFiles') return handle;
  throw reader.corrupt(offset, 'a changelog increment of tag 9, 10 or 13', handle?.kind ?? 'the null handle');
};

const readChangelog = (reader: ByteReader, isFirstForm: boolean): ChangelogStateHandle => {
  const { mark } = reader;
  const range = readFilledRange(reader);
  const checkpointedSizeBytes = reader.i64('checkpointed size');
  const materialized = reader.list(
    'materialized handles',
    leastBytes.handle,
    (_, index) => reader.within('materialized', () => readKeyed(reader), index),
    illegalCapacity,
  );
  const nonMaterialized = reader.list(
    'changelog increments',
    leastBytes.handle,
    (_, index) => reader.within('increment', () => readIncrement(reader), index),
    illegalCapacity,
  );
  return reader.complete(mark, {
    kind: 'changelog',
    ...range,
    checkpointedSizeBytes,
    materialized,
    nonMaterialized,
    materializationId: reader.i64('id of the materialization'),
    checkpointId: isFirstForm ? undefined : reader.i64('checkpoint id of the changelog'),
    stateHandleId: reader.text('stateHandleId', 'state handle id'),
  });
};

const readSequenceNumber = (reader: ByteReader): bigint => {
  const offset = reader.position;
  const number = reader.i64('sequence number');
  if (number >= 0n) return number;
  throw reader.corrupt(offset, 'a sequence number of at least 0', `${number}`);
};

const readChange = (reader: ByteReader): StateChange => {
  const offset = reader.position;
  const keyGroup = reader.i32('key group of a change');
  if (keyGroup < -1) throw reader.corrupt(offset, 'a key group of at least -1', `${keyGroup}`);
  return { keyGroup, data: reader.data('a change') };
};

const readInMemory = (reader: ByteReader): ChangelogInMemoryStateHandle => {
  const { mark } = reader;
  return reader.complete(mark, {
    kind: 'changelogInMemory',
    ...readRange(reader),
    from: readSequenceNumber(reader),
    to: readSequenceNumber(reader),
    changes: reader.list('changes', leastBytes.stateChange, readChange, illegalCapacity),
    stateHandleId: reader.text('stateHandleId', 'state handle id'),
  });
};

const readChangelogFile = (reader: ByteReader): ChangelogFile => ({
  offset: reader.i64('offset of the changes'),
  stream: readStream(reader),
});

const readInFiles = (reader: ByteReader, isFirstForm: boolean): ChangelogInFilesStateHandle => {
  const { mark } = reader;
  return reader.complete(mark, {
    kind: 'changelogInFiles',
    ...readRange(reader),
    files: reader.list('files', leastBytes.changelogFile, readChangelogFile, illegalCapacity),
    sizeBytes: reader.i64('size of the changes'),
    checkpointedSizeBytes: reader.i64('checkpointed size'),
    stateHandleId: reader.text('stateHandleId', 'state handle id'),
    storageIdentifier: isFirstForm ? undefined : reader.text('storageIdentifier', 'name of the storage'),
  });
};

const readTagged = (reader: ByteReader, tag: number, offset: number): KeyedStateHandle => {
  switch (tag) {
    case keyedTag.firstKeyGroups:
    case keyedTag.keyGroups:
      return readKeyGroups(reader, tag);
    case keyedTag.savepointKeyGroups:
      return {
        kind: 'savepointKeyGroups',
        ...readKeyGroupOffsets(reader),
        stream: readDelegate(reader),
      };
    case keyedTag.firstIncremental:
    case keyedTag.incremental:
      return readIncremental(reader, tag === keyedTag.firstIncremental);
    case keyedTag.firstChangelog:
    case keyedTag.changelog:
      return reader.nested(() => readChangelog(reader, tag === keyedTag.firstChangelog));
    case keyedTag.changelogInMemory:
      return readInMemory(reader);
    case keyedTag.firstChangelogInFiles:
    case keyedTag.changelogInFiles:
      return readInFiles(reader, tag === keyedTag.firstChangelogInFiles);
    default: {
      // Java reads this byte as signed.
      const words = flinkWords.keyedTag((tag << 24) >> 24);
      throw reader.corrupt(offset, 'keyed handle of tag 0, 3, 5 or 7 to 14', `tag ${tag}`, words);
    }
  }
};

/**
 * Reads a keyed handle, or nothing where the file has the null handle.
 *
 * @throws METADATA_CORRUPT
 */
export const readKeyed = (reader: ByteReader): KeyedStateHandle | undefined => {
  const offset = reader.position;
  const tag = reader.u8('tag of a keyed handle');
  return tag === keyedTag.none ? undefined : readTagged(reader, tag, offset);
};
