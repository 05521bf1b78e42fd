/**
 * What stands inside a merged channel handle (metadata format, section 9): `i32 count`, then for each channel its two
 * indexes, size and offsets. The bytes are opaque to every reader of the file, so they may be anything.
 */

/** A channel of a merged handle; the indexes are named by the direction. */
type ChannelView = Readonly<Record<string, number | string | readonly string[]>>;

interface PackedChannelsView {
  readonly channels: readonly ChannelView[];
  /** What Java throws when the bytes end early. */
  readonly channelsError?: string;
  readonly [key: string]: string | readonly ChannelView[] | undefined;
}

/** Reads past the end answer undefined, as it is nobody's fault. */
class PackedReader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(length: number): number | undefined {
    const start = this.#at;
    if (start + length > this.#view.byteLength) return undefined;
    this.#at = start + length;
    return start;
  }

  i32(): number | undefined {
    const start = this.#take(4);
    return start === undefined ? undefined : this.#view.getInt32(start);
  }

  i64(): string | undefined {
    const start = this.#take(8);
    return start === undefined ? undefined : `${this.#view.getBigInt64(start)}`;
  }

  /** As many numbers as said, or undefined if there are not so many. */
  offsets(): string[] | undefined {
    const offsets: string[] = [];
    let left = this.i32();
    for (; left !== undefined && left > 0; left -= 1) {
      const offset = this.i64();
      if (offset === undefined) return undefined;
      offsets.push(offset);
    }
    return left === undefined ? undefined : offsets;
  }

  channel(names: readonly [string, string]): ChannelView | undefined {
    const first = this.i32();
    const second = this.i32();
    const size = this.i64();
    const offsets = this.offsets();
    if (first === undefined || second === undefined || size === undefined || offsets === undefined) {
      return undefined;
    }
    return { [names[0]]: first, [names[1]]: second, size, offsets };
  }
}

/** The channels, as far as the bytes say them. */
export const packedChannelsView = (
  bytes: Uint8Array,
  names: readonly [string, string],
): PackedChannelsView => {
  const reader = new PackedReader(bytes);
  const channels: ChannelView[] = [];
  const brokenOff = { channels, channelsError: 'java.io.EOFException' };
  let left = reader.i32();
  if (left === undefined) return brokenOff;
  for (; left > 0; left -= 1) {
    const channel = reader.channel(names);
    if (channel === undefined) return brokenOff;
    channels.push(channel);
  }
  return { channels };
};
