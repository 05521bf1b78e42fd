import { describe, expect, it } from 'vitest';
import { addSizes, streamSizeBytes, subtaskSizes } from '../../src/state/sizes.ts';

const file = (sizeBytes: bigint) => ({ kind: 'file', path: '/a', sizeBytes }) as const;
const operatorState = (sizeBytes: bigint) =>
  ({ kind: 'operatorStream', states: [], stream: file(sizeBytes) }) as const;

describe('the size of state', () => {
  it('is the length of inline data and the stored size of a file, also when that is unknown', () => {
    expect(streamSizeBytes({ kind: 'byteStream', name: 'a', data: new Uint8Array(5) })).toBe(5n);
    expect(streamSizeBytes(file(2n ** 62n))).toBe(2n ** 62n);
    expect(streamSizeBytes({ kind: 'relativeFile', relativePath: 'a', sizeBytes: -1n })).toBe(-1n);
  });

  it('is summed over the slots of a subtask (C-220, T-352)', () => {
    const state = { managedOperatorState: operatorState(3n), rawOperatorState: operatorState(4n) };
    expect(subtaskSizes(state)).toEqual({ stateSizeBytes: 7n, checkpointedSizeBytes: 7n });
    expect(subtaskSizes({})).toEqual({ stateSizeBytes: 0n, checkpointedSizeBytes: 0n });
  });

  it('wraps at 64 bits, as Flink does', () => {
    const most = { stateSizeBytes: 2n ** 63n - 1n, checkpointedSizeBytes: 0n };
    expect(addSizes(most, { stateSizeBytes: 1n, checkpointedSizeBytes: 1n })).toEqual({
      stateSizeBytes: -(2n ** 63n),
      checkpointedSizeBytes: 1n,
    });
  });
});
