import { currency, minorUnits } from '../../exact/currency.ts';
import { isLiveKey, pacedStripe } from '../../pace/paced-stripe.ts';
import type { StripeClient } from '../../stripe/client.ts';
import { compareInvoice } from '../../stripe/compare.ts';
import { voidRequest } from '../../stripe/correction-request.ts';
import { planCustomerRequest } from '../../stripe/customer-request.ts';
import { type LocalInvoice, planInvoiceRequests } from '../../stripe/invoice-request.ts';
import { listInvoiceLines, retrieveInvoice } from '../../stripe/lookup.ts';
import { stripeCustomerSchema, stripeInvoiceSchema } from '../../stripe/objects.ts';
import type { StripeFailure } from '../../stripe/outcome.ts';
import { atInvoice, type StripeRequest } from '../../stripe/request.ts';
import { sendRequest } from '../../stripe/send.ts';
import type { Session } from '../session.ts';
import { failed, notConfigured, ok, type StepOutcome } from './step.ts';

const TIMEOUT_MS = 20_000;
const CUSTOMER = 'daybook-smoke';
const FIX = 'is the key one of this account’s test mode, and may it write customers and invoices?';

/** An invoice is made in Stripe's test mode as every other is, compared, finalized, and voided. */
export async function stripeStep(session: Session): Promise<StepOutcome> {
  const { configuration, effects } = session;
  const { stripeApiKey: secretKey } = configuration;
  if (secretKey === null) return notConfigured('there is no key', 'set STRIPE_API_KEY to a key of the test mode');
  if (isLiveKey(secretKey)) return failed('the key is a live one', 'set STRIPE_API_KEY to a key of the test mode');
  const client = await pacedStripe(session, TIMEOUT_MS)();
  const customer = await makeCustomer(client);
  if (customer.kind === 'stopped') return customer.outcome;
  return makeInvoice(client, smokeInvoice(customer.id, effects.now(), effects.uuid()));
}

/** 3 lines, 12.34 usd. Each run is an obligation of its own, so that a run never finds the last one's invoice. */
function smokeInvoice(stripeCustomerId: string, now: Date, run: string): LocalInvoice {
  const line = (key: string, amount: bigint) => ({
    key,
    label: 'Smoke',
    description: `Smoke test, line ${key}`,
    amount: minorUnits(amount),
    metadata: {},
  });
  return {
    id: `${CUSTOMER}/${run}`,
    customerId: CUSTOMER,
    period: now.toISOString().slice(0, 7),
    series: `smoke-${run}`,
    generation: 0,
    stripeCustomerId,
    currency: currency('usd'),
    collection: { kind: 'send_invoice', daysUntilDue: 30 },
    tax: 'none',
    lines: [line('one', 1_000n), line('two', 233n), line('three', 1n)],
  };
}

type Customer =
  | { readonly kind: 'made'; readonly id: string }
  | { readonly kind: 'stopped'; readonly outcome: StepOutcome };

/** The same key every time: Stripe answers with the customer that it has, as long as it remembers the key. */
async function makeCustomer(client: StripeClient): Promise<Customer> {
  const plan = planCustomerRequest({ customerId: CUSTOMER, name: 'Daybook smoke test', email: null });
  if (plan.kind === 'refused') throw new Error(plan.detail);
  const made = await sendRequest(client, plan.request, stripeCustomerSchema);
  if (made.kind === 'ok') return { kind: 'made', id: made.object.id };
  return { kind: 'stopped', outcome: stopped('making a customer', made) };
}

async function makeInvoice(client: StripeClient, local: LocalInvoice): Promise<StepOutcome> {
  const plan = planInvoiceRequests(local);
  if (plan.kind === 'refused') return failed(`it cannot be planned: ${plan.detail}`, 'report it');
  const [create, ...rest] = plan.requests;
  const finalize = rest.pop();
  if (create === undefined || finalize === undefined) throw new Error('an invoice is at least two requests');
  const send = (request: StripeRequest) => sendRequest(client, request, stripeInvoiceSchema);
  const created = await send(create);
  if (created.kind !== 'ok') return stopped('making the draft', created);
  const { id } = created.object;
  for (const lines of rest) {
    const added = await send(atInvoice(lines, id));
    if (added.kind !== 'ok') return stopped(`adding lines to the draft ${id}`, added);
  }
  const draft = await retrieveInvoice(client, id);
  if (draft.kind !== 'ok') return stopped(`reading the draft ${id}`, draft);
  const lines = await listInvoiceLines(client, id);
  if (lines.kind !== 'listed') return failed(`the lines of ${id} cannot be read: ${lines.kind}`, FIX);
  const differences = compareInvoice(plan.expected, draft.object, lines.items);
  if (differences.length > 0) {
    const kinds = differences.map((difference) => ('field' in difference ? String(difference.field) : difference.kind));
    return failed(
      `${id} is not what was sent: ${kinds.join(', ')}`,
      'tax or defaults of the account change invoices: turn them off for Daybook',
    );
  }
  const final = await send(atInvoice(finalize, id));
  if (final.kind !== 'ok') return stopped(`finalizing ${id}`, final);
  const voided = await send(voidRequest(local, id));
  if (voided.kind !== 'ok') return stopped(`voiding ${id}`, voided);
  return ok(`${id} was made, found equal line by line, finalized, and is ${voided.object.status} now`);
}

function stopped(doing: string, failure: StripeFailure): StepOutcome {
  const detail = 'message' in failure ? `: ${failure.message}` : '';
  return failed(`${doing}: ${failure.kind}, ${failure.reason}${detail}`, FIX);
}
