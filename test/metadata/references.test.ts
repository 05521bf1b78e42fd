import { describe, expect, it } from 'vitest';
import { fileReferences } from '../../src/metadata/references.ts';
import type { StreamStateHandle } from '../../src/state/handles.ts';
import {
  absoluteFile,
  firstId,
  inline,
  modelOf,
  operatorOf,
  relativeFile,
  streaming,
} from './small-models.ts';

const directory = 'file:/data/job/chk-7';

const filesOf = (...streams: readonly StreamStateHandle[]) =>
  fileReferences(modelOf(operatorOf(streaming(...streams))), directory);

const segment = (startPosition: bigint, sizeBytes: bigint): StreamStateHandle => ({
  kind: 'segmentFile',
  startPosition,
  sizeBytes,
  scope: 'SHARED',
  path: 'file:/data/job/taskowned/merged',
  logicalFileId: 'one',
});

describe('the files a metadata file refers to', () => {
  it('are found where Flink looks for relative ones: climbing, of their own, or of an authority', () => {
    const paths = ['../shared/x', '/y', '/s3:/b/z', '//auth/x'].map((path) => relativeFile(path));
    expect(filesOf(...paths).map(({ path }) => path)).toEqual([
      'file:/data/job/shared/x',
      'file:/data/job/chk-7/y',
      's3:/b/z',
      'file://authx',
    ]);
  });

  it('are resolved against its directory, with their size and the first subtask that needs them', () => {
    expect(filesOf(inline, relativeFile('state'))).toEqual([
      {
        path: 'file:/data/job/chk-7/state',
        scope: 'EXCLUSIVE',
        sizesBytes: [10n],
        leastSizeBytes: 10n,
        handleCount: 1,
        place: `operator ${firstId} › subtask 1`,
      },
    ]);
  });

  it('are exclusive in its own directory, shared below `shared`, and otherwise somewhere else', () => {
    const files = filesOf(
      absoluteFile('file:///data/job/chk-7/a'),
      absoluteFile('file:/data/job/shared/b'),
      relativeFile('../shared/c'),
      absoluteFile('s3://bucket/chk-6/d'),
    );
    expect(files.map(({ path, scope }) => [path, scope])).toEqual([
      ['file:/data/job/chk-7/a', 'EXCLUSIVE'],
      ['file:/data/job/shared/b', 'SHARED'],
      ['file:/data/job/shared/c', 'SHARED'],
      ['s3://bucket/chk-6/d', 'OTHER'],
    ]);
  });

  it('are listed once, however many handles lead there and however they spell the path', () => {
    const [file, ...others] = filesOf(
      relativeFile('state'),
      absoluteFile('file:///data/job/chk-7/state', 11n),
    );
    expect(others).toEqual([]);
    expect(file).toMatchObject({ handleCount: 2, sizesBytes: [10n, 11n] });
  });

  it('must reach as far as their last segment, and have no size of their own then', () => {
    const [file] = filesOf(segment(100n, 20n), segment(0n, 100n));
    expect(file).toMatchObject({ scope: 'SHARED', sizesBytes: [], leastSizeBytes: 120n, handleCount: 2 });
  });

  it('have no size where the file says it is unknown', () => {
    expect(filesOf(relativeFile('state', -1n))[0]).toMatchObject({ sizesBytes: [], leastSizeBytes: 0n });
  });
});
