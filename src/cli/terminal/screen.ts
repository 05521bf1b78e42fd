/** Lines that stay, and below them a few that are painted again in place, where the terminal can do that. */
import type { Terminal } from './terminal.ts';
import { cutTo } from './table.ts';

export interface Screen {
  /** Shows lines in place; otherwise `live` does nothing. */
  readonly isLive: boolean;
  /** A line that stays. */
  line(text?: string): void;
  /** Replaces the lines at the bottom. */
  live(lines: readonly string[]): void;
  /** Removes the lines at the bottom; nothing is live any more. Idempotent. */
  close(): void;
}

const plainScreen = (terminal: Terminal): Screen => ({
  isLive: false,
  line: (text) => terminal.line(text),
  live: () => undefined,
  close: () => undefined,
});

class LiveScreen implements Screen {
  readonly isLive = true;
  readonly #terminal: Terminal;
  #shown: readonly string[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  line(text = ''): void {
    this.#terminal.write(`${this.#erase()}${text}\n${this.#paint(this.#shown)}`);
  }

  live(lines: readonly string[]): void {
    this.#terminal.write(`${this.#erase()}${this.#paint(lines)}`);
    this.#shown = lines;
  }

  close(): void {
    this.#terminal.write(this.#erase());
    this.#shown = [];
  }

  /** Up to the first live line, and clear from there: also what a key stroke such as ^C has left. */
  #erase(): string {
    return this.#shown.length === 0 ? '' : `\r\u001B[${this.#shown.length}A\u001B[J`;
  }

  // A line that wrapped would take two rows, and the next repaint would start too low.
  #paint(lines: readonly string[]): string {
    return lines.map((line) => `${cutTo(line, this.#terminal.columns - 1)}\n`).join('');
  }
}

/** @param isPlain one line per event, whatever the terminal can do. */
export const openScreen = (terminal: Terminal, isPlain: boolean): Screen =>
  terminal.isInteractive && !isPlain ? new LiveScreen(terminal) : plainScreen(terminal);
