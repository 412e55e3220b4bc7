import { describe, expect, test } from 'vitest';
import { compareInvoice } from '../../shared/stripe/compare.ts';
import type { StripeAmount } from '../../shared/stripe/currency.ts';
import {
  type StripeInvoice,
  type StripeInvoiceLine,
  settlementOf,
  stripeInvoiceSchema,
} from '../../shared/stripe/objects.ts';
import { localInvoice, planned } from './invoices.ts';

const { expected } = planned(localInvoice());
const amount = (value: bigint) => value as StripeAmount;

const stripeLines: readonly StripeInvoiceLine[] = expected.lines.map((line, index) => ({
  id: `il_${index}`,
  object: 'line_item',
  amount: line.amount,
  currency: expected.currency,
  description: line.description,
  metadata: { ...line.metadata },
  discount_amounts: [],
}));

const stripeInvoice: StripeInvoice = {
  ...stripeInvoiceSchema.parse({
    id: 'in_1',
    status: 'draft',
    customer: expected.stripeCustomerId,
    currency: expected.currency,
    subtotal: 0,
    total: 0,
    amount_due: 0,
    amount_paid: 0,
    amount_remaining: 0,
    starting_balance: 0,
    pre_payment_credit_notes_amount: 0,
    post_payment_credit_notes_amount: 0,
    metadata: expected.metadata,
    created: 1,
    livemode: false,
  }),
  subtotal: expected.subtotal,
  total: expected.subtotal,
};

const [first, second, third] = stripeLines;
if (first === undefined || second === undefined || third === undefined) throw new Error('three lines are needed');

describe('promise 15: Stripe equals the local invoice line by line, or the differences are named', () => {
  test('equal is no difference, in any order of lines', () => {
    expect(compareInvoice(expected, stripeInvoice, stripeLines)).toEqual([]);
    expect(compareInvoice(expected, stripeInvoice, [...stripeLines].reverse())).toEqual([]);
  });

  test('tax on top is no difference', () => {
    const taxed = { ...stripeInvoice, total: amount(expected.subtotal + 63n), total_excluding_tax: expected.subtotal };
    expect(compareInvoice(expected, taxed, stripeLines)).toEqual([]);
  });

  const planted: readonly (readonly [string, Partial<StripeInvoice>, readonly StripeInvoiceLine[]])[] = [
    ['line_amount', {}, [{ ...first, amount: amount(first.amount + 1n) }, second, third]],
    ['line_currency', {}, [{ ...first, currency: 'eur' }, second, third]],
    ['line_description', {}, [{ ...first, description: 'Edited' }, second, third]],
    ['line_description', {}, [{ ...first, description: null }, second, third]],
    ['line_metadata', {}, [{ ...first, metadata: { ...first.metadata, project: 'other' } }, second, third]],
    ['line_discount', {}, [{ ...first, discount_amounts: [{ amount: amount(1n) }] }, second, third]],
    ['subtotal', { subtotal: amount(1n) }, stripeLines],
    ['total_before_tax', { total: amount(1n) }, stripeLines],
    ['total_before_tax', { total_excluding_tax: amount(1n) }, stripeLines],
    ['currency', { currency: 'eur' }, stripeLines],
    ['customer', { customer: 'cus_other' }, stripeLines],
    ['customer', { customer: null }, stripeLines],
    ['metadata', { metadata: { ...expected.metadata, daybook_invoice_id: 'other' } }, stripeLines],
  ];
  test.each(planted)('%s is found, and nothing else', (kind, change, lines) => {
    expect(
      compareInvoice(expected, { ...stripeInvoice, ...change }, lines).map((difference) => difference.kind),
    ).toEqual([kind]);
  });

  test('a missing, a repeated and a foreign line are found with the count', () => {
    const kinds = (lines: readonly StripeInvoiceLine[]) =>
      compareInvoice(expected, stripeInvoice, lines).map((difference) => difference.kind);
    expect(kinds([first, second])).toEqual(['line_count', 'line_missing']);
    expect(kinds([...stripeLines, { ...first, id: 'il_again' }])).toEqual(['line_count', 'line_repeated']);
    expect(kinds([...stripeLines, { ...first, id: 'il_by_hand', metadata: {} }])).toEqual([
      'line_count',
      'line_unexpected',
    ]);
    expect(kinds([first, second, { ...third, metadata: { daybook_line: 'constructor' } }])).toEqual([
      'line_missing',
      'line_unexpected',
    ]);
  });

  test('two wrong lines whose sum is right are still found', () => {
    const swapped = [{ ...first, amount: second.amount }, { ...second, amount: first.amount }, third];
    expect(compareInvoice(expected, stripeInvoice, swapped).map((difference) => difference.kind)).toEqual([
      'line_amount',
      'line_amount',
    ]);
  });
});

describe('how a finalized invoice stands', () => {
  test.each([
    ['paid', { amount_paid: amount(330n), total: amount(330n) }],
    ['nothing_due', { total: amount(0n) }],
    ['nothing_due', { total: amount(60n), starting_balance: amount(-100n), ending_balance: amount(-40n) }],
    ['moved_to_balance', { total: amount(30n), ending_balance: amount(30n) }],
  ] as const)('%s', (settlement, change) => {
    expect(settlementOf({ ...stripeInvoice, status: 'paid', ...change })).toBe(settlement);
  });

  test('what is not paid is its status', () => {
    expect(settlementOf({ ...stripeInvoice, status: 'open' })).toBe('open');
  });
});
