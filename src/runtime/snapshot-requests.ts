/** What an embedder may ask for, checked, as commands of the core. */
import { TidemarkError } from '../errors.ts';
import type { SavepointFormatType } from '../metadata/properties.ts';
import type { JobId } from '../state/ids.ts';
import type { Posted } from './inbox.ts';
import { hexDigits, type Random } from './random.ts';

/** Digits of the random part of a savepoint directory's name, as in Flink. */
const SAVEPOINT_RANDOM_DIGITS = 12;

const checkpointTypes = ['configured', 'full', 'incremental'] as const;
const savepointFormats = ['CANONICAL', 'NATIVE'] as const satisfies readonly SavepointFormatType[];

/** Which checkpoint is wanted. */
export interface CheckpointRequest {
  /**
   * `full`: it refers to no file of an older one. `configured`, which is the default, and `incremental`: it may
   * (C-036).
   */
  readonly type?: (typeof checkpointTypes)[number] | undefined;
}

/** Who a savepoint is for. */
export interface SavepointRequest {
  /**
   * The directory below which the savepoint's own directory is made; unless said otherwise that of the storage for
   * savepoints without a target.
   */
  readonly target?: string | undefined;
  /** Asking again under the same key, also after a crash, gives the same savepoint. */
  readonly key?: string | undefined;
  /** CANONICAL (unless said otherwise): any state backend can restore it. NATIVE: as the backend writes checkpoints. */
  readonly format?: SavepointFormatType | undefined;
}

const refuse = (option: string, text: string): never => {
  throw new TidemarkError('CONFIGURATION_INVALID', text, { option });
};

const oneOf = <Word extends string>(option: string, value: Word, words: readonly Word[]): Word =>
  words.includes(value) ? value : refuse(option, `${option} ${value} is none of ${words.join(', ')}`);

/** @throws CONFIGURATION_INVALID for a type that there is not, or none, with Flink's text. */
export const checkpointCommand = (request: CheckpointRequest): Posted => {
  const { type = 'configured' } = (request ?? { type: null }) as CheckpointRequest;
  if (type === null) return refuse('type', 'checkpointType cannot be null');
  const isFull = oneOf('type', type, checkpointTypes) === 'full';
  return { type: 'triggerCheckpoint', ...(isFull ? { isFull } : {}) };
};

/** What a savepoint's command needs besides the request. */
export interface SavepointPlace {
  readonly jobId: JobId;
  /** Where a savepoint without a target goes. */
  readonly defaultBase: string | undefined;
  readonly random: Random;
}

const NO_DIRECTORY =
  'No savepoint directory configured. You can either specify a directory via configure a cluster-wide default via ' +
  "key 'execution.checkpointing.savepoint-dir'.";

/** @throws CONFIGURATION_INVALID without a place to put it (C-073), and for a format that there is not. */
export const savepointCommand = (
  request: SavepointRequest,
  { jobId, defaultBase, random }: SavepointPlace,
): Posted => {
  const format = oneOf('format', request.format ?? 'CANONICAL', savepointFormats);
  const base = request.target ?? defaultBase ?? refuse('target', NO_DIRECTORY);
  const name = `savepoint-${jobId.slice(0, 6)}-${hexDigits(random, SAVEPOINT_RANDOM_DIGITS)}`;
  const snapshot = { type: 'savepoint', format, action: 'NONE' } as const;
  return { type: 'triggerSavepoint', target: { base, name }, key: request.key, snapshot };
};
