import { describe, expect, it } from 'vitest';
import { parseJobId } from '../../src/state/ids.ts';
import {
  encodeFrame,
  FRAME_BYTES_MAX,
  FRAME_FORMAT,
  FRAME_HEADER_BYTES,
  noMetrics,
} from '../../src/tasks/frame.ts';
import { encodeSubtaskEntry } from '../../src/metadata/subtask-entry.ts';
import type { OperatorSubtaskState } from '../../src/state/handles.ts';
import { walkFrames } from '../../src/tasks/walk-frames.ts';
import {
  acknowledgeCommand,
  coreJobId,
  frameOf,
  id,
  runningJob,
  tooLargeFrame,
} from '../support/core-run.ts';
import { slot } from '../../src/state/ids.ts';

const sink = { checkpointId: 1, slot: 2 };

/** A frame with two slices, changed by hand. */
const changed = (change: (frame: Buffer) => void): Buffer => {
  const frame = Buffer.from(frameOf(sink));
  change(frame);
  return frame;
};

const refusalsOf = (...frames: readonly Uint8Array[]): [number, string][] =>
  Array.from(walkFrames(coreJobId, Buffer.concat(frames)).refused, ([row, { outcome, message }]) => [
    row,
    `${outcome}: ${message}`,
  ]);

describe('frame', () => {
  it('stands byte for byte as its description says (C-218, T-330)', () => {
    const frame = Buffer.from(
      encodeFrame({
        jobId: parseJobId('0123456789abcdef0123456789abcdef'),
        checkpointId: id(0x1_0000_0002),
        slot: slot(3),
        attempt: 4,
        metrics: {
          syncDurationMs: 5,
          asyncDurationMs: 6,
          alignmentDurationMs: 7,
          startDelayMs: 8,
          processedBytes: 9,
          persistedBytes: -1,
          isUnaligned: true,
        },
        claimedStateSizeBytes: 10,
        slices: [Uint8Array.of(0xaa), Uint8Array.of(0xbb, 0xcc)],
      }),
    );
    expect(frame.toString('hex')).toBe(
      [
        '0000005b',
        '0123456789abcdef0123456789abcdef',
        '0000000100000002',
        '00000003',
        '00000004',
        '00000005',
        '00000006',
        '00000007',
        '00000008',
        '0000000000000009',
        'ffffffffffffffff',
        '000000000000000a',
        '01',
        '01',
        '0002',
        '00000001aa',
        '00000002bbcc',
      ].join(''),
    );
  });

  it('larger than its limit is not written, and says so with a code', () => {
    const slices = [new Uint8Array(FRAME_BYTES_MAX)];
    const rest = { jobId: coreJobId, checkpointId: id(1), slot: slot(0), attempt: 1, metrics: noMetrics };
    const sizeBytes = FRAME_BYTES_MAX + FRAME_HEADER_BYTES + 4;
    expect(() => encodeFrame({ ...rest, claimedStateSizeBytes: 0, slices })).toThrow(
      expect.objectContaining({
        code: 'ACKNOWLEDGEMENT_TOO_LARGE',
        message: `an acknowledgement of ${sizeBytes} bytes exceeds the limit of ${FRAME_BYTES_MAX} bytes`,
        detail: { sizeBytes, limitBytes: FRAME_BYTES_MAX, checkpointId: 1, slot: 0 },
      }),
    );
  });
});

