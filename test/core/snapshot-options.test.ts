import { describe, expect, it } from 'vitest';
import {
  configuredOptions,
  isTimeoutable,
  needsAlignment,
  needsChannelState,
  snapshotOptions,
  withChannelState,
  withoutChannelState,
  type AlignmentType,
} from '../../src/core/snapshot-options.ts';
import {
  fullCheckpoint,
  isSavepoint,
  isSynchronous,
  metadataProperties,
  plainCheckpoint,
  plainSavepoint,
  sharingFilesStrategyOf,
  type SnapshotProperties,
} from '../../src/core/snapshot-properties.ts';

const savepoint = (action: 'NONE' | 'SUSPEND' | 'TERMINATE', format: 'CANONICAL' | 'NATIVE' = 'CANONICAL') =>
  ({ type: 'savepoint', format, action }) as const;
const kinds: readonly SnapshotProperties[] = [
  plainCheckpoint,
  fullCheckpoint,
  plainSavepoint,
  savepoint('TERMINATE'),
  savepoint('SUSPEND', 'NATIVE'),
];

describe('kinds of snapshots (C-033, C-034)', () => {
  it('are told apart: savepoints, and those the job ends with (T-166)', () => {
    expect(kinds.map(isSavepoint)).toEqual([false, false, true, true, true]);
    expect(kinds.map(isSynchronous)).toEqual([false, false, false, true, true]);
  });

  it('share files with older and later ones, with later ones, or with none', () => {
    expect(kinds.map(sharingFilesStrategyOf)).toEqual([
      'FORWARD_BACKWARD',
      'FORWARD',
      'NO_SHARING',
      'NO_SHARING',
      'NO_SHARING',
    ]);
  });

  it('have their names, formats and actions in the metadata file', () => {
    const written = kinds.map((snapshot) =>
      metadataProperties({ snapshot, isForced: false, retention: 'RETAIN_ON_FAILURE' }),
    );
    expect(written.map(({ snapshot }) => snapshot)).toMatchObject([
      { name: 'Checkpoint', sharingFilesStrategy: 'FORWARD_BACKWARD' },
      { name: 'Full Checkpoint', sharingFilesStrategy: 'FORWARD' },
      { name: 'Savepoint', formatType: 'CANONICAL', postCheckpointAction: 'NONE' },
      { name: 'Terminate Savepoint', formatType: 'CANONICAL', postCheckpointAction: 'TERMINATE' },
      { name: 'Suspend Savepoint', formatType: 'NATIVE', postCheckpointAction: 'SUSPEND' },
    ]);
  });

  it('are kept or not by the policy of the job if checkpoints, and always if savepoints (T-167)', () => {
    const retention = 'RETAIN_ON_FAILURE';
    expect(metadataProperties({ snapshot: fullCheckpoint, isForced: false, retention })).toMatchObject({
      discardSubsumed: true,
      discardCancelled: true,
      discardFailed: false,
      forced: false,
    });
    for (const isForced of [true, false]) {
      expect(metadataProperties({ snapshot: plainSavepoint, isForced, retention })).toMatchObject({
        discardSubsumed: false,
        discardFinished: false,
        discardCancelled: false,
        discardFailed: false,
        discardSuspended: false,
        forced: isForced,
      });
    }
  });
});

