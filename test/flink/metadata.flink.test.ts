import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleMetadata } from '../../src/metadata/assemble.ts';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import { flinkOperatorOrder } from '../../src/metadata/flink-order.ts';
import type { CheckpointMetadata, OperatorState } from '../../src/metadata/model.ts';
import { checkpointPropertiesByPolicy, savepointProperties } from '../../src/metadata/properties.ts';
import { encodeSubtaskEntry } from '../../src/metadata/subtask-entry.ts';
import { metadataView } from '../../src/metadata/view.ts';
import type { OperatorSubtaskState, StreamStateHandle } from '../../src/state/handles.ts';
import { parseOperatorId } from '../../src/state/ids.ts';
import type { OperatorId } from '../../src/state/ids.ts';
import { javaStringHash, keyGroupOf, keyGroupRange } from '../../src/state/key-groups.ts';
import { readBytes, sha256Hex } from '../metadata/fixtures.ts';
import { askFlink, dumpWithFlink, probeFlink, rewriteWithFlink, writeMetadataFile } from './flink-oracle.ts';

const probe = probeFlink();
if (!probe.available) console.log(`skipped: Flink cannot be asked about metadata: ${probe.reason}`);

/** Ids that spread over the buckets and collide in some, the same on every run. */
const operatorIdOf = (index: number): OperatorId =>
  parseOperatorId(sha256Hex(Uint8Array.of(index)).slice(0, 32));

const streams = (tag: string): readonly StreamStateHandle[] => [
  { kind: 'relativeFile', relativePath: `relative-${tag}`, sizeBytes: 2n ** 53n + 1n },
  { kind: 'file', path: `hdfs://namenode:8020/flink/shared/${tag}`, sizeBytes: 2n ** 60n },
  { kind: 'file', path: `/local/ümläut %20/${tag}`, sizeBytes: -1n },
  {
    kind: 'byteStream',
    name: `file:/chk/${tag}`,
    data: Uint8Array.from({ length: 20 }, (_unused, at) => at),
  },
  { kind: 'byteStream', name: '\u0000😀\ud800', data: new Uint8Array(500).fill(7) },
];

const stateOf = (operator: number, subtask: number): OperatorSubtaskState => {
  const choices = streams(`${operator}-${subtask}`);
  const stream = choices[(operator + subtask) % choices.length] as StreamStateHandle;
  const names = ['source-state', '_default_', 'broadcast-state-3', 'Aa', 'BB', '状態', '😀'];
  const { start, end } = keyGroupRange(128, 4, subtask);
  const states = names.slice(0, 1 + ((operator * 3 + subtask) % names.length)).map((name, index) => ({
    name,
    mode: (['SPLIT_DISTRIBUTE', 'UNION', 'BROADCAST'] as const)[index % 3] ?? 'UNION',
    offsets: [0n, BigInt(index), 2n ** 63n - 1n, -5n],
  }));
  const offsets = Array.from({ length: end - start + 1 }, (_unused, index) => BigInt(index) << 40n);
  return {
    managedOperatorState: operator % 3 === 0 ? undefined : { kind: 'operatorStream', states, stream },
    rawOperatorState: operator % 4 === 1 ? { kind: 'operatorStream', states: [], stream } : undefined,
    managedKeyedState:
      operator % 2 === 0
        ? {
            kind: 'keyGroups',
            firstKeyGroup: start,
            offsets,
            stream,
            stateHandleId: `id-${operator}-${subtask}`,
          }
        : undefined,
    rawKeyedState:
      operator % 5 === 2
        ? { kind: 'keyGroups', firstKeyGroup: 0, offsets: [], stream, stateHandleId: '' }
        : undefined,
  };
};

