/** Branded identifiers: parsed once at the edge, trusted inside. */
import { TidemarkError } from '../errors.ts';

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** 32 lower-case hex digits, as Flink prints a job id. */
export type JobId = Branded<string, 'JobId'>;
/** 32 lower-case hex digits: the 16 bytes that name an operator in a metadata file. */
export type OperatorId = Branded<string, 'OperatorId'>;
/** 32 lower-case hex digits that name a vertex (a chain of operators) of the job graph. */
export type VertexId = Branded<string, 'VertexId'>;
/** A positive safe integer; ids start at 1, grow strictly and may have gaps (C-060). */
export type CheckpointId = Branded<number, 'CheckpointId'>;
/** The number of an execution attempt, given by the gateway, never given twice in one life of the job. */
export type Slot = Branded<number, 'Slot'>;

const hexId = (kind: string, text: string): string => {
  if (/^[0-9a-f]{32}$/.test(text)) return text;
  throw new TidemarkError(
    'ARGUMENT_INVALID',
    `${kind} ${JSON.stringify(text)} is not 32 lower-case hex digits`,
    {
      value: text,
    },
  );
};

/** @throws ARGUMENT_INVALID unless the text is 32 lower-case hex digits. */
export const parseJobId = (text: string): JobId => hexId('job id', text) as JobId;
/** @throws ARGUMENT_INVALID unless the text is 32 lower-case hex digits. */
export const parseOperatorId = (text: string): OperatorId => hexId('operator id', text) as OperatorId;
/** @throws ARGUMENT_INVALID unless the text is 32 lower-case hex digits. */
export const parseVertexId = (text: string): VertexId => hexId('vertex id', text) as VertexId;

/** @throws ARGUMENT_INVALID unless the number is a positive safe integer. */
export const checkpointId = (value: number): CheckpointId => {
  if (Number.isSafeInteger(value) && value > 0) return value as CheckpointId;
  throw new TidemarkError('ARGUMENT_INVALID', `checkpoint id ${value} is not a positive safe integer`, {
    value,
  });
};

/** @throws ARGUMENT_INVALID unless the number fits an unsigned 32-bit field. */
export const slot = (value: number): Slot => {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) return value as Slot;
  throw new TidemarkError('ARGUMENT_INVALID', `slot ${value} is not an unsigned 32-bit integer`, { value });
};
