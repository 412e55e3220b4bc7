import { canonicalJson } from '../canonical/canonical-json.ts';
import { type Refusal, refuse } from '../catalogue/refusal.ts';
import {
  customerFind,
  stripeCustomerRequestAnswer,
  stripeCustomerRequestCommit,
  stripeCustomerRequestFind,
  stripeCustomerRequestReplaceKey,
} from '../database/queries.generated.ts';
import type { StripeClient } from '../stripe/client.ts';
import { planCustomerRequest } from '../stripe/customer-request.ts';
import { findCustomer, retrieveCustomer } from '../stripe/lookup.ts';
import { type StripeCustomer, stripeCustomerSchema } from '../stripe/objects.ts';
import type { StripeRequest } from '../stripe/request.ts';
import {
  type Found,
  failureOf,
  type RequestLedger,
  type StepFailed,
  type StepOutcome,
  takeStep,
} from './committed-step.ts';
import type { IssueDependencies } from './issue-invoice.ts';
import { type MapOutcome, type MapReason, mapCustomer } from './map-customer.ts';

export interface NewStripeCustomer {
  readonly customerId: string;
  readonly email: string | null;
  readonly actor: string;
  readonly why: string;
}

/**
 * Makes the customer in Stripe, once, and maps it. The request is committed before it is sent, and Stripe is asked
 * first whether a customer with our mark is there: a repeat, and a database that was restored, make no second one.
 */
export async function createStripeCustomer(
  dependencies: IssueDependencies,
  given: NewStripeCustomer,
): Promise<MapOutcome | Refusal<MapReason | 'invalid_text'>> {
  const { database } = dependencies;
  const { customerId, email, actor, why } = given;
  const customer = await database.first(customerFind, { customer_id: customerId });
  if (customer === undefined) return refuse('not_found', `There is no customer ${customerId}.`);
  if (customer.stripe_customer_id !== null) {
    const detail = `Customer ${customerId} is mapped to ${customer.stripe_customer_id} and stays so.`;
    return refuse('mapped_otherwise', detail);
  }
  const plan = planCustomerRequest({ customerId, name: customer.name, email });
  if (plan.kind === 'refused') return refuse('invalid_text', `Customer ${customerId}: ${plan.detail}.`);
  const request = await commitRequest(dependencies, given, plan.request);
  const made = await sendOnce(await dependencies.stripe(), ledgerOf(dependencies, given), request, customerId);
  if (made.kind === 'failed') return made;
  return mapCustomer(dependencies, { customerId, stripeCustomerId: made.object.id, actor, why });
}

/** Keeps the request; the bytes of an earlier attempt stay, and are what is sent. */
async function commitRequest(
  { database, effects }: IssueDependencies,
  { customerId, actor, why }: NewStripeCustomer,
  request: StripeRequest,
): Promise<StripeRequest> {
  return database.transaction({ actor, why }, async (transaction) => {
    await transaction.rows(stripeCustomerRequestCommit, {
      customer_id: customerId,
      idempotency_key: request.idempotencyKey,
      method: request.method,
      path: request.path,
      body: request.body,
      body_digest: request.bodyDigest,
      committed_at: effects.now(),
    });
    const kept = await transaction.first(stripeCustomerRequestFind, { customer_id: customerId });
    if (kept === undefined) throw new Error(`the request for customer ${customerId} was kept and is not there`);
    const { body, body_digest: bodyDigest, idempotency_key: idempotencyKey } = kept;
    return { ...request, body, bodyDigest: bodyDigest as StripeRequest['bodyDigest'], idempotencyKey };
  });
}

function sendOnce(
  client: StripeClient,
  ledger: RequestLedger<StripeCustomer>,
  request: StripeRequest,
  customerId: string,
): Promise<StepOutcome<StripeCustomer>> {
  return takeStep(client, ledger, { request, sentBefore: true }, stripeCustomerSchema, (replayed) =>
    replayed === null ? lookUp(client, customerId) : readIfThere(client, replayed.id),
  );
}

/** The customer by its id; absent when it was deleted. */
async function readIfThere(client: StripeClient, stripeCustomerId: string): Promise<Found<StripeCustomer>> {
  const outcome = await retrieveCustomer(client, stripeCustomerId);
  if (outcome.kind === 'ok')
    return outcome.object.deleted ? { kind: 'absent' } : { kind: 'done', object: outcome.object };
  if (outcome.kind === 'refused' && outcome.reason === 'not_found') return { kind: 'absent' };
  return failureOf(outcome, 'reading the customer');
}

async function lookUp(client: StripeClient, customerId: string): Promise<Found<StripeCustomer>> {
  const found = await findCustomer(client, customerId);
  switch (found.kind) {
    case 'found':
      return { kind: 'done', object: found.customer };
    case 'absent':
      return found;
    case 'several': {
      const detail = `Stripe has ${found.stripeCustomerIds.join(', ')} for customer ${customerId}: choose one with daybook customers map ${customerId} cus_…`;
      return { kind: 'failed', reason: 'several_customers_in_stripe', detail };
    }
    case 'too_many': {
      const detail = `Stripe has more than ${found.limit} customers: make this one there, and map it with daybook customers map ${customerId} cus_…`;
      return { kind: 'failed', reason: 'too_many_customers', detail };
    }
    default:
      return failureOf(found, 'looking for the customer') satisfies StepFailed;
  }
}

function ledgerOf(
  { database, effects }: IssueDependencies,
  { customerId, actor }: NewStripeCustomer,
): RequestLedger<StripeCustomer> {
  return {
    keepAnswer: async (_request, { id }) => {
      const columns = { customer_id: customerId, response: canonicalJson({ id }), answered_at: effects.now() };
      await database.transaction({ actor, why: 'the customer stands in Stripe' }, (transaction) =>
        transaction.rows(stripeCustomerRequestAnswer, columns),
      );
    },
    keepKey: async ({ idempotencyKey }, why) => {
      const columns = { customer_id: customerId, idempotency_key: idempotencyKey, committed_at: effects.now() };
      const kept = await database.transaction({ actor, why }, (transaction) =>
        transaction.first(stripeCustomerRequestReplaceKey, columns),
      );
      return kept !== undefined;
    },
  };
}
