/** Reads acknowledgement frames back, field by field as the frame's description has them. */

export interface ReadFrame {
  readonly jobId: string;
  readonly checkpointId: number;
  readonly slot: number;
  readonly attempt: number;
  readonly slices: readonly Uint8Array[];
}

const readFrame = (frame: Buffer): ReadFrame => {
  const slices: Uint8Array[] = [];
  let at = 80;
  for (let left = frame.readUInt16BE(78); left > 0; left--) {
    const length = frame.readUInt32BE(at);
    slices.push(frame.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return {
    jobId: frame.toString('hex', 4, 20),
    checkpointId: Number(frame.readBigInt64BE(20)),
    slot: frame.readUInt32BE(28),
    attempt: frame.readUInt32BE(32),
    slices,
  };
};

/** All frames of one message. */
export const readFrames = (bytes: Uint8Array): readonly ReadFrame[] => {
  const buffer = Buffer.from(bytes);
  const frames: ReadFrame[] = [];
  for (let at = 0; at < buffer.length; at += buffer.readUInt32BE(at)) {
    frames.push(readFrame(buffer.subarray(at, at + buffer.readUInt32BE(at))));
  }
  return frames;
};
