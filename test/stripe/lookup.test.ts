import { describe, expect, test } from 'vitest';
import { minorUnits } from '../../shared/exact/currency.ts';
import { compareInvoice } from '../../shared/stripe/compare.ts';
import { deleteDraftRequest, planCreditNoteRequest, voidRequest } from '../../shared/stripe/correction-request.ts';
import {
  findInvoice,
  listCreditNotes,
  listInvoiceLines,
  listInvoices,
  retrieveCustomer,
  retrieveInvoice,
} from '../../shared/stripe/lookup.ts';
import {
  settlementOf,
  stripeCreditNoteSchema,
  stripeDeletionSchema,
  stripeInvoiceSchema,
} from '../../shared/stripe/objects.ts';
import { sendRequest } from '../../shared/stripe/send.ts';
import type { PersonAct } from '../local-cloud/stripe/faults.ts';
import { line, lines, planned } from './invoices.ts';
import { makeDraft, type StripeTest, send, startStripeTest, step, succeeded } from './stand-in.ts';

const cusOf = ({ invoice }: StripeTest) => invoice.stripeCustomerId ?? '';

async function differencesOf({ client, invoice }: StripeTest, stripeInvoiceId: string) {
  const listed = await listInvoiceLines(client, stripeInvoiceId);
  if (listed.kind !== 'listed') throw new Error(`the lines were not listed: ${listed.kind}`);
  return compareInvoice(
    planned(invoice).expected,
    succeeded(await retrieveInvoice(client, stripeInvoiceId)),
    listed.items,
  );
}

describe('an invoice is found again by what it is for', () => {
  test('after an answer was lost', async () => {
    const stripe = await startStripeTest();
    stripe.standIn.faults.add({ method: 'POST', path: '/v1/invoices', call: 1, fault: { kind: 'drop_reply' } });
    expect(await findInvoice(stripe.client, cusOf(stripe), stripe.invoice)).toEqual({ kind: 'absent' });
    await send(stripe.client, step(stripe.invoice, 'create'));
    const [made] = stripe.standIn.invoices();
    expect(await findInvoice(stripe.client, cusOf(stripe), stripe.invoice)).toMatchObject({
      kind: 'found',
      invoice: { id: made?.id },
    });
  });

  test('among more invoices than fit on a page, and not as that of another period, series or generation', async () => {
    const stripe = await startStripeTest({ lines: [] });
    const first = await makeDraft(stripe);
    for (let generation = 1; generation <= 101; generation += 1) {
      await makeDraft({ ...stripe, invoice: { ...stripe.invoice, generation } });
    }
    expect(await findInvoice(stripe.client, cusOf(stripe), stripe.invoice)).toMatchObject({
      kind: 'found',
      invoice: { id: first.id },
    });
    for (const change of [
      { period: '2026-11' },
      { series: 'adjustment' },
      { generation: 102 },
      { customerId: 'other' },
    ]) {
      expect(await findInvoice(stripe.client, cusOf(stripe), { ...stripe.invoice, ...change })).toEqual({
        kind: 'absent',
      });
    }
  });

  test('twice, when there are two: promise 4 is broken and a person must look', async () => {
    const stripe = await startStripeTest({ lines: [] });
    const first = await makeDraft(stripe);
    stripe.standIn.advanceClock(25 * 60 * 60 * 1000);
    const second = await makeDraft(stripe);
    expect(await findInvoice(stripe.client, cusOf(stripe), stripe.invoice)).toEqual({
      kind: 'several',
      stripeInvoiceIds: [second.id, first.id],
    });
  });

  test('or the reason why it could not be looked for', async () => {
    const stripe = await startStripeTest();
    stripe.standIn.faults.add({ method: 'GET', call: 'every', fault: { kind: 'rate_limit', retryAfterSeconds: 1 } });
    expect(await findInvoice(stripe.client, cusOf(stripe), stripe.invoice)).toMatchObject({
      kind: 'retryable',
      reason: 'rate_limited',
    });
  });
});

