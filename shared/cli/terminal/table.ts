import { stripVTControlCharacters } from 'node:util';
import type { Style } from './style.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Rows under their titles, every column as wide as its widest cell. Cells may carry colours. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], style: Style): string {
  const titles = columns.map((column) => column.title);
  const widths = titles.map((title, index) =>
    Math.max(...[title, ...rows.map((row) => row[index] ?? '')].map(displayWidth)),
  );
  const write = (cells: readonly string[]) =>
    columns
      .map((column, index) => pad(cells[index] ?? '', widths[index] ?? 0, column.align ?? 'left'))
      .join('  ')
      .trimEnd();
  return [style.dim(write(titles)), ...rows.map(write)].join('\n');
}

/** Names in one column, what they stand for in the next. */
export function pairs(entries: readonly (readonly [string, string])[], style: Style): string {
  const width = Math.max(...entries.map(([name]) => displayWidth(name)));
  return entries.map(([name, value]) => `${style.dim(pad(name, width, 'left'))}  ${value}`).join('\n');
}

/** Every line of the text moved to the right. */
export function indent(text: string, columns: number): string {
  const margin = ' '.repeat(columns);
  return text
    .split('\n')
    .map((line) => (line === '' ? line : margin + line))
    .join('\n');
}

/** `1 row`, `2 rows`, `1,200 rows`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'left' ? text + blanks : blanks + text;
}

function displayWidth(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/** Text from outside, safe to show: control characters, which could move the cursor or recolour the terminal, are replaced. */
export function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, '�');
}