describe('walking frames', () => {
  it('of nothing finds nothing', () => {
    expect(walkFrames(coreJobId, new Uint8Array(0))).toMatchObject({ count: 0, slicesBytes: 0 });
  });

  it('works on a view into a larger buffer', () => {
    const frame = frameOf(sink);
    const larger = new Uint8Array(frame.length + 20);
    larger.set(frame, 7);
    const batch = walkFrames(coreJobId, larger.subarray(7, 7 + frame.length));
    expect([batch.count, batch.refused.size, batch.slots[0]]).toEqual([1, 0, 2]);
  });

  it('refuses what ends before it should, and does not lose the frames before it', () => {
    const whole = frameOf(sink);
    for (const length of [1, 3, 4, FRAME_HEADER_BYTES - 1, FRAME_HEADER_BYTES, whole.length - 1]) {
      expect(refusalsOf(whole, whole.subarray(0, length)), `${length} bytes`).toEqual([
        [1, `malformed: ${length} bytes are no whole frame`],
      ]);
    }
  });

  it.each([0, 3, FRAME_HEADER_BYTES - 1, FRAME_BYTES_MAX + 1, 0xffff_ffff])(
    'refuses a length of %i, and all that follows it',
    (length) => {
      const frame = changed((bytes) => bytes.writeUInt32BE(length, 0));
      const batch = walkFrames(coreJobId, Buffer.concat([frameOf(sink), frame, frameOf(sink)]));
      expect([batch.count, [...batch.refused.keys()]]).toEqual([2, [1]]);
    },
  );

  it('larger than its limit refuses that one alone, and knows whose it was', () => {
    const frames = [frameOf(sink), tooLargeFrame(7, 3), frameOf(sink)];
    const batch = walkFrames(coreJobId, Buffer.concat(frames));
    expect([batch.count, batch.checkpointIds[1], batch.slots[1], batch.attempts[1]]).toEqual([3, 7, 3, 1]);
    expect(refusalsOf(...frames)).toEqual([
      [1, expect.stringMatching(/^tooLarge: ACKNOWLEDGEMENT_TOO_LARGE: an acknowledgement of 8388609 bytes/)],
    ]);
  });

  it('takes slices of a finished subtask, and refuses a mix', () => {
    const frameWith = (...states: readonly ('finished' | OperatorSubtaskState)[]): Uint8Array =>
      encodeFrame({
        jobId: coreJobId,
        checkpointId: id(1),
        slot: slot(2),
        attempt: 1,
        metrics: noMetrics,
        claimedStateSizeBytes: 0,
        slices: states.map((state) => encodeSubtaskEntry(0, state)),
      });
    const mixed = 'malformed: slices name a subtask finished and not finished';
    expect(
      refusalsOf(
        frameWith('finished', 'finished'),
        frameWith('finished', {}),
        frameWith({}, 'finished'),
        frameWith({}, {}),
      ),
    ).toEqual([
      [1, mixed],
      [2, mixed],
    ]);
  });

  it('refuses a count of slices that the frame does not hold', () => {
    const withCount = (count: number): Buffer => changed((bytes) => bytes.writeUInt16BE(count, 78));
    expect(refusalsOf(withCount(3), withCount(0xffff), withCount(1), withCount(0))).toEqual([
      [0, 'malformed: slice 2 does not end inside the frame'],
      [1, 'malformed: slice 2 does not end inside the frame'],
      [2, expect.stringMatching(/^malformed: \d+ bytes after the last slice$/)],
      [3, expect.stringMatching(/^malformed: \d+ bytes after the last slice$/)],
    ]);
  });

  it('refuses a slice that is longer than the frame, however long it says it is', () => {
    const withLength = (length: number): Buffer =>
      changed((bytes) => bytes.writeUInt32BE(length, FRAME_HEADER_BYTES));
    expect(refusalsOf(withLength(0xffff_ffff), withLength(0x7fff_ffff), withLength(10_000))).toEqual(
      [0, 1, 2].map((row) => [row, 'malformed: slice 0 does not end inside the frame']),
    );
  });

  it('refuses a slice that is no subtask entry, and goes on with the next frame (C-095)', () => {
    const broken = changed((bytes) => bytes.writeInt32BE(0x7fff_ffff, FRAME_HEADER_BYTES + 4 + 4 + 4 + 1));
    const batch = walkFrames(coreJobId, Buffer.concat([broken, frameOf(sink)]));
    expect([batch.count, [...batch.refused.keys()]]).toEqual([2, [0]]);
    expect(batch.refused.get(0)?.outcome).toBe('malformed');
  });

  it('refuses a negative subtask', () => {
    const negative = changed((bytes) => bytes.writeInt32BE(-1, FRAME_HEADER_BYTES + 4));
    expect(refusalsOf(negative)).toEqual([[0, expect.stringContaining('malformed: ')]]);
  });

  it('refuses slices that name several subtasks', () => {
    const one = Buffer.from(frameOf({ ...sink, sliceCount: 1, subtask: 0 }));
    const other = Buffer.from(frameOf({ ...sink, sliceCount: 1, subtask: 1 }));
    const both = Buffer.concat([one, other.subarray(FRAME_HEADER_BYTES)]);
    both.writeUInt32BE(both.length, 0);
    both.writeUInt16BE(2, 78);
    expect(refusalsOf(both)).toEqual([[0, 'malformed: slices name several subtasks']]);
  });

  it('refuses another format of frames', () => {
    const newer = changed((bytes) => bytes.writeUInt8(FRAME_FORMAT + 1, 77));
    expect(refusalsOf(newer)).toEqual([[0, 'malformed: frame format 2, known is 1']]);
  });

  it('refuses a frame of another job before it looks inside', () => {
    const foreign = Buffer.from(frameOf({ ...sink, jobId: parseJobId('f'.repeat(32)) }));
    foreign.writeUInt16BE(0xffff, 78);
    expect(refusalsOf(foreign)).toEqual([[0, 'wrongJob: the frame names another job']]);
  });

  it('reads ids and sizes beyond 2^53 and below 0 as no id and no size', () => {
    const run = runningJob();
    const wild = changed((bytes) => {
      bytes.writeBigInt64BE(-5n, 20);
      bytes.writeBigInt64BE(-9n, 52);
    });
    const batch = walkFrames(coreJobId, wild);
    expect([batch.checkpointIds[0], batch.processedBytes[0]]).toEqual([-1, -1]);
    const huge = changed((bytes) => bytes.writeBigInt64BE(0x7fff_ffff_ffff_ffffn, 20));
    const command = { ...acknowledgeCommand([]), batch: walkFrames(coreJobId, Buffer.concat([wild, huge])) };
    expect(Array.from(run.tell(command as never).outcome.frames ?? [])).toHaveLength(2);
    expect(run.facts.some((fact) => fact.type === 'tasks.acknowledged')).toBe(false);
  });
});
