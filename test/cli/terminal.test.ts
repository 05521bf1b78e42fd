import { describe, expect, it } from 'vitest';
import { bytesText, countText, counted, durationText } from '../../src/cli/terminal/quantities.ts';
import { openScreen } from '../../src/cli/terminal/screen.ts';
import { cutTo, pairLines, tableLines } from '../../src/cli/terminal/table.ts';
import type { Terminal } from '../../src/cli/terminal/terminal.ts';

const recordingTerminal = (
  isInteractive: boolean,
): { readonly terminal: Terminal; readonly written: string[] } => {
  const written: string[] = [];
  const terminal: Terminal = {
    isInteractive,
    columns: 20,
    write: (text) => void written.push(text),
    line: (text = '') => void written.push(`${text}\n`),
    errorLine: () => undefined,
    paint: (_styles, text) => text,
    paintError: (_styles, text) => text,
  };
  return { terminal, written };
};

describe('quantities', () => {
  it('are rounded to what a person reads', () => {
    const sizes = [0, 999, 1_000, 12_345, 123_456, 999_999, 2_796_563, 5e9].map(bytesText);
    expect(sizes).toEqual(['0 B', '999 B', '1.0 kB', '12.3 kB', '123 kB', '1.0 MB', '2.8 MB', '5.0 GB']);
    expect([0, 42.4, 999, 1_500, 61_000].map(durationText)).toEqual([
      '0 ms',
      '42 ms',
      '999 ms',
      '1.5 s',
      '1 min 1 s',
    ]);
    expect([7, 1_234, 1_234_567].map(countText)).toEqual(['7', '1 234', '1 234 567']);
    expect([counted(1, 'file'), counted(2, 'file')]).toEqual(['1 file', '2 files']);
  });
});

describe('a table', () => {
  it('has columns as wide as their widest cell, colour left out', () => {
    const columns = [
      { title: 'id', text: (row: readonly string[]) => row[0] ?? '', isNumber: true },
      { title: 'name', text: (row: readonly string[]) => row[1] ?? '' },
    ];
    const rows = [
      ['1', '\u001B[32mgreen\u001B[39m'],
      ['100', ''],
    ];
    expect(tableLines(columns, rows)).toEqual([' id  name', '  1  \u001B[32mgreen\u001B[39m', '100']);
  });

  it('of pairs keeps the lines of a value in their column', () => {
    expect(
      pairLines([
        ['a', '1'],
        ['long', '2\n3'],
      ]),
    ).toEqual(['a     1', 'long  2', '      3']);
  });

  it('is cut where the terminal ends', () => {
    expect([cutTo('12345', 5), cutTo('123456', 5)]).toEqual(['12345', '1234…']);
  });
});

describe('a screen', () => {
  it('paints live lines again below every line that stays', () => {
    const { terminal, written } = recordingTerminal(true);
    const screen = openScreen(terminal, false);
    screen.live(['one', 'two']);
    screen.line('stays');
    screen.close();
    expect(written).toEqual(['one\ntwo\n', '\r\u001B[2A\u001B[Jstays\none\ntwo\n', '\r\u001B[2A\u001B[J']);
  });

  it('cuts live lines, so that none takes two rows', () => {
    const { terminal, written } = recordingTerminal(true);
    openScreen(terminal, false).live(['x'.repeat(30)]);
    expect(written).toEqual([`${'x'.repeat(18)}…\n`]);
  });

  it.each([
    ['where there is no terminal', false, false],
    ['where plain lines are wanted', true, true],
  ])('has lines that stay alone %s', (_name, isInteractive, isPlain) => {
    const { terminal, written } = recordingTerminal(isInteractive);
    const screen = openScreen(terminal, isPlain);
    screen.live(['one']);
    screen.line('stays');
    screen.close();
    expect(written).toEqual(['stays\n']);
  });
});
