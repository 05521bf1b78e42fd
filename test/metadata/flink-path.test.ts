import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import {
  flinkPath,
  flinkPathKey,
  flinkPathProblem,
  flinkRelativePathProblem,
  isAbsoluteFlinkPath,
  resolvedFlinkPath,
} from '../../src/metadata/flink-path.ts';
import { normalizePath } from '../../src/storage/pointer.ts';
import { absoluteFile, modelOf, operatorOf, streaming } from './small-models.ts';

describe('a path', () => {
  it.each([
    ['hdfs://nn:8020//a//b/../c/', 'hdfs://nn:8020/a/c'],
    ['file:///x', 'file:/x'],
    ['hdfs:///x', 'hdfs:/x'],
    ['file://host/x', 'file://host/x'],
    ['s3://bucket', 's3://bucket'],
    ['s3://bucket/', 's3://bucket/'],
    ['//auth/x', '//auth/x'],
    ['./a', 'a'],
    ['../a', '../a'],
    ['/../a', '/../a'],
    ['/a/b/..', '/a/'],
    ['./a:b', './a:b'],
    ['C:\\x\\y', 'C:/x/y'],
    ['/C:/x', 'C:/x'],
    ['file:\\x', 'file:/x'],
    ['/a%20b c#d?e', '/a%20b c#d?e'],
    ['/', '/'],
  ])('%j has the text %j', (text, path) => {
    expect(flinkPath(text)).toBe(path);
    expect(flinkPathProblem(text)).toBeUndefined();
  });

  it.each(['1x:/a', '+a:/x', ':/a', 'file:x', 'file:a/b', 'file:'])('%j is none', (text) => {
    expect(flinkPathProblem(text)).toBeDefined();
    expect(isAbsoluteFlinkPath(text)).toBe(false);
  });

  it('has the same text in a metadata file and as a pointer', () => {
    const piece = fc.constantFrom('a', 'b c', '/', '//', '\\', '.', '..', ':', 'file:', 's3:', 'C:', 'host');
    const text = fc
      .array(piece, { minLength: 1, maxLength: 7 })
      .map((pieces) => pieces.join(''))
      .filter((path) => flinkPathProblem(path) === undefined);
    fc.assert(
      fc.property(text, (path) => {
        expect(flinkPath(path)).toBe(normalizePath(path));
      }),
      { numRuns: 2000 },
    );
  });
});

/** Paths of relative handles and what Flink 2.3.0 made of them in the directory `file:/d/job/chk-7`. */
const resolved: readonly (readonly [string, string])[] = [
  ['x', 'file:/d/job/chk-7/x'],
  ['/x', 'file:/d/job/chk-7/x'],
  ['///x', 'file:/d/job/chk-7/x'],
  ['\\x', 'file:/d/job/chk-7/x'],
  ['\\\\x', 'file:/d/job/chk-7/x'],
  ['a/./b/../c', 'file:/d/job/chk-7/a/c'],
  ['a/', 'file:/d/job/chk-7/a'],
  ['./a:b', 'file:/d/job/chk-7/a:b'],
  ['a/b:c', 'file:/d/job/chk-7/a/b:c'],
  ['a b#c%20', 'file:/d/job/chk-7/a b#c%20'],
  ['.', 'file:/d/job/chk-7'],
  ['..', 'file:/d/job'],
  ['../shared/x', 'file:/d/job/shared/x'],
  ['/../x', 'file:/d/job/x'],
  ['a/../../x', 'file:/d/job/x'],
  ['../../../x', 'file:/x'],
  ['../chk-7/x', 'file:/d/job/chk-7/x'],
  ['//x', 'file://x'],
  ['//auth/x', 'file://authx'],
  ['//a/b/c', 'file://ab/c'],
  ['//a:b/c', 'file://a:bc'],
  ['/s3:/b/x', 's3:/b/x'],
  ['/s3://b/x', 's3:/b/x'],
  ['/file:/q/x', 'file:/q/x'],
  ['/hdfs://nn:1//a/x', 'hdfs:/nn:1/a/x'],
  ['C:/x', 'C:/x'],
  ['/C:/x', 'C:/x'],
];

