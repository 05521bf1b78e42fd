import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import type { CheckpointMetadata, SubtaskEntry } from '../../src/metadata/model.ts';
import type { KeyedStateHandle, OperatorSubtaskState, StreamStateHandle } from '../../src/state/handles.ts';
import {
  absoluteFile,
  inline,
  keyed,
  modelOf,
  operatorOf,
  relativeFile,
  secondId,
} from '../metadata/small-models.ts';
import { Workplace } from './cli-process.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(async () => await place.remove());

const inspected = async (model: CheckpointMetadata, version: 1 | 6 = 6): Promise<readonly string[]> => {
  writeFileSync(join(place.path, 'file'), encodeMetadata(model, { version }));
  const { status, out } = await place.run('inspect', 'file');
  expect(status).toBe(0);
  return out.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));
};

const entriesOf = (states: readonly OperatorSubtaskState[]): readonly SubtaskEntry[] =>
  states.map((state, subtaskIndex) => ({ subtaskIndex, state }));

const range = { firstKeyGroup: 0, keyGroupCount: 2 };
const segment: StreamStateHandle = {
  kind: 'segmentFile',
  startPosition: 64n,
  sizeBytes: 16n,
  scope: 'SHARED',
  path: 's3://b/shared/m',
  logicalFileId: 'l',
};
const increment: KeyedStateHandle = {
  kind: 'changelogInMemory',
  ...range,
  from: 0n,
  to: 1n,
  changes: [{ keyGroup: 0, data: new Uint8Array(5) }],
  stateHandleId: 'i',
};
const inFiles: KeyedStateHandle = {
  kind: 'changelogInFiles',
  ...range,
  files: [
    { offset: 0n, stream: relativeFile('log') },
    { offset: 0n, stream: undefined },
  ],
  sizeBytes: 9n,
  checkpointedSizeBytes: 9n,
  stateHandleId: 'f',
  storageIdentifier: 'filesystem',
};
const keyedKinds: readonly KeyedStateHandle[] = [
  keyed(0, 1, relativeFile('own')),
  keyed(0, -1),
  { kind: 'savepointKeyGroups', firstKeyGroup: 0, offsets: [0n], stream: segment },
  {
    kind: 'incremental',
    ...range,
    checkpointId: 1n,
    backendId: 'b',
    checkpointedSizeBytes: 11n,
    metadata: relativeFile('meta'),
    sharedFiles: [{ localPath: '1.sst', stream: absoluteFile('s3://b/shared/1') }],
    privateFiles: [],
    stateHandleId: 'h',
  },
  {
    kind: 'changelog',
    ...range,
    checkpointedSizeBytes: 5n,
    materialized: [undefined, keyed(0, 1, relativeFile('base', -1n))],
    nonMaterialized: [increment, inFiles],
    materializationId: 1n,
    checkpointId: 1n,
    stateHandleId: 'c',
  },
];

/** One channel: partition 0, subpartition 3, 16 bytes, no offset; then the count says one more than there is. */
const packedChannels = Uint8Array.from(
  Buffer.from('00000002 00000000 00000003 0000000000000010 00000000'.replaceAll(' ', ''), 'hex'),
);

describe('tidemark inspect', () => {
  it('tells every kind of keyed state', async () => {
    const states = keyedKinds.map((managedKeyedState) => ({ managedKeyedState }));
    const lines = await inspected(
      modelOf(operatorOf(entriesOf(states), { parallelism: 5, maxParallelism: 8 })),
    );
    const start = lines.indexOf('subtask | size | keyed state') + 1;
    expect(lines.slice(start, start + 5)).toEqual([
      '0 | 10 B | key groups 0–1, 10 B in own',
      '1 | 3 B | no key groups, 3 B inline',
      '2 | 16 B | key groups 0–0, 16 B from 64 in s3://b/shared/m',
      '3 | 20 B | key groups 0–1, metadata 10 B in meta; 1 shared file, 10 B; 0 private files, 0 B; new 11 B',
      '4 | 13 B | key groups 0–1, base: unknown in base; 1 change, 5 B inline; changes, 9 B in 2 files',
    ]);
    expect(lines).toContain('SHARED | ≥ 80 B | 1 | s3://b/shared/m');
  });

  it('tells operator state, channels and what has finished', async () => {
    const states: readonly OperatorSubtaskState[] = [
      {
        managedOperatorState: {
          kind: 'operatorStream',
          states: [
            { name: 'a', mode: 'UNION', offsets: [0n, 1n] },
            { name: 'b', mode: 'SPLIT_DISTRIBUTE', offsets: [0n] },
          ],
          stream: inline,
        },
        rawOperatorState: {
          kind: 'fileMerging',
          states: [],
          taskOwnedDirectory: '/t',
          sharedDirectory: '/s',
          isEmpty: true,
          stream: { kind: 'emptySegment' },
        },
        inputChannelState: [
          {
            kind: 'input',
            subtaskIndex: 0,
            gateIndex: 0,
            channelIndex: 0,
            offsets: [],
            sizeBytes: 20n,
            stream: relativeFile('c'),
          },
        ],
        resultSubpartitionState: [
          {
            kind: 'output',
            subtaskIndex: 0,
            partitionIndex: 0,
            subpartitionIndex: 0,
            offsets: [],
            sizeBytes: 1000n,
            stream: relativeFile('c'),
          },
          { kind: 'mergedOutput', subtaskIndex: 0, sizeBytes: 300n, stream: segment, packedChannels },
        ],
      },
    ];
    const finished = { subtaskIndex: 1, isFinished: true, state: {} };
    const running = operatorOf([...entriesOf(states), finished], { coordinatorState: inline });
    const ended = operatorOf([], { operatorId: secondId, uid: 'u', isFullyFinished: true });
    const hook = { name: 'hook', version: 3, data: new Uint8Array(4) };
    const lines = await inspected({ ...modelOf(running, ended), masterStates: [hook] });
    expect(lines).toEqual(
      expect.arrayContaining([
        'name | version | size',
        'hook | 3 | 4 B',
        'coordinator: 3 B inline',
        'subtask | size | operator state | input channels | output channels',
        '0 | 1.3 kB | a[2] UNION, b[1], 3 B inline; nothing | 1, 20 B | 2, 1.3 kB',
        '1 | finished',
        `operator ${secondId} (uid u), parallelism 2 of at most 4, fully finished`,
        'EXCLUSIVE | 10 B | 2 | file:' + join(place.path, 'c'),
      ]),
    );
  });

  it('tells what only the oldest format has', async () => {
    const handle = { kind: 'operatorStream', states: [], stream: inline } as const;
    const chain = { managed: [handle, undefined], raw: [undefined, handle] };
    const state = { legacy: { durationMs: -1n, legacyStates: [relativeFile('old'), undefined], chain } };
    const operator = operatorOf(entriesOf([state]), { chainLength: 2 });
    const lines = await inspected({ ...modelOf(operator), formatVersion: 1 }, 1);
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^operator 0+1, parallelism 2 of at most 4, a chain of 2$/),
        'subtask | size | operator state | legacy state',
        '0 | 16 B | 3 B inline; 3 B inline | 10 B in old',
      ]),
    );
  });
});
