import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTidemarkError } from '../../src/errors.ts';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import type { CheckpointMetadata } from '../../src/metadata/model.ts';
import { relocateMetadata } from '../../src/metadata/relocation.ts';
import { writtenDirectories } from '../../src/metadata/written-directories.ts';
import type { StreamStateHandle } from '../../src/state/handles.ts';
import { checkpointMetadata } from './arbitraries.ts';
import { oddFixtures, realFixtures } from './fixtures.ts';
import { absoluteFile, inline, modelOf, operatorOf, relativeFile, streaming } from './small-models.ts';

const there = { from: 'file:/state', to: 's3://new-place/state' };
const back = { from: there.to, to: there.from };

const bytesOf = (model: CheckpointMetadata): Buffer =>
  Buffer.from(encodeMetadata(model, { version: model.formatVersion }));

/** Relocated, written, read and relocated back. */
const thereAndBack = (model: CheckpointMetadata): CheckpointMetadata =>
  relocateMetadata(decodeMetadata(Uint8Array.from(bytesOf(relocateMetadata(model, there).model))), back)
    .model;

const places = new Set(['path', 'taskOwnedDirectory', 'sharedDirectory']);

/** A copy with every place changed; what is one object stays one object. */
const withPlaces = (
  value: unknown,
  change: (place: string) => string,
  known = new Map<unknown, unknown>(),
): unknown => {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (known.has(value)) return known.get(value);
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
  known.set(value, copy);
  for (const [key, part] of Object.entries(value)) {
    const changed = places.has(key) ? change(String(part)) : withPlaces(part, change, known);
    (copy as Record<string, unknown>)[key] = changed;
  }
  return copy;
};

/** The same file as it would be if its relative files had been written with absolute paths. */
const absolute = (value: unknown, known = new Map<unknown, unknown>()): unknown => {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (known.has(value)) return known.get(value);
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
  known.set(value, copy);
  for (const [key, part] of Object.entries(value)) {
    (copy as Record<string, unknown>)[key] = absolute(part, known);
  }
  if (!('kind' in copy) || copy['kind'] !== 'relativeFile') return copy;
  const { relativePath, sizeBytes } = copy;
  const file = { kind: 'file', path: `file:/state/${String(relativePath)}`, sizeBytes };
  known.set(value, file);
  return file;
};

const absoluteModels = [...realFixtures, ...oddFixtures]
  .filter(({ flinkRefusal }) => flinkRefusal === undefined)
  .map(({ name, bytes }) => ({ name, model: absolute(decodeMetadata(bytes)) as CheckpointMetadata }));

describe('relocating a real file', () => {
  it.each(realFixtures)('leaves $name as it is: it has no absolute path', ({ bytes }) => {
    const model = decodeMetadata(bytes);
    const relocated = relocateMetadata(model, { from: 'file:/', to: 's3://b/a' });
    expect(relocated).toMatchObject({ moved: 0, kept: [], isReversible: true });
    expect(relocated.model).toBe(model);
    expect(bytesOf(relocated.model).equals(bytes)).toBe(true);
  });

  it('with absolute paths and back gives its first bytes again', () => {
    const moved = absoluteModels.map(({ name, model }) => {
      const before = bytesOf(model);
      expect(bytesOf(thereAndBack(decodeMetadata(before))).equals(before), name).toBe(true);
      return relocateMetadata(model, there).moved;
    });
    expect(moved.filter((count) => count > 0).length).toBeGreaterThan(80);
  });
});

