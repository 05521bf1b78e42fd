/** The streams people look at. */
import { styleText } from 'node:util';

type Styles = Parameters<typeof styleText>[0];

export interface Terminal {
  /** Standard output takes part in a conversation with a person. */
  readonly isInteractive: boolean;
  /** Of standard output; a wide page when nobody says. */
  readonly columns: number;
  write(text: string): void;
  line(text?: string): void;
  errorLine(text: string): void;
  /** Colour, where standard output shows it. */
  paint(styles: Styles, text: string): string;
  paintError(styles: Styles, text: string): string;
}

/** A common width of terminals, for output that has none. */
const COLUMNS_DEFAULT = 120;

/** The terminal of this process. */
export const processTerminal = (): Terminal => ({
  isInteractive: process.stdout.isTTY === true,
  get columns() {
    // Some terminals say 0 when they do not know.
    return process.stdout.columns > 0 ? process.stdout.columns : COLUMNS_DEFAULT;
  },
  write: (text) => void process.stdout.write(text),
  line: (text = '') => void process.stdout.write(`${text}\n`),
  errorLine: (text) => void process.stderr.write(`${text}\n`),
  paint: (styles, text) => styleText(styles, text, { stream: process.stdout }),
  paintError: (styles, text) => styleText(styles, text, { stream: process.stderr }),
});