describe('promise 15: a draft is compared before it is finalized', () => {
  test.each([0, 1, 249, 250, 251, 500])('%d lines are equal', async (count) => {
    const stripe = await startStripeTest({ lines: lines(count) });
    const draft = await makeDraft(stripe);
    expect(await differencesOf(stripe, draft.id)).toEqual([]);
    expect(stripe.standIn.linesOf(draft.id).length).toBe(count > 250 ? 1 : count);
  });

  test.each<readonly [PersonAct, readonly string[]]>([
    ['edit_line_amount', ['subtotal', 'total_before_tax', 'line_amount']],
    ['edit_description', ['line_description']],
    ['add_line', ['line_count', 'subtotal', 'total_before_tax', 'line_unexpected']],
    ['remove_line', ['line_count', 'subtotal', 'total_before_tax', 'line_missing']],
    ['add_discount', ['total_before_tax']],
  ])('a person did %s: it is found', async (act, kinds) => {
    const stripe = await startStripeTest();
    const draft = await makeDraft(stripe);
    stripe.standIn.act(draft.id, act);
    expect((await differencesOf(stripe, draft.id)).map((difference) => difference.kind)).toEqual(kinds);
  });

  test('an invoice that finalized by itself half-way is seen as open and different', async () => {
    const stripe = await startStripeTest({ lines: lines(150) });
    stripe.standIn.faults.add({ path: '/add_lines', call: 2, fault: { kind: 'person', act: 'finalize' } });
    await expect(makeDraft(stripe)).rejects.toThrow(/invoice_not_editable/);
    const [made] = stripe.standIn.invoices();
    expect(succeeded(await retrieveInvoice(stripe.client, made?.id ?? '')).status).toBe('open');
    expect((await differencesOf(stripe, made?.id ?? '')).map((difference) => difference.kind)).toContain(
      'line_missing',
    );
  });

  test('pending items of the customer are not swept in', async () => {
    const stripe = await startStripeTest();
    const pending = new URLSearchParams({ customer: cusOf(stripe), amount: '999', currency: 'usd' });
    const headers = { authorization: 'Bearer sk_test_daybook' };
    await fetch(`${stripe.standIn.url}/v1/invoiceitems`, { method: 'POST', headers, body: pending });
    expect(await differencesOf(stripe, (await makeDraft(stripe)).id)).toEqual([]);
  });
});

describe('finalizing', () => {
  const finalized = async (amounts: readonly bigint[]) => {
    const made = amounts.map((amount, index) => line(index, { amount: minorUnits(amount) }));
    const stripe = await startStripeTest({ lines: made });
    const draft = await makeDraft(stripe);
    return { stripe, invoice: succeeded(await send(stripe.client, step(stripe.invoice, 'finalize'), draft.id)) };
  };

  test.each([
    ['50.00', 'open', [5000n]],
    ['0.50', 'open', [50n]],
    ['0.49', 'moved_to_balance', [49n]],
    ['1.00 and -1.00', 'nothing_due', [100n, -100n]],
    ['nothing', 'nothing_due', []],
  ] as const)('lines of %s in usd: %s', async (_, settlement, amounts) => {
    const { invoice } = await finalized(amounts);
    expect(settlementOf(invoice)).toBe(settlement);
  });

  test('an amount that was moved to the balance is due with the next invoice', async () => {
    const { stripe } = await finalized([30n]);
    const next = { ...stripe.invoice, period: '2026-11', lines: [line(0, { amount: minorUnits(100n) })] };
    const draft = await makeDraft({ ...stripe, invoice: next });
    const invoice = succeeded(await send(stripe.client, step(next, 'finalize'), draft.id));
    expect([invoice.total, invoice.amount_due, settlementOf(invoice)]).toEqual([100n, 130n, 'open']);
  });

  test('two who finalize at once get one finalized invoice', async () => {
    const stripe = await startStripeTest();
    const draft = await makeDraft(stripe);
    const finalize = step(stripe.invoice, 'finalize');
    const outcomes = await Promise.all([
      send(stripe.client, finalize, draft.id),
      send(stripe.client, finalize, draft.id),
    ]);
    expect(outcomes.map((outcome) => outcome.kind)).toContain('ok');
    expect(stripe.standIn.events().filter((event) => event.type === 'invoice.finalized')).toHaveLength(1);
  });
});

