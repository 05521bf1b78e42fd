/** Real journals whose answers a test can hold back, replace or count. */
import type { AppendRequest, AppendResult, Journal } from '../../src/journal/journal.ts';

/** A journal that does what another does, but for the given methods. */
export const journalLike = (journal: Journal, own: Partial<Journal>): Journal => ({
  isDurable: journal.isDurable,
  head: (stream) => journal.head(stream),
  append: (request) => journal.append(request),
  read: (stream, from, options) => journal.read(stream, from, options),
  readBulk: (stream, revision) => journal.readBulk(stream, revision),
  writeSnapshot: (stream, snapshot) => journal.writeSnapshot(stream, snapshot),
  readSnapshot: (stream) => journal.readSnapshot(stream),
  trim: (stream, plan) => journal.trim(stream, plan),
  streams: () => journal.streams(),
  close: () => journal.close(),
  ...own,
});

/** A journal that is slow: its appends wait until the test lets them through. */
export interface GatedJournal {
  readonly journal: Journal;
  /** Appends that wait. */
  readonly waiting: readonly AppendRequest[];
  /** From now on appends wait. */
  close(): void;
  /** Lets the oldest one through, and resolves when its answer is out. */
  release(): Promise<void>;
  /** Lets all through, and those that follow. */
  open(): Promise<void>;
}

export const gatedJournal = (journal: Journal): GatedJournal => {
  const waiting: AppendRequest[] = [];
  const gates: (() => Promise<void>)[] = [];
  let isOpen = true;
  const append = (request: AppendRequest): Promise<AppendResult> => {
    if (isOpen) return journal.append(request);
    waiting.push(request);
    return new Promise((resolve, reject) => {
      gates.push(async () => {
        waiting.shift();
        await journal.append(request).then(resolve, reject);
      });
    });
  };
  const release = async (): Promise<void> => {
    await gates.shift()?.();
  };
  return {
    journal: journalLike(journal, { append }),
    waiting,
    close: () => {
      isOpen = false;
    },
    release,
    open: async () => {
      isOpen = true;
      while (gates.length > 0) await release();
    },
  };
};
