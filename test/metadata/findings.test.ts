import { describe, expect, it } from 'vitest';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { coveredKeyGroups, isProblem, metadataFindings } from '../../src/metadata/findings.ts';
import type { SubtaskEntry } from '../../src/metadata/model.ts';
import type { KeyedStateHandle } from '../../src/state/handles.ts';
import { realFixtures } from './fixtures.ts';
import { firstId, keyed, modelOf, operatorOf } from './small-models.ts';

const holding = (...handles: readonly (KeyedStateHandle | undefined)[]): readonly SubtaskEntry[] =>
  handles.map((managedKeyedState, subtaskIndex) => ({ subtaskIndex, state: { managedKeyedState } }));

const found = (...handles: readonly (KeyedStateHandle | undefined)[]) =>
  metadataFindings(modelOf(operatorOf(holding(...handles))));

const place = { operatorId: firstId, slot: 'managedKeyedState' };

describe('the findings of a metadata file', () => {
  it('are none where every key group is held once', () => {
    expect(found(keyed(0, 1), keyed(2, 3))).toEqual([]);
  });

  it('name a gap that a subtask with state leaves: a problem', () => {
    const findings = found(keyed(0, 0), keyed(2, 3));
    const gap = { kind: 'keyGroupGap', ...place, start: 1, end: 1, isOfIdleSubtasks: false };
    expect(findings).toEqual([gap]);
    expect(findings.map(isProblem)).toEqual([true]);
  });

  it('name a gap that is the range of a subtask without keyed state: no problem', () => {
    const findings = found(undefined, keyed(2, 3));
    expect(findings).toEqual([{ kind: 'keyGroupGap', ...place, start: 0, end: 1, isOfIdleSubtasks: true }]);
    expect(findings.map(isProblem)).toEqual([false]);
  });

  it('name key groups that two subtasks hold', () => {
    const overlap = { kind: 'keyGroupOverlap', ...place, start: 1, end: 2, subtasks: [0, 1] };
    expect(found(keyed(0, 2), keyed(1, 3))).toEqual([overlap]);
  });

  it('name key groups beyond the max parallelism', () => {
    const beyond = { kind: 'keyGroupsBeyond', ...place, start: 4, end: 5, subtask: 1 };
    expect(found(keyed(0, 1), keyed(2, 5))).toEqual([beyond]);
  });

  it('name an operator that has no state, unless it has finished', () => {
    const empty = operatorOf(holding(undefined, undefined));
    expect(metadataFindings(modelOf(empty))).toEqual([{ kind: 'noState', operatorId: firstId }]);
    expect(metadataFindings(modelOf({ ...empty, subtasks: [], isFullyFinished: true }))).toEqual([]);
  });

  it('count the key groups that are held', () => {
    expect(coveredKeyGroups(operatorOf(holding(undefined, keyed(2, 3))), 'managedKeyedState')).toBe(2);
    expect(coveredKeyGroups(operatorOf(holding(undefined)), 'managedKeyedState')).toBeUndefined();
  });

  it('are no problems in any file that Flink wrote', () => {
    const troubled = realFixtures.filter(({ bytes }) =>
      metadataFindings(decodeMetadata(bytes)).some(isProblem),
    );
    expect(troubled.map(({ name }) => name)).toEqual([]);
  });
});
