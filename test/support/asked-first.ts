/** Operator coordinators and master hooks that a test answers for, and that note what they hear. */
import type { OperatorEventGate } from '../../src/runtime/event-gate.ts';
import type { MasterHook, VersionedSerializer } from '../../src/runtime/master-hooks.ts';
import type { OperatorCoordinator } from '../../src/runtime/operator-coordinator.ts';
import type { CheckpointId, OperatorId } from '../../src/state/ids.ts';

const textBytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Text as its own bytes, in version 3. */
export const textSerializer: VersionedSerializer<string> = {
  version: 3,
  serialize: textBytes,
  deserialize: (version, bytes) => `${new TextDecoder().decode(bytes)} (version ${version})`,
};

/** Something that is asked and answers when the test says so, or at once with `answer`. */
class Asked<Answer> {
  /** What it heard, in order. */
  readonly heard: string[] = [];
  answer: (() => Promise<Answer> | Answer) | undefined;
  readonly #waiting: {
    readonly resolve: (answer: Answer) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];

  ask(text: string): Promise<Answer> | Answer {
    this.heard.push(text);
    if (this.answer !== undefined) return this.answer();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Answers whoever asked first. */
  give(answer: Answer): void {
    this.#waiting.shift()?.resolve(answer);
  }

  fail(error: unknown): void {
    this.#waiting.shift()?.reject(error);
  }
}

export class TestCoordinator extends Asked<string | undefined> implements OperatorCoordinator {
  readonly operatorId: OperatorId;
  readonly events: OperatorEventGate | undefined;

  constructor(operatorId: OperatorId, events?: OperatorEventGate) {
    super();
    this.operatorId = operatorId;
    this.events = events;
  }

  readonly checkpointCoordinator = (id: CheckpointId): Promise<Uint8Array | undefined> => {
    const answer = this.ask(`checkpoint ${id}`);
    const bytes = async (): Promise<Uint8Array | undefined> => {
      const text = await answer;
      return text === undefined ? undefined : textBytes(text);
    };
    return bytes();
  };

  readonly notifyCheckpointComplete = (id: CheckpointId): void => void this.heard.push(`complete ${id}`);
  readonly notifyCheckpointAborted = (id: CheckpointId): void => void this.heard.push(`aborted ${id}`);
  readonly resetToCheckpoint = (id: CheckpointId | undefined, state: Uint8Array | undefined): void => {
    const text = state === undefined ? 'nothing' : new TextDecoder().decode(state);
    this.heard.push(`reset to ${id}: ${text}`);
  };
}

export class TestHook extends Asked<string | null | undefined> implements MasterHook<string> {
  readonly identifier: string;
  serializer: VersionedSerializer<string> | undefined = textSerializer;

  constructor(identifier: string) {
    super();
    this.identifier = identifier;
  }

  readonly triggerCheckpoint = (id: CheckpointId, timestamp: number) =>
    this.ask(`checkpoint ${id} of ${timestamp}`);
  readonly restoreCheckpoint = (id: CheckpointId, state: string | undefined): void =>
    void this.heard.push(`restore ${id}: ${state}`);
  readonly reset = (): void => void this.heard.push('reset');
}