describe.each([2, 3, 4, 5, 6] as const)('relocating any model of format %i', (version) => {
  it('and back gives the first bytes again', { timeout: 60_000 }, () => {
    let moved = 0;
    fc.assert(
      fc.property(checkpointMetadata(undefined, version), (model) => {
        const relocated = relocateMetadata(model, there);
        moved += relocated.moved;
        if (!relocated.isReversible) return;
        expect(bytesOf(thereAndBack(model)).equals(bytesOf(model))).toBe(true);
      }),
      { numRuns: 150 },
    );
    expect(moved).toBeGreaterThan(100);
  });

  it('changes the paths that it tells, and nothing else', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(checkpointMetadata(undefined, version), (model) => {
        const { model: relocated, paths, kept } = relocateMetadata(model, there);
        const after = new Map(paths.map((path) => [path.before, path.after]));
        expect(relocated).toEqual(withPlaces(model, (place) => after.get(place) ?? place));
        for (const path of kept) expect(after.has(path)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

const relocatedPath = (path: string, from: string, to: string): string | undefined =>
  relocateMetadata(modelOf(operatorOf(streaming(absoluteFile(path)))), { from, to }).paths[0]?.after;

describe('a path', () => {
  it.each([
    ['file:/a/b/c', 'file:/a/b', 'file:/x', 'file:/x/c'],
    ['file:/a/b/c', 'file:///a/b/', 'file:/x/', 'file:/x/c'],
    ['file:///a/b/c', 'file:/a/b', 's3://bucket', 's3://bucket/c'],
    ['/a/b/c', 'file:/a/b', 'file:/x', 'file:/x/c'],
    ['file:/a/b/c', '/a/b', '/x', '/x/c'],
    ['file:/a//b/./c//d/../e', 'file:/a/b', 'file:/x', 'file:/x/./c//d/../e'],
    ['file:/a/b/../b/c', 'file:/a/b', 'file:/x', 'file:/x/c'],
    ['HDFS://NameNode:8020/a/c', 'hdfs://namenode:8020/a', 'file:/x', 'file:/x/c'],
    ['s3://bucket/c', 's3://bucket', 's3://other/deep', 's3://other/deep/c'],
    ['s3://bucket/c', 's3://bucket/', 's3://other/', 's3://other/c'],
    ['/c', '/', 'file:/x', 'file:/x/c'],
    ['//auth/c', '//auth', '/', '/c'],
    ['///c', '/', 's3://b', 's3://b///c'],
    ['C:\\a\\c', 'C:\\a', 'D:\\x', 'D:\\x\\c'],
    ['file:/a/b', 'file:/a/b', 'file:/', 'file:/'],
  ])('%s in %s moves to %s as %s', (path, from, to, after) => {
    expect(relocatedPath(path, from, to)).toBe(after);
  });

  it.each([
    ['file:/a/bc', 'file:/a/b'],
    ['file:/a/b/../c', 'file:/a/b'],
    ['hdfs:/a/b/c', 'file:/a/b'],
    ['file://host/a/b/c', 'file:/a/b'],
    ['s3://Some_Bucket/c', 's3://some_bucket'],
    ['a/b/c', '/a/b'],
  ])('%s does not lie in %s', (path, from) => {
    expect(relocatedPath(path, from, 'file:/x')).toBeUndefined();
  });

  it('in an unusual spelling keeps it behind the directory', () => {
    const file: StreamStateHandle = {
      kind: 'file',
      path: 'file:/state/A\0',
      sizeBytes: 1n,
      storedTexts: { path: Uint8Array.of(...Buffer.from('file:/state/'), 0xc1, 0x81, 0) },
    };
    const model = decodeMetadata(Uint8Array.from(bytesOf(modelOf(operatorOf(streaming(file))))));
    const relocated = relocateMetadata(model, there);
    expect(relocated).toMatchObject({ moved: 1, respelled: 0, isReversible: true });
    expect(bytesOf(relocated.model).includes(Buffer.from([0x2f, 0xc1, 0x81, 0]))).toBe(true);
    expect(thereAndBack(model)).toEqual(model);
  });
});

describe('relocating tells', () => {
  const relocate = (...streams: readonly StreamStateHandle[]) =>
    relocateMetadata(modelOf(operatorOf(streaming(...streams), { parallelism: 9 })), there);

  it('how many paths moved, and each place once', () => {
    const file = absoluteFile('file:/state/one');
    expect(relocate(file, inline, file, relativeFile('two'), absoluteFile('file:/shared/s'))).toMatchObject({
      moved: 2,
      paths: [{ before: 'file:/state/one', after: 's3://new-place/state/one' }],
      kept: ['file:/shared/s'],
      isReversible: true,
    });
  });

  it('that another spelling of the directory cannot be had back', () => {
    expect(relocate(absoluteFile('file:///state/one'))).toMatchObject({ respelled: 1, isReversible: false });
  });

  it('that a path would move on the way back that did not move before', () => {
    expect(relocate(absoluteFile('s3://new-place/state/old'))).toMatchObject({
      moved: 0,
      isReversible: false,
    });
  });

  it.each(['state', 'file:state', '', '1x:/a'])('that %j is no directory to move from or to', (directory) => {
    const answers = [
      { ...there, from: directory },
      { ...there, to: directory },
    ].map((relocation) => {
      try {
        return relocateMetadata(modelOf(), relocation);
      } catch (error) {
        return isTidemarkError(error) ? error.code : error;
      }
    });
    expect(answers).toEqual(['ARGUMENT_INVALID', 'ARGUMENT_INVALID']);
  });
});

describe('the directory that files were written in', () => {
  const written = (...paths: readonly string[]): readonly string[] =>
    writtenDirectories(modelOf(operatorOf(streaming(...paths.map((path) => absoluteFile(path))))));

  it('is the one that holds them, whatever its spelling', () => {
    expect(written('file:///a/sp/x', 'file:/a/sp/y', '/a/sp/z')).toEqual(['file:///a/sp']);
  });

  it('is not one for shared files, or files of tasks', () => {
    expect(written('file:/job/shared/x', 'file:/job/chk-7/y', 'file:/job/taskowned/deep/z')).toEqual([
      'file:/job/chk-7',
    ]);
  });

  it('is the outermost of several', () => {
    expect(written('file:/a/sp/deep/x', 'file:/a/sp/y')).toEqual(['file:/a/sp']);
  });

  it('is a root where they stand in one', () => {
    expect(written('s3://bucket/x', 'file:/y')).toEqual(['s3://bucket', 'file:/']);
  });

  it('is not known without absolute paths', () => {
    const model = modelOf(operatorOf(streaming(inline, relativeFile('x'))));
    expect(writtenDirectories(model)).toEqual([]);
  });
});
