/** Shows a run while it happens: what ended as lines that stay, what is under way in place where that can be done. */
import { assertNever } from '../../errors.ts';
import type { JobEvent } from '../../examples/word-count/word-count-job.ts';
import type { WordCountProgress } from '../../examples/word-count/job-progress.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Problem, Recovery } from '../../runtime/options.ts';
import type { CheckpointRecord } from '../../stats/history.ts';
import type { CheckpointStatistics } from '../../stats/statistics.ts';
import { bytesText, counted, countText, durationText } from '../terminal/quantities.ts';
import type { Screen } from '../terminal/screen.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { Throughput } from './throughput.ts';

/** Between two paintings of what is under way. */
export const PAINT_MS = 100;
/** Between two lines of progress where nothing can be painted in place. */
const PROGRESS_LINE_MS = 2_000;
/** Checkpoints that ended last, as far as they are shown. */
const LAST_SHOWN = 3;

/** `checkpoint 7` or `savepoint 7`. */
const recordName = (record: CheckpointRecord): string => `${record.kind} ${record.checkpointId}`;

const resumedText = ({ resumed }: Recovery): readonly string[] =>
  resumed.map(
    ({ checkpointId, acknowledged, total }) =>
      `checkpoint ${checkpointId} goes on under its id: ${acknowledged} of ${total} acknowledgements are in the journal and not asked for again`,
  );

export interface RunViewOptions {
  readonly terminal: Terminal;
  readonly screen: Screen;
  readonly clock: Clock;
  readonly progress: () => WordCountProgress;
}

export class RunView {
  readonly #options: RunViewOptions;
  readonly #throughput: Throughput;
  #statistics: CheckpointStatistics;
  #lastProgressLine: number;
  /** Checkpoints up to this one have been spoken of, or ended before this run. */
  readonly #told = new Set<number>();
  /** Checkpoints that outlived a coordinator. */
  readonly #resumed = new Set<number>();

  constructor(options: RunViewOptions, statistics: CheckpointStatistics) {
    this.#options = options;
    this.#throughput = new Throughput(options.clock);
    this.#statistics = statistics;
    this.#lastProgressLine = options.clock.monotonic();
    for (const record of statistics.history) {
      if (record.status !== 'IN_PROGRESS') this.#told.add(record.checkpointId);
    }
  }

