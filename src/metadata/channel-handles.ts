/** Channel handles: reading and writing (metadata format, section 9). */
import { assertNever } from '../errors.ts';
import type {
  ChannelStateHandle,
  InputChannelStateHandle,
  OutputChannelStateHandle,
} from '../state/handles.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { unsayable } from './faults.ts';
import { channelTag, leastBytes, since } from './layout.ts';
import type { FormatVersion } from './layout.ts';
import { readDelegate, writeStream } from './stream-handles.ts';

interface Channel {
  readonly subtaskIndex: number;
  readonly first: number;
  readonly second: number;
  readonly offsets: bigint[];
}

const readChannel = (reader: ByteReader): Channel => ({
  subtaskIndex: reader.i32('subtask of a channel'),
  first: reader.i32('gate or partition'),
  second: reader.i32('channel or subpartition'),
  offsets: reader.offsets('offset of a channel'),
});

const readSized = (reader: ByteReader): Pick<ChannelStateHandle, 'sizeBytes' | 'stream'> => ({
  sizeBytes: reader.i64('size of channel state'),
  stream: readDelegate(reader),
});

const readInput = (reader: ByteReader): InputChannelStateHandle => {
  const { subtaskIndex, first, second, offsets } = readChannel(reader);
  const sized = readSized(reader);
  return { kind: 'input', subtaskIndex, gateIndex: first, channelIndex: second, offsets, ...sized };
};

const readOutput = (reader: ByteReader): OutputChannelStateHandle => {
  const { subtaskIndex, first, second, offsets } = readChannel(reader);
  const sized = readSized(reader);
  return {
    kind: 'output',
    subtaskIndex,
    partitionIndex: first,
    subpartitionIndex: second,
    offsets,
    ...sized,
  };
};

const readMerged = <Kind extends 'mergedInput' | 'mergedOutput'>(
  reader: ByteReader,
  kind: Kind,
): {
  readonly kind: Kind;
  readonly subtaskIndex: number;
  readonly sizeBytes: bigint;
  readonly stream: ChannelStateHandle['stream'];
  readonly packedChannels: Uint8Array;
} => ({
  kind,
  subtaskIndex: reader.i32('subtask of merged channels'),
  ...readSized(reader),
  packedChannels: reader.data('merged channels'),
});

const refuse = (reader: ByteReader, offset: number, tag: number, direction: 'input' | 'output'): never => {
  const expected = direction === 'input' ? 'input channel of tag 1 or 3' : 'output channel of tag 2 or 4';
  throw reader.corrupt(offset, expected, `tag ${tag}`, `Unknown ${direction} state handle type.`);
};

const readTaggedInput = (reader: ByteReader): InputChannelStateHandle => {
  const offset = reader.position;
  const tag = reader.u8('tag of an input channel');
  if (tag === channelTag.input) return readInput(reader);
  if (tag === channelTag.mergedInput) return readMerged(reader, 'mergedInput');
  return refuse(reader, offset, tag, 'input');
};

const readTaggedOutput = (reader: ByteReader): OutputChannelStateHandle => {
  const offset = reader.position;
  const tag = reader.u8('tag of an output channel');
  if (tag === channelTag.output) return readOutput(reader);
  if (tag === channelTag.mergedOutput) return readMerged(reader, 'mergedOutput');
  return refuse(reader, offset, tag, 'output');
};

/** Most entries have no channel state. */
const none = { handles: [], storedCount: undefined };

/** A list whose negative count reads as none; that count is given back to be kept. */
const readList = <T>(
  reader: ByteReader,
  read: (reader: ByteReader) => T,
): { readonly handles: T[]; readonly storedCount: number | undefined } => {
  const offset = reader.position;
  const count = reader.i32('number of channel handles');
  if (count === 0) return none;
  if (count < 0) return { handles: [], storedCount: count };
  reader.position = offset;
  const handles = reader.list('channel handles', leastBytes.channelHandle, () => read(reader));
  return { handles, storedCount: undefined };
};

/** @throws METADATA_CORRUPT */
export const readInputChannels = (
  reader: ByteReader,
  version: FormatVersion,
): ReturnType<typeof readList<InputChannelStateHandle>> =>
  readList(reader, version >= since.taggedChannels ? readTaggedInput : readInput);

/** @throws METADATA_CORRUPT */
export const readOutputChannels = (
  reader: ByteReader,
  version: FormatVersion,
): ReturnType<typeof readList<OutputChannelStateHandle>> =>
  readList(reader, version >= since.taggedChannels ? readTaggedOutput : readOutput);

const writeChannel = (
  writer: ByteWriter,
  handle: Exclude<ChannelStateHandle, { readonly packedChannels: Uint8Array }>,
): void => {
  const [first, second] =
    handle.kind === 'input'
      ? [handle.gateIndex, handle.channelIndex]
      : [handle.partitionIndex, handle.subpartitionIndex];
  writer.exactI32(handle.subtaskIndex, 'subtask of a channel');
  writer.exactI32(first, 'gate or partition');
  writer.exactI32(second, 'channel or subpartition');
  writer.offsets(handle.offsets, 'offset of a channel');
  writer.i64(handle.sizeBytes, 'size of channel state');
  writeStream(writer, handle.stream);
};

const writeMerged = (
  writer: ByteWriter,
  handle: Extract<ChannelStateHandle, { readonly packedChannels: Uint8Array }>,
): void => {
  writer.exactI32(handle.subtaskIndex, 'subtask of merged channels');
  writer.i64(handle.sizeBytes, 'size of channel state');
  writeStream(writer, handle.stream);
  writer.data(handle.packedChannels);
};

const writeHandle = (writer: ByteWriter, handle: ChannelStateHandle, version: FormatVersion): void => {
  const isTagged = version >= since.taggedChannels;
  if (isTagged) writer.u8(channelTag[handle.kind]);
  switch (handle.kind) {
    case 'input':
    case 'output':
      return writeChannel(writer, handle);
    case 'mergedInput':
    case 'mergedOutput':
      if (!isTagged) throw unsayable(version, '', 'merged channel state');
      return writeMerged(writer, handle);
    default:
      return assertNever(handle);
  }
};

/**
 * Writes a list of channel handles.
 *
 * @param storedCount the negative count of a file, written where there are no handles.
 * @throws METADATA_UNSUPPORTED for merged handles before format 6; ARGUMENT_INVALID as `writeStream` does.
 */
export const writeChannels = (
  writer: ByteWriter,
  handles: readonly ChannelStateHandle[],
  version: FormatVersion,
  storedCount: number | undefined,
): void => {
  if (handles.length === 0) return writer.i32(storedCount !== undefined && storedCount < 0 ? storedCount : 0);
  writer.i32(handles.length);
  for (const handle of handles) writeHandle(writer, handle, version);
};
