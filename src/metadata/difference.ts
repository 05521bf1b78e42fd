/** What changed from one metadata file to another: for an incremental checkpoint, what it added. */
import type { OperatorId } from '../state/ids.ts';
import type { CheckpointMetadata, OperatorState } from './model.ts';
import { fileReferences } from './references.ts';
import type { FileReference } from './references.ts';

/** A model and the directory its relative files are in, as Flink prints it. */
export interface LocatedMetadata {
  readonly model: CheckpointMetadata;
  readonly directory: string;
}

/** An operator of either file; absent where the file does not have it. */
export interface OperatorDifference {
  readonly operatorId: OperatorId;
  readonly before: OperatorState | undefined;
  readonly after: OperatorState | undefined;
}

export interface MetadataDifference {
  /** Those of the first file in its order, then the new ones. */
  readonly operators: readonly OperatorDifference[];
  /** Files that only the second refers to. */
  readonly newFiles: readonly FileReference[];
  /** Files that both refer to, as the second says. */
  readonly keptFiles: readonly FileReference[];
  /** Files that only the first refers to. */
  readonly goneFiles: readonly FileReference[];
}

const byId = ({ operators }: CheckpointMetadata): ReadonlyMap<OperatorId, OperatorState> =>
  new Map(operators.map((operator) => [operator.operatorId, operator]));

const operatorDifferences = (
  before: CheckpointMetadata,
  after: CheckpointMetadata,
): readonly OperatorDifference[] => {
  const [first, second] = [byId(before), byId(after)];
  return [...new Set([...first.keys(), ...second.keys()])].map((operatorId) => ({
    operatorId,
    before: first.get(operatorId),
    after: second.get(operatorId),
  }));
};

/** Compares two files. Operators are the same by id, files by path. */
export const metadataDifference = (before: LocatedMetadata, after: LocatedMetadata): MetadataDifference => {
  const first = fileReferences(before.model, before.directory);
  const second = fileReferences(after.model, after.directory);
  const firstPaths = new Set(first.map(({ path }) => path));
  const secondPaths = new Set(second.map(({ path }) => path));
  return {
    operators: operatorDifferences(before.model, after.model),
    newFiles: second.filter(({ path }) => !firstPaths.has(path)),
    keptFiles: second.filter(({ path }) => firstPaths.has(path)),
    goneFiles: first.filter(({ path }) => !secondPaths.has(path)),
  };
};
