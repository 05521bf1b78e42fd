import { describe, expect, it } from 'vitest';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import { flinkPathProblem } from '../../src/metadata/flink-path.ts';
import { absoluteFile, modelOf, operatorOf, streaming } from './small-models.ts';

/** As Flink 2.3.0 on Java 17 takes and refuses them; the tests against Flink try many more. */
const taken = [
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

const refused = [
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
  it.each(taken)('is taken in %s', (path) => {
    expect(flinkPathProblem(path)).toBeUndefined();
  });

  it.each(refused)('is refused in %s, and never written', (path) => {
    expect(flinkPathProblem(path)).toBe('Malformed authority');
    const model = modelOf(operatorOf(streaming(absoluteFile(path))));
    expect(() => encodeMetadata(model)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }) as Error,
    );
  });
});
