import { describe, expect, test } from 'vitest';
import type { InvoiceStatus } from '../../shared/database/queries.generated.ts';
import { compareCopies, type OwnCreditNote } from '../../shared/reconciliation/compare-copies.ts';
import { differenceKey } from '../../shared/reconciliation/difference.ts';
import type { StripeCopy } from '../../shared/reconciliation/stripe-copies.ts';
import type { StripeAmount } from '../../shared/stripe/currency.ts';
import type { ListedInvoice, StripeCreditNote, StripeInvoiceLine } from '../../shared/stripe/objects.ts';
import { localInvoice, planned } from '../stripe/invoices.ts';

const local = localInvoice({ id: '2026-10/acme/usage' });
const { expected } = planned(local);
const zero = 0n as StripeAmount;

const lines: readonly StripeInvoiceLine[] = expected.lines.map((line, index) => ({
  id: `il_${index}`,
  object: 'line_item',
  amount: line.amount,
  currency: expected.currency,
  description: line.description,
  metadata: { ...line.metadata },
  discount_amounts: [],
}));

const invoice: ListedInvoice = {
  id: 'in_1',
  status: 'open',
  customer: expected.stripeCustomerId,
  currency: expected.currency,
  subtotal: expected.subtotal,
  total: expected.subtotal,
  total_excluding_tax: expected.subtotal,
  total_discount_amounts: [],
  amount_due: expected.subtotal,
  amount_paid: zero,
  amount_remaining: expected.subtotal,
  starting_balance: zero,
  ending_balance: zero,
  number: 'DAYBOOK-1',
  metadata: { ...expected.metadata },
  collection_method: 'send_invoice',
  days_until_due: 30,
  automatic_tax: { enabled: false },
  created: 1,
  livemode: false,
  pre_payment_credit_notes_amount: zero,
  post_payment_credit_notes_amount: zero,
  lines: { data: [], has_more: true },
};
const copy = (overrides: Partial<ListedInvoice> = {}, own = lines): StripeCopy => ({
  invoice: { ...invoice, ...overrides },
  lines: own,
  creditNotes: [],
});
const own = (status: InvoiceStatus, voidedHere = false, credits: readonly OwnCreditNote[] = []) => [
  { local, status, stripeInvoiceId: 'in_1', voidedHere, credits },
];
const kinds = (status: InvoiceStatus, copies: readonly StripeCopy[], voidedHere = false) =>
  compareCopies(own(status, voidedHere), copies).map(({ kind }) => kind);

describe('promise 15: what was edited after finalizing is named by its place', () => {
  const [first, ...rest] = lines;
  if (first === undefined) throw new Error('lines are needed');
  const amount = (value: bigint) => value as StripeAmount;
  test.each<readonly [string, StripeCopy]>([
    ['customer', copy({ customer: 'cus_other' })],
    ['currency', copy({ currency: 'eur' })],
    ['subtotal', copy({ subtotal: amount(1n) })],
    ['total_before_tax', copy({ total_excluding_tax: amount(1n) })],
    ['collection', copy({ collection_method: 'charge_automatically', days_until_due: null })],
    ['line_amount', copy({}, [{ ...first, amount: amount(first.amount + 1n) }, ...rest])],
    ['line_description', copy({}, [{ ...first, description: 'edited' }, ...rest])],
    ['line_metadata', copy({}, [{ ...first, metadata: { ...first.metadata, project: 'x' } }, ...rest])],
    ['line_discount', copy({}, [{ ...first, discount_amounts: [{ amount: amount(1n) }] }, ...rest])],
  ])('%s', (kind, edited) => {
    expect(kinds('finalized', [edited])).toEqual([kind]);
  });

  test('a line too few and a line too many', () => {
    expect(kinds('paid', [copy({ status: 'paid', amount_paid: amount(1n) }, rest)])).toEqual([
      'line_count',
      'line_missing',
    ]);
    const stranger = { ...first, id: 'il_9', metadata: {} };
    expect(kinds('finalized', [copy({}, [...lines, stranger])])).toEqual(['line_count', 'line_unexpected']);
  });

  test('marks that are gone altogether: the copy is still known by its id', () => {
    expect(new Set(kinds('finalized', [copy({ metadata: {} })]))).toEqual(new Set(['metadata']));
  });
});

