import { periodDays } from '../../../shared/calendar/billing-period.ts';
import { addDays } from '../../../shared/calendar/utc-day.ts';
import type { Addition } from '../../../shared/catalogue/addition.ts';
import { addCustomer, addProject, addRegion, setStripeCustomer } from '../../../shared/catalogue/customers.ts';
import type { ReviewedAddition } from '../../../shared/catalogue/definitions.ts';
import type { CatalogueDeps } from '../../../shared/catalogue/deps.ts';
import { addMetric } from '../../../shared/catalogue/metrics.ts';
import { addPrincipal } from '../../../shared/catalogue/principals.ts';
import { addSource } from '../../../shared/catalogue/sources.ts';
import { type Database, openDatabase } from '../../../shared/database/database.ts';
import { customerFind } from '../../../shared/database/queries.generated.ts';
import type { Effects } from '../../../shared/effects/effects.ts';
import { openStripeClient, type StripeClient } from '../../../shared/stripe/client.ts';
import { planCustomerRequest } from '../../../shared/stripe/customer-request.ts';
import { stripeCustomerSchema } from '../../../shared/stripe/objects.ts';
import { sendRequest } from '../../../shared/stripe/send.ts';
import { NO_PACE } from '../../stripe/no-pace.ts';
import { PersonError } from '../stack/person-error.ts';
import { CUSTOMERS, REGIONS } from '../telemetry/scenario.ts';
import { DEMO_METRICS } from '../telemetry/sources.ts';
import { APPROVER, AUTHOR, principalsOf } from './people.ts';
import { DEMO_PERIOD } from './period.ts';

const FIRST_DAY = periodDays(DEMO_PERIOD).from;
/** Projects belong to their customers since long before the month. */
const OWNED_FROM = '2026-01-01';
const INTENT = { actor: AUTHOR, why: 'the demo is set up' };
const STRIPE_TIMEOUT_MS = 10_000;

/** Adds the demo's identities, as the owner of the schema. Adding them again changes nothing. */
export async function seedPrincipals(
  ownerUrl: string,
  effects: Effects,
  functionNames: readonly string[],
): Promise<void> {
  const owner = openDatabase({ url: ownerUrl, role: null, poolSize: 1, applicationName: 'demo' }, effects);
  try {
    await owner.transaction(INTENT, async (transaction) => {
      for (const principal of principalsOf(functionNames)) expectAdded(await addPrincipal(transaction, principal));
    });
  } finally {
    await owner.close();
  }
}

/** Adds what is counted, where, and for whom. Adding it again changes nothing. */
export async function seedCatalogue(deps: CatalogueDeps): Promise<void> {
  await deps.database.transaction(INTENT, async (transaction) => {
    for (const region of REGIONS) expectAdded(await addRegion(transaction, { region, activeFrom: FIRST_DAY }));
    for (const customer of CUSTOMERS) {
      expectAdded(await addCustomer(transaction, { customerId: customer.id, name: customer.name }));
      for (const { id, to } of customer.projects) {
        // A project that ends is given up on the day after its last: then nobody asks where its usage is.
        const ownedTo = to === undefined ? undefined : addDays(FIRST_DAY, to - 1);
        const project = { projectId: id, customerId: customer.id, ownedFrom: OWNED_FROM, ownedTo };
        expectAdded(await addProject(transaction, project));
      }
    }
  });
  await seedMetrics(deps);
}

async function seedMetrics(deps: CatalogueDeps): Promise<void> {
  const review = { author: AUTHOR, approver: APPROVER, why: INTENT.why };
  for (const { key, title, unit, rollup, divisor, source } of DEMO_METRICS) {
    expectAdded(await addMetric(deps, { metric: key, title, unit, rollup, divisor }, review));
    for (const region of REGIONS) {
      const sourceId = key.replaceAll('_', '-');
      expectAdded(
        await addSource(deps, { sourceId, metric: key, region, configuration: source, activeFrom: FIRST_DAY }, review),
      );
    }
  }
}

/** Makes each customer in Stripe, once, and maps it. The request's key is the customer's, so that a repeat makes no second one. */
export async function seedStripeCustomers(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  stripe: { readonly apiBase: string; readonly secretKey: string },
): Promise<void> {
  const mapped = await Promise.all(CUSTOMERS.map(({ id }) => database.first(customerFind, { customer_id: id })));
  const unmapped = CUSTOMERS.filter((_customer, index) => mapped[index]?.stripe_customer_id === null);
  if (unmapped.length === 0) return;
  const client = await openStripeClient({ ...stripe, timeoutMs: STRIPE_TIMEOUT_MS }, effects, NO_PACE);
  for (const customer of unmapped) {
    const stripeCustomerId = await stripeCustomerOf(client, customer);
    await database.transaction(INTENT, async (transaction) => {
      expectAdded(await setStripeCustomer(transaction, { customerId: customer.id, stripeCustomerId }));
    });
  }
}

async function stripeCustomerOf(
  client: StripeClient,
  customer: { readonly id: string; readonly name: string },
): Promise<string> {
  const plan = planCustomerRequest({ customerId: customer.id, name: customer.name, email: null });
  if (plan.kind === 'refused') throw new Error(`Customer ${customer.id} cannot be made in Stripe: ${plan.detail}`);
  const outcome = await sendRequest(client, plan.request, stripeCustomerSchema);
  if (outcome.kind !== 'ok')
    throw new Error(`Customer ${customer.id} could not be made in Stripe: ${JSON.stringify(outcome)}`);
  return outcome.object.id;
}

function expectAdded(addition: Addition | ReviewedAddition): void {
  if (addition.kind !== 'refused') return;
  const advice = 'an earlier version has begun this local cloud with another demo. Remove its folder to begin anew';
  throw new PersonError(`The demo's data was refused: ${addition.detail}. Most likely ${advice}.`);
}