describe('the path of a relative handle', () => {
  it.each(resolved)('%j leads to %j', (relativePath, path) => {
    expect(flinkRelativePathProblem(relativePath)).toBeUndefined();
    expect(resolvedFlinkPath('file:/d/job/chk-7', relativePath)).toBe(path);
  });

  it.each([
    ['s3://b/x', 'Relative path in absolute URI'],
    ['file:x', 'Relative path in absolute URI'],
    ['a:b/c', 'Relative path in absolute URI'],
    ['/a:b', 'Relative path in absolute URI'],
    ['//', 'Can not create a Path from an empty string'],
    ['///', 'Can not create a Path from an empty string'],
    ['//a/', 'Can not create a Path from an empty string'],
    ['//[::1]/x', 'Malformed authority'],
  ])('%j cannot be resolved', (relativePath, problem) => {
    expect(flinkRelativePathProblem(relativePath)).toBe(problem);
  });

  it('is resolved in a root, and in another file system', () => {
    expect(resolvedFlinkPath('s3://bucket', 'x')).toBe('s3://bucket/x');
    expect(resolvedFlinkPath('file:/', 'x')).toBe('file:/x');
    expect(resolvedFlinkPath('/d', '//a/b')).toBe('//ab');
  });
});

describe('the key of a path', () => {
  it.each([
    [
      ['file:/a/b', 'file:///a/b/', '/a/b', '//' + '/a//b', '/a/./c/../b', 'FILE:/a/b', '/a/b/x/..'],
      'file:/a/b',
    ],
    [['s3://bucket', 's3://bucket/', 'S3://bucket/.'], 's3://bucket'],
    [['hdfs://NN:8020/x', 'hdfs://nn:8020/x/'], 'hdfs://nn:8020/x'],
    [['s3://My_Bucket/x'], 's3://My_Bucket/x'],
    [['ftp://Me@HOST/x'], 'ftp://Me@host/x'],
    [['/', 'file:/', 'file:///'], 'file:'],
    [['C:\\x', '/C:/x', 'file:/C:/x'], 'file:/C:/x'],
    [['//auth/x'], '//auth/x'],
    [['a/b'], 'a/b'],
  ])('of %j is %j', (texts, key) => {
    for (const text of texts) expect(flinkPathKey(text)).toBe(key);
  });
});

/** As Flink 2.3.0 on Java 17 takes and refuses them; the tests against Flink try many more. */
const takenAuthorities = [
  's3://bucket_with@odd;characters é/x',
  'hdfs://name:node:8020/x',
  'hdfs://[::1]:8020/x',
  'hdfs://[::1]:/x',
  'hdfs://user@[1:2:3:4:5:6:7:8]/x',
  'hdfs://[fe80::1%eth0]/x',
  'hdfs://[::ffff:10.0.0.1]:8020/x',
  '//[::1]/x',
  '/state/a]b[c',
];

const refusedAuthorities = [
  '//z] ]',
  's3://bucket]/x',
  's3://[bucket]/x',
  'hdfs://[::1/x',
  'hdfs://[1:2:3:4:5:6:7]/x',
  'hdfs://[1:2:3:4:5:6:7::8]/x',
  'hdfs://[1::2::3]/x',
  'hdfs://[::10.0.0.256]/x',
  'hdfs://[10.0.0.1::]/x',
  'hdfs://[::1%]/x',
  'hdfs://[::1]8020/x',
  'hdfs://[::1]:99999999999/x',
];

describe('the authority of a path', () => {
  it.each(takenAuthorities)('is taken in %s', (path) => {
    expect(flinkPathProblem(path)).toBeUndefined();
  });

  it.each(refusedAuthorities)('is refused in %s, and never written', (path) => {
    expect(flinkPathProblem(path)).toBe('Malformed authority');
    const model = modelOf(operatorOf(streaming(absoluteFile(path))));
    expect(() => encodeMetadata(model)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }) as Error,
    );
  });
});
