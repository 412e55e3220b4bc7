import { createStripeCustomer } from '../billing/create-stripe-customer.ts';
import { mapCustomer } from '../billing/map-customer.ts';
import { utcDayOf } from '../calendar/utc-day.ts';
import { customerListWithContract } from '../database/queries.generated.ts';
import { pacedStripe } from '../pace/paced-stripe.ts';
import {
  type ActingSession,
  addActingCommand,
  addCommand,
  parseReasonArgument,
  type Registration,
  runActing,
  runReading,
} from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Session } from './session.ts';
import { counted, plain, table } from './terminal/table.ts';

const STRIPE_TIMEOUT_MS = 20_000;

interface MapOptions {
  readonly as?: string;
  readonly why: string;
  readonly create?: boolean;
  readonly email?: string;
}

export function registerCustomers(registration: Registration): void {
  const group = registration.program.command('customers').description('who pays, and who that is in Stripe');
  addCommand(group, 'list', 'customers with their mode of today and their customer in Stripe').action(
    runReading(registration, list),
  );
  addActingCommand(group, 'map', 'map a customer to its customer in Stripe, once; held invoices go on')
    .argument('<customer>', 'the id, like nimbus-robotics')
    .argument('[stripe-customer]', 'cus_…, which is looked at in Stripe first')
    .option('--create', 'make the customer in Stripe instead of naming one')
    .option('--email <address>', 'with --create: where Stripe mails the invoices')
    .requiredOption('--why <reason>', 'what the mapping rests on, for the log', parseReasonArgument)
    .action(
      runActing<[string, string | undefined, MapOptions]>(registration, ['operator', 'finance'], (session, ...given) =>
        map(session, ...given),
      ),
    );
}

async function list({ database, effects }: Session): Promise<CommandOutcome> {
  const rows = await database.rows(customerListWithContract, { day: utcDayOf(effects.now()) });
  const customers = rows.map((row) => ({
    customer: row.customer_id,
    name: row.name,
    stripeCustomer: row.stripe_customer_id,
    projects: row.projects,
    contract: row.contract_id,
    mode: row.mode,
  }));
  return {
    kind: 'done',
    value: { customers },
    text: (style) => {
      const cells = customers.map(({ customer, name, stripeCustomer, mode }) => [
        customer,
        plain(name),
        mode ?? 'no contract',
        stripeCustomer ?? style.warning('not mapped'),
      ]);
      const columns = [{ title: 'customer' }, { title: 'name' }, { title: 'mode' }, { title: 'in Stripe' }];
      return `${table(columns, cells, style)}\n\n${counted(customers.length, 'customer')}`;
    },
  };
}

async function map(
  session: ActingSession,
  customerId: string,
  stripeCustomerId: string | undefined,
  { why, create = false, email }: MapOptions,
): Promise<CommandOutcome> {
  if ((stripeCustomerId === undefined) !== create)
    return { kind: 'wrong_usage', message: 'Name the customer in Stripe (cus_…), or let it be made with --create.' };
  if (email !== undefined && !create) return { kind: 'wrong_usage', message: '--email belongs to --create.' };
  const { database, effects, actor } = session;
  const dependencies = { database, effects, stripe: pacedStripe(session, STRIPE_TIMEOUT_MS) };
  const outcome =
    stripeCustomerId === undefined
      ? await createStripeCustomer(dependencies, { customerId, email: email ?? null, actor, why })
      : await mapCustomer(dependencies, { customerId, stripeCustomerId, actor, why });
  switch (outcome.kind) {
    case 'refused':
    case 'failed':
      return refused(outcome.reason, outcome.detail);
    case 'mapped': {
      const publication = await session.publish();
      const { released } = outcome;
      const value = { customer: customerId, stripeCustomer: outcome.stripeCustomerId, released, publication };
      return {
        kind: 'done',
        value,
        text: (style) =>
          [
            `${style.bold(customerId)} is ${outcome.stripeCustomerId} in Stripe`,
            ...released.map((invoice) => `invoice ${invoice} was held for it and goes on`),
            ...(publication.kind === 'waiting' ? [style.warning(publication.message)] : []),
          ].join('\n'),
      };
    }
    default:
      return outcome satisfies never;
  }
}
