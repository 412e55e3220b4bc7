import { digest } from '../canonical/canonical-json.ts';

/**
 * What is owed: one customer, one billing period, one series. `generation` is 0 for the first invoice and one more for
 * each invoice of the same three that was voided or whose draft was given up before it.
 */
export interface Obligation {
  readonly customerId: string;
  readonly period: string;
  readonly series: string;
  readonly generation: number;
}

const STRIPE_KEY_LIMIT = 255;

function bounded(key: string): string {
  return key.length <= STRIPE_KEY_LIMIT ? key : `daybook:${digest(key)}`;
}

function joined(parts: readonly string[]): string {
  return bounded(['daybook', ...parts.map(encodeURIComponent)].join(':'));
}

/**
 * The idempotency key of one step of an obligation. It has no attempt, clock or chance in it: whoever does the step,
 * and however often, sends the same key. At most 255 characters, Stripe's limit.
 */
export function obligationKey(obligation: Obligation, step: string): string {
  const { customerId, period, series, generation } = obligation;
  return joined([customerId, period, series, generation.toString(), step]);
}

/** The key of a step that belongs to a thing with an id of its own: a customer, a void, a credit note. */
export function subjectKey(subject: string, id: string, step: string): string {
  return joined([subject, id, step]);
}

/**
 * The key that takes the place of a dead one: Stripe has stored an error under it, or another body, and would answer
 * with that for 24 hours. Only after a lookup has shown that the step was not done; commit it before it is used.
 */
export function replacementKey(deadKey: string): string {
  const [, base = deadKey, count = '0'] = /^(.*):replacement-(\d+)$/s.exec(deadKey) ?? [];
  return bounded(`${base}:replacement-${BigInt(count) + 1n}`);
}

/** The metadata by which an object in Stripe is found again without a key. */
export function obligationMetadata(obligation: Obligation): Readonly<Record<string, string>> {
  return {
    daybook_customer_id: obligation.customerId,
    daybook_generation: obligation.generation.toString(),
    daybook_period: obligation.period,
    daybook_series: obligation.series,
  };
}