describe('options from the configuration (C-070)', () => {
  const exactlyOnce = { mode: 'EXACTLY_ONCE', unaligned: false, alignedTimeoutMs: 0 } as const;
  const unaligned = { ...exactlyOnce, unaligned: true };

  it.each([
    [
      'at least once',
      { ...exactlyOnce, mode: 'AT_LEAST_ONCE', alignedTimeoutMs: 5 },
      'AT_LEAST_ONCE',
      undefined,
    ],
    ['aligned', { ...exactlyOnce, alignedTimeoutMs: 5 }, 'ALIGNED', undefined],
    ['unaligned', unaligned, 'UNALIGNED', undefined],
    ['unaligned after a while', { ...unaligned, alignedTimeoutMs: 5 }, 'ALIGNED', 5],
  ] as const)('of a checkpoint: %s (T-170)', (_name, configuration, alignment, alignedTimeoutMs) => {
    const options = configuredOptions(plainCheckpoint, configuration);
    expect([options.alignment, options.alignedTimeoutMs]).toEqual([alignment, alignedTimeoutMs]);
    expect(options).toMatchObject({ snapshot: plainCheckpoint, isSynchronous: false, drain: false });
  });

  it.each([
    [
      'at least once, as everything is without an interval (C-007)',
      { mode: 'AT_LEAST_ONCE' },
      'AT_LEAST_ONCE',
    ],
    ['aligned, also where checkpoints are not', { unaligned: true, alignedTimeoutMs: 5 }, 'ALIGNED'],
  ] as const)('of a savepoint: %s', (_name, given, alignment) => {
    const options = configuredOptions(savepoint('NONE', 'NATIVE'), { ...exactlyOnce, ...given });
    expect(options).toEqual({
      snapshot: savepoint('NONE', 'NATIVE'),
      alignment,
      isSynchronous: false,
      drain: false,
    });
  });

  it('keep the kind of a savepoint, and say what follows from it (T-172)', () => {
    const told = (['NONE', 'SUSPEND', 'TERMINATE'] as const).map((action) => {
      const { snapshot, isSynchronous: isHeld, drain } = configuredOptions(savepoint(action), exactlyOnce);
      return [snapshot, isHeld, drain];
    });
    expect(told).toEqual([
      [savepoint('NONE'), false, false],
      [savepoint('SUSPEND'), true, false],
      [savepoint('TERMINATE'), true, true],
    ]);
  });

  it.each([
    [
      'an unaligned savepoint',
      () => snapshotOptions(plainSavepoint, 'UNALIGNED'),
      "Savepoint can't be unaligned",
    ],
    [
      'a savepoint turned back to unaligned',
      () => withChannelState({ ...snapshotOptions(plainSavepoint, 'FORCED_ALIGNED') }),
      'Savepoints can not be unaligned',
    ],
    [
      'an unaligned checkpoint with a time limit',
      () => snapshotOptions(plainCheckpoint, 'UNALIGNED', 10),
      "Unaligned checkpoint can't have timeout (10)",
    ],
  ])('cannot be those of %s', (_name, make, text) => {
    expect(make).toThrow(text);
  });
});

describe('alignment (C-071)', () => {
  const all: readonly AlignmentType[] = ['AT_LEAST_ONCE', 'ALIGNED', 'UNALIGNED', 'FORCED_ALIGNED'];

  it('is needed by a checkpoint unless it is unaligned or at least once (T-169)', () => {
    const needed = all.map((alignment) => needsAlignment(snapshotOptions(plainCheckpoint, alignment)));
    expect(needed).toEqual([false, true, false, true]);
  });

  it('is always needed by a savepoint that is exactly once (T-173)', () => {
    const needed = all
      .filter((alignment) => alignment !== 'UNALIGNED')
      .map((alignment) => needsAlignment(snapshotOptions(plainSavepoint, alignment)));
    expect(needed).toEqual([false, true, true]);
  });

  it('has a time limit only when it is aligned, of its own will, with a limit above 0 (T-168)', () => {
    const limits = [undefined, 0, 10].map((ms) =>
      isTimeoutable(snapshotOptions(plainCheckpoint, 'ALIGNED', ms)),
    );
    expect(limits).toEqual([false, false, true]);
    expect(isTimeoutable(snapshotOptions(plainCheckpoint, 'FORCED_ALIGNED', 10))).toBe(false);
    expect(isTimeoutable(snapshotOptions(plainCheckpoint, 'UNALIGNED'))).toBe(false);
  });

  it('is forced where a channel has no state to give, and turned back where it has (T-171)', () => {
    for (const options of [
      snapshotOptions(plainCheckpoint, 'UNALIGNED'),
      snapshotOptions(plainCheckpoint, 'ALIGNED', 10),
    ]) {
      const forced = withoutChannelState(options);
      expect([forced.alignment, needsChannelState(forced)]).toEqual(['FORCED_ALIGNED', false]);
      expect(needsAlignment(forced)).toBe(true);
      expect(withChannelState(forced)).toEqual(options);
      expect(withoutChannelState(forced)).toEqual(forced);
    }
  });

  it('stays where no channel state is wanted', () => {
    for (const alignment of ['AT_LEAST_ONCE', 'ALIGNED'] as const) {
      const options = snapshotOptions(plainCheckpoint, alignment);
      expect(needsChannelState(options)).toBe(false);
      expect([withoutChannelState(options), withChannelState(options)]).toEqual([options, options]);
    }
  });
});
