/** Every field of a metadata file as it stands there, for whoever must see what the bytes say. */
import { ByteReader } from './byte-reader.ts';
import { decodeFrom } from './decode.ts';
import { joinPath } from './faults.ts';
import {
  channelTag,
  checkpointedScopes,
  distributionModes,
  keyedTag,
  operatorTag,
  streamTag,
} from './layout.ts';
import type { CheckpointMetadata } from './model.ts';

/** One field. The fields of a whole file come in its order and leave no byte out. */
export interface MetadataField {
  /** Where it starts. */
  readonly offset: number;
  /** Its bytes; of a text or of data with the length that stands before it. */
  readonly length: number;
  /** The structures it stands in and its name: `operator 0 › subtask 1 › managed keyed state › first key group`. */
  readonly place: string;
  /** A number, a text, or nothing for bytes that are neither. */
  readonly value: number | bigint | string | undefined;
  /** What the number stands for, where it is a tag. */
  readonly meaning?: string | undefined;
}

const namesOf = (tags: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(tags).map(([name, tag]) => [tag, name]));

const channels = namesOf(channelTag);
/** What numbers stand for, by the name of their field. */
const meanings: Readonly<Record<string, ReadonlyMap<number, string>>> = {
  'tag of a stream handle': namesOf(streamTag),
  'tag of a keyed handle': namesOf(keyedTag),
  'tag of an operator-state handle': namesOf(operatorTag),
  'tag of an input channel': channels,
  'tag of an output channel': channels,
  'distribution mode': new Map(distributionModes.entries()),
  'scope of a segment': new Map(checkpointedScopes.entries()),
};

type Value = MetadataField['value'];
type OnField = (field: MetadataField) => void;

/** Tells of every field that is read, once. What reads it does not know. */
class TracingReader extends ByteReader {
  readonly #onField: OnField;
  /** A field that is read again, after its first number was looked at, has been told. */
  #told: number;
  /** What is read as a part of something is told with it. */
  #isInside = false;

  constructor(
    onField: OnField,
    bytes: Uint8Array,
    start?: number,
    end?: number,
    path: readonly string[] = [],
  ) {
    super(bytes, start, end, path);
    this.#onField = onField;
    this.#told = this.position;
  }

  #tell(offset: number, what: string, value: Value, place = this.path): void {
    if (this.#isInside || offset < this.#told) return;
    this.#told = this.position;
    const meaning = typeof value === 'number' ? meanings[what]?.get(value) : undefined;
    const field = { offset, length: this.position - offset, place: joinPath(place, what), value };
    this.#onField(meaning === undefined ? field : { ...field, meaning });
  }

  #number<T extends number | bigint>(what: string, read: () => T): T {
    const offset = this.position;
    const value = read();
    this.#tell(offset, what, value);
    return value;
  }

  /** Reads what has parts of its own, which are not told one by one. */
  #whole<T>(read: () => T, onFailure: () => void): T {
    this.#isInside = true;
    try {
      return read();
    } catch (error) {
      this.#isInside = false;
      onFailure();
      throw error;
    } finally {
      this.#isInside = false;
    }
  }

  /** Reads what has a length before it. If its bytes are not there, the length is still told. */
  #counted<T>(what: string, lengthBytes: 2 | 4, read: () => T, valueOf: (read: T) => Value): T {
    const offset = this.position;
    const value = this.#whole(read, () => this.#tellLength(offset, `length of ${what}`, lengthBytes));
    this.#tell(offset, what, valueOf(value));
    return value;
  }

  #tellLength(offset: number, what: string, lengthBytes: 2 | 4, place = this.path): void {
    if (offset + lengthBytes > this.end) return;
    this.position = offset;
    const length = lengthBytes === 2 ? super.u16(what) : super.i32(what);
    this.#tell(offset, what, length, place);
  }

  override u8(what: string): number {
    return this.#number(what, () => super.u8(what));
  }

  override u16(what: string): number {
    return this.#number(what, () => super.u16(what));
  }

  override i32(what: string): number {
    return this.#number(what, () => super.i32(what));
  }

  override u32(what: string): number {
    return this.#number(what, () => super.u32(what));
  }

  override i64(what: string): bigint {
    return this.#number(what, () => super.i64(what));
  }

  override text(field: string, what: string): string {
    return this.#counted(what, 2, () => super.text(field, what), String);
  }

  override data(what: string): Uint8Array {
    const read = (): Uint8Array => super.data(what);
    return this.#counted(what, 4, read, () => undefined);
  }

  override raw(length: number, what: string): Uint8Array {
    const offset = this.position;
    const bytes = super.raw(length, what);
    this.#tell(offset, what, undefined);
    return bytes;
  }

  override offsets(what: string): bigint[] {
    const start = this.position;
    // An error inside would leave its own word in the path.
    const { path } = this;
    const tellCount = (): void =>
      this.#tellLength(start, `number of ${what.replace(/^offset\b/, 'offsets')}`, 4, path);
    const offsets = this.#whole(() => super.offsets(what), tellCount);
    tellCount();
    for (const [index, offset] of offsets.entries()) {
      const at = this.position;
      super.i64(what);
      this.#tell(at, `offset ${index}`, offset);
    }
    return offsets;
  }

  override part(length: number, what: string): ByteReader {
    const start = this.take(length, what);
    return new TracingReader(this.#onField, this.bytes, start, start + length, [this.path]);
  }
}

/**
 * Reads a file of any format version as `decodeMetadata` does, and tells of every field while it goes: nothing is
 * collected. Several times slower than reading alone.
 *
 * @param onField called in the order of the file. Of a damaged file it has been told of all fields before the damage
 *   when the error comes, the length that a damaged text or data begins with included.
 * @throws METADATA_CORRUPT as `decodeMetadata` does
 */
export const traceMetadata = (
  bytes: Uint8Array,
  onField: (field: MetadataField) => void,
): CheckpointMetadata => decodeFrom(new TracingReader(onField, bytes));
