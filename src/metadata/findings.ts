/** What is odd about a metadata file by itself: key groups that nobody or several hold, operators without state. */
import type { KeyedStateHandle } from '../state/handles.ts';
import type { OperatorId } from '../state/ids.ts';
import { keyGroupRange } from '../state/key-groups.ts';
import type { KeyGroupRange } from '../state/key-groups.ts';
import type { CheckpointMetadata, OperatorState } from './model.ts';
import { hasNoState } from './sizes-by-kind.ts';

/** Which of the two keyed states of an operator. */
export type KeyedSlot = 'managedKeyedState' | 'rawKeyedState';

interface KeyGroupsFound extends KeyGroupRange {
  readonly operatorId: OperatorId;
  readonly slot: KeyedSlot;
}

/** Key groups that no subtask holds, while others are held. */
export interface KeyGroupGap extends KeyGroupsFound {
  readonly kind: 'keyGroupGap';
  /**
   * The gap is nothing but whole ranges of subtasks that hold no keyed state at all. Flink writes such files: a subtask
   * that never saw a key has none.
   */
  readonly isOfIdleSubtasks: boolean;
}

/** Key groups that two subtasks hold. */
export interface KeyGroupOverlap extends KeyGroupsFound {
  readonly kind: 'keyGroupOverlap';
  readonly subtasks: readonly [number, number];
}

/** Key groups at or above the max parallelism. */
export interface KeyGroupsBeyond extends KeyGroupsFound {
  readonly kind: 'keyGroupsBeyond';
  readonly subtask: number;
}

/** An operator that is listed, has not finished and holds nothing. Flink writes those for stateless operators. */
export interface OperatorWithoutState {
  readonly kind: 'noState';
  readonly operatorId: OperatorId;
}

export type Finding = KeyGroupGap | KeyGroupOverlap | KeyGroupsBeyond | OperatorWithoutState;

/** True if a restore would lose or duplicate state; false for what healthy files of Flink have too. */
export const isProblem = (finding: Finding): boolean =>
  finding.kind !== 'noState' && !(finding.kind === 'keyGroupGap' && finding.isOfIdleSubtasks);

interface HeldRange extends KeyGroupRange {
  readonly subtask: number;
}

/** Flink's upper bound of the max parallelism: beyond, no range can be said to be anybody's. */
const MAX_PARALLELISM_LIMIT = 32_768;

/** The key groups of a handle, or undefined if it has none. */
const rangeOf = (handle: KeyedStateHandle): KeyGroupRange | undefined => {
  const count = 'offsets' in handle ? handle.offsets.length : handle.keyGroupCount;
  if (count <= 0) return undefined;
  return { start: handle.firstKeyGroup, end: handle.firstKeyGroup + count - 1 };
};

/** The ranges that subtasks hold, by their first key group. */
const heldRanges = ({ subtasks }: OperatorState, slot: KeyedSlot): readonly HeldRange[] =>
  subtasks
    .flatMap(({ subtaskIndex, state }) => {
      const handle = state[slot];
      const range = handle === undefined ? undefined : rangeOf(handle);
      return range === undefined ? [] : [{ ...range, subtask: subtaskIndex }];
    })
    .toSorted((one, other) => one.start - other.start);

/** The ranges of subtasks that hold nothing in the slot. */
const idleRanges = (operator: OperatorState, held: readonly HeldRange[]): readonly KeyGroupRange[] => {
  const { parallelism, maxParallelism } = operator;
  if (maxParallelism > MAX_PARALLELISM_LIMIT || parallelism < 1 || parallelism > maxParallelism) return [];
  const holders = new Set(held.map(({ subtask }) => subtask));
  return Array.from({ length: parallelism }, (_, subtask) => subtask)
    .filter((subtask) => !holders.has(subtask))
    .map((subtask) => keyGroupRange(maxParallelism, parallelism, subtask));
};

/** What is left of all key groups. */
const uncovered = (ranges: readonly KeyGroupRange[], maxParallelism: number): readonly KeyGroupRange[] => {
  const gaps: KeyGroupRange[] = [];
  let next = 0;
  for (const { start, end } of ranges.toSorted((one, other) => one.start - other.start)) {
    if (start > next) gaps.push({ start: next, end: Math.min(start, maxParallelism) - 1 });
    next = Math.max(next, end + 1);
  }
  if (next < maxParallelism) gaps.push({ start: next, end: maxParallelism - 1 });
  return gaps.filter(({ start, end }) => start <= end);
};

const gapsIn = (operator: OperatorState, slot: KeyedSlot, held: readonly HeldRange[]): readonly Finding[] => {
  const { operatorId, maxParallelism } = operator;
  const unexplained = uncovered([...held, ...idleRanges(operator, held)], maxParallelism);
  return uncovered(held, maxParallelism).map(({ start, end }) => {
    const isOfIdleSubtasks = !unexplained.some((gap) => gap.start >= start && gap.end <= end);
    return { kind: 'keyGroupGap', operatorId, slot, start, end, isOfIdleSubtasks };
  });
};

/** Each range against the one that reaches furthest of those before it. */
const overlapsIn = (
  { operatorId }: OperatorState,
  slot: KeyedSlot,
  held: readonly HeldRange[],
): readonly Finding[] => {
  const overlaps: Finding[] = [];
  let furthest: HeldRange | undefined;
  for (const range of held) {
    if (furthest !== undefined && range.start <= furthest.end) {
      const end = Math.min(range.end, furthest.end);
      const subtasks = [furthest.subtask, range.subtask] as const;
      overlaps.push({ kind: 'keyGroupOverlap', operatorId, slot, start: range.start, end, subtasks });
    }
    if (furthest === undefined || range.end > furthest.end) furthest = range;
  }
  return overlaps;
};

const beyondIn = (
  { operatorId, maxParallelism }: OperatorState,
  slot: KeyedSlot,
  held: readonly HeldRange[],
): readonly Finding[] =>
  held
    .filter(({ end }) => end >= maxParallelism)
    .map(({ start, end, subtask }) => ({
      kind: 'keyGroupsBeyond',
      operatorId,
      slot,
      start: Math.max(start, maxParallelism),
      end,
      subtask,
    }));

/** An operator without keyed state has no gaps. */
const keyedFindings = (operator: OperatorState, slot: KeyedSlot): readonly Finding[] => {
  const held = heldRanges(operator, slot);
  if (held.length === 0) return [];
  return [
    ...gapsIn(operator, slot, held),
    ...overlapsIn(operator, slot, held),
    ...beyondIn(operator, slot, held),
  ];
};

const operatorFindings = (operator: OperatorState): readonly Finding[] => {
  if (operator.isFullyFinished === true) return [];
  if (hasNoState(operator)) return [{ kind: 'noState', operatorId: operator.operatorId }];
  return [...keyedFindings(operator, 'managedKeyedState'), ...keyedFindings(operator, 'rawKeyedState')];
};

/** Everything odd, operator by operator in the order of the file. {@link isProblem} tells what matters. */
export const metadataFindings = (model: CheckpointMetadata): readonly Finding[] =>
  model.operators.flatMap(operatorFindings);

/** How many key groups are held by some subtask in a slot; undefined if none is. */
export const coveredKeyGroups = (operator: OperatorState, slot: KeyedSlot): number | undefined => {
  const held = heldRanges(operator, slot);
  if (held.length === 0) return undefined;
  const missing = uncovered(held, operator.maxParallelism);
  return missing.reduce((left, { start, end }) => left - (end - start + 1), operator.maxParallelism);
};