describe('corrections', () => {
  test('an open invoice is voided, a draft is deleted, each once', async () => {
    const stripe = await startStripeTest();
    const draft = await makeDraft(stripe);
    succeeded(await send(stripe.client, step(stripe.invoice, 'finalize'), draft.id));
    const voided = succeeded(
      await sendRequest(stripe.client, voidRequest(stripe.invoice, draft.id), stripeInvoiceSchema),
    );
    expect(voided.status).toBe('void');
    const next = { ...stripe.invoice, generation: 1 };
    const second = await makeDraft({ ...stripe, invoice: next });
    const deletion = deleteDraftRequest(next, second.id);
    expect(succeeded(await sendRequest(stripe.client, deletion, stripeDeletionSchema))).toEqual({
      id: second.id,
      deleted: true,
    });
    expect(succeeded(await sendRequest(stripe.client, deletion, stripeDeletionSchema)).deleted).toBe(true);
    const listed = await listInvoices(stripe.client, cusOf(stripe));
    expect(listed).toMatchObject({ kind: 'listed', items: [{ id: draft.id, status: 'void' }] });
  });

  test('a credit note takes from an open invoice, and goes to the balance of a paid one', async () => {
    const stripe = await startStripeTest({ lines: [line(0, { amount: minorUnits(1000n) })] });
    const draft = await makeDraft(stripe);
    succeeded(await send(stripe.client, step(stripe.invoice, 'finalize'), draft.id));
    const note = {
      id: 'note-1',
      stripeInvoiceId: draft.id,
      currency: stripe.invoice.currency,
      description: 'Late usage',
      toBalance: minorUnits(0n),
    };
    const credit = async (id: string, amount: bigint, toBalance: bigint) => {
      const plan = planCreditNoteRequest({ ...note, id, amount: minorUnits(amount), toBalance: minorUnits(toBalance) });
      if (plan.kind === 'refused') throw new Error(plan.detail);
      return succeeded(await sendRequest(stripe.client, plan.request, stripeCreditNoteSchema));
    };
    expect((await credit('note-1', 300n, 0n)).total).toBe(300n);
    expect(succeeded(await retrieveInvoice(stripe.client, draft.id)).amount_remaining).toBe(700n);
    stripe.standIn.pay(draft.id);
    expect((await credit('note-2', 200n, 200n)).total).toBe(200n);
    expect(stripe.standIn.customers().map((customer) => customer.balance)).toEqual([-200]);
    expect(await listCreditNotes(stripe.client, draft.id)).toMatchObject({
      kind: 'listed',
      items: [{ total: 200n }, { total: 300n }],
    });
  });

  test('a credit note of nothing, or with more to the balance than it has, is refused', async () => {
    const { invoice } = await startStripeTest();
    const note = { id: 'n', stripeInvoiceId: 'in_1', currency: invoice.currency, description: 'x' };
    for (const [amount, toBalance] of [
      [0n, 0n],
      [-5n, 0n],
      [5n, 6n],
      [5n, -1n],
    ] as const) {
      const plan = planCreditNoteRequest({ ...note, amount: minorUnits(amount), toBalance: minorUnits(toBalance) });
      expect(plan).toMatchObject({ kind: 'refused', reason: 'not_positive' });
    }
  });
});

test('a customer is found with the id that it has in Daybook', async () => {
  const stripe = await startStripeTest();
  expect(succeeded(await retrieveCustomer(stripe.client, cusOf(stripe))).metadata).toEqual({
    daybook_customer_id: 'acme',
  });
});
