/**
 * Who is asked beside the tasks of a checkpoint, operator coordinators and master hooks: which of them have not
 * answered, and the state of those that have. Part of a ledger, so changed only in `evolve`.
 */
import { invariant } from '../errors.ts';

/** State as bytes; `version` is that of the serializer that made them, 0 for an operator coordinator. */
export interface AnsweredState {
  readonly version: number;
  readonly bytes: Uint8Array;
}

export class Answers {
  /** All that were asked, in order. */
  readonly ids: readonly string[];
  readonly #states = new Map<string, AnsweredState | undefined>();

  constructor(ids: readonly string[]) {
    this.ids = ids;
  }

  /** Those that have not answered, in the order of {@link ids}. */
  get left(): readonly string[] {
    return this.ids.filter((id) => !this.#states.has(id));
  }

  has(id: string): boolean {
    return this.#states.has(id);
  }

  /** What was answered; undefined: nothing yet, or no state. */
  stateOf(id: string): AnsweredState | undefined {
    return this.#states.get(id);
  }

  /** Answers with state, in the order of {@link ids}. */
  get states(): readonly (AnsweredState & { readonly id: string })[] {
    return this.ids.flatMap((id) => {
      const state = this.#states.get(id);
      return state === undefined ? [] : [{ id, ...state }];
    });
  }

  /** @throws INVARIANT_BROKEN for an answer that nobody waits for (C-092). */
  record(id: string, state: AnsweredState | undefined): void {
    invariant(this.ids.includes(id) && !this.#states.has(id), `coordinator state already set: ${id}`);
    this.#states.set(id, state);
  }

  copyFrom(other: Answers): void {
    for (const [id, state] of other.#states) this.#states.set(id, state);
  }
}

interface Answered {
  readonly id: string;
  readonly version: number;
  readonly sizeBytes: number | undefined;
}

/**
 * Records the answers of one fact. Bytes of a checkpoint that is final by now may be trimmed: nothing that follows
 * reads its answers.
 */
export const recordAnswers = (
  answers: Answers | undefined,
  answered: readonly Answered[],
  bytes: Uint8Array | undefined,
): void => {
  if (answers === undefined || bytes === undefined) return;
  let at = 0;
  for (const { id, version, sizeBytes } of answered) {
    const state =
      sizeBytes === undefined ? undefined : { version, bytes: bytes.subarray(at, at + sizeBytes) };
    answers.record(id, state);
    at += sizeBytes ?? 0;
  }
};

/** The states of one answer, copied one after the other to where the journal and the ledger both read them. */
export const joinStates = (
  states: readonly { readonly bytes: Uint8Array | undefined }[],
  allocate: (sizeBytes: number) => Uint8Array,
): Uint8Array => {
  const joined = allocate(states.reduce((total, { bytes }) => total + (bytes?.length ?? 0), 0));
  let at = 0;
  for (const { bytes } of states) {
    if (bytes === undefined) continue;
    joined.set(bytes, at);
    at += bytes.length;
  }
  return joined;
};
