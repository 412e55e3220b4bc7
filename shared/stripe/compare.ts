import type { StripeAmount } from './currency.ts';
import type { ExpectedInvoice, ExpectedLine } from './invoice-request.ts';
import type { StripeInvoice, StripeInvoiceLine } from './objects.ts';

/** One thing in which Stripe's invoice is not the local one. */
export type InvoiceDifference =
  | { readonly kind: 'customer'; readonly local: string; readonly stripe: string | null }
  | { readonly kind: 'currency'; readonly local: string; readonly stripe: string }
  | { readonly kind: 'subtotal'; readonly local: StripeAmount; readonly stripe: StripeAmount }
  /** The total before tax, which a discount or a shipping cost on the invoice would change. */
  | { readonly kind: 'total_before_tax'; readonly local: StripeAmount; readonly stripe: StripeAmount }
  /** Who collects, or when it is due. */
  | { readonly kind: 'collection'; readonly local: string; readonly stripe: string | null }
  /** Whether Stripe computes tax, while it still is a draft. */
  | { readonly kind: 'automatic_tax'; readonly local: boolean; readonly stripe: boolean }
  | { readonly kind: 'metadata'; readonly name: string; readonly local: string; readonly stripe: string | null }
  | { readonly kind: 'line_count'; readonly local: number; readonly stripe: number }
  | { readonly kind: 'line_missing'; readonly key: string; readonly local: StripeAmount }
  | { readonly kind: 'line_repeated'; readonly key: string; readonly count: number }
  | {
      readonly kind: 'line_unexpected';
      readonly stripeLineId: string;
      readonly key: string | null;
      readonly stripe: StripeAmount;
    }
  | { readonly kind: 'line_amount'; readonly key: string; readonly local: StripeAmount; readonly stripe: StripeAmount }
  | { readonly kind: 'line_currency'; readonly key: string; readonly local: string; readonly stripe: string }
  | { readonly kind: 'line_description'; readonly key: string; readonly local: string; readonly stripe: string | null }
  | {
      readonly kind: 'line_metadata';
      readonly key: string;
      readonly name: string;
      readonly local: string;
      readonly stripe: string | null;
    }
  | { readonly kind: 'line_discount'; readonly key: string; readonly stripe: StripeAmount };

/** An own entry only: a name like `constructor` must not find what every object has. */
function entry(metadata: Readonly<Record<string, string>>, name: string): string | null {
  return Object.hasOwn(metadata, name) ? (metadata[name] ?? null) : null;
}

function compareLine(local: ExpectedLine, currency: string, stripe: StripeInvoiceLine): InvoiceDifference[] {
  const { key } = local;
  const differences: InvoiceDifference[] = [];
  if (stripe.amount !== local.amount) {
    differences.push({ kind: 'line_amount', key, local: local.amount, stripe: stripe.amount });
  }
  if (stripe.currency !== currency) {
    differences.push({ kind: 'line_currency', key, local: currency, stripe: stripe.currency });
  }
  if (stripe.description !== local.description) {
    differences.push({ kind: 'line_description', key, local: local.description, stripe: stripe.description });
  }
  for (const [name, value] of Object.entries(local.metadata)) {
    const found = entry(stripe.metadata, name);
    if (found !== value) differences.push({ kind: 'line_metadata', key, name, local: value, stripe: found });
  }
  const discount = stripe.discount_amounts.reduce((sum, each) => sum + each.amount, 0n) as StripeAmount;
  if (discount !== 0n) differences.push({ kind: 'line_discount', key, stripe: discount });
  return differences;
}

function compareLines(expected: ExpectedInvoice, lines: readonly StripeInvoiceLine[]): InvoiceDifference[] {
  const byKey = Map.groupBy(lines, (line) => entry(line.metadata, 'daybook_line'));
  const differences = expected.lines.flatMap((local): InvoiceDifference[] => {
    const [first, ...repeats] = byKey.get(local.key) ?? [];
    if (first === undefined) return [{ kind: 'line_missing', key: local.key, local: local.amount }];
    const repeated: InvoiceDifference[] =
      repeats.length === 0 ? [] : [{ kind: 'line_repeated', key: local.key, count: repeats.length + 1 }];
    return [...repeated, ...compareLine(local, expected.currency, first)];
  });
  const known = new Set<string | null>(expected.lines.map((line) => line.key));
  for (const [key, group] of byKey) {
    if (known.has(key)) continue;
    for (const line of group) {
      differences.push({ kind: 'line_unexpected', stripeLineId: line.id, key, stripe: line.amount });
    }
  }
  return differences;
}

/** The differences in subtotal and total before tax. */
export function compareTotals(expected: ExpectedInvoice, stripe: StripeInvoice): InvoiceDifference[] {
  const differences: InvoiceDifference[] = [];
  if (stripe.subtotal !== expected.subtotal) {
    differences.push({ kind: 'subtotal', local: expected.subtotal, stripe: stripe.subtotal });
  }
  const beforeTax = stripe.total_excluding_tax ?? stripe.total;
  if (beforeTax !== expected.subtotal) {
    differences.push({ kind: 'total_before_tax', local: expected.subtotal, stripe: beforeTax });
  }
  return differences;
}

/** As a person reads it: `charge_automatically`, `send_invoice, 30 days`. */
function collectionText(method: string | null, days: number | null): string | null {
  return method === null || days === null ? method : `${method}, ${days} days`;
}

/** The terms on which the invoice is collected. Stripe may turn its tax off when it finalizes, which is not an edit. */
function compareTerms(expected: ExpectedInvoice, stripe: StripeInvoice): InvoiceDifference[] {
  const differences: InvoiceDifference[] = [];
  const { collection } = expected;
  const days = collection.kind === 'send_invoice' ? collection.daysUntilDue : null;
  const local = collectionText(collection.kind, days) ?? '';
  // Stripe keeps the days of a draft only; afterwards they are a due date.
  const found = collectionText(stripe.collection_method, stripe.days_until_due ?? days);
  if (stripe.collection_method !== null && found !== local)
    differences.push({ kind: 'collection', local, stripe: found });
  if (stripe.status === 'draft' && stripe.automatic_tax.enabled !== expected.taxByStripe) {
    differences.push({ kind: 'automatic_tax', local: expected.taxByStripe, stripe: stripe.automatic_tax.enabled });
  }
  return differences;
}

/**
 * Every difference between the local invoice and Stripe's, given all lines of the latter. An empty list is the only
 * ground for finalizing (promise 15). Tax is left out: it is Stripe's own.
 */
export function compareInvoice(
  expected: ExpectedInvoice,
  stripe: StripeInvoice,
  lines: readonly StripeInvoiceLine[],
): readonly InvoiceDifference[] {
  const differences: InvoiceDifference[] = [];
  if (stripe.customer !== expected.stripeCustomerId) {
    differences.push({ kind: 'customer', local: expected.stripeCustomerId, stripe: stripe.customer });
  }
  if (stripe.currency !== expected.currency) {
    differences.push({ kind: 'currency', local: expected.currency, stripe: stripe.currency });
  }
  for (const [name, value] of Object.entries(expected.metadata)) {
    const found = entry(stripe.metadata, name);
    if (found !== value) differences.push({ kind: 'metadata', name, local: value, stripe: found });
  }
  if (lines.length !== expected.lines.length) {
    differences.push({ kind: 'line_count', local: expected.lines.length, stripe: lines.length });
  }
  return [
    ...differences,
    ...compareTerms(expected, stripe),
    ...compareTotals(expected, stripe),
    ...compareLines(expected, lines),
  ];
}
