/** Text in columns. */
import { stripVTControlCharacters } from 'node:util';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Numbers end below each other. */
  readonly isNumber?: boolean;
}

/** Columns a text takes on the screen, colour left out. */
const widthOf = (text: string): number => stripVTControlCharacters(text).length;

/** Cut to a width, with `…` where something is missing; colour is lost when it is cut. */
export const cutTo = (text: string, width: number): string =>
  widthOf(text) <= width ? text : `${stripVTControlCharacters(text).slice(0, Math.max(0, width - 1))}…`;

const padded = (text: string, width: number, isNumber: boolean): string => {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return isNumber ? space + text : text + space;
};

/** A line of titles, then one per row; two spaces between columns, none at the end of a line. */
export const tableLines = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly string[] => {
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => column.text(row))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => widthOf(line[index] ?? ''))));
  return cells.map((line) =>
    line
      .map((cell, index) => padded(cell, widths[index] ?? 0, columns[index]?.isNumber ?? false))
      .join('  ')
      .trimEnd(),
  );
};

/** `name   value` per line, values below each other; a value of several lines stays in its column. */
export const pairLines = (pairs: readonly (readonly [string, string])[]): readonly string[] => {
  const width = Math.max(0, ...pairs.map(([name]) => widthOf(name)));
  return pairs.flatMap(([name, value]) =>
    value
      .split('\n')
      .map((line, index) => `${padded(index === 0 ? name : '', width, false)}  ${line}`.trimEnd()),
  );
};
