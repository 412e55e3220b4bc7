import type { CheckpointExplanation, Recomputation } from '../billing/explanation.ts';
import { figure } from './terminal/figures.ts';
import type { Style } from './terminal/style.ts';

/** What the texts of an explanation are written with. */
export interface ExplanationView {
  readonly style: Style;
  readonly full: boolean;
  readonly currency: string;
  readonly checkpoints: ReadonlyMap<string, CheckpointExplanation>;
}

/** Says whether what was computed now is what was billed, and what it is otherwise. */
export function compared(value: Recomputation, what: string, style: Style): string {
  if (value.matches) return style.good(`${what}: the same`);
  return style.bad(`${what}: ${value.recomputed === null ? 'cannot be computed' : figure(value.recomputed)}`);
}