  /** The job is opened: what was found. */
  opened(recovery: Recovery): void {
    const { term, isNew, aborted } = recovery;
    if (isNew) {
      this.#note('start', 'a new job: nothing to recover');
      return;
    }
    this.#note('recover', `the journal was read; this is term ${term}`);
    for (const id of aborted) {
      this.#note(
        'recover',
        `checkpoint ${id} was in flight; its tasks died with their process, so it is aborted`,
      );
      this.#told.add(id);
    }
    for (const text of resumedText(recovery)) this.#note('recover', text);
  }

  /** The coordinator was replaced while the tasks lived on. */
  replaced(recovery: Recovery): void {
    const { term, living, resumed } = recovery;
    this.#warn('crash', `the coordinator was dropped; another one has read the journal: term ${term}`);
    this.#note('crash', `${counted(living, 'task')} found alive; none was restarted`);
    for (const text of resumedText(recovery)) this.#note('crash', text);
    if (resumed.length === 0) this.#note('crash', 'no checkpoint was in flight');
    for (const { checkpointId } of resumed) this.#resumed.add(checkpointId);
  }

  hearStatistics(statistics: CheckpointStatistics): void {
    const before = this.#statistics;
    this.#statistics = statistics;
    if (statistics === before) return;
    for (const record of statistics.history) this.#tellEnded(record);
    if (this.#options.screen.isLive) this.#options.screen.live(this.#liveLines());
  }

  hearJob(event: JobEvent): void {
    switch (event.type) {
      case 'restored':
        return this.#tellRestored(event.checkpointId);
      case 'running':
        return this.#note('running', `all tasks run, attempt ${event.attempt}`);
      case 'taskFailed':
        return this.#warn('failure', `${event.vertex}#${event.subtask}: ${event.message}`);
      case 'failureRequired':
        return this.#warn('failure', event.message);
      case 'endOfData':
        if (event.vertex === 'source') this.#note('input', `source#${event.subtask} has read everything`);
        return undefined;
      case 'committed':
        return this.#note('commit', `the output up to checkpoint ${event.checkpointId} is committed`);
      case 'coordinatorReplaced':
        return undefined;
      case 'discardFailed':
        return this.#warn('discard', event.message);
      default:
        return assertNever(event);
    }
  }

  hearProblem({ what, message }: Problem): void {
    this.#warn(what, `${message} (it is tried again)`);
  }

  /** A line for people, between those of the run. */
  say(text: string): void {
    this.#note('tidemark', text);
  }

  /** Time has passed. */
  tick(): void {
    const { screen, clock, progress } = this.#options;
    this.#throughput.measure(progress());
    if (screen.isLive) {
      screen.live(this.#liveLines());
      return;
    }
    if (clock.monotonic() - this.#lastProgressLine < PROGRESS_LINE_MS) return;
    this.#lastProgressLine = clock.monotonic();
    this.#note('progress', [this.#progressText(), ...this.#inFlightTexts()].join(', '));
  }

  #tellRestored(checkpointId: number | undefined): void {
    if (checkpointId === undefined) this.#note('deploy', 'tasks start from the beginning of the input');
    else this.#note('deploy', `tasks start from checkpoint ${checkpointId}`);
  }

  #tellEnded(record: CheckpointRecord): void {
    if (record.status === 'IN_PROGRESS' || this.#told.has(record.checkpointId)) return;
    this.#told.add(record.checkpointId);
    const name = recordName(record);
    if (record.status === 'FAILED') {
      this.#warn('aborted', `${name} after ${durationText(record.durationMs ?? 0)}: ${record.failure ?? ''}`);
      return;
    }
    const again = this.#resumed.has(record.checkpointId);
    const text = again ? ', under its id, although its coordinator died' : '';
    this.#note('completed', `${name} ${completedText(record)}${text}`);
  }

  #liveLines(): readonly string[] {
    const { terminal } = this.#options;
    const inFlight = this.#inFlightTexts();
    const done = this.#statistics.history.filter((record) => record.status === 'COMPLETED');
    const last = done
      .slice(-LAST_SHOWN)
      .toReversed()
      .map((record) => {
        const { checkpointId, durationMs = 0, stateSizeBytes } = record;
        return `#${checkpointId} ${durationText(durationMs)} ${bytesText(stateSizeBytes)}`;
      });
    return [
      '',
      `${this.#bar()} ${this.#progressText()}`,
      `${terminal.paint('cyan', 'in flight')} ${inFlight.length === 0 ? 'none' : inFlight.join(', ')}`,
      `${terminal.paint('cyan', 'last     ')} ${last.length === 0 ? 'none yet' : last.join('   ')}`,
    ];
  }

  #bar(): string {
    const cells = 20;
    const full = Math.round(this.#fraction() * cells);
    return this.#options.terminal.paint('green', `${'█'.repeat(full)}${'░'.repeat(cells - full)}`);
  }

  #fraction(): number {
    const { doneBytes, totalBytes } = this.#options.progress();
    return totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
  }

  #progressText(): string {
    const { doneBytes, totalBytes } = this.#options.progress();
    const percent = `${Math.floor(this.#fraction() * 100)} %`;
    const { bytesPerSecond, wordsPerSecond } = this.#throughput;
    const rate = `${bytesText(bytesPerSecond)}/s, ${countText(wordsPerSecond)} words/s`;
    return `${percent} of ${bytesText(totalBytes)} (${bytesText(doneBytes)}), ${rate}`;
  }

  #inFlightTexts(): readonly string[] {
    const now = this.#options.clock.now();
    return this.#statistics.inFlight.map((record) => {
      const age = durationText(Math.max(0, now - record.triggeredAt));
      return `${recordName(record)}: ${record.acknowledged}/${record.tasks} acknowledged, ${age}`;
    });
  }

  #note(label: string, text: string): void {
    const { screen, terminal } = this.#options;
    screen.line(`${terminal.paint('cyan', label.padEnd(9))} ${text}`);
  }

  #warn(label: string, text: string): void {
    const { screen, terminal } = this.#options;
    screen.line(`${terminal.paint('yellow', label.padEnd(9))} ${text}`);
  }
}

const completedText = (record: CheckpointRecord): string => {
  const { durationMs = 0, acknowledged, tasks, stateSizeBytes, metadataSizeBytes = 0 } = record;
  const sizes = `${bytesText(stateSizeBytes)} state, ${bytesText(metadataSizeBytes)} metadata`;
  return `${durationText(durationMs)}, ${acknowledged}/${tasks}, ${sizes}`;
};
