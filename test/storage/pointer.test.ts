import { describe, expect, it } from 'vitest';
import {
  childPath,
  fileNameOf,
  normalizePath,
  parentPath,
  parsePath,
  toFileUri,
  toLocalPath,
} from '../../src/storage/pointer.ts';

/** Input, text form and parent, as Flink 2.3.0's own path class answered. */
const answers: readonly (readonly [string, string | undefined, string | undefined])[] = [
  ['hdfs://nn:8020//a//b/../c/', 'hdfs://nn:8020/a/c', 'hdfs://nn:8020/a'],
  ['file:///x', 'file:/x', 'file:/'],
  ['file:/x', 'file:/x', 'file:/'],
  ['./a', 'a', ''],
  ['../a', '../a', '..'],
  ['s3://bucket', 's3://bucket', undefined],
  ['s3://bucket/', 's3://bucket/', undefined],
  ['s3://bucket/a', 's3://bucket/a', 's3://bucket/'],
  ['//auth/x', '//auth/x', '//auth/'],
  ['//auth', '//auth', undefined],
  ['//auth/', '//auth/', undefined],
  ['', undefined, undefined],
  ['1x:/a', undefined, undefined],
  ['+a:/x', undefined, undefined],
  [':/a', undefined, undefined],
  ['file:x', undefined, undefined],
  ['file:a/b', undefined, undefined],
  ['file:', undefined, undefined],
  ['file://', 'file:/', undefined],
  ['file:///', 'file:/', undefined],
  ['file://host/x', 'file://host/x', 'file://host/'],
  ['hdfs:///x', 'hdfs:/x', 'hdfs:/'],
  ['a+b.c-1:/x', 'a+b.c-1:/x', 'a+b.c-1:/'],
  ['x-y:/a', 'x-y:/a', 'x-y:/'],
  ['./a:b', './a:b', ''],
  ['a/b/../../c:d', './c:d', ''],
  ['C:\\x', 'C:/x', 'C:/'],
  ['C:\\x\\y', 'C:/x/y', 'C:/x'],
  ['C:\\', 'C:/', undefined],
  ['/C:/x', 'C:/x', 'C:/'],
  ['file:///C:/x', 'file:/C:/x', 'file:/C:/'],
  ['file:\\x', 'file:/x', 'file:/'],
  ['a//b\\c', 'a/b/c', 'a/b'],
  ['\\a', '/a', '/'],
  ['/a/b/..', '/a/', '/a'],
  ['/a/b/.', '/a/b/', '/a/b'],
  ['/a/./', '/a/', '/a'],
  ['a/..', '', undefined],
  ['a/b/..', 'a/', 'a'],
  ['/a/..', '/', undefined],
  ['a/../..', '..', ''],
  ['a/../../b', '../b', '..'],
  ['/', '/', undefined],
  ['//', '/', undefined],
  ['///', '/', undefined],
  ['///a', '/a', '/'],
  ['/..', '/..', '/'],
  ['/../a', '/../a', '/..'],
  ['/a/../../b', '/../b', '/..'],
  ['/a%20b c#d?e', '/a%20b c#d?e', '/'],
  ['/a/b/', '/a/b', '/a'],
  ['/a//', '/a', '/'],
  ['é/ü', 'é/ü', 'é'],
];

describe('path strings', () => {
  it.each(answers)('%j prints as %j below %j', (input, text, parent) => {
    expect(normalizePath(input)).toBe(text);
    expect(parentPath(input)).toBe(parent);
  });

  it('takes scheme, authority and path apart', () => {
    expect(parsePath('hdfs://nn:8020/a')).toEqual({ scheme: 'hdfs', authority: 'nn:8020', path: '/a' });
    expect(parsePath('a')).toEqual({ scheme: undefined, authority: undefined, path: 'a' });
  });

  it('refuses a path with a NUL in it', () => {
    expect(parsePath('/a\0b')).toBeUndefined();
  });

  it.each([
    ['file:/a/chk-7', '../shared/x', 'file:/a/shared/x'],
    ['file:/a/chk-7', '/x', 'file:/a/chk-7/x'],
    ['file:/a', 'x/y', 'file:/a/x/y'],
    ['file:/', 'x', 'file:/x'],
    ['file:/a', '.', 'file:/a'],
    ['file:/a', '', 'file:/a'],
    ['s3://b', 'x', 's3://b/x'],
    ['', 'a', 'a'],
    ['a', 'b', 'a/b'],
  ])('the child of %j by %j is %j', (parent, child, path) => {
    expect(childPath(parent, child)).toBe(path);
  });

  it('names the last segment', () => {
    expect(fileNameOf('file:/a/chk-7')).toBe('chk-7');
    expect(fileNameOf('file:/a/b/..')).toBe('a');
    expect(fileNameOf('file:/')).toBe('');
    expect(fileNameOf('a')).toBe('a');
  });

  it.each([
    ['file:///a%20b/c', '/a%20b/c'],
    ['file:/a', '/a'],
    ['/a', '/a'],
    ['./a', 'a'],
    ['a/..', '.'],
    ['file://host/a', undefined],
    ['s3:/a', undefined],
    ['file:a', undefined],
  ])('the local path of %j is %j', (text, path) => {
    expect(toLocalPath(text)).toBe(path);
  });

  it('writes a local path as a URI with one slash', () => {
    expect(toFileUri('/a//b/')).toBe('file:/a/b');
    expect(toFileUri('/a b#c')).toBe('file:/a b#c');
  });
});
