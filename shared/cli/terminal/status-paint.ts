import type { Style } from './style.ts';

const GOOD = new Set([
  'complete',
  'approved',
  'verified',
  'finalized',
  'paid',
  'issued',
  'closed',
  'resolved',
  'active',
  'rated',
  'applied',
]);
const BAD = new Set(['failed', 'rating_failed', 'issuing_failed', 'stripe_failed', 'uncollectible', 'escalated']);
const WAITING = new Set(['held', 'proposed', 'in_review', 'collecting', 'running', 'retrying', 'open', 'waiting']);

/** A status in the colour of what it asks for: red of somebody, yellow of time or a decision, green of nobody. */
export function statusPaint(status: string, style: Style): string {
  const written = status.replaceAll('_', ' ');
  if (GOOD.has(status)) return style.good(written);
  if (BAD.has(status)) return style.bad(written);
  return WAITING.has(status) ? style.warning(written) : written;
}
