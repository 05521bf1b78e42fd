/**
 * The inbox: one queue, one consumer. Commands wait here until a turn takes them; everything that has something to say
 * to the core, says it here.
 */
import type { TidemarkError } from '../errors.ts';
import type { FrameBatch } from '../core/columns.ts';
import type { Command, Time } from '../core/commands.ts';
import type { Outcome } from '../core/outcomes.ts';

/** Commands decided in one block: a turn stays short and its block's facts fit a page of the journal's reader. */
const BLOCK_COMMANDS_MAX = 4_096;
/** Frame bytes of one block (one batch may exceed it alone): what one sync carries well. */
const BLOCK_BYTES_MAX = 1024 * 1024;
/** Frame bytes that may wait: a quarter of a small heap; what comes beyond is refused and counted. */
const INBOX_BYTES_MAX = 256 * 1024 * 1024;
/** Commands that may wait. */
const INBOX_COMMANDS_MAX = 1_000_000;

type Unstamped<Each> = Each extends Command ? Omit<Each, keyof Time | 'allocate'> : never;

/** A command without the time of its decision and the memory for its bytes, which the turn adds. */
export type Posted = Unstamped<Exclude<Command, { readonly type: 'acknowledge' }>>;

/** What waits: a command and who wants to know its outcome. */
export interface Letter {
  /** Acknowledgements get their memory from the turn; everything else is complete but for the time. */
  readonly content: Posted | { readonly type: 'frames'; readonly batch: FrameBatch };
  readonly resolve?: ((outcome: Outcome) => void) | undefined;
  readonly reject?: ((error: unknown) => void) | undefined;
  /** Orders nothing by itself: it waits for the next block instead of starting one. */
  readonly isLazy?: boolean | undefined;
}

const bytesOf = ({ content }: Letter): number => {
  if (content.type === 'frames') return content.batch.slicesBytes;
  if (content.type !== 'acknowledgeCoordinators' && content.type !== 'acknowledgeHooks') return 0;
  return content.states.reduce((total, { bytes }) => total + (bytes?.length ?? 0), 0);
};

export class Inbox {
  readonly #commandsMax: number;
  #letters: Letter[] = [];
  #head = 0;
  #waitingBytes = 0;
  #eager = 0;

  constructor(commandsMax = BLOCK_COMMANDS_MAX) {
    this.#commandsMax = Math.min(commandsMax, BLOCK_COMMANDS_MAX);
  }

  /** False when the inbox is full: the letter is refused and nothing else happens. */
  post(letter: Letter): boolean {
    const bytes = bytesOf(letter);
    if (this.size >= INBOX_COMMANDS_MAX || this.#waitingBytes + bytes > INBOX_BYTES_MAX) return false;
    this.#letters.push(letter);
    this.#waitingBytes += bytes;
    if (letter.isLazy !== true) this.#eager++;
    return true;
  }

  get size(): number {
    return this.#letters.length - this.#head;
  }

  /** True when something waits that starts a turn. */
  get isDue(): boolean {
    return this.#eager > 0;
  }

  /** What the next block takes, in order of arrival. */
  take(): { readonly letters: readonly Letter[]; readonly frameBytes: number } {
    const from = this.#head;
    let frameBytes = 0;
    while (this.#head < this.#letters.length && this.#head - from < this.#commandsMax) {
      const bytes = bytesOf(this.#letters[this.#head]!);
      if (this.#head > from && frameBytes + bytes > BLOCK_BYTES_MAX) break;
      frameBytes += bytes;
      if (this.#letters[this.#head]!.isLazy !== true) this.#eager--;
      this.#head++;
    }
    const letters = this.#letters.slice(from, this.#head);
    this.#waitingBytes -= frameBytes;
    if (this.#head === this.#letters.length) {
      this.#letters = [];
      this.#head = 0;
    }
    return { letters, frameBytes };
  }

  /** Refuses all that waits. */
  refuseAll(error: TidemarkError): void {
    for (const letter of this.#letters.slice(this.#head)) letter.reject?.(error);
    this.#letters = [];
    this.#head = 0;
    this.#waitingBytes = 0;
    this.#eager = 0;
  }
}
