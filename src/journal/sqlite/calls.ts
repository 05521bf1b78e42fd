/** What is asked of a SQLite engine and what it answers: plain values, so that both cross to a worker thread. */
import { TidemarkError } from '../../errors.ts';
import type { ErrorCode, ErrorDetail } from '../../errors.ts';
import type {
  AppendRequest,
  AppendResult,
  StoredBlock,
  StoredSnapshot,
  StreamHead,
  TrimPlan,
} from '../journal.ts';

/** Calls that change the journal; a run of them becomes one transaction. */
export type WriteCall =
  | { readonly type: 'append'; readonly request: AppendRequest }
  | { readonly type: 'writeSnapshot'; readonly stream: string; readonly snapshot: StoredSnapshot }
  | { readonly type: 'trim'; readonly stream: string; readonly plan: TrimPlan };

export type ReadCall =
  | { readonly type: 'head'; readonly stream: string }
  | {
      readonly type: 'read';
      readonly stream: string;
      readonly fromRevision: number;
      readonly limit: number;
      readonly withBulk: boolean;
    }
  | { readonly type: 'readBulk'; readonly stream: string; readonly revision: number }
  | { readonly type: 'readSnapshot'; readonly stream: string }
  | { readonly type: 'streams' };

export type Call = WriteCall | ReadCall;

/** What each call is answered with when it succeeds. */
export interface CallValues {
  readonly append: AppendResult;
  readonly writeSnapshot: undefined;
  readonly trim: undefined;
  readonly head: StreamHead;
  readonly read: readonly StoredBlock[];
  readonly readBulk: Uint8Array | undefined;
  readonly readSnapshot: StoredSnapshot | undefined;
  readonly streams: readonly string[];
}

export type CallValue = CallValues[keyof CallValues];

/** An answer; an error is spelt out because a class does not survive the way between threads. */
export type Answer =
  | { readonly type: 'value'; readonly value: CallValue }
  | {
      readonly type: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly detail: ErrorDetail;
    };

export const isWrite = (call: Call): call is WriteCall =>
  call.type === 'append' || call.type === 'writeSnapshot' || call.type === 'trim';

export const errorAnswer = ({ code, message, detail }: TidemarkError): Answer => ({
  type: 'error',
  code,
  message,
  detail,
});

/** The value of an answer to a call of the given type; throws what the engine answered instead. */
export const valueOf = <Type extends Call['type']>(answer: Answer): CallValues[Type] => {
  if (answer.type === 'error') throw new TidemarkError(answer.code, answer.message, answer.detail);
  // The engine answers each call with the type of value that CallValues names.
  return answer.value as CallValues[Type];
};

/** The way to an engine, in this thread or in another. Nothing is sent after `close`. */
export interface Connection {
  readonly path: string;
  send(call: Call): Promise<Answer>;
  close(): Promise<void>;
}
