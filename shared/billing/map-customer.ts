import { setStripeCustomer } from '../catalogue/customers.ts';
import { asRefusal, type Refusal, refuse } from '../catalogue/refusal.ts';
import type { Transaction } from '../database/database.ts';
import {
  billingRunAdvance,
  billingRunLock,
  customerFind,
  customerFindByStripe,
  customerListCurrencies,
  invoiceReleaseMapped,
} from '../database/queries.generated.ts';
import { sqlStateOf } from '../database/sqlstate.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { resolveException } from '../exceptions/exceptions.ts';
import { retrieveCustomer } from '../stripe/lookup.ts';
import { failureOf, type StepFailed } from './committed-step.ts';
import type { IssueDependencies } from './issue-invoice.ts';

export interface CustomerMapping {
  readonly customerId: string;
  /** `cus_…` */
  readonly stripeCustomerId: string;
  readonly actor: string;
  readonly why: string;
}

export type MapReason =
  | 'invalid_id'
  | 'mapped_otherwise'
  | 'mapped_to_another'
  | 'unknown_in_stripe'
  | 'deleted_in_stripe'
  | 'marked_for_another'
  | 'other_currency';

export type MapOutcome =
  | {
      readonly kind: 'mapped';
      readonly stripeCustomerId: string;
      /** The invoices that were held for want of the mapping and go on now. */
      readonly released: readonly string[];
    }
  | Refusal<MapReason>
  | StepFailed;

/**
 * Maps a customer to its customer in Stripe, after a look at it there: it exists, is not deleted, is nobody else's, and
 * is billed in our currency. Invoices that were held only for want of the mapping are released by that, in the same
 * transaction: their run was signed off with them in it. A repeat confirms the mapping.
 */
export async function mapCustomer(dependencies: IssueDependencies, given: CustomerMapping): Promise<MapOutcome> {
  const { database, effects } = dependencies;
  const { customerId, stripeCustomerId, actor, why } = given;
  const problem = (await problemHere(dependencies, given)) ?? (await problemInStripe(dependencies, given));
  if (problem !== undefined) return problem;
  try {
    return await asRefusal(() =>
      database.transaction({ actor, why }, async (transaction): Promise<MapOutcome> => {
        const mapped = await setStripeCustomer(transaction, { customerId, stripeCustomerId });
        if (mapped.kind === 'refused') return refuse('mapped_otherwise', `${mapped.detail}.`);
        return { kind: 'mapped', stripeCustomerId, released: await releaseMapped(transaction, effects, customerId) };
      }),
    );
  } catch (error) {
    // Somebody mapped it at the same moment: the unique constraint let one of the two through.
    if (sqlStateOf(error) !== '23505') throw error;
    return refuse('mapped_to_another', `${stripeCustomerId} was mapped to another customer at the same moment.`);
  }
}

async function problemHere(
  { database }: IssueDependencies,
  { customerId, stripeCustomerId }: CustomerMapping,
): Promise<Refusal<MapReason> | undefined> {
  if (!/^cus_[A-Za-z0-9_]{1,250}$/.test(stripeCustomerId))
    return refuse('invalid_id', `"${stripeCustomerId.slice(0, 60)}" is not the id of a customer in Stripe (cus_…).`);
  const customer = await database.first(customerFind, { customer_id: customerId });
  if (customer === undefined) return refuse<MapReason>('not_found', `There is no customer ${customerId}.`);
  const { stripe_customer_id: before } = customer;
  if (before !== null && before !== stripeCustomerId)
    return refuse('mapped_otherwise', `Customer ${customerId} is mapped to ${before} and stays so.`);
  const other = await database.first(customerFindByStripe, { stripe_customer_id: stripeCustomerId });
  if (other !== undefined && other.customer_id !== customerId)
    return refuse('mapped_to_another', `${stripeCustomerId} is mapped to customer ${other.customer_id}.`);
  return undefined;
}

async function problemInStripe(
  { database, stripe }: IssueDependencies,
  { customerId, stripeCustomerId }: CustomerMapping,
): Promise<Refusal<MapReason> | StepFailed | undefined> {
  const outcome = await retrieveCustomer(await stripe(), stripeCustomerId);
  if (outcome.kind === 'refused' && outcome.reason === 'not_found')
    return refuse('unknown_in_stripe', `Stripe knows no customer ${stripeCustomerId}, in this account and mode.`);
  if (outcome.kind !== 'ok') return failureOf(outcome, `reading ${stripeCustomerId}`);
  const { deleted, currency, metadata } = outcome.object;
  if (deleted === true) return refuse('deleted_in_stripe', `${stripeCustomerId} was deleted in Stripe.`);
  const mark = Object.hasOwn(metadata, 'daybook_customer_id') ? metadata.daybook_customer_id : undefined;
  if (mark !== undefined && mark !== customerId)
    return refuse('marked_for_another', `${stripeCustomerId} is marked in Stripe as customer ${mark}.`);
  if (currency === null) return undefined;
  const ours = await database.rows(customerListCurrencies, { customer_id: customerId });
  const others = ours.map((row) => row.currency).filter((own) => own !== currency);
  if (others.length === 0) return undefined;
  return refuse(
    'other_currency',
    `${stripeCustomerId} is billed in ${currency}, and customer ${customerId} in ${others.join(' and ')}.`,
  );
}

/** The one way in which such an invoice is released without a person: its only fault is gone. */
async function releaseMapped(
  transaction: Transaction,
  effects: Effects,
  customerId: string,
): Promise<readonly string[]> {
  const released = await transaction.rows(invoiceReleaseMapped, { customer_id: customerId });
  for (const { invoice_id: invoiceId } of released)
    await resolveException(transaction, effects, 'invoice_held', invoiceId, `customer ${customerId} is mapped`);
  const invoices = released.map((row) => ({ invoiceId: row.invoice_id, runId: row.run_id }));
  for (const runId of new Set(invoices.map((invoice) => invoice.runId))) {
    const run = await transaction.first(billingRunLock, { run_id: runId });
    if (run?.status !== 'issued') continue;
    const columns = { run_id: runId, fencing_token: run.fencing_token };
    await transaction.rows(billingRunAdvance, { ...columns, from_status: 'issued', to_status: 'issuing' });
  }
  await recordEvents(
    transaction,
    effects,
    invoices.map((data) => ({ type: 'invoice.approved' as const, data })),
  );
  return invoices.map(({ invoiceId }) => invoiceId).sort();
}
