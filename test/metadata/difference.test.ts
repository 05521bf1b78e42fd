import { describe, expect, it } from 'vitest';
import { metadataDifference } from '../../src/metadata/difference.ts';
import type { FileReference } from '../../src/metadata/references.ts';
import { hasNoState, sizesByKind, totalSizeBytes } from '../../src/metadata/sizes-by-kind.ts';
import {
  absoluteFile,
  firstId,
  inline,
  keyed,
  modelOf,
  operatorOf,
  operatorStream,
  relativeFile,
  secondId,
  streaming,
} from './small-models.ts';

const shared = (name: string) => absoluteFile(`file:/job/shared/${name}`);
const pathsOf = (files: readonly FileReference[]): readonly string[] => files.map(({ path }) => path);

describe('the difference of two metadata files', () => {
  it('tells files that are new, kept and gone by their paths', () => {
    const before = modelOf(operatorOf(streaming(shared('a'), shared('b'), relativeFile('own'))));
    const after = modelOf(operatorOf(streaming(shared('b'), shared('c'), relativeFile('own'))));
    const difference = metadataDifference(
      { model: before, directory: 'file:/job/chk-1' },
      { model: after, directory: 'file:/job/chk-2' },
    );
    expect(pathsOf(difference.newFiles)).toEqual(['file:/job/shared/c', 'file:/job/chk-2/own']);
    expect(pathsOf(difference.keptFiles)).toEqual(['file:/job/shared/b']);
    expect(pathsOf(difference.goneFiles)).toEqual(['file:/job/shared/a', 'file:/job/chk-1/own']);
  });

  it('pairs operators by id', () => {
    const [first, second] = [operatorOf([]), operatorOf([], { operatorId: secondId })];
    const place = { directory: 'file:/job/chk-1' };
    const grown = metadataDifference(
      { model: modelOf(first), ...place },
      { model: modelOf(second, first), ...place },
    );
    expect(grown.operators).toEqual([
      { operatorId: firstId, before: first, after: first },
      { operatorId: secondId, before: undefined, after: second },
    ]);
  });
});

describe('the summary of an operator', () => {
  it('adds up sizes by kind', () => {
    const operator = operatorOf([
      {
        subtaskIndex: 0,
        state: { managedKeyedState: keyed(0, 1), managedOperatorState: operatorStream(inline) },
      },
      { subtaskIndex: 1, state: { managedKeyedState: keyed(2, 3, shared('a')) } },
    ]);
    const sizes = sizesByKind({
      ...operator,
      coordinatorState: { kind: 'byteStream', name: '', data: new Uint8Array(5) },
    });
    expect(sizes).toEqual({
      keyedBytes: 13n,
      operatorBytes: 3n,
      channelBytes: 0n,
      coordinatorBytes: 5n,
      legacyBytes: 0n,
    });
    expect(totalSizeBytes(sizes)).toBe(21n);
  });

  it('says whether there is anything to restore', () => {
    expect(hasNoState(operatorOf([{ subtaskIndex: 0, state: {} }]))).toBe(true);
    expect(hasNoState(operatorOf(streaming(inline)))).toBe(false);
  });
});
