import { onTestFinished } from 'vitest';
import { systemEffects } from '../../shared/effects/system.ts';
import { openStripeClient, type StripeClient } from '../../shared/stripe/client.ts';
import { planCustomerRequest } from '../../shared/stripe/customer-request.ts';
import type { LocalInvoice } from '../../shared/stripe/invoice-request.ts';
import { type StripeInvoice, stripeCustomerSchema, stripeInvoiceSchema } from '../../shared/stripe/objects.ts';
import type { StripeOutcome } from '../../shared/stripe/outcome.ts';
import { atInvoice, type StripeRequest } from '../../shared/stripe/request.ts';
import { sendRequest } from '../../shared/stripe/send.ts';
import { type StripeStandIn, type StripeStandInOptions, startStripeStandIn } from '../local-cloud/stripe/server.ts';
import { localInvoice, planned } from './invoices.ts';
import { NO_PACE } from './no-pace.ts';

export interface StripeTest {
  readonly standIn: StripeStandIn;
  readonly client: StripeClient;
  /** An invoice of a customer that the stand-in knows. */
  readonly invoice: LocalInvoice;
}

export function openClient(apiBase: string, timeoutMs = 5_000): Promise<StripeClient> {
  return openStripeClient({ apiBase, secretKey: 'sk_test_daybook', timeoutMs }, systemEffects(), NO_PACE);
}

export function succeeded<T>(outcome: StripeOutcome<T>): T {
  if (outcome.kind !== 'ok') throw new Error(`Stripe answered ${JSON.stringify(outcome)}`);
  return outcome.object;
}

export async function createCustomer(client: StripeClient, customerId: string): Promise<string> {
  const plan = planCustomerRequest({ customerId, name: 'Acme & Söhne', email: 'billing@acme.example' });
  if (plan.kind === 'refused') throw new Error(plan.detail);
  return succeeded(await sendRequest(client, plan.request, stripeCustomerSchema)).id;
}

/** A stand-in with one customer, closed when the test ends. */
export async function startStripeTest(
  overrides: Partial<LocalInvoice> = {},
  options: Partial<StripeStandInOptions> = {},
): Promise<StripeTest> {
  const standIn = await startStripeStandIn({ port: 0, ...options });
  onTestFinished(() => standIn.close());
  const client = await openClient(standIn.url);
  const stripeCustomerId = await createCustomer(client, 'acme');
  return { standIn, client, invoice: localInvoice({ stripeCustomerId, ...overrides }) };
}

export function send(
  client: StripeClient,
  request: StripeRequest,
  stripeInvoiceId = 'in_unknown',
): Promise<StripeOutcome<StripeInvoice>> {
  return sendRequest(client, atInvoice(request, stripeInvoiceId), stripeInvoiceSchema);
}

/** Sends the requests of an invoice up to, not including, `finalize`. */
export async function makeDraft({ client, invoice }: Pick<StripeTest, 'client' | 'invoice'>): Promise<StripeInvoice> {
  const [create, ...others] = planned(invoice).requests.filter((request) => request.step !== 'finalize');
  if (create === undefined) throw new Error('the plan has no create request');
  let draft = succeeded(await send(client, create));
  for (const request of others) draft = succeeded(await send(client, request, draft.id));
  return draft;
}

/** The request of a step. */
export function step(invoice: LocalInvoice, name: string): StripeRequest {
  const request = planned(invoice).requests.find((each) => each.step === name);
  if (request === undefined) throw new Error(`the plan has no step ${name}`);
  return request;
}
