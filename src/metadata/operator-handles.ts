/** Operator-state handles: reading and writing (metadata format, section 8). */
import type {
  FileMergingOperatorStateHandle,
  OperatorStateHandle,
  OperatorStateMeta,
} from '../state/handles.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { unwritable } from './faults.ts';
import { flinkStateNameOrder } from './flink-order.ts';
import { distributionModes, flinkWords, leastBytes, operatorTag } from './layout.ts';
import { readDelegate, readPath, writePath, writeStream } from './stream-handles.ts';

const readMode = (reader: ByteReader): OperatorStateMeta['mode'] => {
  const offset = reader.position;
  const number = reader.u8('distribution mode');
  const mode = distributionModes[number];
  if (mode !== undefined) return mode;
  const words = flinkWords.outOfBounds((number << 24) >> 24, distributionModes.length);
  throw reader.corrupt(offset, 'distribution mode 0, 1 or 2', `${number}`, words);
};

const readMeta = (reader: ByteReader): OperatorStateMeta => {
  const { mark } = reader;
  return reader.complete(mark, {
    name: reader.text('name', 'name of an operator state'),
    mode: readMode(reader),
    offsets: reader.offsets('offset of an operator state'),
  });
};

/** A repeated name keeps the place of the first and the value of the last, as in the hash map Flink loads it into. */
const lastOfEachName = (states: readonly OperatorStateMeta[]): OperatorStateMeta[] => [
  ...new Map(states.map((meta) => [meta.name, meta])).values(),
];

const inFlinkOrder = (states: readonly OperatorStateMeta[]): OperatorStateMeta[] => {
  const byName = new Map(states.map((meta) => [meta.name, meta]));
  return flinkStateNameOrder([...byName.keys()]).map((name) => byName.get(name) as OperatorStateMeta);
};

const sameElements = <T>(left: readonly T[], right: readonly T[]): boolean =>
  left.length === right.length && left.every((element, index) => element === right[index]);

const readStates = (reader: ByteReader): Pick<OperatorStateHandle, 'states' | 'storedStates'> => {
  const listed = reader.list('operator states', leastBytes.operatorStateMeta, readMeta);
  if (listed.length < 2) return { states: listed };
  const states = lastOfEachName(listed);
  return sameElements(inFlinkOrder(states), listed) ? { states } : { states, storedStates: listed };
};

/** Only a part of a merged file can hold the state: Flink checks it (section 8). */
const readSegmentDelegate = (reader: ByteReader): FileMergingOperatorStateHandle['stream'] => {
  const offset = reader.position;
  const stream = readDelegate(reader);
  if (stream.kind === 'segmentFile' || stream.kind === 'emptySegment') return stream;
  throw reader.corrupt(offset, 'a segment of tag 15 or 16', stream.kind);
};

const readFileMerging = (reader: ByteReader): FileMergingOperatorStateHandle => {
  const { mark } = reader;
  const states = readStates(reader);
  const taskOwnedDirectory = readPath(reader, 'taskOwnedDirectory', 'directory of the task');
  const sharedDirectory = readPath(reader, 'sharedDirectory', 'shared directory');
  const isEmpty = reader.u8('mark of an empty state');
  return reader.complete(mark, {
    kind: 'fileMerging',
    ...states,
    taskOwnedDirectory,
    sharedDirectory,
    isEmpty: isEmpty !== 0,
    ...(isEmpty > 1 ? { storedIsEmpty: isEmpty } : {}),
    stream: readSegmentDelegate(reader),
  });
};

/**
 * Reads an operator-state handle, or nothing where the file has the null handle (which only format 1 allows).
 *
 * @throws METADATA_CORRUPT
 */
export const readOptionalOperatorHandle = (reader: ByteReader): OperatorStateHandle | undefined => {
  const offset = reader.position;
  const tag = reader.u8('tag of an operator-state handle');
  switch (tag) {
    case operatorTag.none:
      return undefined;
    case operatorTag.operatorStream: {
      const { states, storedStates } = readStates(reader);
      const stream = readDelegate(reader);
      if (storedStates === undefined) return { kind: 'operatorStream', states, stream };
      return { kind: 'operatorStream', states, storedStates, stream };
    }
    case operatorTag.fileMerging:
      return readFileMerging(reader);
    default: {
      const words = flinkWords.operatorTag((tag << 24) >> 24);
      throw reader.corrupt(offset, 'operator-state handle of tag 4 or 17', `tag ${tag}`, words);
    }
  }
};

/**
 * Reads an operator-state handle where its absence has a flag before it.
 *
 * @throws METADATA_CORRUPT
 */
export const readOperatorHandle = (reader: ByteReader): OperatorStateHandle => {
  const offset = reader.position;
  const handle = readOptionalOperatorHandle(reader);
  if (handle !== undefined) return handle;
  throw reader.corrupt(offset, 'an operator-state handle', 'the null handle');
};

/** The states in the order of the file they came from if they are still those, otherwise in Flink's. */
const statesToWrite = ({ states, storedStates }: OperatorStateHandle): readonly OperatorStateMeta[] => {
  if (storedStates !== undefined && sameElements(lastOfEachName(storedStates), states)) return storedStates;
  if (states.length < 2) return states;
  const ordered = inFlinkOrder(states);
  if (ordered.length < states.length) throw unwritable('operator state', 'has a name twice');
  return ordered;
};

const writeStates = (writer: ByteWriter, handle: OperatorStateHandle): void => {
  const states = statesToWrite(handle);
  writer.i32(states.length);
  for (const meta of states) {
    writer.utf(meta.name, 'name of an operator state', meta.storedTexts?.['name']);
    writer.u8(distributionModes.indexOf(meta.mode));
    writer.offsets(meta.offsets, 'offset of an operator state');
  }
};

const writeDirectories = (writer: ByteWriter, handle: FileMergingOperatorStateHandle): void => {
  const { taskOwnedDirectory, sharedDirectory, isEmpty, storedIsEmpty, storedTexts } = handle;
  writePath(writer, taskOwnedDirectory, 'directory of the task', storedTexts?.['taskOwnedDirectory']);
  writePath(writer, sharedDirectory, 'shared directory', storedTexts?.['sharedDirectory']);
  writer.u8(isEmpty ? (storedIsEmpty ?? 1) : 0);
};

/**
 * Writes an operator-state handle, its states in Flink's order whatever order they have in the model, unless a file
 * had them in another.
 *
 * @throws ARGUMENT_INVALID when a state name occurs twice, and as `writeStream` does.
 */
export const writeOperatorHandle = (writer: ByteWriter, handle: OperatorStateHandle): void => {
  writer.u8(operatorTag[handle.kind]);
  writeStates(writer, handle);
  if (handle.kind === 'fileMerging') writeDirectories(writer, handle);
  writeStream(writer, handle.stream);
};