const operatorOf = (operator: number): OperatorState => ({
  operatorId: operatorIdOf(operator),
  name: operator % 4 === 3 ? undefined : `Operator ${operator} → 😀`,
  uid: operator % 3 === 1 ? undefined : `uid-${operator}`,
  parallelism: 4,
  maxParallelism: 128,
  coordinatorState:
    operator % 6 === 0
      ? { kind: 'byteStream', name: operatorIdOf(operator), data: Uint8Array.of(1, 2, 3) }
      : undefined,
  // The third operator has a subtask without state, the fourth none with any.
  subtasks: [0, 1, 2, 3]
    .filter((subtask) => operator !== 2 || subtask !== 1)
    .filter(() => operator !== 3)
    .map((subtaskIndex) => ({ subtaskIndex, state: stateOf(operator, subtaskIndex) })),
});

const operators = Array.from({ length: 30 }, (_unused, index) => operatorOf(index));

const properties = [
  ...Object.entries(checkpointPropertiesByPolicy),
  ['savepoint', savepointProperties({ forced: false })],
  ['forced savepoint', savepointProperties({ forced: true })],
  ['no properties', undefined],
] as const;

const written = (name: string, used: CheckpointMetadata['properties']): CheckpointMetadata => {
  const inOrder = flinkOperatorOrder(operators.map(({ operatorId }) => operatorId)).flatMap((id) =>
    operators.filter(({ operatorId }) => operatorId === id),
  );
  const masterStates = [{ name: `hook of ${name}`, version: -1, data: Uint8Array.of(9) }];
  return { checkpointId: 41n, operators: inOrder, properties: used, masterStates };
};

describe.skipIf(!probe.available)('Flink 2.3.0', () => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'tidemark-flink-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each(properties)(
    'loads our file and writes it again byte for byte: %s',
    { timeout: 60_000 },
    (name, used) => {
      const model = written(name, used);
      const bytes = encodeMetadata(model);
      const path = writeMetadataFile(join(directory, name), bytes);
      expect(dumpWithFlink(path)).toEqual(metadataView(model, sha256Hex));
      rewriteWithFlink(path, `${path}.again`);
      expect(Buffer.from(readBytes(`${path}.again`)).equals(bytes)).toBe(true);
      expect(metadataView(decodeMetadata(bytes), sha256Hex)).toEqual(metadataView(model, sha256Hex));
    },
  );

  it('loads an assembled file', { timeout: 60_000 }, () => {
    const model = written('assembled', checkpointPropertiesByPolicy.RETAIN_ON_CANCELLATION);
    const assembled = operators.map(({ subtasks, ...operator }) => ({
      ...operator,
      entries: subtasks.map(({ subtaskIndex, state }) => encodeSubtaskEntry(subtaskIndex, state)),
      entryCount: subtasks.length,
    }));
    const chunks = [...assembleMetadata({ ...model, operators: assembled })];
    const path = writeMetadataFile(join(directory, 'assembled'), Buffer.concat(chunks));
    expect(dumpWithFlink(path)).toEqual(metadataView(model, sha256Hex));
  });

  it('iterates operators in the order in which we write them', { timeout: 60_000 }, () => {
    const counts = [1, 2, 12, 13, 24, 25, 200];
    const given = counts.map((count) =>
      Array.from({ length: count }, (_unused, index) => operatorIdOf(index)),
    );
    const ordered = askFlink(given.map((ids) => ['operatorOrder', ...ids]));
    expect(ordered).toEqual(given.map((ids) => flinkOperatorOrder(ids)));
  });

  it('assigns keys and key groups as we do', { timeout: 60_000 }, () => {
    const keys = Array.from({ length: 200 }, (_unused, index) => `key ${index} ключ 😀`);
    const groups = askFlink(keys.map((key) => ['keyGroup', '4096', key]));
    expect(groups).toEqual(keys.map((key) => keyGroupOf(javaStringHash(key), 4096)));
    const splits = [
      [128, 3],
      [4096, 7],
      [32768, 1000],
      [5, 5],
    ] as const;
    const asked = splits.flatMap(([most, parallelism]) =>
      [0, 1, parallelism - 1].map((subtask) => [most, parallelism, subtask] as const),
    );
    const ranges = askFlink(asked.map((split) => ['keyGroupRange', ...split.map(String)]));
    expect(ranges).toEqual(
      asked.map((split) => {
        const { start, end } = keyGroupRange(...split);
        return [start, end];
      }),
    );
  });
});
