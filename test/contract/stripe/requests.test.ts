import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { currency, minorUnits } from '../../../shared/exact/currency.ts';
import type { StripeClient } from '../../../shared/stripe/client.ts';
import {
  deleteDraftRequest,
  planBalanceCreditRequest,
  planCreditNoteRequest,
  voidRequest,
} from '../../../shared/stripe/correction-request.ts';
import type { LocalInvoice } from '../../../shared/stripe/invoice-request.ts';
import {
  findCustomer,
  findInvoice,
  listBalanceTransactions,
  listCreditNotes,
  listInvoiceLines,
  listInvoicesSince,
  retrieveCustomer,
  retrieveInvoice,
} from '../../../shared/stripe/lookup.ts';
import {
  stripeBalanceTransactionSchema,
  stripeCreditNoteSchema,
  stripeDeletionSchema,
  stripeInvoiceSchema,
} from '../../../shared/stripe/objects.ts';
import { postRequest } from '../../../shared/stripe/request.ts';
import { sendRequest } from '../../../shared/stripe/send.ts';
import { startStripeStandIn } from '../../local-cloud/stripe/server.ts';
import { lines, localInvoice, planned } from '../../stripe/invoices.ts';
import { createCustomer, makeDraft, openClient, send, step, succeeded } from '../../stripe/stand-in.ts';
import { startStripeMock } from './stripe-mock.ts';

interface RunningPart {
  readonly kind: 'running';
  readonly url: string;
  readonly stop: () => Promise<void>;
}

async function startStandIn(): Promise<RunningPart> {
  const standIn = await startStripeStandIn({ port: 0 });
  return { kind: 'running', url: standIn.url, stop: () => standIn.close() };
}

const COUNTS = [0, 1, 249, 250, 251, 500];
const CURRENCIES = ['usd', 'jpy', 'kwd'];
const cases = CURRENCIES.flatMap((code) => COUNTS.map((count) => [count, code] as const));

describe.each([
  ['the stand-in', startStandIn],
  ['stripe-mock', startStripeMock],
] as const)('%s accepts what we send', (_, start) => {
  let part: Awaited<ReturnType<typeof start>>;
  let generation = 0;

  beforeAll(async () => {
    part = await start();
  });
  afterAll(async () => {
    if (part.kind === 'running') await part.stop();
  });

  async function prepare(
    context: TestContext,
    change: Partial<LocalInvoice>,
  ): Promise<{ client: StripeClient; invoice: LocalInvoice }> {
    if (part.kind === 'absent') return context.skip(part.reason);
    const client = await openClient(part.url);
    generation += 1;
    const stripeCustomerId = await createCustomer(client, `customer-${generation}`);
    return { client, invoice: localInvoice({ ...change, customerId: `customer-${generation}`, stripeCustomerId }) };
  }

  test.for(cases)('an invoice of %d lines in %s: create, add lines, finalize', async ([count, code], context) => {
    const { client, invoice } = await prepare(context, { lines: lines(count), currency: currency(code) });
    const draft = await makeDraft({ client, invoice });
    const finalized = succeeded(await send(client, step(invoice, 'finalize'), draft.id));
    expect(finalized.id).toMatch(/^in_/);
    expect(planned(invoice).requests.length).toBe(count > 250 ? 3 : 2 + Math.ceil(count / 100));
  });

  test('an automatic charge with Stripe Tax', async (context) => {
    const { client, invoice } = await prepare(context, {
      collection: { kind: 'charge_automatically' },
      tax: 'stripe_tax',
    });
    expect((await makeDraft({ client, invoice })).id).toMatch(/^in_/);
  });

  test('text that needs escaping', async (context) => {
    const hostile = `é "&=[]%00+;#?/\\ '!*()~ 日本 😀`;
    const odd = lines(1).map((line) => ({ ...line, description: hostile, metadata: { 'a\'"&=': hostile } }));
    const { client, invoice } = await prepare(context, { lines: odd });
    expect((await makeDraft({ client, invoice })).id).toMatch(/^in_/);
  });

  test('voids, deletions and credit notes', async (context) => {
    const { client, invoice } = await prepare(context, {});
    const draft = await makeDraft({ client, invoice });
    succeeded(await send(client, step(invoice, 'finalize'), draft.id));
    const note = planCreditNoteRequest({
      id: `note-${invoice.customerId}`,
      stripeInvoiceId: draft.id,
      currency: invoice.currency,
      amount: minorUnits(100n),
      description: 'Late usage',
      toBalance: minorUnits(0n),
    });
    if (note.kind === 'refused') throw new Error(note.detail);
    succeeded(await sendRequest(client, note.request, stripeCreditNoteSchema));
    const entry = planBalanceCreditRequest({
      id: `credit-${invoice.customerId}`,
      stripeCustomerId: invoice.stripeCustomerId ?? '',
      currency: invoice.currency,
      amount: minorUnits(100n),
      description: 'Late usage',
    });
    if (entry.kind === 'refused') throw new Error(entry.detail);
    succeeded(await sendRequest(client, entry.request, stripeBalanceTransactionSchema));
    succeeded(await sendRequest(client, voidRequest(invoice, draft.id), stripeInvoiceSchema));
    const next = { ...invoice, generation: 1 };
    const second = await makeDraft({ client, invoice: next });
    succeeded(await sendRequest(client, deleteDraftRequest(next, second.id), stripeDeletionSchema));
  });

  test('every lookup', async (context) => {
    const { client, invoice } = await prepare(context, {});
    const draft = await makeDraft({ client, invoice });
    const customerId = invoice.stripeCustomerId ?? '';
    expect(succeeded(await retrieveInvoice(client, draft.id)).id).toBe(draft.id);
    expect(succeeded(await retrieveCustomer(client, customerId)).id).toBe(customerId);
    expect((await listInvoiceLines(client, draft.id)).kind).toBe('listed');
    expect((await listBalanceTransactions(client, customerId)).kind).toBe('listed');
    expect((await listCreditNotes(client, draft.id)).kind).toBe('listed');
    expect(['found', 'absent']).toContain((await findInvoice(client, customerId, invoice)).kind);
    expect(['found', 'absent']).toContain((await findCustomer(client, invoice.customerId)).kind);
    const listed = await listInvoicesSince(client, new Date(0));
    if (listed.kind !== 'listed') throw new Error(listed.kind);
    expect(listed.items[0]).toMatchObject({
      lines: { data: expect.any(Array) },
      automatic_tax: { enabled: expect.any(Boolean) },
    });
  });

  test.for<readonly [string, Readonly<Record<string, string>>]>([
    ['a parameter that does not exist', { customer: 'cus_1', daybook: 'x' }],
    ['a value outside of its choices', { customer: 'cus_1', collection_method: 'by_pigeon' }],
    ['text where a number belongs', { customer: 'cus_1', days_until_due: 'soon' }],
  ])('but not %s', async ([, parameters], context) => {
    const { client, invoice } = await prepare(context, {});
    const request = postRequest('create', '/v1/invoices', `${invoice.customerId}:wrong`, {
      ...parameters,
      customer: invoice.stripeCustomerId ?? '',
    });
    expect(await sendRequest(client, request, stripeInvoiceSchema)).toMatchObject({
      kind: 'refused',
      reason: 'invalid_request',
    });
  });
});
