/** Keyed handles: writing (metadata format, section 7). */
import { assertNever } from '../errors.ts';
import type {
  ChangelogInFilesStateHandle,
  ChangelogInMemoryStateHandle,
  ChangelogStateHandle,
  IncrementalStateHandle,
  KeyedStateHandle,
  KeyGroupsStateHandle,
  LocalFileHandle,
  StoredKeyGroupRange,
} from '../state/handles.ts';
import type { ByteWriter } from './byte-writer.ts';
import { unwritable } from './faults.ts';
import { keyedTag } from './layout.ts';
import { checkWritableKeyGroups, writeKeyGroupOffsets, writeStream } from './stream-handles.ts';

const writeRange = (writer: ByteWriter, { firstKeyGroup, keyGroupCount }: StoredKeyGroupRange): void => {
  checkWritableKeyGroups(firstKeyGroup, keyGroupCount);
  writer.exactI32(firstKeyGroup, 'first key group');
  writer.exactI32(keyGroupCount, 'number of key groups');
};

const writeHandleId = (
  writer: ByteWriter,
  handle: Pick<KeyGroupsStateHandle, 'storedTexts'>,
  id: string,
): void => writer.utf(id, 'state handle id', handle.storedTexts?.['stateHandleId']);

const writeKeyGroups = (writer: ByteWriter, handle: KeyGroupsStateHandle): void => {
  const { stateHandleId } = handle;
  writer.u8(stateHandleId === undefined ? keyedTag.firstKeyGroups : keyedTag.keyGroups);
  writeKeyGroupOffsets(writer, handle);
  writeStream(writer, handle.stream);
  if (stateHandleId !== undefined) writeHandleId(writer, handle, stateHandleId);
};

const writeLocalFiles = (writer: ByteWriter, files: readonly LocalFileHandle[]): void => {
  writer.i32(files.length);
  for (const { localPath, stream, storedTexts } of files) {
    writer.utf(localPath, 'local path of a file', storedTexts?.['localPath']);
    writeStream(writer, stream);
  }
};

const writeIncremental = (writer: ByteWriter, handle: IncrementalStateHandle): void => {
  const { stateHandleId, checkpointedSizeBytes } = handle;
  const isFirstForm = stateHandleId === undefined;
  if (isFirstForm !== (checkpointedSizeBytes === undefined)) {
    throw unwritable('incremental handle', 'has one of checkpointed size and state handle id, not both');
  }
  writer.u8(isFirstForm ? keyedTag.firstIncremental : keyedTag.incremental);
  writer.i64(handle.checkpointId, 'checkpoint id of the files');
  writer.utf(handle.backendId, 'id of the state backend', handle.storedTexts?.['backendId']);
  writeRange(writer, handle);
  if (checkpointedSizeBytes !== undefined) writer.i64(checkpointedSizeBytes, 'checkpointed size');
  writeStream(writer, handle.metadata);
  writeLocalFiles(writer, handle.sharedFiles);
  writeLocalFiles(writer, handle.privateFiles);
  if (stateHandleId !== undefined) writeHandleId(writer, handle, stateHandleId);
};

const writeChangelog = (writer: ByteWriter, handle: ChangelogStateHandle): void => {
  const { checkpointId, keyGroupCount } = handle;
  if (keyGroupCount <= 0) throw unwritable('key groups of a changelog', 'are none');
  writer.u8(checkpointId === undefined ? keyedTag.firstChangelog : keyedTag.changelog);
  writeRange(writer, handle);
  writer.i64(handle.checkpointedSizeBytes, 'checkpointed size');
  writer.i32(handle.materialized.length);
  for (const inner of handle.materialized) writeKeyed(writer, inner);
  writer.i32(handle.nonMaterialized.length);
  for (const inner of handle.nonMaterialized) writeKeyed(writer, inner);
  writer.i64(handle.materializationId, 'id of the materialization');
  if (checkpointId !== undefined) writer.i64(checkpointId, 'checkpoint id of the changelog');
  writeHandleId(writer, handle, handle.stateHandleId);
};

const writeSequenceNumber = (writer: ByteWriter, number: bigint): void => {
  if (number < 0n) throw unwritable('sequence number', `${number} is less than 0`);
  writer.i64(number, 'sequence number');
};

const writeInMemory = (writer: ByteWriter, handle: ChangelogInMemoryStateHandle): void => {
  writer.u8(keyedTag.changelogInMemory);
  writeRange(writer, handle);
  writeSequenceNumber(writer, handle.from);
  writeSequenceNumber(writer, handle.to);
  writer.i32(handle.changes.length);
  for (const { keyGroup, data } of handle.changes) {
    if (keyGroup < -1) throw unwritable('key group of a change', `${keyGroup} is less than -1`);
    writer.exactI32(keyGroup, 'key group of a change');
    writer.data(data);
  }
  writeHandleId(writer, handle, handle.stateHandleId);
};

const writeInFiles = (writer: ByteWriter, handle: ChangelogInFilesStateHandle): void => {
  const { storageIdentifier, storedTexts } = handle;
  writer.u8(storageIdentifier === undefined ? keyedTag.firstChangelogInFiles : keyedTag.changelogInFiles);
  writeRange(writer, handle);
  writer.i32(handle.files.length);
  for (const { offset, stream } of handle.files) {
    writer.i64(offset, 'offset of the changes');
    writeStream(writer, stream);
  }
  writer.i64(handle.sizeBytes, 'size of the changes');
  writer.i64(handle.checkpointedSizeBytes, 'checkpointed size');
  writeHandleId(writer, handle, handle.stateHandleId);
  if (storageIdentifier === undefined) return;
  writer.utf(storageIdentifier, 'name of the storage', storedTexts?.['storageIdentifier']);
};

/**
 * Writes a keyed handle, in the form it has in the model; nothing is written as the null handle.
 *
 * @throws ARGUMENT_INVALID for a range outside 31 bits and the other limits of section 7, and as `writeStream` does.
 */
export const writeKeyed = (writer: ByteWriter, handle: KeyedStateHandle | undefined): void => {
  if (handle === undefined) return writer.u8(keyedTag.none);
  switch (handle.kind) {
    case 'keyGroups':
      return writeKeyGroups(writer, handle);
    case 'savepointKeyGroups':
      writer.u8(keyedTag.savepointKeyGroups);
      writeKeyGroupOffsets(writer, handle);
      return writeStream(writer, handle.stream);
    case 'incremental':
      return writeIncremental(writer, handle);
    case 'changelog':
      return writeChangelog(writer, handle);
    case 'changelogInMemory':
      return writeInMemory(writer, handle);
    case 'changelogInFiles':
      return writeInFiles(writer, handle);
    default:
      return assertNever(handle);
  }
};
