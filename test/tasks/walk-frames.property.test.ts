import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSubtaskEntry } from '../../src/metadata/subtask-entry.ts';
import { addSizes, noSizes, subtaskSizes } from '../../src/state/sizes.ts';
import { encodeFrame, type Acknowledgement } from '../../src/tasks/frame.ts';
import { walkFrames } from '../../src/tasks/walk-frames.ts';
import type { FrameBatch } from '../../src/core/columns.ts';
import { coreJobId } from '../support/core-run.ts';
import { acknowledgement } from '../support/frame-arbitraries.ts';

const one = acknowledgement(coreJobId);
const many = fc.array(one, { maxLength: 6 });

/** The slices of a row, cut out of the batch as the core does. */
const slicesAt = (batch: FrameBatch, row: number): Uint8Array[] => {
  const view = new DataView(batch.frames.buffer, batch.frames.byteOffset);
  const slices: Uint8Array[] = [];
  const start = batch.starts[row] ?? 0;
  for (let at = start; at < start + (batch.lengths[row] ?? 0);) {
    const length = view.getUint32(at);
    slices.push(Uint8Array.from(batch.frames.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return slices;
};

const sizeOf = (slices: readonly Uint8Array[]) =>
  slices.map((slice) => subtaskSizes(decodeSubtaskEntry(slice).state)).reduce(addSizes, noSizes);

const rowOf = (batch: FrameBatch, row: number) => ({
  checkpointId: batch.checkpointIds[row],
  slot: batch.slots[row],
  attempt: batch.attempts[row],
  metrics: {
    syncDurationMs: batch.syncDurationMs[row],
    asyncDurationMs: batch.asyncDurationMs[row],
    alignmentDurationMs: batch.alignmentDurationMs[row],
    startDelayMs: batch.startDelayMs[row],
    processedBytes: batch.processedBytes[row],
    persistedBytes: batch.persistedBytes[row],
    isUnaligned: batch.flags[row] === 1,
  },
  stateSizeBytes: batch.stateSizeBytes[row],
  checkpointedSizeBytes: batch.checkpointedSizeBytes[row],
  slices: slicesAt(batch, row),
});

/** What the row of an acknowledgement must hold: what the task measured, and sizes worked out from its slices. */
const expectedRow = ({ checkpointId, slot, attempt, metrics, slices }: Acknowledgement) => {
  const { stateSizeBytes, checkpointedSizeBytes } = sizeOf(slices);
  return {
    checkpointId,
    slot,
    attempt,
    metrics,
    stateSizeBytes: Number(stateSizeBytes),
    checkpointedSizeBytes: Number(checkpointedSizeBytes),
    slices,
  };
};

describe('frames', () => {
  it('come back from their bytes as they were, with sizes of their slices instead of claims', () => {
    fc.assert(
      fc.property(many, (sent) => {
        const batch = walkFrames(coreJobId, Buffer.concat(sent.map(encodeFrame)));
        expect([...batch.refused]).toEqual([]);
        expect(Array.from({ length: batch.count }, (_, row) => rowOf(batch, row))).toEqual(
          sent.map(expectedRow),
        );
        expect(batch.slicesBytes).toBe(batch.lengths.reduce((sum, length) => sum + length, 0));
      }),
    );
  });

  it('of which one byte was changed are rows or refused rows, and never an error', () => {
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 3 }), fc.nat(), fc.nat(255), (sent, at, to) => {
        const frames = Buffer.concat(sent.map(encodeFrame));
        frames[at % frames.length] = to;
        const batch = walkFrames(coreJobId, frames);
        for (let row = 0; row < batch.count; row++) {
          if (batch.refused.has(row)) continue;
          // Text is skipped by its length: the walk promises the structure and what the coordinator must know.
          const subtasks = slicesAt(batch, row).map((slice) => new DataView(slice.buffer).getInt32(0));
          expect(subtasks.every((subtask) => subtask === batch.subtasks[row])).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('that are cut off anywhere have one refused row at their end, and whole rows before it', () => {
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 3 }), fc.nat(), (sent, cut) => {
        const frames = Buffer.concat(sent.map(encodeFrame));
        const length = cut % frames.length;
        const batch = walkFrames(coreJobId, frames.subarray(0, length));
        const ends = sent.map((_, index) => Buffer.concat(sent.slice(0, index + 1).map(encodeFrame)).length);
        const whole = ends.filter((end) => end <= length).length;
        const isCut = length > (ends[whole - 1] ?? 0);
        expect(batch.count).toBe(whole + (isCut ? 1 : 0));
        expect([...batch.refused.keys()]).toEqual(isCut ? [whole] : []);
      }),
    );
  });

  it('are never read out of any bytes with an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const batch = walkFrames(coreJobId, bytes);
        expect(batch.refused.size).toBe(batch.count);
      }),
      { numRuns: 1_000 },
    );
  });
});
