/** Where the files of a checkpoint were written, as far as its metadata tells. */
import type { StreamStateHandle } from '../state/handles.ts';
import { flinkPathKey, isAbsoluteFlinkPath } from './flink-path.ts';
import type { CheckpointMetadata } from './model.ts';
import { streamHandlesIn } from './walk.ts';

/** Directories that belong to a job, not to one of its checkpoints, and all below them (C-243). */
const ofTheJob = /\/(shared|taskowned)(\/|$)/;

const pathIn = (handle: StreamStateHandle): string | undefined => {
  if (handle.kind === 'file') return handle.path;
  return handle.kind === 'segmentFile' && handle.scope === 'EXCLUSIVE' ? handle.path : undefined;
};

/** The directory of a file, spelled as the file is. */
const parentOf = (path: string): string => {
  const named = path.replace(/[/\\]+$/, '');
  const parent = named.slice(0, Math.max(named.lastIndexOf('/'), named.lastIndexOf('\\')));
  // Of a root nothing is left that would be a path.
  return isAbsoluteFlinkPath(parent) ? parent : `${parent}/`;
};

const isBelow = (key: string, directoryKey: string): boolean =>
  key === directoryKey || key.startsWith(`${directoryKey}/`);

/**
 * The directories that the exclusive files of a checkpoint were written in: those of all absolute handles, without what
 * is shared with other checkpoints or owned by tasks, and without directories below others of them. One is the rule;
 * none means that no absolute handle says anything (the files are relative, inline or shared); several, that the files
 * were not written in one place.
 *
 * @returns each once, in the order of the file, spelled as in the first path that leads there.
 */
export const writtenDirectories = (model: CheckpointMetadata): readonly string[] => {
  const byKey = new Map<string, string>();
  for (const { state } of model.operators.flatMap(({ subtasks }) => subtasks)) {
    for (const path of streamHandlesIn(state).map(pathIn)) {
      if (path === undefined || !isAbsoluteFlinkPath(path)) continue;
      const directory = parentOf(path);
      const key = flinkPathKey(directory);
      if (!ofTheJob.test(key) && !byKey.has(key)) byKey.set(key, directory);
    }
  }
  const keys = [...byKey.keys()];
  return Array.from(byKey)
    .filter(([key]) => !keys.some((other) => other !== key && isBelow(key, other)))
    .map(([, directory]) => directory);
};
