import type { Effects } from '../effects/effects.ts';
import type { BackfillState } from '../usage/backfill.ts';
import type { EndedCell } from '../usage/backfill-worker.ts';
import { cellName } from '../usage/cell.ts';
import type { Output } from './io.ts';
import { plain } from './terminal/table.ts';

export interface BackfillProgress {
  ended(cell: EndedCell): void;
  finish(): void;
}

/** Off a terminal a line is written for each tenth of the cells, so that a log stays readable. */
const STEPS = 10;
const MINUTE_MS = 60_000;

/**
 * Shows how far a backfill is: one line that renews itself on a terminal, a line for each tenth elsewhere, and a line for
 * each failure. It counts what this command has done; other workers' cells are in the report at the end.
 */
export function backfillProgress(output: Output, effects: Effects, before: BackfillState): BackfillProgress {
  const began = effects.now().getTime();
  const left = before.cells - before.changed - before.unchanged - before.failed;
  let done = 0;
  let failed = 0;
  let shown = 0;
  const line = (): string => {
    const minutes = (effects.now().getTime() - began) / MINUTE_MS;
    const rate = minutes > 0 ? `, ${Math.round(done / minutes)} cells a minute` : '';
    const skipped = before.cells - left;
    return `backfill ${before.id}: ${skipped + done} of ${before.cells} cells${skipped > 0 ? ` (${skipped} before)` : ''}, ${failed} failed${rate}`;
  };
  const write = (text: string): void => output.write(output.isTerminal ? `\r\u001b[K${text}` : `${text}\n`);
  return {
    ended: (cell) => {
      if (cell.kind === 'given_back') return;
      done += 1;
      if (cell.kind === 'failed') {
        failed += 1;
        write(`${cellName(cell.cell)} failed: ${cell.reason}: ${plain(cell.detail)}`);
        if (output.isTerminal) output.write('\n');
      }
      const step = Math.floor((done * STEPS) / Math.max(1, left));
      if (output.isTerminal || step > shown) write(line());
      shown = Math.max(shown, step);
    },
    finish: () => {
      if (output.isTerminal && done > 0) output.write('\n');
    },
  };
}
