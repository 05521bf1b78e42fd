import { describe, expect, it } from 'vitest';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { summarizeMetadata } from '../../src/metadata/summary.ts';
import { metadataView } from '../../src/metadata/view.ts';
import { streamHandlesIn } from '../../src/metadata/walk.ts';
import { oddFixtures, realFixtures } from './fixtures.ts';

/** Format 1 has chains instead of operators; a subtask that stands twice counts twice. */
const isSummarized = ({ name, bytes }: { readonly name: string; readonly bytes: Uint8Array }): boolean =>
  bytes[7] !== 1 && name !== 'ok-subtask-twice.metadata';
const loaded = [...realFixtures, ...oddFixtures]
  .filter(({ flinkRefusal }) => flinkRefusal === undefined)
  .filter(isSummarized);

interface OperatorSizes {
  readonly operatorId: string;
  readonly stateSize: string;
  readonly checkpointedSize: string;
  readonly subtasks: readonly unknown[];
}

describe('the summary of a file', () => {
  it('has the sizes and counts that Flink derives, for every real file', () => {
    expect(loaded.length).toBeGreaterThan(300);
    for (const { name, bytes } of loaded) {
      const view = metadataView(decodeMetadata(bytes));
      const operators = view['operatorStates'] as readonly unknown[] as readonly OperatorSizes[];
      const summary = summarizeMetadata(bytes);
      const found = summary.operators.map((operator) => [
        `${operator.operatorId}`,
        `${operator.stateSizeBytes}`,
        `${operator.checkpointedSizeBytes}`,
        operator.subtaskCount,
      ]);
      const expected = operators.map((operator) => [
        operator.operatorId,
        operator.stateSize,
        operator.checkpointedSize,
        operator.subtasks.length,
      ]);
      expect([name, summary.trailingByteCount, found]).toEqual([name, view['trailingBytes'], expected]);
    }
  });

  it('names the files that the state refers to', () => {
    for (const { name, bytes } of loaded) {
      const streams = decodeMetadata(bytes).operators.flatMap(({ subtasks }) =>
        subtasks.flatMap(({ state }) => streamHandlesIn(state)),
      );
      const expected = streams.flatMap((stream) => {
        if (stream.kind === 'relativeFile') return [[stream.relativePath, stream.sizeBytes]];
        return stream.kind === 'file' || stream.kind === 'segmentFile'
          ? [[stream.path, stream.sizeBytes]]
          : [];
      });
      const files = [...summarizeMetadata(bytes).files()].map(({ path, sizeBytes }) => [path, sizeBytes]);
      expect([name, files]).toEqual([name, expected]);
    }
  });
});
