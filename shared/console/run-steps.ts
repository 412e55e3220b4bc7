import { html } from 'hono/html';
import type { StateOf } from '../states/transitions.ts';
import { words } from './format.ts';
import type { Html } from './page.ts';

type RunStatus = StateOf<'billing_run'>;

/** The way of a run when nothing goes wrong. */
export const RUN_STEPS = [
  'open',
  'collecting',
  'complete',
  'rated',
  'in_review',
  'approved',
  'issuing',
  'issued',
  'closed',
] as const satisfies readonly RunStatus[];

/** The step at which a failed state waits. */
const FAILED_AT: Readonly<Partial<Record<RunStatus, RunStatus>>> = {
  rating_failed: 'complete',
  issuing_failed: 'issuing',
};

/** The state machine's steps with the present one marked. */
export function runSteps(status: RunStatus): Html {
  const failed = FAILED_AT[status];
  const present = RUN_STEPS.findIndex((step) => step === (failed ?? status));
  return html`<ol class="steps" aria-label="Stages of the billing run">${RUN_STEPS.map((step, index) => {
    if (index < present) return html`<li class="done">${words(step)}</li>`;
    if (index > present) return html`<li>${words(step)}</li>`;
    const tone = failed === undefined ? 'now' : 'now bad';
    return html`<li class="${tone}" aria-current="step">${words(status)}</li>`;
  })}</ol>`;
}
