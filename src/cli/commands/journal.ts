/** `tidemark journal`: the facts of the job, as they were journaled. */
import { plainFact } from '../../core/facts/codec.ts';
import type { Fact } from '../../core/facts/fact.ts';
import type { Journal } from '../../journal/journal.ts';
import type { JobId } from '../../state/ids.ts';
import { foldStatistics, noStatisticsState, type StatisticsState } from '../../stats/statistics.ts';
import type { DataDirectory } from '../data-directory.ts';
import { exitStatus, type ExitStatus } from '../exit-status.ts';
import { factPages, hasEnded, readingJournal, requireJob, type FactBlock } from '../job-reader.ts';
import { timeText } from '../terminal/quantities.ts';
import { cutTo } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { wait } from '../wait.ts';

/** How often the journal is looked at for more. */
const FOLLOW_MS = 100;
const TYPE_WIDTH = 28;
const REVISION_WIDTH = 6;

export interface JournalOptions {
  /** One JSON object a line. */
  readonly json?: boolean;
  /** Goes on until the job has ended and nothing is left to be deleted. */
  readonly follow?: boolean;
}

type Printer = (block: FactBlock, fact: Fact) => string;

const jsonLine: Printer = ({ revision, term }, fact) =>
  JSON.stringify({ revision, term, ...plainFact(fact) });

const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const plainLine =
  (terminal: Terminal): Printer =>
  ({ revision, term }, fact) => {
    const { v: _version, type, at: _at, ...rest } = plainFact(fact);
    const position = `${String(revision).padStart(REVISION_WIDTH)}  ${term}`;
    const head = `${position}  ${timeText(fact.at)}  ${type.padEnd(TYPE_WIDTH)}`;
    const values = Object.entries(rest)
      .filter(([, value]) => value !== undefined && value !== '')
      .map(([name, value]) => `${name}=${valueText(value)}`);
    const line = `${head}  ${values.join(' ')}`.trimEnd();
    return terminal.isInteractive ? cutTo(line, terminal.columns) : line;
  };

class Follower {
  readonly #journal: Journal;
  readonly #jobId: JobId;
  readonly #show: (block: FactBlock, fact: Fact) => void;
  #next = 1;
  #state: StatisticsState = noStatisticsState;

  constructor(journal: Journal, jobId: JobId, show: (block: FactBlock, fact: Fact) => void) {
    this.#journal = journal;
    this.#jobId = jobId;
    this.#show = show;
  }

  /** Shows what is new. */
  async showNew(): Promise<void> {
    for await (const page of factPages(this.#journal, this.#jobId, this.#next)) {
      for (const block of page) for (const fact of block.facts) this.#show(block, fact);
      this.#next = (page.at(-1)?.revision ?? 0) + 1;
      const facts = page.flatMap((block) => block.facts);
      this.#state = foldStatistics(this.#state, facts);
    }
  }

  get isOver(): boolean {
    return hasEnded(this.#state.statistics) && this.#state.statistics.discardsOwed === 0;
  }
}

/** @throws DATA_DIRECTORY_MISSING and the codes of the journal. */
export const journal = async (
  directory: DataDirectory,
  { json = false, follow = false }: JournalOptions,
  terminal: Terminal,
): Promise<ExitStatus> => {
  const print = json ? jsonLine : plainLine(terminal);
  await readingJournal(directory, async (opened) => {
    const jobId = await requireJob(directory, opened);
    const follower = new Follower(opened, jobId, (block, fact) => terminal.line(print(block, fact)));
    await follower.showNew();
    while (follow && !follower.isOver) {
      await wait(FOLLOW_MS);
      await follower.showNew();
    }
  });
  return exitStatus.done;
};
