/** Random frames, valid by construction. */
import fc from 'fast-check';
import { encodeSubtaskEntry } from '../../src/metadata/subtask-entry.ts';
import { checkpointId, slot, type JobId } from '../../src/state/ids.ts';
import type { Acknowledgement } from '../../src/tasks/frame.ts';
import { subtaskState } from '../metadata/arbitraries.ts';

const u32 = fc.oneof(fc.nat(1_000), fc.integer({ min: 0, max: 0xffff_ffff }));
const known = fc.oneof(fc.constant(-1), fc.nat(100_000), fc.maxSafeNat());

/** Files of at most this size: sums stay exact. */
const FILE_BYTES_MAX = 1n << 40n;

export const acknowledgement = (jobId: JobId): fc.Arbitrary<Acknowledgement> =>
  fc
    .record({
      checkpoint: fc.oneof(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      ),
      slotNumber: u32,
      attempt: u32,
      metrics: fc.record({
        syncDurationMs: u32,
        asyncDurationMs: u32,
        alignmentDurationMs: u32,
        startDelayMs: u32,
        processedBytes: known,
        persistedBytes: known,
        isUnaligned: fc.boolean(),
      }),
      claimedStateSizeBytes: fc.maxSafeNat(),
      subtask: fc.integer({ min: 0, max: 0x7fff_ffff }),
      states: fc.array(subtaskState(FILE_BYTES_MAX), { maxLength: 3 }),
    })
    .map(({ checkpoint, slotNumber, subtask, states, ...rest }) => ({
      ...rest,
      jobId,
      checkpointId: checkpointId(checkpoint),
      slot: slot(slotNumber),
      slices: states.map((state) => encodeSubtaskEntry(subtask, state)),
    }));