describe('each state here allows some states there', () => {
  const open = {};
  const paid = { status: 'paid', amount_paid: expected.subtotal } as const;
  const onBalance = { status: 'paid', ending_balance: expected.subtotal } as const;
  const there = {
    open,
    paid,
    'paid with the amount on the balance': onBalance,
    draft: { status: 'draft' },
    uncollectible: { status: 'uncollectible' },
    void: { status: 'void' },
  } as const;
  test.each<readonly [InvoiceStatus, keyof typeof there, readonly string[]]>([
    ['finalized', 'open', []],
    ['finalized', 'paid with the amount on the balance', []],
    ['finalized', 'paid', ['status']],
    ['finalized', 'uncollectible', ['status']],
    ['finalized', 'void', ['void_by_hand']],
    ['finalized', 'draft', ['status']],
    ['paid', 'paid', []],
    ['paid', 'open', ['status']],
    ['uncollectible', 'uncollectible', []],
    ['void', 'void', ['void_by_hand']],
    ['verified', 'draft', []],
    ['stripe_failed', 'draft', []],
    ['stripe_failed', 'open', ['ahead_in_stripe']],
    ['held', 'paid', ['ahead_in_stripe']],
  ])('%s here, %s there', (status, name, found) => {
    expect(kinds(status, [copy(there[name])])).toEqual(found);
  });

  test('with a void that was approved here, a void there is what was asked for', () => {
    expect(kinds('void', [copy({ status: 'void' })], true)).toEqual([]);
    expect(kinds('void', [copy()], true)).toEqual(['status']);
    expect(kinds('finalized', [copy({ status: 'void' })], true)).toEqual(['status']);
  });

  test.each<readonly [InvoiceStatus, readonly string[]]>([
    ['rated', []],
    ['held', []],
    ['approved', []],
    ['stripe_failed', []],
    ['void', []],
    ['drafted', ['missing_in_stripe']],
    ['finalized', ['missing_in_stripe']],
    ['paid', ['missing_in_stripe']],
  ])('%s here and nothing there', (status, found) => {
    expect(kinds(status, [])).toEqual(found);
  });
});

describe('promise 12: credit notes are compared both ways', () => {
  const credit: OwnCreditNote = { id: 'adjustment/credit/1', stripeId: 'cn_1', amount: 100n as StripeAmount };
  const note = (overrides: Partial<StripeCreditNote> = {}): StripeCreditNote => ({
    id: 'cn_1',
    object: 'credit_note',
    invoice: 'in_1',
    status: 'issued',
    currency: 'usd',
    total: 100n as StripeAmount,
    metadata: { daybook_credit_note_id: credit.id },
    ...overrides,
  });
  test.each<readonly [string, readonly OwnCreditNote[], readonly StripeCreditNote[], readonly object[]]>([
    ['the same on both sides', [credit], [note()], []],
    ['one that is on its way', [{ ...credit, stripeId: null }], [note()], []],
    ['by hand', [], [note({ metadata: {} })], [{ kind: 'credit_note_by_hand', place: 'cn_1', stripe: '100' }]],
    ['our mark, and nothing here', [], [note()], [{ kind: 'credit_note_unknown', place: 'cn_1', stripe: '100' }]],
    [
      'voided in Stripe',
      [credit],
      [note({ status: 'void' })],
      [{ kind: 'credit_note_missing', place: credit.id, local: '100', stripe: null }],
    ],
    ['gone from Stripe', [credit], [], [{ kind: 'credit_note_missing', local: '100', stripe: null }]],
    [
      'of another amount',
      [credit],
      [note({ total: 99n as StripeAmount })],
      [{ kind: 'credit_note_missing', local: '100', stripe: '99' }],
    ],
  ])('%s', (_what, credits, creditNotes, found) => {
    expect(compareCopies(own('finalized', false, credits), [{ ...copy(), creditNotes }])).toMatchObject(found);
  });
});

test('a difference has one key, which its values belong to, and the order of copies does not matter', () => {
  const second = copy({ id: 'in_2', status: 'draft' });
  const [difference] = compareCopies(own('finalized'), [copy({ currency: 'eur' })]);
  if (difference === undefined) throw new Error('a difference is needed');
  expect(differenceKey(difference)).not.toBe(differenceKey({ ...difference, stripe: 'gbp' }));
  const keys = (copies: readonly StripeCopy[]) => compareCopies(own('finalized'), copies).map(differenceKey).sort();
  expect(keys([copy(), second])).toEqual(keys([second, copy()]));
});

test('a copy that nothing here belongs to is missing here, unless it is void and asks for nothing', () => {
  expect(compareCopies([], [copy()]).map(({ kind }) => kind)).toEqual(['missing_here']);
  expect(compareCopies([], [copy({ status: 'void' })])).toEqual([]);
});
