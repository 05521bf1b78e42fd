/**
 * What a file holds, without building objects for its state: sizes, counts and paths of large files, at the cost of a
 * walk over their bytes.
 */
import type { OperatorId } from '../state/ids.ts';
import { subtaskSizes } from '../state/sizes.ts';
import { ByteReader, illegalCapacity } from './byte-reader.ts';
import { unsupported } from './faults.ts';
import { checkSubtaskIndex, readHeader, readMasterStates, readOperatorHead } from './file-parts.ts';
import type { OperatorHead } from './file-parts.ts';
import { leastBytes, since } from './layout.ts';
import type { FormatVersion } from './layout.ts';
import { readProperties } from './properties.ts';
import type { CheckpointProperties } from './properties.ts';
import { readSubtaskEntry } from './subtask-entry.ts';
import { entryCursor, walkedEntry } from './walk-cursor.ts';
import type { EntryCursor, FileVisitor } from './walk-cursor.ts';
import { scanEntry } from './walk.ts';

/** A file that state refers to, as often as it is referred to. */
export interface ReferredFile {
  readonly kind: 'file' | 'relativeFile' | 'segmentFile';
  /** In the spelling of the metadata file; of a relative file below its directory. */
  readonly path: string;
  /** -1 when unknown; of a segment its own size, not that of the file. */
  readonly sizeBytes: bigint;
}

export interface OperatorSummary {
  readonly operatorId: OperatorId;
  readonly name: string | undefined;
  readonly uid: string | undefined;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly isFullyFinished: boolean;
  /** Entries of the file, finished ones among them. */
  readonly subtaskCount: number;
  readonly finishedSubtaskCount: number;
  readonly coordinatorStateSizeBytes: number;
  /** As Flink derives them, the coordinator's state included. */
  readonly stateSizeBytes: bigint;
  readonly checkpointedSizeBytes: bigint;
}

export interface MetadataSummary {
  readonly formatVersion: FormatVersion;
  readonly checkpointId: bigint;
  readonly masterStateCount: number;
  readonly operators: readonly OperatorSummary[];
  readonly properties: CheckpointProperties | undefined;
  readonly trailingByteCount: number;
  /** Walks the file once more for each call, and yields one operator's files at a time. */
  files(): Iterable<ReferredFile>;
}

/** A sum that stays exact: numbers are added as such while they are, which is quicker. */
class ExactSum {
  #whole: bigint;
  #exact = 0;

  constructor(start: number) {
    this.#whole = BigInt(start);
  }

  add(sizeBytes: number): void {
    const sum = this.#exact + sizeBytes;
    if (Number.isSafeInteger(sum)) this.#exact = sum;
    else this.addWhole(BigInt(sizeBytes));
  }

  addWhole(sizeBytes: bigint): void {
    this.#whole += sizeBytes;
  }

  /** Wraps as Java's sums do. */
  get sizeBytes(): bigint {
    return BigInt.asIntN(64, this.#whole + BigInt(this.#exact));
  }
}

interface Sums {
  readonly state: ExactSum;
  readonly checkpointed: ExactSum;
  finished: number;
}

/** Numbers beyond 2^53-1 are not exact in a walk: that entry is decoded after all. */
const addEntry = (sums: Sums, cursor: EntryCursor, reader: ByteReader, start: number): void => {
  const { into } = cursor;
  if (into.isFinished) sums.finished += 1;
  if (cursor.isInexact) {
    const entry = readSubtaskEntry(new ByteReader(reader.bytes, start), cursor.version);
    const { stateSizeBytes, checkpointedSizeBytes } = subtaskSizes(entry.state);
    sums.state.addWhole(stateSizeBytes);
    return sums.checkpointed.addWhole(checkpointedSizeBytes);
  }
  sums.state.add(into.stateSizeBytes);
  sums.checkpointed.add(into.checkpointedSizeBytes);
};

const scanOperator = (
  reader: ByteReader,
  version: FormatVersion,
  head: OperatorHead,
  onFile?: FileVisitor,
): Sums => {
  const view = new DataView(reader.bytes.buffer, reader.bytes.byteOffset, reader.bytes.byteLength);
  const into = walkedEntry();
  const options = { view, limit: reader.end, path: reader.path, into, version, isLenient: true, onFile };
  const cursor = entryCursor(options);
  const inline = head.coordinatorState?.data.length ?? 0;
  const sums: Sums = { state: new ExactSum(inline), checkpointed: new ExactSum(inline), finished: 0 };
  for (let left = head.entryCount; left > 0; left -= 1) {
    const start = reader.position;
    reader.position = scanEntry(cursor, start);
    checkSubtaskIndex(reader, start, into.subtaskIndex, head, []);
    addEntry(sums, cursor, reader, start);
  }
  return sums;
};

const summarizeOperator = (reader: ByteReader, version: FormatVersion): OperatorSummary => {
  const head = readOperatorHead(reader, version);
  const { operatorId, name, uid, parallelism, maxParallelism, entryCount, coordinatorState } = head;
  const { finished, state, checkpointed } = scanOperator(reader, version, head);
  return {
    operatorId,
    name,
    uid,
    parallelism,
    maxParallelism,
    isFullyFinished: head.isFullyFinished === true,
    subtaskCount: entryCount,
    finishedSubtaskCount: finished,
    coordinatorStateSizeBytes: coordinatorState?.data.length ?? 0,
    stateSizeBytes: state.sizeBytes,
    checkpointedSizeBytes: checkpointed.sizeBytes,
  };
};

const startOf = (reader: ByteReader): Pick<MetadataSummary, 'formatVersion' | 'checkpointId'> => {
  const header = readHeader(reader);
  if (header.formatVersion >= since.singleOperators) return header;
  throw unsupported({ offset: 4, path: '', expected: 'format 2 to 6; decode the file instead', found: '1' });
};

function* filesIn(bytes: Uint8Array): Generator<ReferredFile> {
  const reader = new ByteReader(bytes);
  const { formatVersion } = startOf(reader);
  readMasterStates(reader);
  for (let left = reader.i32('number of operators'); left > 0; left -= 1) {
    const files: ReferredFile[] = [];
    const head = readOperatorHead(reader, formatVersion);
    scanOperator(reader, formatVersion, head, (kind, pathAt, sizeAt) => {
      const path = new ByteReader(bytes, pathAt).utf('path');
      files.push({ kind, path, sizeBytes: new ByteReader(bytes, sizeAt).i64('size') });
    });
    yield* files;
  }
}

/**
 * Summarizes a file of format 2 to 6; a subtask that stands twice counts twice.
 *
 * @param bytes must not change while `files` is used.
 * @throws METADATA_CORRUPT as `decodeMetadata` does; METADATA_UNSUPPORTED for format 1.
 */
export const summarizeMetadata = (bytes: Uint8Array): MetadataSummary => {
  const reader = new ByteReader(bytes);
  const header = startOf(reader);
  const masterStateCount = readMasterStates(reader).length;
  const operators = reader.list(
    'operators',
    leastBytes.operator,
    (_, index) => reader.within('operator', () => summarizeOperator(reader, header.formatVersion), index),
    illegalCapacity,
  );
  const properties = header.formatVersion >= since.properties ? readProperties(reader) : undefined;
  const counted = { masterStateCount, operators, properties, trailingByteCount: reader.remaining };
  return { ...header, ...counted, files: () => filesIn(bytes) };
};
