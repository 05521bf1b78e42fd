/** Operator-state handles: reading and writing (metadata format, section 8). */
import type { OperatorStateHandle, OperatorStateMeta } from '../state/handles.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { unwritable } from './faults.ts';
import { flinkStateNameOrder } from './flink-order.ts';
import { distributionModes, leastBytes, operatorTag, unreadOperatorTags } from './layout.ts';
import { readDelegate, writeStream } from './stream-handles.ts';

const readMode = (reader: ByteReader): OperatorStateMeta['mode'] => {
  const offset = reader.position;
  const number = reader.u8('distribution mode');
  const mode = distributionModes[number];
  if (mode !== undefined) return mode;
  throw reader.corrupt(offset, 'distribution mode 0, 1 or 2', `${number}`);
};

const readMeta = (reader: ByteReader): OperatorStateMeta => ({
  name: reader.utf('name of an operator state'),
  mode: readMode(reader),
  offsets: reader.list('offsets', leastBytes.offset, () => reader.i64('offset of an operator state')),
});

/** A repeated name keeps the place of the first and the value of the last, as in the hash map Flink loads it into. */
const readStates = (reader: ByteReader): OperatorStateMeta[] => {
  const byName = new Map<string, OperatorStateMeta>();
  for (const meta of reader.list('operator states', leastBytes.operatorStateMeta, () => readMeta(reader))) {
    byName.set(meta.name, meta);
  }
  return [...byName.values()];
};

/**
 * Reads an operator-state handle. There is no null handle here: its absence is a flag before it.
 *
 * @throws METADATA_CORRUPT, METADATA_UNSUPPORTED
 */
export const readOperatorHandle = (reader: ByteReader): OperatorStateHandle => {
  const offset = reader.position;
  const tag = reader.u8('tag of an operator-state handle');
  if (tag === operatorTag.operatorStream) {
    const states = readStates(reader);
    return { kind: 'operatorStream', states, stream: readDelegate(reader) };
  }
  const known = unreadOperatorTags.get(tag);
  const expected = 'operator-state handle of tag 4';
  if (known === undefined) throw reader.corrupt(offset, expected, `tag ${tag}`);
  throw reader.unsupported(offset, expected, `tag ${tag} (${known})`);
};

const inFlinkOrder = (states: readonly OperatorStateMeta[]): OperatorStateMeta[] => {
  const byName = new Map(states.map((meta) => [meta.name, meta]));
  if (byName.size < states.length) throw unwritable('operator state', 'has a name twice');
  return flinkStateNameOrder([...byName.keys()]).map((name) => byName.get(name) as OperatorStateMeta);
};

const writeMeta = (writer: ByteWriter, meta: OperatorStateMeta): void => {
  writer.utf(meta.name, 'name of an operator state');
  writer.u8(distributionModes.indexOf(meta.mode));
  writer.i32(meta.offsets.length);
  for (const offset of meta.offsets) writer.i64(offset, 'offset of an operator state');
};

/**
 * Writes an operator-state handle, its states in Flink's order whatever order they have in the model.
 *
 * @throws ARGUMENT_INVALID when a state name occurs twice, and as `writeStream` does.
 */
export const writeOperatorHandle = (writer: ByteWriter, handle: OperatorStateHandle): void => {
  writer.u8(operatorTag.operatorStream);
  writer.i32(handle.states.length);
  for (const meta of inFlinkOrder(handle.states)) writeMeta(writer, meta);
  writeStream(writer, handle.stream);
};
