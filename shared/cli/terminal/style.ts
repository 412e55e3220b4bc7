import { styleText } from 'node:util';
import type { Output } from '../io.ts';

export type Paint = (text: string) => string;

/** How text is dressed for one output; plain where no terminal is. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly warning: Paint;
  readonly bad: Paint;
  /** Columns to fill. */
  readonly width: number;
}

/** Colours on a terminal, unless the environment asks for none (NO_COLOR, https://no-color.org). */
export function styleFor(output: Output, environment: Readonly<Record<string, string | undefined>>): Style {
  const coloured = output.isTerminal && !environment.NO_COLOR;
  const paint = (format: Parameters<typeof styleText>[0]): Paint =>
    coloured ? (text) => styleText(format, text, { validateStream: false }) : (text) => text;
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    good: paint('green'),
    warning: paint('yellow'),
    bad: paint('red'),
    width: output.width,
  };
}
